"""What an implementation leaves behind when its system has closed: threads, loops, tasks and processes (clause L4).

And what it lets fall: exceptions that ended a thread, or that a loop's exception handler was called for. What a library
starts once in a process, for all systems, is no leak: it is there before, because the worker has opened a system once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakSet

from askance.live.activity import descendants
from askance.live.recorder import LiveRecorder, strand_name
from askance.live.stacks import OURS

__all__ = ["Lasting", "Noise", "left_behind", "loops_made", "registered_loops"]

loops_made: WeakSet[BaseEventLoop] = WeakSet()
"""The event loops that were made in this process."""


def registered_loops() -> None:
    """From now on `loops_made` has every event loop that is made."""
    make = BaseEventLoop.__init__

    def making(self: Any) -> None:
        make(self)
        loops_made.add(self)

    BaseEventLoop.__init__ = making  # type: ignore[method-assign]


class Lasting:
    """The threads, loops and processes that are there when it is made, and may stay."""

    def __init__(self) -> None:
        self.threads = set(threading.enumerate())
        self.loops = WeakSet([loop for loop in list(loops_made) if not loop.is_closed()])
        self.processes = set(descendants(os.getpid()))


def left_behind(lasting: Lasting, grace: float) -> list[str]:
    """What is left after so many seconds of grace, beside what may stay."""
    until = time.monotonic() + grace
    while True:
        found = [
            *threads_left(lasting.threads),
            *loops_left(lasting.loops),
            *processes_left(lasting.processes),
        ]
        if not found or time.monotonic() > until:
            return found
        time.sleep(grace / 50)


def threads_left(before: set[threading.Thread]) -> list[str]:
    """The threads that run on."""
    left = [t for t in threading.enumerate() if t not in before and not t.name.startswith(OURS)]
    return [f"thread {strand_name(thread)!r} runs on" for thread in left]


def loops_left(before: WeakSet[BaseEventLoop]) -> list[str]:
    """The loops that are not closed, and the tasks that are pending."""
    found = []
    for loop in list(loops_made):
        if loop in before:
            continue
        if not loop.is_closed():
            found.append(f"an event loop is not closed ({'running' if loop.is_running() else 'stopped'})")
        try:
            pending = [task for task in asyncio.all_tasks(loop) if not task.done()]
        except RuntimeError:
            continue
        found += [f"task {task.get_name()} is pending" for task in pending]
    return found


def processes_left(known: set[int]) -> list[str]:
    """The processes that run on, those of Python's own for shared memory apart."""
    found = []
    for process in descendants(os.getpid()):
        try:
            command = (
                Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except OSError:
            continue
        if process not in known and command and not python_own(command):
            found.append(f"process {command.strip()[:80]!r} runs on")
    return found


def python_own(command: str) -> bool:
    """Whether it is one of the processes that `multiprocessing` keeps until its user ends."""
    return "resource_tracker" in command or "forkserver" in command


class Noise(logging.Handler):
    """Hears what threads and loops complain of, and records it as "uncaught"."""

    def __init__(self, recorder: LiveRecorder) -> None:
        super().__init__(logging.ERROR)
        self.recorder = recorder
        self.hook: Callable[..., Any] = threading.excepthook

    def __enter__(self) -> Noise:
        threading.excepthook = self.thread_ended
        logging.getLogger("asyncio").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        threading.excepthook = self.hook
        logging.getLogger("asyncio").removeHandler(self)

    def thread_ended(self, what: Any) -> None:
        """An exception ended a thread."""
        if what.exc_type is not SystemExit:
            name = strand_name(what.thread) if what.thread is not None else "a thread"
            text = f"{name}: {what.exc_type.__name__}: {what.exc_value}"
            self.recorder.add("uncaught", detail=text, strand=name)

    def emit(self, record: logging.LogRecord) -> None:
        """An event loop called its exception handler."""
        error = record.exc_info[1] if record.exc_info else None
        text = record.getMessage().splitlines()[0]
        if error is not None:
            text += f": {type(error).__name__}: {error}"
        self.recorder.add("uncaught", detail=f"{strand_name(threading.current_thread())}: {text}")
