"""Locks in a world: exclusion, try, time limits, release by others, re-entrance."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from tests.world.schedules import ClockFirst, Newest, executions, run, value, values


def start(*functions: Any) -> list[threading.Thread]:
    """One started thread for each function."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    return threads


def together(*functions: Any) -> None:
    """Run the functions on threads of their own, and wait for all."""
    for thread in start(*functions):
        thread.join()


@pytest.mark.parametrize("kind", ["Lock", "RLock", "Semaphore", "Condition"])
def test_a_lock_excludes(kind: str) -> None:
    """Between acquire and release nobody else is inside, whatever is done there."""

    def main() -> list[str]:
        lock = getattr(threading, kind)()
        log: list[str] = []

        def worker(name: str) -> None:
            for _ in range(2):
                with lock:
                    log.append(name)
                    threading.Event().set()
                    log.append(name)

        together(lambda: worker("a"), lambda: worker("b"))
        return log

    seen = values(main)
    for log in seen:
        assert all(log[i] == log[i + 1] for i in range(0, len(log), 2))
    assert len({tuple(log) for log in seen}) == 6


def test_without_a_lock_updates_are_lost() -> None:
    """The schedules do interleave: what a lock prevents happens without one."""

    def main() -> int:
        total = [0]

        def worker() -> None:
            seen = total[0]
            threading.Event().set()
            total[0] = seen + 1

        together(worker, worker)
        return total[0]

    assert set(values(main)) == {1, 2}


def test_try_acquire_fails_where_the_lock_is_held() -> None:
    """`acquire(blocking=False)` never waits, and says whether it got the lock."""

    def main() -> tuple[bool, bool, bool]:
        lock = threading.Lock()
        first = lock.acquire(blocking=False)
        seen: list[bool] = []
        together(lambda: seen.append(lock.acquire(blocking=False)))
        lock.release()
        return first, seen[0], lock.acquire(blocking=False)

    assert set(values(main, 5)) == {(True, False, True)}


def test_acquire_with_no_time_at_all_does_not_wait() -> None:
    """`acquire(timeout=0)` is a try, for both kinds of lock."""

    def main() -> list[bool]:
        seen = []
        for lock in (threading.Lock(), threading.RLock()):
            with lock:
                together(lambda lock=lock: seen.append(lock.acquire(timeout=0)))  # type: ignore[misc]
        return seen

    assert value(main, Newest()) == [False, False]


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_timed_acquire_gets_the_lock_or_gives_up(kind: str) -> None:
    """A timed acquire races the release: both outcomes are seen, and only who got the lock releases it."""

    def main() -> bool:
        lock = getattr(threading, kind)()
        seen: list[bool] = []

        def other() -> None:
            got = lock.acquire(timeout=1)
            seen.append(got)
            if got:
                lock.release()

        with lock:
            [thread] = start(other)
            threading.Event().set()
        thread.join()
        assert lock.acquire(blocking=False)
        return seen[0]

    assert set(values(main)) == {True, False}


def test_timed_acquire_gives_up_at_its_deadline() -> None:
    """Virtual time has moved by the timeout, and by no more."""

    def main() -> tuple[bool, float]:
        lock = threading.Lock()
        lock.acquire()
        before = time.monotonic()
        return lock.acquire(timeout=2.5), time.monotonic() - before

    assert value(main) == (False, 2.5)


def test_a_negative_timeout_waits_for_ever_and_contradictions_raise() -> None:
    """As the originals: -1 means no limit, and a try has none."""

    def main() -> list[str]:
        lock, errors = threading.Lock(), []
        assert lock.acquire(timeout=-1)
        lock.release()
        for arguments in ((False, 1.0), (True, -2.0)):
            try:
                lock.acquire(*arguments)
            except ValueError as error:
                errors.append(type(error).__name__)
        return errors

    assert value(main) == ["ValueError", "ValueError"]


def test_another_strand_may_release_a_lock() -> None:
    """A lock has no owner in law, so it serves as a signal."""

    def main() -> str:
        lock = threading.Lock()
        lock.acquire()
        together(lock.release, lambda: lock.acquire())
        return "both ended"

    assert set(values(main, 20)) == {"both ended"}


def test_another_strand_may_not_release_a_reentrant_lock() -> None:
    """Nor may anybody release what nobody holds."""

    def main() -> list[str]:
        lock, errors = threading.RLock(), []
        lock.acquire()

        def steal(taken: Any) -> None:
            try:
                taken.release()
            except RuntimeError as error:
                errors.append(str(error))

        together(lambda: steal(lock), lambda: steal(threading.Lock()))
        return errors

    assert set(map(tuple, values(main, 1))) == {("cannot release un-acquired lock", "release unlocked lock")}


def test_a_reentrant_lock_is_free_after_as_many_releases() -> None:
    """Its owner takes it again and again; another gets it only after the last release."""

    def main() -> list[bool]:
        lock = threading.RLock()
        seen: list[bool] = []

        def attempt() -> None:
            got = lock.acquire(blocking=False)
            seen.append(got)
            if got:
                lock.release()

        lock.acquire()
        assert lock.acquire() and lock.acquire(blocking=False)
        for _ in range(3):
            together(attempt)
            lock.release()
        together(attempt)
        return seen

    assert set(map(tuple, values(main, 5))) == {(False, False, False, True)}


def test_a_released_lock_is_not_handed_over() -> None:
    """Who comes later may overtake who has waited, as with real locks."""

    def main() -> tuple[str, ...]:
        lock = threading.Lock()
        order: list[str] = []

        def worker(name: str) -> None:
            with lock:
                order.append(name)

        with lock:
            threads = start(lambda: worker("a"), lambda: worker("b"), lambda: worker("c"))
        for thread in threads:
            thread.join()
        return tuple(order)

    assert len(set(values(main, 200))) == 6


def test_locked_says_whether_somebody_holds_it() -> None:
    """And a lock's text says the same, without being a step."""

    def main() -> tuple[bool, bool, bool]:
        lock = threading.Lock()
        free = lock.locked()
        with lock:
            assert "locked" in repr(lock) and "unlocked" not in repr(lock)
            held = lock.locked()
        return free, held, lock.locked()

    assert value(main) == (False, True, False)


def test_an_exception_releases_the_lock() -> None:
    """The `with` statement releases on its way out."""

    def main() -> bool:
        lock = threading.Lock()
        with pytest.raises(KeyError), lock:
            raise KeyError
        return lock.acquire(blocking=False)

    assert value(main) is True


def test_a_lock_that_its_own_strand_holds_is_a_deadlock() -> None:
    """A plain lock is not reentrant."""

    def main() -> None:
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()

    assert {execution.ending for execution in executions(main, 3)} == {"deadlock"}


def test_a_timeout_that_fires_early_does_not_steal_the_lock() -> None:
    """Who gave up is not woken by the release that comes afterwards."""

    def main() -> list[bool]:
        lock = threading.Lock()
        seen: list[bool] = []
        lock.acquire()
        [thread] = start(lambda: seen.append(lock.acquire(timeout=1)))
        thread.join()
        lock.release()
        return [*seen, lock.acquire(blocking=False)]

    assert run(main, ClockFirst()).value == [False, True]
