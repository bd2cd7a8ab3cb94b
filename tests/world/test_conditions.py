"""Conditions in a world: who is woken, in what order, and what a time limit does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.world.schedules import ClockFirst, Newest, Stay, executions, run, value, values


def waiting(
    condition: threading.Condition, count: int, log: list[Any], **options: Any
) -> list[threading.Thread]:
    """That many threads which wait on the condition, in order, and then write their number to the log."""

    def wait(number: int) -> None:
        with condition:
            arrived.append(number)
            arrival.notify_all()
            log.append((number, condition.wait(**options)))

    arrival = threading.Condition(condition._lock)  # type: ignore[attr-defined]
    arrived: list[int] = []
    threads = []
    for number in range(count):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        with condition:
            arrival.wait_for(lambda: len(arrived) > number)  # noqa: B023
    return threads


def test_notify_wakes_the_one_that_has_waited_longest() -> None:
    """One notify, one waiter, in order of waiting."""

    def main() -> list[Any]:
        condition, log = threading.Condition(), list[Any]()
        for thread in waiting(condition, 3, log):
            with condition:
                condition.notify()
            thread.join()
        return log

    assert all(log == [(0, True), (1, True), (2, True)] for log in values(main, 30))


def test_notify_wakes_as_many_as_it_is_told() -> None:
    """`notify(2)` of three waiters leaves one, for ever."""

    def main() -> list[Any]:
        condition, log = threading.Condition(), list[Any]()
        threads = waiting(condition, 3, log)
        with condition:
            condition.notify(2)
        for thread in threads[:2]:
            thread.join()
        assert threads[2].is_alive()
        return sorted(log)

    assert all(log == [(0, True), (1, True)] for log in values(main, 30))


def test_notify_all_wakes_all_who_wait_and_nobody_later() -> None:
    """Who waits after the notification waits for the next one."""

    def main() -> int:
        condition, log = threading.Condition(), list[Any]()
        threads = waiting(condition, 3, log)
        with condition:
            condition.notify_all()
        for thread in threads:
            thread.join()
        with condition:
            late = condition.wait(timeout=1)
        assert late is False
        return len(log)

    assert set(values(main, 20)) == {3}


def test_a_notification_that_nobody_waits_for_is_lost() -> None:
    """The classic lost wakeup is found as a deadlock, on those schedules that lose it."""

    def main() -> None:
        condition = threading.Condition()

        def waiter() -> None:
            with condition:
                condition.wait()

        thread = threading.Thread(target=waiter)
        thread.start()
        with condition:
            condition.notify()
        thread.join()

    assert {execution.ending for execution in executions(main)} == {"done", "deadlock"}


def test_a_woken_waiter_must_take_the_lock_again() -> None:
    """Between the notification and the waiter's return others may change what it was told of."""

    def main() -> list[int]:
        condition = threading.Condition()
        items: list[int] = []
        seen: list[int] = []

        def consumer() -> None:
            with condition:
                if not items:
                    condition.wait()
                seen.append(len(items))
                items.clear()

        threads = [threading.Thread(target=consumer) for _ in range(2)]
        for thread in threads:
            thread.start()
        with condition:
            items.append(1)
            condition.notify_all()
        with condition:
            items.append(2)
            condition.notify_all()
        for thread in threads:
            thread.join()
        return seen

    found = {tuple(e.value) for e in executions(main, 200) if e.ending == "done"}
    assert (1, 0) in found or (2, 0) in found
    assert (1, 1) in found


def test_wait_for_waits_until_its_predicate_holds() -> None:
    """It returns the predicate's value, and waits again where a notification came too early."""

    def main() -> Any:
        condition, stage = threading.Condition(), [0]

        def advance() -> None:
            for _ in range(3):
                with condition:
                    stage[0] += 1
                    condition.notify()

        threading.Thread(target=advance).start()
        with condition:
            return condition.wait_for(lambda: stage[0] if stage[0] > 2 else None)

    assert set(values(main, 30)) == {3}


def test_wait_for_gives_up_at_its_deadline() -> None:
    """It returns what the predicate gives then; time has moved by the timeout, notifications or not."""

    def main() -> tuple[Any, float]:
        condition = threading.Condition()

        def disturb() -> None:
            for _ in range(3):
                time.sleep(1)
                with condition:
                    condition.notify()

        threading.Thread(target=disturb).start()
        before = time.monotonic()
        with condition:
            return condition.wait_for(lambda: False, timeout=2.5), time.monotonic() - before

    assert value(main) == (False, 2.5)


def test_a_timed_wait_races_the_notification() -> None:
    """True where it was notified, False where the time was up first."""

    def main() -> bool:
        condition, log = threading.Condition(), list[Any]()
        [thread] = waiting(condition, 1, log, timeout=1)
        with condition:
            condition.notify()
        thread.join()
        return bool(log[0][1])

    assert set(values(main)) == {True, False}


