"""Controlled `threading.Condition`, `Event` and `Semaphore`: replacements for the methods of those classes.

The classes stay what they are, so that early imports, subclasses and instances work; only the methods that wait or
wake change, and only inside a world. Each is one step, where the originals take several lock operations.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from askance.world import state
from askance.world.locks import Lock, RLock
from askance.world.strand import Strand

CONTROLLED = (Lock, RLock)

os_ident = state.os_ident

_condition_init = threading.Condition.__init__
_condition_wait = threading.Condition.wait
_condition_notify = threading.Condition.notify
_event_set = threading.Event.set
_event_clear = threading.Event.clear
_event_wait = threading.Event.wait
_event_init = threading.Event.__init__
_semaphore_acquire = threading.Semaphore.acquire
_semaphore_release = threading.Semaphore.release
_bounded_release = threading.BoundedSemaphore.release


def condition_init(self: Any, lock: Any = None) -> None:
    """`Condition.__init__`, which asks a lock three times for what only reentrant ones have."""
    if lock.__class__ is Lock:
        self._lock = lock
        self.acquire = lock.acquire
        self.release = lock.release
        self._waiters = deque()
    else:
        _condition_init(self, lock)


def wait(self: Any, timeout: float | None = None) -> bool:
    """`Condition.wait`: releases the lock and sleeps in one step; taking the lock again is another."""
    world = state.active()
    lock = self._lock
    if world is None or not isinstance(lock, CONTROLLED):
        return _condition_wait(self, timeout)
    strand = world.current
    if lock.world is not world or lock.owner is not strand:
        raise RuntimeError("cannot wait on un-acquired lock")
    if isinstance(lock, RLock):
        saved: Any = lock._release_save()
    else:
        lock.owner = None
        world.let(lock.pending)
    if world.observes:
        world.touch("release", lock)
    pending = pending_on(self, world)
    pending.append(strand)
    try:
        world.wait("wait", self, able=False, timeout=timeout)
    finally:
        # Who notifies takes the waiter off the list, and so it stays notified if its time is up before it runs.
        woken = strand not in pending
        if not woken:
            pending.remove(strand)
        if not world.dying:
            if isinstance(lock, RLock):
                lock._acquire_restore(saved)
            else:
                lock.acquire()
    return woken


def notify(self: Any, n: int = 1) -> None:
    """`Condition.notify`: wakes in order of waiting. No step of its own: only the lock's holder may call it."""
    world = state.active()
    lock = self._lock
    if world is None or not isinstance(lock, CONTROLLED):
        _condition_notify(self, n)
        return
    if lock.world is not world or lock.owner is not world.current:
        if world.dying:
            return
        raise RuntimeError("cannot notify on un-acquired lock")
    # Waiters are kept apart for each world, and from real threads', so that none takes a notification of another's.
    mine = self.__dict__
    kept = mine.get("_askance")
    if world.observes:
        world.touch("look", self)
    if kept is not None and kept[1] and kept[0] is world:
        pending: list[Strand] = kept[1]
        if world.observes:
            _tell(world, pending[:n])
        world.let(pending[:n])
        del pending[:n]
    hook = mine.get("_askance_queue")
    if hook is not None:
        owner, heard = hook
        if owner() is not None:
            heard(owner(), world)


def _tell(world: Any, woken: list[Strand]) -> None:
    """Tell a strategy that observes who is woken by the step under way."""
    for strand in woken:
        world.touch("notify", strand)


def notify_all(self: Any) -> None:
    """`Condition.notify_all`: wakes all who wait."""
    self.notify(len(self._waiters) if state.active() is None else sys.maxsize)


def pending_on(self: Any, world: Any) -> list[Strand]:
    """The strands that wait on a condition, an event or a semaphore in this world."""
    kept = self.__dict__.get("_askance")
    if kept is None or kept[0] is not world:
        self.__dict__["_askance"] = kept = (world, [])
    pending: list[Strand] = kept[1]
    return pending


class _Later:
    """The condition of an event that was made in a world: needed, and made, only if the event outlives that."""

    __slots__ = ("_condition",)

    def __getattr__(self, name: str) -> Any:
        if name == "_condition":
            self._condition = threading.Condition(threading.Lock())
            return self._condition
        return getattr(self._condition, name)

    def __enter__(self) -> Any:
        return self._condition.__enter__()

    def __exit__(self, *exception: Any) -> None:
        self._condition.__exit__(*exception)


