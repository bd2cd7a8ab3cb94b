"""Bad citizens on the live engine: each gets a clear verdict, and no process of theirs is left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.live import citizens

from askance.clauses import Case, judge_all
from askance.history import History
from askance.live import Child, ChildFailed
from askance.live.activity import descendants
from askance.program import Actor, Apply, AskOp, Client, Msg, Program, Result, Term
from askance.suite.live import Runner
from askance.suite.trial import denoted

ASK = Program(
    1,
    (Actor("a", 0, Apply("f", (Msg(),))),),
    (Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"))),),
)
NOTHING: dict[str, float] = {}
"""In place of a measurement of the implementation, which would hang as well."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are counted in /proc")


@pytest.fixture(autouse=True)
def nothing_left() -> object:
    """After each test there is no process that was not there before."""
    before = set(descendants(os.getpid()))
    yield
    assert set(descendants(os.getpid())) - before == set()


def ran(name: str) -> tuple[History, Runner]:
    """What came of the program on that citizen."""
    runner = Runner(f"tests.live.citizens:{name}")
    runner.known[runner.implementation] = NOTHING
    with runner:
        return runner.run(ASK), runner


def fallen(name: str, history: History) -> dict[str, str]:
    """The clauses that fell, with what was seen."""
    adapter = getattr(citizens, name)
    judged = judge_all(Case(ASK, history, denoted(ASK, adapter), adapter))
    return {
        clause: f"{found.violation.actual}\n{found.violation.detail}"
        for clause, found in judged.items()
        if found.verdict == "fail" and found.violation is not None
    }


def test_a_good_citizen_gets_its_answer() -> None:
    """A program that runs well ends, with the answer, and no clause falls."""
    history, _ = ran("simple")
    assert history.ending == "done"
    done = [event.outcome.value for event in history.events if event.kind == "done" and event.outcome]
    assert done == [Term("f", (1,))]
    assert fallen("simple", history) == {}


@pytest.mark.parametrize("name", ["hangs_in_ask", "hangs_in_open"])
def test_a_hang_is_told_with_its_line(name: str) -> None:
    """Where asking or opening hangs D1 falls, alone, and names the line of the implementation."""
    history, _ = ran(name)
    assert history.ending == "deadlock"
    found = fallen(name, history)
    assert list(found) == ["D1"]
    assert "citizens.py:" in found["D1"]


def test_a_close_that_hangs_is_l7() -> None:
    """Where closing hangs L7 falls, alone, with the line."""
    history, _ = ran("hangs_in_close")
    found = fallen("hangs_in_close", history)
    assert list(found) == ["L7"]
    assert "citizens.py:" in found["L7"]


def test_an_exit_is_told_with_its_status() -> None:
    """Where asking ends the process D1 falls, with the status and the last words."""
    history, _ = ran("exits")
    found = fallen("exits", history)
    assert list(found) == ["D1"]
    assert "ended itself with status 7" in found["D1"]
    assert "good bye" in found["D1"]


def test_what_is_left_behind_is_l4() -> None:
    """A thread and processes that are left when the system has closed make L4 fall; both are named."""
    history, _ = ran("leaks")
    found = fallen("leaks", history)
    assert list(found) == ["L4"]
    assert "thread 'leaked-thread' runs on" in found["L4"]
    assert "input()" in found["L4"]


def test_what_is_started_once_in_a_process_is_no_leak() -> None:
    """A loop on a thread that the first system starts for all may stay; in an implementation's second child, too."""
    name = "tests.live.citizens:shares"
    with Runner(name) as runner:
        for _ in range(2):
            history = runner.run(ASK)
            assert fallen("shares", history) == {}
            assert [event.kind for event in history.events if event.kind == "leaked"] == []
            runner.end()


def test_endless_output_blocks_nobody() -> None:
    """Output without end is read and thrown away; the thread that prints it is a leak."""
    history, runner = ran("prints")
    assert list(fallen("prints", history)) == ["L4"]
    assert "thread 'chatter' runs on" in fallen("prints", history)["L4"]
    assert runner.printed > 10_000


def test_a_call_that_lets_nothing_run_is_killed() -> None:
    """A child that answers no more is killed, and the line that holds it is told all the same."""
    history, _ = ran("holds_python")
    found = fallen("holds_python", history)
    assert list(found) == ["D1"]
    assert "citizens.py" in found["D1"]


def test_an_adapter_that_raises_everywhere_is_told_once() -> None:
    """An adapter whose methods raise is one message, before anything is judged."""
    with pytest.raises(ChildFailed, match="`spawn` raised RuntimeError: not today"):
        Child("tests.live.citizens:raises", check=True)
