"""Virtual time: it passes when all wait, or when a schedule says so, and never by itself."""

from __future__ import annotations

import asyncio
import datetime
import sched
import threading
import time
from time import monotonic as early_monotonic
from time import sleep as early_sleep
from typing import Any

import pytest
from tests.world.schedules import ClockFirst, Follow, Newest, Stay, executions, run, value, values

from askance.world import World, installed


def test_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    """Whatever order they went to sleep in, on every schedule that lets nobody oversleep."""

    def main() -> list[int]:
        log: list[int] = []

        def sleeper(seconds: int) -> None:
            time.sleep(seconds)
            log.append(seconds)

        threads = [threading.Thread(target=sleeper, args=(seconds,)) for seconds in (3, 1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return log

    assert values(main, 20, racing_timers=False) == [[1, 2, 3]] * 20


def test_time_moves_by_what_was_slept_and_by_nothing_else() -> None:
    """Work takes no time."""

    def main() -> list[float]:
        before = time.monotonic()
        sum(range(10_000))
        between = time.monotonic()
        time.sleep(2.5)
        return [between - before, time.monotonic() - between]

    assert value(main) == [0.0, 2.5]


def test_all_clocks_move_together_and_have_different_origins() -> None:
    """So that code which mixes two of them shows it."""
    names = ("time", "monotonic", "perf_counter")

    def main() -> tuple[list[float], list[float], int]:
        before = [getattr(time, name)() for name in names] + [
            getattr(time, f"{name}_ns")() / 1e9 for name in names
        ]
        time.sleep(10)
        after = [getattr(time, name)() for name in names] + [
            getattr(time, f"{name}_ns")() / 1e9 for name in names
        ]
        return [round(b - a, 3) for a, b in zip(before, after, strict=True)], before[:3], len(set(before[:3]))

    moved, origins, different = value(main)
    assert moved == [10.0] * 6
    assert different == 3
    assert value(main)[1] == origins


def test_early_names_are_virtual_too() -> None:
    """This module has bound `sleep` and `monotonic` before any world."""

    def main() -> float:
        before = early_monotonic()
        early_sleep(100)
        return early_monotonic() - before

    with installed():
        assert value(main) == 100.0
    assert early_monotonic is time.monotonic and early_sleep is time.sleep


def test_standard_modules_that_keep_time_are_on_virtual_time() -> None:
    """`sched` has its clock and its sleep as defaults."""

    def main() -> list[Any]:
        log: list[Any] = []
        scheduler = sched.scheduler()
        before = time.monotonic()
        scheduler.enter(20, 1, lambda: log.append(("late", time.monotonic() - before)))
        scheduler.enter(10, 1, lambda: log.append(("soon", time.monotonic() - before)))
        scheduler.run()
        return log

    assert value(main) == [("soon", 10.0), ("late", 20.0)]


def test_sleeping_not_at_all_lets_others_run() -> None:
    """`sleep(0)` is a scheduling point; a negative time is refused."""

    def main() -> tuple[str, ...]:
        log: list[str] = []
        thread = threading.Thread(target=lambda: log.append("other"))
        thread.start()
        time.sleep(0)
        log.append("main")
        thread.join()
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)
        return tuple(log)

    assert set(values(main, 20)) == {("other", "main"), ("main", "other")}


def test_a_timer_that_fires_early_moves_the_time() -> None:
    """Who times out while others could run finds that the time has come."""

    def main() -> tuple[bool, float]:
        event, before = threading.Event(), time.monotonic()
        threading.Thread(target=event.set).start()
        return event.wait(7), time.monotonic() - before

    early = run(main, ClockFirst())
    assert early.value == (False, 7.0) and early.timers_raced
    late = run(main, Newest())
    assert late.value == (True, 0.0) and not late.timers_raced


def test_without_racing_timers_nothing_is_early() -> None:
    """The clock is no choice then: it moves only when nobody else can."""

    def main() -> bool:
        event = threading.Event()

        def work() -> None:
            for _ in range(10):
                time.sleep(0)
            event.set()

        threading.Thread(target=work).start()
        return event.wait(0.001)

    results = executions(main, 30, racing_timers=False)
    assert {execution.value for execution in results} == {True}
    assert not any(execution.timers_raced for execution in results)
    assert False in {execution.value for execution in executions(main, 30)}


@pytest.mark.parametrize(("seconds", "raced"), [(0, False), (25, False), (45, True)])
def test_deadlines_beyond_the_horizon_are_not_raced(seconds: int, raced: bool) -> None:
    """A minute does not pass while somebody could go on, unless little is left of it."""

    def main() -> bool:
        event = threading.Event()

        def work() -> None:
            if seconds:
                time.sleep(seconds)
            event.set()

        threading.Thread(target=work).start()
        return event.wait(60)

    assert run(main, ClockFirst()).timers_raced
    world = World(ClockFirst())
    world.horizon = 20.0
    assert world.run(main).timers_raced == raced


def test_a_timeout_races_its_completion_in_every_order() -> None:
    """The result is there in time, or too late; and the schedule that says so replays."""

    def main() -> str:
        async def work() -> str:
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            threading.Thread(target=lambda: loop.call_soon_threadsafe(complete, future)).start()
            try:
                return str(await asyncio.wait_for(future, 1))
            except TimeoutError:
                return "timeout"

        def complete(future: Any) -> None:
            if not future.done():
                future.set_result("value")

        return asyncio.run(work())

    results = executions(main, 60)
    assert {execution.value for execution in results} == {"value", "timeout"}
    for execution in results[:10]:
        again = run(main, Follow(execution.choices))
        assert (again.value, again.choices) == (execution.value, execution.choices)


def test_timers_of_one_deadline_fire_together_in_no_order_of_their_own() -> None:
    """Who goes first of those whose time has come is the schedule's choice."""

    def main() -> tuple[str, ...]:
        log: list[str] = []

        def sleeper(name: str) -> None:
            time.sleep(1)
            log.append(name)

        threads = [threading.Thread(target=sleeper, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return tuple(log)

    assert set(values(main, 40)) == {("a", "b"), ("b", "a")}


def test_polling_until_a_deadline_gets_there() -> None:
    """Each short wait takes a moment, as it does in real life."""

    def main() -> bool:
        event, end = threading.Event(), time.monotonic() + 1e-8
        while time.monotonic() < end:
            if event.wait(0):
                return True
        return False

    assert value(main, max_steps=100) is False


def test_time_starts_anew_in_each_world_and_is_real_outside() -> None:
    """Two executions see the same times; between them the clocks are ours."""

    def main() -> float:
        time.sleep(1000)
        return time.monotonic()

    with installed():
        before = time.monotonic()
        assert value(main, Stay()) == value(main, Stay())
        assert time.monotonic() - before < 900
        assert datetime.datetime.now(tz=datetime.UTC).year >= 2024
        assert abs(time.time() - datetime.datetime.now(tz=datetime.UTC).timestamp()) < 100


def test_an_execution_that_never_ends_is_cut_off_at_its_step_limit() -> None:
    """A livelock, or an endless program of sleeps, ends as such."""

    def main() -> None:
        while True:
            time.sleep(1)

    execution = World(Stay(), max_steps=50).run(main)
    assert execution.ending == "steps"
    assert 50 < execution.steps < 55
    assert execution.exception is None


def test_work_that_is_left_when_the_main_strand_has_ended_is_cut_off_without_complaint() -> None:
    """An endless thread is no failure of the execution, which is done."""

    def main() -> None:
        def forever() -> None:
            while True:
                time.sleep(1)

        threading.Thread(target=forever).start()

    execution = World(Stay(), max_steps=50).run(main)
    assert execution.ending == "done"
    assert execution.leaks
