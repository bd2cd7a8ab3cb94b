"""Controlled threads: `threading.Thread` starts strands, and every question about threads is answered per strand."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from typing import Any

from askance.world import state
from askance.world.strand import NotSimulated, Strand

_Thread: Any = threading.Thread
_start = threading.Thread.start
_join = threading.Thread.join
_is_alive = threading.Thread.is_alive
real_get_ident = _thread.get_ident
real_get_native_id = threading.get_native_id
real_current_thread = threading.current_thread
real_main_thread = threading.main_thread
real_enumerate = threading.enumerate
real_active_count = threading.active_count
real_start_new_thread = _thread.start_new_thread
real_local = threading.local


class _MainThread(threading.Thread):
    """What `threading.current_thread()` gives in the main strand of any world."""

    def __init__(self) -> None:
        super().__init__(name="MainThread", daemon=False)
        self._started.set()  # type: ignore[attr-defined]
        self._ident = 10_001


_main_thread = _MainThread()


class _BareThread(threading.Thread):
    """What `threading.current_thread()` gives in a strand that no `Thread` object started."""

    def __init__(self, strand: Strand) -> None:
        super().__init__(name=strand.name, daemon=True)
        self._started._flag = True  # type: ignore[attr-defined]
        self._ident = strand.ident


def start(self: Any) -> None:
    """`Thread.start`: a scheduling point, then a new strand that is ready to run."""
    world = state.active()
    if world is None:
        _start(self)
        return
    if not self._initialized:
        raise RuntimeError("thread.__init__() not called")
    if self._started._flag:
        raise RuntimeError("threads can only be started once")
    world.point("start", self)
    strand = world.spawn(self._name, self.run, daemon=self._daemonic)
    strand.thread = self
    self._askance = (world, strand)
    self._ident = strand.ident
    self._started._flag = True


def _strand_of(self: Any, world: Any) -> Strand | None:
    kept = self.__dict__.get("_askance")
    if kept is None or kept[0] is not world:
        return None
    strand: Strand = kept[1]
    return strand


def join(self: Any, timeout: float | None = None) -> None:
    """`Thread.join`: can go on when the strand has ended."""
    world = state.active()
    if world is None:
        if "_askance" not in self.__dict__:
            _join(self, timeout)
        return
    strand = _strand_of(self, world)
    if strand is None:
        if not self._started._flag:
            raise RuntimeError("cannot join thread before it is started")
        return
    current = world.current
    if strand is current:
        raise RuntimeError("cannot join current thread")
    if strand.done or (timeout is not None and timeout <= 0):
        world.point("join", strand)
        return
    if strand.joiners is None:
        strand.joiners = []
    strand.joiners.append(current)
    try:
        world.wait("join", strand, able=False, timeout=timeout)
    finally:
        strand.joiners.remove(current)


def is_alive(self: Any) -> bool:
    """`Thread.is_alive`."""
    kept = self.__dict__.get("_askance")
    if kept is None:
        return _is_alive(self)
    world = state.active()
    if world is kept[0]:
        world.point("is-alive", kept[1])
    return not kept[1].done and not kept[0].dying


def get_ident() -> int:
    """`threading.get_ident`: the strand's."""
    world = state.active()
    return real_get_ident() if world is None else world.current.ident


def get_native_id() -> int:
    """`threading.get_native_id`: the strand's."""
    world = state.active()
    return real_get_native_id() if world is None else world.current.ident


def current_thread() -> threading.Thread:
    """`threading.current_thread`: the strand's `Thread`; never one of the interpreter's dummy threads."""
    world = state.active()
    if world is None:
        return real_current_thread()
    strand = world.current
    if strand.thread is None:
        strand.thread = _main_thread if strand is world.main else _BareThread(strand)
    return strand.thread


def main_thread() -> threading.Thread:
    """`threading.main_thread`: the main strand's."""
    return real_main_thread() if state.active() is None else _main_thread


