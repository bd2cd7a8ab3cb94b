"""Executions in pieces: settling, pausing and resuming, limits, stamps, and what a strategy gets to see."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from tests.world.schedules import Follow, Newest, Stay, Walk, executions, run, sound, value, values
from tests.world.test_loops import Running

from askance.world import EngineFailure, World, current, installed


def settle() -> None:
    """Of the world that the caller is in."""
    world = current()
    assert world is not None
    world.settle()


def test_settling_waits_until_nothing_can_move() -> None:
    """Threads have ended or wait, loops are idle, and no timer is pending."""

    def main() -> list[str]:
        log: list[str] = []
        running, never = Running(), threading.Event()

        def work(name: str) -> None:
            time.sleep(1)
            log.append(name)
            never.wait()

        for name in "ab":
            threading.Thread(target=work, args=(name,), daemon=True).start()
        running.loop.call_soon_threadsafe(running.loop.call_later, 100, log.append, "c")
        settle()
        seen = list(log)
        running.close()
        return seen

    assert all(sorted(seen) == ["a", "b", "c"] for seen in values(main, 30))


def test_settling_again_and_again_starts_from_rest() -> None:
    """A phase begins when the last one has ended, whatever the schedule."""

    def main() -> list[str]:
        log: list[str] = []
        for phase in "ab":
            for number in "12":
                threading.Thread(target=lambda p=phase, n=number: log.append(p + n)).start()
            settle()
            log.append(f"after {phase}")
        return log

    for log in values(main, 30):
        assert sorted(log[:2]) == ["a1", "a2"] and log[2] == "after a"
        assert sorted(log[3:5]) == ["b1", "b2"] and log[5] == "after b"


def test_settling_with_nothing_to_wait_for_returns() -> None:
    """At once."""
    assert value(settle) is None


def test_a_paused_world_goes_on_where_it_was() -> None:
    """Strands, loops and time stay; code outside runs in between, on real time."""
    log: list[Any] = []
    world = World(Newest())

    def main() -> str:
        running = Running()
        for number in range(2):
            asyncio.run_coroutine_threadsafe(asyncio.sleep(10), running.loop).result()
            log.append(("inside", number, running.loop.time()))
            world.pause()
        running.close()
        return "ended"

    with installed():
        world.start(main)
        assert world.paused and world.ending is None
        log.append("outside")
        assert current() is None
        assert asyncio.run(asyncio.sleep(0, "real")) == "real"
        world.resume()
        assert world.paused
        world.resume()
        world.close()
    execution = sound(world.execution)
    assert execution.value == "ended"
    assert log == [("inside", 0, 10.0), "outside", ("inside", 1, 20.0)]


def test_a_paused_world_can_be_closed() -> None:
    """Its strands are ended."""
    log: list[str] = []
    world = World(Newest())

    def main() -> None:
        def work() -> None:
            try:
                threading.Event().wait()
            finally:
                log.append("worker")

        threading.Thread(target=work).start()
        time.sleep(0)
        try:
            world.pause()
        finally:
            log.append("main")

    world.start(main)
    world.close()
    world.close()
    assert sorted(log) == ["main", "worker"]
    assert threading.active_count() >= 1


def test_other_worlds_run_while_one_is_paused() -> None:
    """Neither notices the other: names, numbers and choices are those of a world alone."""

    def program(pause: Any) -> list[str]:
        names: list[str] = []

        def work() -> None:
            names.append(threading.current_thread().name)

        threads = []
        for _ in range(2):
            threads.append(threading.Thread(target=work))
            threads[-1].start()
            pause()
        for thread in threads:
            thread.join()
        return sorted(names)

    alone = sound(World(Walk(5)).run(lambda: program(lambda: None)))
    with installed():
        paused = World(Walk(5))
        paused.start(lambda: program(paused.pause))
        while paused.ending is None:
            assert sound(World(Walk(6)).run(lambda: program(lambda: None))).value == alone.value
            paused.resume()
        paused.close()
    assert sound(paused.execution).value == alone.value
    assert paused.execution.choices == alone.choices


def test_a_deadlock_after_a_pause_is_found() -> None:
    """`resume` comes back with the ending."""
    world = World(Stay())

    def main() -> None:
        world.pause()
        threading.Event().wait()

    world.start(main)
    world.resume()
    world.close()
    assert world.execution.ending == "deadlock"
    assert world.execution.deadlock is not None and world.execution.deadlock.forgotten


def test_the_step_limit_ends_an_execution() -> None:
    """It is not an exception, and not a deadlock; the strands are ended."""
    log: list[str] = []

    def main() -> None:
        try:
            while True:
                time.sleep(0)
        finally:
            log.append("ended")

    execution = run(main, max_steps=100)
    assert (execution.ending, execution.exception, execution.deadlock) == ("steps", None, None)
    assert execution.steps == 101
    assert log == ["ended"]


def test_stamps_say_step_time_and_strand() -> None:
    """What a recorder puts on an event."""

    def main() -> list[Any]:
        world = current()
        assert world is not None
        stamps = [world.stamp()]
        time.sleep(2)
        thread = threading.Thread(target=lambda: stamps.append(world.stamp()), name="worker")
        thread.start()
        thread.join()
        return [*stamps, world.stamp()]

    first, second, third = value(main)
    assert [first[1:], second[1:], third[1:]] == [(0.0, "main"), (2.0, "worker"), (2.0, "main")]
    assert first[0] < second[0] < third[0]


def test_an_execution_counts_what_it_did() -> None:
    """Steps, decisions, choices and strands."""

    def main() -> None:
        threads = [threading.Thread(target=time.sleep, args=(0,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for execution in executions(main, 10):
        assert execution.decisions == len(execution.choices) > 0
        assert set(execution.choices) <= {1, 2, 3}
        assert execution.strands == 3
        assert execution.steps >= 8
        assert not execution.timers_raced


class Seeing(Stay):
    """Writes down every step that it is told of."""

    observes = True

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[str, str, str]] = []

    def stepped(self, strand: Any) -> None:
        """Who did what on what."""
        self.steps.append((strand.name, strand.kind, type(strand.object).__name__))


def test_a_strategy_that_observes_is_told_of_every_step() -> None:
    """Who, what, and on which object; those that do not observe see the same execution."""

    def main() -> None:
        lock = threading.Lock()

        def work() -> None:
            with lock:
                pass

        thread = threading.Thread(target=work, name="worker")
        thread.start()
        thread.join()

    strategy = Seeing()
    execution = run(main, strategy)
    assert strategy.steps == [
        ("main", "start", "Thread"),
        ("worker", "start", "NoneType"),
        ("worker", "acquire", "Lock"),
        ("worker", "release", "Lock"),
        ("main", "join", "Strand"),
    ]
    assert execution.steps == len(strategy.steps)
    assert run(main).choices == execution.choices


def test_strands_have_a_place_in_the_tree_of_creation() -> None:
    """The same on every schedule, whatever order they are created in."""

    def main() -> dict[str, str]:
        world = current()
        assert world is not None

        def parent(name: str) -> None:
            thread = threading.Thread(target=int, name=f"{name}'s child")
            thread.start()
            thread.join()

        threads = [threading.Thread(target=parent, args=(name,), name=name) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {strand.name: strand.path for strand in world.strands}

    seen = values(main, 30)
    assert all(
        paths
        == {"clock": "0", "main": "1", "a": "1.1", "b": "1.2", "a's child": "1.1.1", "b's child": "1.2.1"}
        for paths in seen
    )


def test_a_schedule_that_cannot_be_followed_is_an_error() -> None:
    """Not an exception in the code under test, even where that catches everything."""

    def main() -> None:
        threading.Thread(target=int).start()
        while True:
            try:
                time.sleep(0)
            except BaseException:
                return

    execution = run(main, Follow([1, 1, 7]))
    assert execution.ending == "error"
    assert execution.error == "strand 7 cannot run"
    assert execution.exception is None


@pytest.mark.parametrize("raised", [ValueError("no idea"), EngineFailure("no idea")])
def test_a_strategy_that_fails_where_a_strand_has_ended_is_an_error(raised: BaseException) -> None:
    """Whoever ends asks for the next; that it cannot be had ends the execution, and no other after it."""

    class Fails(Stay):
        def pick(self, runnable: Sequence[Any], current: Any) -> Any:
            if current.done:
                raise raised
            return super().pick(runnable, current)

    def main() -> None:
        for _ in range(3):
            threading.Thread(target=int).start()
        threading.Event().wait()

    execution = run(main, Fails())
    assert execution.ending == "error"
    assert "no idea" in execution.error
    assert run(main).ending == "deadlock"


def test_only_the_main_strand_settles_and_pauses() -> None:
    """A mistake of the harness's is told as such."""

    def main() -> None:
        thread = threading.Thread(target=settle)
        thread.start()
        thread.join()

    with pytest.raises(AssertionError):
        value(main)
