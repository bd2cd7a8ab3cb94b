"""The watchdog: code that blocks for real (a C call, a foreign lock, an endless loop) is named, not hung on.

A real thread looks now and then whether the running world has made a step; where it has not for long, the strand's
operating system thread gets a signal whose handler raises. The execution ends as an error that names strand and line.
A process that is there for nothing else can be ended where code catches even that, or blocks again (`serve`).
Wall-clock time decides here, and only here: a correct execution never gets to see it.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import ref

from askance.world import state
from askance.world.strand import RealBlocking

if TYPE_CHECKING:
    from askance.world.core import World

patience = 10.0
"""Seconds of real time without a scheduling step after which a strand is taken to block for real."""

SIGNAL = getattr(signal, "SIGURG", None)
"""Ignored by default, so that one which comes late does no harm."""


class _Watchdog:
    """One real daemon thread for the process, which looks at the world that runs."""

    def __init__(self) -> None:
        self.resting = False
        self.thread: threading.Thread | None = None
        self.wake = threading.Event()
        self.handling = False
        self.beat: Callable[[], object] = lambda: None
        self.stuck: Callable[[str], object] | None = None
        self.left = 0
        """How often it still bites before it says that the process is stuck, where that is wanted."""

    def begin(self) -> None:
        """Start the thread, unless it runs: a process that was forked has none."""
        if self.thread is None or not self.thread.is_alive():
            self.wake = threading.Event()
            self.thread = threading.Thread(target=self.watch, name="askance-watchdog", daemon=True)
            self.thread.start()

    def watch(self) -> None:
        """The thread's body."""
        seen: tuple[Any, int] | None = None
        idle = 0.0
        while True:
            interval = min(0.5, patience / 4)
            self.wake.wait(interval)
            self.beat()
            seen, idle = self.look(seen, idle + interval)

    def look(self, seen: tuple[Any, int] | None, idle: float) -> tuple[tuple[Any, int] | None, float]:
        """What is seen now: (reference to the world, its steps), which keeps no world alive; and for how long already.

        That is counted in looks and never read off a clock: while the whole machine stands still, nobody blocks.
        """
        world = None if self.resting else state.world
        if world is None:
            return None, 0.0
        if seen is None or seen[0]() is not world or seen[1] != world.steps:
            return (ref(world), world.steps), 0.0
        if idle > patience:
            self.bite(world)
            return None, 0.0
        return seen, idle

    def bite(self, world: World) -> None:
        """Raise RealBlocking in the operating system thread that runs the world."""
        frame = sys._current_frames().get(world.os_thread)
        blocking = describe(world, frame)
        world.interrupt(blocking)
        self.left -= 1
        if self.left < 0 and self.stuck is not None:
            self.stuck(world.execution.error)
        if SIGNAL is not None and self.handling and world.os_thread == threading.main_thread().ident:
            signal.pthread_kill(world.os_thread, SIGNAL)
        else:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(world.os_thread), ctypes.py_object(RealBlocking)
            )


_watchdog = _Watchdog()


def describe(world: World, frame: Any) -> str:
    """Which strand blocks for real, and at which source line."""
    from askance.world.frames import where

    place = where(frame) if frame is not None else "an unknown line"
    return (
        f"strand {world.current.name!r} blocks for real at {place}: it made no scheduling step for "
        f"{patience:g} seconds. The world cannot see into C calls, sockets, locks that it did not replace, "
        "or loops without end; use the live engine for code that needs them"
    )


def _raise(signum: int, frame: Any) -> None:
    world = state.world
    if world is not None and world.execution.error:
        raise RealBlocking(world.execution.error)


@contextlib.contextmanager
def ready() -> Iterator[None]:
    """While this is entered the watchdog's signal has its handler (in the main thread; elsewhere it does without)."""
    previous: Any = None
    _watchdog.begin()
    if SIGNAL is not None and threading.current_thread() is threading.main_thread():
        previous = signal.signal(SIGNAL, _raise)
        _watchdog.handling = True
    try:
        yield
    finally:
        if _watchdog.handling and previous is not None and SIGNAL is not None:
            signal.signal(SIGNAL, previous)
            _watchdog.handling = False


def rest(resting: bool) -> None:
    """Whether the watchdog looks away, as from now on somebody takes their time in a strand."""
    _watchdog.resting = resting


def serve(beat: Callable[[], object], stuck: Callable[[str], object], bites: int) -> None:
    """In a process that is there for executions only: `beat` is called at each look, in any case.

    `stuck` is told when something blocks for real again after so many bites, be it the strand that was bitten, which
    catches what is raised in it, or another execution. It should end the process.
    """
    _watchdog.beat, _watchdog.stuck, _watchdog.left = beat, stuck, bites
    _watchdog.begin()