def enumerate_threads() -> list[threading.Thread]:
    """`threading.enumerate`: the strands that live."""
    world = state.active()
    if world is None:
        return real_enumerate()
    return [
        strand.thread or (_main_thread if strand is world.main else _BareThread(strand))
        for strand in world.strands[1:]
        if not strand.done
    ]


def active_count() -> int:
    """`threading.active_count`: how many strands live."""
    return real_active_count() if state.active() is None else len(enumerate_threads())


def start_new_thread(function: Callable[..., object], args: Any = (), kwargs: Any = None) -> int:
    """`_thread.start_new_thread`: a new strand without a `Thread` object."""
    world = state.active()
    if world is None:
        return real_start_new_thread(function, args, kwargs or {})
    world.point("start", function)
    name = f"thread ({getattr(function, '__name__', 'function')})"
    return world.spawn(name, lambda: function(*args, **(kwargs or {})), daemon=True).ident


class Local:
    """`threading.local` with a dictionary for each strand; outside of worlds, one for each thread.

    As in the original, a subclass's `__init__` runs again, with the same arguments, in each strand that comes.
    """

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Any:
        if cls is Local and state.active() is None:
            return real_local()
        self = object.__new__(cls)
        object.__setattr__(self, "_askance_arguments", (args, kwargs))
        object.__setattr__(self, "_askance_outside", None)
        return self

    def __getattribute__(self, name: str) -> Any:
        _enter(self)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _enter(self)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        _enter(self)
        object.__delattr__(self, name)

    @classmethod
    def dual(cls, original: Any) -> Local:
        """To stand in a module's global for `original`, which goes on to serve outside of worlds."""
        self: Local = object.__new__(cls)
        object.__setattr__(self, "_askance_arguments", ((), {}))
        object.__setattr__(self, "_askance_outside", original)
        return self


def _enter(self: Local) -> None:
    """Swap in the instance dictionary of the current strand (or thread)."""
    mine = object.__getattribute__(self, "__dict__")
    world = state.active()
    if world is None:
        outside = mine.get("_askance_outside")
        content = real_dict(self) if outside is None else outside.__dict__
        arguments = mine["_askance_arguments"]
        if mine.get("_askance_owner") is not content:
            _swap(self, content, arguments, outside, content)
        return
    strand = world.current
    if mine.get("_askance_owner") is strand:
        return
    kept = strand.locals
    if kept is None:
        kept = strand.locals = {}
    content = kept.get(self)
    fresh = content is None
    if content is None:
        content = kept[self] = {}
    arguments = mine["_askance_arguments"]
    _swap(self, content, arguments, mine.get("_askance_outside"), strand)
    if fresh and type(self).__init__ is not object.__init__:
        type(self).__init__(self, *arguments[0], **arguments[1])


_outside_dictionaries = real_local()


def real_dict(self: Local) -> dict[str, Any]:
    """The dictionary of a `Local` in a thread that no world controls."""
    kept: dict[Any, dict[str, Any]] = _outside_dictionaries.__dict__
    key = f"{real_object_id(self)}"
    return kept.setdefault(key, {})


def real_object_id(self: Local) -> int:
    """A key for a local that outlived its world; no schedule depends on it."""
    return object.__hash__(self)


def _swap(self: Local, content: dict[str, Any], arguments: Any, outside: Any, owner: Any) -> None:
    content["_askance_arguments"] = arguments
    content["_askance_outside"] = outside
    content["_askance_owner"] = owner
    object.__setattr__(self, "__dict__", content)


METHODS: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    (threading.Thread, "start", start),
    (threading.Thread, "join", join),
    (threading.Thread, "is_alive", is_alive),
)
"""(class, method, replacement), for `patching` to put in place."""

FUNCTIONS = (
    (real_get_ident, get_ident),
    (real_get_native_id, get_native_id),
    (real_current_thread, current_thread),
    (real_main_thread, main_thread),
    (real_enumerate, enumerate_threads),
    (real_active_count, active_count),
    (real_start_new_thread, start_new_thread),
    (real_local, Local),
)
"""(original, replacement), for `patching` to put in place wherever a module holds the original."""

__all__ = ["FUNCTIONS", "METHODS", "Local", "NotSimulated"]
