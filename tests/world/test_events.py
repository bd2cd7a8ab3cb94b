"""Events, semaphores and timers in a world."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from tests.world.schedules import ClockFirst, Follow, Newest, Stay, executions, run, value, values

from askance.world import World


def test_set_wakes_all_who_wait_and_all_who_come() -> None:
    """A flag stays up until it is cleared."""

    def main() -> list[bool]:
        event, seen = threading.Event(), list[bool]()
        threads = [threading.Thread(target=lambda: seen.append(event.wait())) for _ in range(3)]
        for thread in threads:
            thread.start()
        event.set()
        for thread in threads:
            thread.join()
        return [*seen, event.wait(), event.is_set()]

    assert all(seen == [True] * 5 for seen in values(main, 20))


def test_who_waits_is_woken_although_the_flag_is_cleared_before_it_runs() -> None:
    """`set` then `clear` is a pulse for those who wait already; who comes later misses it."""

    def main() -> bool:
        event, seen = threading.Event(), list[bool]()
        thread = threading.Thread(target=lambda: seen.append(event.wait(timeout=100)))
        thread.start()
        event.set()
        event.clear()
        thread.join()
        return seen[0]

    assert value(main, Newest()) is True
    assert set(values(main, 60, racing_timers=False)) == {True, False}


def test_a_pulse_before_the_deadline_counts_whatever_the_clock_does_next() -> None:
    """A waiter that a pulse has woken returns True, even if its time is up before it runs."""

    def main() -> bool:
        event, seen = threading.Event(), list[bool]()
        thread = threading.Thread(target=lambda: seen.append(event.wait(timeout=1)))
        thread.start()
        thread.name = "waiter"
        event.set()
        event.clear()
        time.sleep(0)
        thread.join()
        return seen[0]

    class Late(Stay):
        """Lets the waiter wait, then main pulse, then the clock, then the waiter."""

        def pick(self, runnable: Any, current: Any) -> Any:
            clock, main, waiter = (next((s for s in runnable if s.number == n), None) for n in range(3))
            if (
                waiter is not None
                and waiter.kind in ("start", "wait")
                and main is not None
                and main.kind == "set"
            ):
                return waiter
            if main is not None and main.kind == "yield" and clock is not None:
                return clock
            return super().pick(runnable, current)

    execution = World(Late()).run(main)
    assert execution.timers_raced
    assert execution.value is True


def test_a_wait_with_no_time_at_all_only_looks() -> None:
    """`wait(0)` is a glance: it does not depend on the clock, so a polling loop ends."""

    def main() -> int:
        event, polls = threading.Event(), 0
        thread = threading.Thread(target=event.set)
        thread.start()
        while not event.wait(0):
            polls += 1
        thread.join()
        return polls

    assert len(set(values(main, 30, racing_timers=False, max_steps=2000))) > 1


def test_a_loop_that_polls_a_flag_lets_others_run() -> None:
    """`is_set` is a scheduling point, and so such a loop is no endless one."""

    def main() -> bool:
        event = threading.Event()
        threading.Thread(target=event.set).start()
        while not event.is_set():
            pass
        return event.is_set()

    assert set(values(main, 20)) == {True}


def test_an_event_that_is_never_set_gives_up_in_virtual_time() -> None:
    """A timed wait takes its time, and none of ours."""

    def main() -> tuple[bool, float]:
        before = time.monotonic()
        return threading.Event().wait(timeout=86_400), time.monotonic() - before

    assert value(main) == (False, 86_400.0)


def test_a_semaphore_lets_so_many_in() -> None:
    """Never more than its value are inside, and on some schedule that many are."""

    def main() -> int:
        semaphore, inside, most = threading.Semaphore(2), [0], [0]

        def worker() -> None:
            with semaphore:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0)
                inside[0] -= 1

        threads = [threading.Thread(target=worker) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return most[0]

    assert set(values(main)) == {1, 2}


def test_a_semaphore_can_be_tried_and_timed() -> None:
    """A try fails at once where nothing is left; a timed acquire races the release."""

    def main() -> tuple[bool, bool, bool]:
        semaphore = threading.Semaphore(1)
        assert semaphore.acquire()
        tried = semaphore.acquire(blocking=False)
        thread = threading.Thread(target=semaphore.release)
        thread.start()
        timed = semaphore.acquire(timeout=1)
        thread.join()
        return tried, timed, semaphore.acquire(blocking=False)

    assert set(values(main)) == {(False, True, False), (False, False, True)}


def test_a_semaphore_released_by_several_lets_several_in() -> None:
    """`release(n)`: as many as that go on; the order is the schedule's."""

    def main() -> tuple[int, ...]:
        semaphore, order = threading.Semaphore(0), list[int]()

        def worker(number: int) -> None:
            semaphore.acquire()
            order.append(number)

        threads = [threading.Thread(target=worker, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        semaphore.release(2)
        for thread in threads:
            thread.join()
        return tuple(order)

    assert set(values(main)) == {(0, 1), (1, 0)}


def test_a_bounded_semaphore_refuses_to_grow() -> None:
    """It raises ValueError where it is released more often than it was acquired."""

    def main() -> None:
        semaphore = threading.BoundedSemaphore(2)
        semaphore.acquire()
        semaphore.release()
        with pytest.raises(ValueError, match="released too many times"):
            semaphore.release()

    value(main)


def test_a_semaphore_that_nobody_releases_is_a_deadlock() -> None:
    """Its strand is named."""

    def main() -> None:
        threading.Semaphore(0).acquire()

    execution = run(main)
    assert execution.ending == "deadlock"
    assert "a Semaphore" in str(execution.deadlock)


def test_a_timer_runs_when_its_time_has_come() -> None:
    """Where timers do not race, in order of their deadlines."""

    def main() -> list[Any]:
        log: list[Any] = []
        begin = time.monotonic()
        timers = [
            threading.Timer(t, lambda t=t: log.append((t, time.monotonic() - begin))) for t in (3, 1, 2)
        ]
        for timer in timers:
            timer.start()
        for timer in timers:
            timer.join()
        return log

    assert all(log == [(1, 1.0), (2, 2.0), (3, 3.0)] for log in values(main, 20, racing_timers=False))


def test_a_cancelled_timer_does_not_run_unless_it_has_already() -> None:
    """Cancelling races the deadline, and both may win."""

    def main() -> tuple[str, ...]:
        log: list[str] = []
        timer = threading.Timer(10, lambda: log.append("ran"))
        timer.start()
        timer.cancel()
        timer.join()
        return tuple(log)

    assert set(values(main)) == {(), ("ran",)}
    assert set(values(main, 20, racing_timers=False)) == {()}


def test_an_early_timer_is_a_choice_that_replays() -> None:
    """The schedule alone says when the clock moved."""

    def main() -> bool:
        event = threading.Event()
        threading.Thread(target=event.set).start()
        return event.wait(timeout=5)

    early = run(main, ClockFirst())
    assert early.value is False and early.timers_raced
    assert run(main, Follow(early.choices)).value is False
    assert {execution.value for execution in executions(main)} == {True, False}