def event_init(self: Any) -> None:
    """`Event.__init__`, without the condition that a world has no use for."""
    world = state.world
    if world is None or world.os_thread != os_ident():
        _event_init(self)
    else:
        self._flag = False
        self._cond = _Later()
        maker = world.current
        maker.objects = number = maker.objects + 1
        self._askance_serial = maker.path, number


def event_set(self: Any) -> None:
    """`Event.set`: one step; who waits now is woken, even if the flag is cleared before it runs."""
    world = state.active()
    if world is None:
        _event_set(self)
        return
    world.point("set", self)
    self._flag = True
    pending = pending_on(self, world)
    if world.observes:
        _tell(world, pending)
    world.let(pending)
    pending.clear()


def event_is_set(self: Any) -> bool:
    """`Event.is_set`: one step, so that a loop which waits for it lets others run."""
    world = state.active()
    if world is not None:
        world.point("is-set", self)
    return bool(self._flag)


def event_clear(self: Any) -> None:
    """`Event.clear`: one step."""
    world = state.active()
    if world is None:
        _event_clear(self)
        return
    world.point("clear", self)
    self._flag = False


def event_wait(self: Any, timeout: float | None = None) -> bool:
    """`Event.wait`: one step."""
    world = state.active()
    if world is None:
        return _event_wait(self, timeout)
    if world.observes:
        world.touch("is-set", self)
    if self._flag:
        world.point("wait", self)
        return True
    pending = pending_on(self, world)
    strand = world.current
    pending.append(strand)
    try:
        world.wait("wait", self, able=False, timeout=timeout)
    finally:
        # Who sets the flag clears the list: a pulse counts, even if the waiter's time is up before it runs.
        woken = strand not in pending
        if not woken:
            pending.remove(strand)
    return woken


def semaphore_acquire(self: Any, blocking: bool = True, timeout: float | None = None) -> bool:
    """`Semaphore.acquire`: one step."""
    world = state.active()
    if world is None:
        return _semaphore_acquire(self, blocking, timeout)
    if not blocking and timeout is not None:
        raise ValueError("can't specify timeout for non-blocking acquire")
    if not blocking or (timeout is not None and timeout <= 0):
        world.point("try-acquire", self)
        if self._value == 0:
            return False
    else:
        pending = pending_on(self, world)
        strand = world.current
        pending.append(strand)
        try:
            world.wait("acquire", self, able=self._value > 0, timeout=timeout)
        finally:
            pending.remove(strand)
        if self._value == 0:
            return False
    self._value -= 1
    if self._value == 0:
        world.hold(pending_on(self, world))
    return True


def semaphore_release(self: Any, n: int = 1) -> None:
    """`Semaphore.release`: one step."""
    world = state.active()
    if world is None:
        _semaphore_release(self, n)
        return
    if n < 1:
        raise ValueError("n must be one or more")
    world.point("release", self)
    _give_back(self, world, n)


def bounded_release(self: Any, n: int = 1) -> None:
    """`BoundedSemaphore.release`: one step; raises ValueError where it was released too often."""
    world = state.active()
    if world is None:
        _bounded_release(self, n)
        return
    if n < 1:
        raise ValueError("n must be one or more")
    world.point("release", self)
    if self._value + n > self._initial_value:
        raise ValueError("Semaphore released too many times")
    _give_back(self, world, n)


def _give_back(self: Any, world: Any, n: int) -> None:
    self._value += n
    world.let(pending_on(self, world))


METHODS: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    (threading.Condition, "__init__", condition_init),
    (threading.Condition, "wait", wait),
    (threading.Condition, "notify", notify),
    (threading.Condition, "notify_all", notify_all),
    (threading.Event, "__init__", event_init),
    (threading.Event, "set", event_set),
    (threading.Event, "clear", event_clear),
    (threading.Event, "is_set", event_is_set),
    (threading.Event, "wait", event_wait),
    (threading.Semaphore, "acquire", semaphore_acquire),
    (threading.Semaphore, "__enter__", semaphore_acquire),
    (threading.Semaphore, "release", semaphore_release),
    (threading.BoundedSemaphore, "release", bounded_release),
)
"""(class, method, replacement), for `patching` to put in place."""
