"""The events and steps of a failing execution, as data: in order, with source lines, mailboxes and the waits."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.report.failures import chain, failure

from askance.engine import Strategy
from askance.history import Event, History
from askance.program import Program
from askance.report.trace import Tracer, history_data, trace_data
from askance.run import execute, load_adapter
from askance.search.random_walk import RandomWalk
from askance.search.recording import Recorder
from askance.search.replay import Stay
from askance.search.trace import trace_of
from askance.world import World, installed

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


def kinds(history: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in history]


def test_history_is_every_event_in_order() -> None:
    """The history has every event with its index, and is plain JSON."""
    history = failure()["history"]
    assert [event["index"] for event in history] == list(range(len(history)))
    assert [kind for kind in kinds(history) if kind in ("ask", "begin", "wait", "loop-blocked")] == [
        "ask",
        "begin",
        "ask",
        "wait",
        "loop-blocked",
    ]
    assert json.loads(json.dumps(history)) == history


def test_wait_names_the_line_that_blocks() -> None:
    """The source line of a wait is the implementation's own, where its strand blocks; its file is found."""
    told = failure()
    wait = next(event for event in told["history"] if event["kind"] == "wait" and event["who"] == "a#1")
    place, function = wait["source"].split(" in ")
    file, line = place.rsplit(":", 1)
    assert function == "BlockingSystem.awaitable"
    text = Path(told["files"][file]).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert "result(" in text


def test_no_source_line_is_the_harness_s_or_the_library_s() -> None:
    """Source lines are the implementation's: neither askance's own nor the standard library's."""
    places = [step["where"] for step in failure()["trace"] if step["where"]]
    assert places
    assert all("askance_impl" in place for place in places)


def test_trace_numbers_every_step_and_says_why_strands_change() -> None:
    """Each step has its number, and a reason exactly where another strand goes on."""
    trace = failure()["trace"]
    assert [step["step"] for step in trace] == list(range(1, len(trace) + 1))
    for before, step in itertools.pairwise(trace):
        assert bool(step["reason"]) == (before["strand"] != step["strand"])
    assert "main waits (join)" in [step["reason"] for step in trace]


def test_switches_say_who_could_have_gone_on() -> None:
    """A step is marked as a switch where the strand before it could go on, and the reason names that strand."""
    tracer = Tracer(RandomWalk(1))
    with installed():
        execute(chain(2), load_adapter("reference"), World(tracer.recorder))
    trace = trace_data(tracer)
    switches = [step for step in trace if step["switch"]]
    assert 0 < len(switches) < len(trace)
    for step in switches:
        assert step["reason"].startswith(
            f"the schedule leaves {trace[step['step'] - 2]['strand']}, which could go on"
        )
    assert not any("could go on" in step["reason"] for step in trace if not step["switch"])


def test_who_waits_for_whom_is_data_too() -> None:
    """The waits and the cycle are there as data."""
    wait_for = failure()["wait_for"]
    assert [one["who"] for one in wait_for["waiting"] if one["who"]] == ["a#1"]
    assert wait_for["cycle"][0] == "a#1"


def test_mailbox_at_delivery_is_what_was_sent_and_not_begun() -> None:
    """A delivery shows the messages that the actor was sent and has not begun, whatever order they come in."""

    def sent(message: str) -> Event:
        return Event("tell", "c0", "a", message, strand="c0")

    def begun(message: str) -> Event:
        return Event("begin", "a#" + message, "a", message, strand="loop")

    strategy: Strategy = Stay()
    tracer = Tracer(strategy)
    World(tracer.recorder).run(lambda: None)
    # m3 begins before its sender has recorded that it was sent.
    events = (sent("m1"), sent("m2"), begun("m3"), sent("m3"), begun("m1"), begun("m2"))
    history = history_data(History(Program(1, (), ()), events, "done"), tracer)
    assert [event["mailbox"] for event in history if event["kind"] == "begin"] == [["m1", "m2"], ["m2"], []]


def test_a_thread_is_called_by_its_strand_s_name() -> None:
    """What it calls itself later may have an address in it, which is another one in every run."""

    def main() -> None:
        def rename() -> None:
            threading.current_thread().name = f"portal-{id(main):x}"

        thread = threading.Thread(target=rename, name="portal")
        thread.start()
        thread.join()

    recorder = Recorder(Stay(), lines=True)
    with installed():
        World(recorder).run(main)
    told = [step.operation for step in trace_of(recorder)]
    assert "start portal" in told and "join portal" in told
