"""Controlled threads: `threading.Thread` starts strands, and every question about threads is answered per strand."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Iterator
from concurrent.futures.thread import ThreadPoolExecutor
from typing import Any

from askance.world import state
from askance.world.strand import FIRST_IDENT, Strand

os_ident = state.os_ident

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
_real_next_thread: Any = threading._counter  # type: ignore[attr-defined]
_real_next_pool: Any = ThreadPoolExecutor._counter  # type: ignore[attr-defined]
_make_handle: Any = getattr(_thread, "_make_thread_handle", None)  # Python 3.13
_ended: Any = None if _make_handle is None else _make_handle(FIRST_IDENT)
"""The handle of every thread whose world is closed."""
if _ended is not None:
    _ended._set_done()
_dangling: Any = threading._dangling  # type: ignore[attr-defined]
_make_invoke_excepthook: Any = threading._make_invoke_excepthook  # type: ignore[attr-defined]
_invoke_excepthook: Any = _make_invoke_excepthook()


def next_thread() -> int:
    """The number in a thread's default name: each world counts from the beginning, and real threads for themselves."""
    world = state.world
    if world is None or world.os_thread != os_ident():
        return int(_real_next_thread())
    world.threads_named += 1
    return int(world.threads_named)


def next_pool() -> int:
    """The number in the default names of a pool's threads."""
    world = state.active()
    if world is None:
        return int(_real_next_pool())
    world.pools_named += 1
    return int(world.pools_named) - 1


def make_invoke_excepthook() -> Any:
    """What a `Thread` would tell of an exception with: no strand does, and so one serves for all."""
    world = state.world
    outside = world is None or world.os_thread != os_ident()
    return _make_invoke_excepthook() if outside else _invoke_excepthook


class Dangling:
    """`threading._dangling`, a set of weak references for who forks: strands never do, and so do without."""

    def add(self, thread: Any) -> None:
        """Keep it, if it is a real thread."""
        world = state.world
        if world is None or world.os_thread != os_ident():
            _dangling.add(thread)

    def __iter__(self) -> Iterator[Any]:
        return iter(_dangling)

    def __len__(self) -> int:
        return len(_dangling)


class _MainThread(threading.Thread):
    """What `threading.current_thread()` gives in the main strand of any world."""

    def __init__(self) -> None:
        super().__init__(name="MainThread", daemon=False)
        self._started.set()  # type: ignore[attr-defined]
        self._ident = FIRST_IDENT + 1

    def is_alive(self) -> bool:
        """Always: nobody asks after the main strand's end."""
        return True


_main_thread = _MainThread()


class _BareThread(threading.Thread):
    """What `threading.current_thread()` gives in a strand that no `Thread` object started."""

    def __init__(self, strand: Strand) -> None:
        super().__init__(name=strand.name, daemon=True)
        self._started._flag = True  # type: ignore[attr-defined]
        self._ident = strand.ident
        self._askance = (state.active(), strand)


def ended(thread: Any) -> None:
    """The world of a thread closes: the original methods, which do not know of strands, must find it ended."""
    if thread is _main_thread:
        return
    if _ended is not None:
        thread._handle = _ended
    else:
        thread._is_stopped = True


def start(self: Any) -> None:
    """`Thread.start`: a scheduling point, then a new strand that is ready to run."""
    world = state.world
    if world is None or world.os_thread != os_ident():
        _start(self)
        return
    if not self._initialized:
        raise RuntimeError("thread.__init__() not called")
    if self._started._flag:
        raise RuntimeError("threads can only be started once")
    if state.called:
        starter = world.current
        self._called = state.called.get(f"{starter.path}.{starter.children + 1}", self._name)
    world.point("start", self)
    strand = world.spawn(self._name, self.run, daemon=self._daemonic)
    strand.thread = self
    self._askance = (world, strand)
    self._ident = strand.ident
    self._started._flag = True
    if world.observes:
        world.touch("set", self._started)


def _strand_of(self: Any, world: Any) -> Strand | None:
    try:
        of, strand = self._askance
    except AttributeError:
        return world.main if self is _main_thread else None
    return strand if of is world else None


def join(self: Any, timeout: float | None = None) -> None:
    """`Thread.join`: can go on when the strand has ended."""
    world = state.world
    if world is None or world.os_thread != os_ident():
        if "_askance" not in self.__dict__:
            _join(self, timeout)
        return
    if world.observes:
        world.touch("is-set", self._started)
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
    joiners = strand.joiners
    if joiners is None:
        strand.joiners = joiners = []
    joiners.append(current)
    try:
        world.wait("join", strand, able=False, timeout=timeout)
    finally:
        joiners.remove(current)


def is_alive(self: Any) -> bool:
    """`Thread.is_alive`."""
    kept = self.__dict__.get("_askance")
    world = state.active()
    if kept is not None:
        if world is kept[0]:
            world.point("is-alive", kept[1])
    elif world is None or self._started._flag:
        return _is_alive(self)
    else:
        world.point("is-set", self._started)
        # Somebody may have started it meanwhile.
        kept = self.__dict__.get("_askance")
        if kept is None:
            return False
        if world.observes:
            world.touch("is-alive", kept[1])
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
    world = state.world
    if world is None or world.os_thread != os_ident():
        return real_current_thread()
    strand = world.current
    return strand.thread or _thread_of(world, strand)


def _thread_of(world: Any, strand: Strand) -> threading.Thread:
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
    return [_thread_of(world, strand) for strand in world.strands[1:] if not strand.done]


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
)
"""(original, replacement), for `patching` to put in place wherever a module holds the original."""
