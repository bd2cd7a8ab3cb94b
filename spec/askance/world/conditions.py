"""Controlled `threading.Condition`, `Event` and `Semaphore`: replacements for the methods of those classes.

The classes stay what they are, so that early imports, subclasses and instances work; only the methods that wait or
wake change, and only inside a world. Each is one step, where the originals take several lock operations.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from askance.world import state
from askance.world.locks import Lock, RLock
from askance.world.strand import Strand

os_ident = state.os_ident

_condition_wait = threading.Condition.wait
_condition_notify = threading.Condition.notify
_event_set = threading.Event.set
_event_clear = threading.Event.clear
_event_wait = threading.Event.wait
_event_init = threading.Event.__init__
_semaphore_acquire = threading.Semaphore.acquire
_semaphore_release = threading.Semaphore.release
_bounded_release = threading.BoundedSemaphore.release


def wait(self: Any, timeout: float | None = None) -> bool:
    """`Condition.wait`: releases the lock and sleeps in one step; taking the lock again is another."""
    world = state.active()
    lock = self._lock
    if world is None or not isinstance(lock, Lock | RLock):
        return _condition_wait(self, timeout)
    strand = world.current
    if lock.world is not world or lock.owner is not strand:
        raise RuntimeError("cannot wait on un-acquired lock")
    if isinstance(lock, RLock):
        saved: Any = lock._release_save()
    else:
        lock.owner = None
        for other in lock.pending:
            if other.slot < 0 and not other.done:
                world.enable(other)
    waiters = self._waiters
    # A left-over of another world must not be woken in this one.
    waiter = (world, strand)
    waiters.append(waiter)
    try:
        woken = world.wait("wait", self, able=False, timeout=timeout)
        if not woken and waiter not in waiters:
            woken = True
    finally:
        if waiter in waiters:
            waiters.remove(waiter)
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
    if world is None or not isinstance(lock, Lock | RLock):
        _condition_notify(self, n)
        return
    if lock.world is not world or lock.owner is not world.current:
        if world.dying:
            return
        raise RuntimeError("cannot notify on un-acquired lock")
    waiters = self._waiters
    while waiters and n > 0:
        waiter = waiters.popleft()
        if isinstance(waiter, tuple) and waiter[0] is world:
            n -= 1
            strand: Strand = waiter[1]
            if strand.slot < 0 and not strand.done:
                world.enable(strand)


def _pending(self: Any, world: Any) -> list[Strand]:
    """The strands that wait on an event or a semaphore in this world."""
    kept = self.__dict__.get("_askance")
    if kept is None or kept[0] is not world:
        self.__dict__["_askance"] = kept = (world, [])
    pending: list[Strand] = kept[1]
    return pending


def event_init(self: Any) -> None:
    """`Event.__init__`, without the condition that a world has no use for."""
    if state.active() is None:
        _event_init(self)
    else:
        self._flag = False
        self._cond = None


def _with_condition(self: Any) -> Any:
    """An event that was made in a world and outlived it needs its condition after all."""
    if self._cond is None:
        self._cond = threading.Condition(threading.Lock())
    return self


def event_set(self: Any) -> None:
    """`Event.set`: one step; who waits now is woken, even if the flag is cleared before it runs."""
    world = state.active()
    if world is None:
        _event_set(_with_condition(self))
        return
    world.point("set", self)
    self._flag = True
    for strand in _pending(self, world):
        if strand.slot < 0 and not strand.done:
            world.enable(strand)


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
        _event_clear(_with_condition(self))
        return
    world.point("clear", self)
    self._flag = False


def event_wait(self: Any, timeout: float | None = None) -> bool:
    """`Event.wait`: one step."""
    world = state.active()
    if world is None:
        return _event_wait(_with_condition(self), timeout)
    if self._flag:
        world.point("wait", self)
        return True
    pending = _pending(self, world)
    strand = world.current
    pending.append(strand)
    try:
        woken = world.wait("wait", self, able=False, timeout=timeout)
    finally:
        pending.remove(strand)
    return woken or bool(self._flag)


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
        pending = _pending(self, world)
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
        for other in _pending(self, world):
            if other.slot >= 0 and not other.timed_out:
                world.disable(other)
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
    for strand in _pending(self, world):
        if strand.slot < 0 and not strand.done:
            world.enable(strand)


METHODS: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    (threading.Condition, "wait", wait),
    (threading.Condition, "notify", notify),
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