def test_who_timed_out_takes_no_notification_from_others() -> None:
    """A notification after the deadline goes to the next waiter."""

    def main() -> list[Any]:
        condition, log = threading.Condition(), list[Any]()
        [first] = waiting(condition, 1, log, timeout=1)
        first.join()
        [second] = waiting(condition, 1, log)
        with condition:
            condition.notify()
        second.join()
        return log

    assert all(log == [(0, False), (0, True)] for log in values(main, 20))


def test_a_wait_with_no_time_at_all_does_not_wait_for_the_clock() -> None:
    """`wait(0)` lets others run once, but comes back although they go on for ever."""

    def main() -> bool:
        condition = threading.Condition()
        over: list[bool] = []

        def spin() -> None:
            while not over:
                time.sleep(0)

        thread = threading.Thread(target=spin)
        thread.start()
        with condition:
            over.append(condition.wait(0))
        thread.join()
        return over[0]

    assert set(values(main, 20, racing_timers=False, max_steps=500)) == {False}


@pytest.mark.parametrize("method", ["wait", "notify", "notify_all"])
def test_only_the_holder_of_the_lock_may_use_a_condition(method: str) -> None:
    """As the original: RuntimeError, for a plain lock and a reentrant one."""

    def main() -> list[str]:
        errors = []
        for lock in (threading.Lock(), threading.RLock()):
            condition = threading.Condition(lock)
            with pytest.raises(RuntimeError) as caught:
                getattr(condition, method)()
            errors.append(str(caught.value))
        return errors

    assert all("un-acquired lock" in error for error in value(main))


def test_wait_gives_back_a_reentrant_lock_entirely() -> None:
    """And takes it again as often as it was held."""

    def main() -> bool:
        condition = threading.Condition()

        def other() -> None:
            with condition:
                condition.notify()

        with condition, condition:
            thread = threading.Thread(target=other)
            thread.start()
            condition.wait()
            inside: list[bool] = []
            prying = threading.Thread(target=lambda: inside.append(condition.acquire(blocking=False)))
            prying.start()
            prying.join()
        thread.join()
        assert condition.acquire(blocking=False)
        return inside[0]

    assert set(values(main, 20)) == {False}


def test_waiters_that_one_world_left_behind_are_nothing_to_the_next() -> None:
    """A condition that outlives a deadlocked execution serves the next one, and then code outside of worlds."""
    kept: list[threading.Condition] = []

    def stuck() -> None:
        kept.append(threading.Condition())
        with kept[0]:
            kept[0].wait()

    assert run(stuck).ending == "deadlock"

    def main() -> list[Any]:
        log: list[Any] = []
        [thread] = waiting(kept[0], 1, log)
        with kept[0]:
            kept[0].notify()
        thread.join()
        return log

    assert value(main, Newest()) == [(0, True)]
    with kept[0]:
        kept[0].notify_all()
        assert kept[0].wait(timeout=0) is False


def test_a_barrier_lets_all_pass_together() -> None:
    """Every party leaves with a place of its own, the action has run once, before all of them."""

    def main() -> tuple[Any, ...]:
        log: list[Any] = []
        barrier = threading.Barrier(3, action=lambda: log.append("action"))
        threads = [threading.Thread(target=lambda: log.append(barrier.wait())) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return log[0], tuple(sorted(log[1:]))

    assert set(values(main, 30)) == {("action", (0, 1, 2))}


def test_a_barrier_breaks_for_all_when_one_gives_up() -> None:
    """A party whose time is up breaks the barrier for whoever waits there."""

    def main() -> list[str]:
        barrier, log = threading.Barrier(3), list[str]()

        def party(timeout: float | None) -> None:
            try:
                barrier.wait(timeout)
            except threading.BrokenBarrierError:
                log.append("broken")

        threads = [threading.Thread(target=party, args=(timeout,)) for timeout in (None, 1.0)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return log

    assert value(main, Stay()) == ["broken", "broken"]
    assert value(main, ClockFirst()) == ["broken", "broken"]


@pytest.mark.parametrize("make", [threading.Lock, threading.RLock, lambda: None])
def test_a_condition_made_in_a_world_has_all_that_it_has_elsewhere(make: Callable[[], Any]) -> None:
    """Of a plain lock, a reentrant one and none: it is entered and left, knows its holder, and outlives the world."""
    kept: list[threading.Condition] = []

    def main() -> list[bool]:
        condition = threading.Condition(make())
        kept.append(condition)
        owned = [condition._is_owned()]
        with condition:
            owned.append(condition._is_owned())
            condition.notify_all()
        assert condition.acquire()
        condition.release()
        return [*owned, condition._is_owned()]

    assert value(main) == [False, True, False]
    condition = kept[-1]
    with condition:
        assert not condition.wait(0)
        condition.notify()
    with pytest.raises(RuntimeError):
        condition.notify()
