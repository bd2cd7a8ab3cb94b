"""The recorder of the live engine: one total order of the events of all threads and processes, as they come."""

from __future__ import annotations

import threading
import time
from typing import Any

from askance.history import Event, EventKind, Outcome, Recorder
from askance.live.wire import Pipe, line_of
from askance.program import Value
from askance.run.elsewhere import Office
from askance.run.turns import Directory

__all__ = ["LiveRecorder", "strand_name"]

_named: dict[str, list[Any]] = {}
_naming = threading.Lock()


def strand_name(thread: threading.Thread) -> str:
    """The thread's name; a second thread of the same name has a number besides."""
    with _naming:
        same = _named.setdefault(thread.name, [])
        if thread not in same:
            same.append(thread)
        at = same.index(thread)
    return thread.name if at == 0 else f"{thread.name} ({at + 1})"


class LiveRecorder(Recorder):
    """Appends under a lock, stamps with the time since it was made in seconds, and tells the parent at once.

    What is recorded happens a moment after it is recorded (a send, a cancellation), or has happened a moment before (a
    message was taken up, an answer came); so causes stand before their effects, and nothing else is claimed.
    """

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(self.now)
        self.pipe = pipe
        self.lock = threading.Lock()
        self.began = time.monotonic()
        self.latest = self.began
        """When the last event was recorded."""
        self.office: Office | None = None
        self.silent = False

    def now(self) -> tuple[int, float, str]:
        """The stamp of an event of this thread."""
        return len(self.events), time.monotonic() - self.began, strand_name(threading.current_thread())

    def add(
        self,
        kind: EventKind,
        who: str = "",
        *,
        actor: str = "",
        message: str = "",
        op: str = "",
        outcome: Outcome | None = None,
        detail: str = "",
        sender: str = "",
        value: Value = None,
        loop: int | None = None,
        strand: str = "",
    ) -> None:
        """Append one event; `strand` where another process, or the watchdog, says whose it is."""
        strand = strand or strand_name(threading.current_thread())
        with self.lock:
            if self.silent:
                return
            self.latest = time.monotonic()
            event = Event(
                *(kind, who, actor, message, op, outcome, detail, sender, value, len(self.events)),
                *(self.latest - self.began, strand, loop),
            )
            self.events.append(event)
            self.pipe.send({"event": line_of(event)})

    def hush(self) -> None:
        """Record nothing more: the execution has been told of as ended."""
        with self.lock:
            self.silent = True

    def office_of(self, directory: Directory) -> Office:
        """The office to which handlers in other processes report; opened when it is first needed."""
        if self.office is None:
            self.office = Office(directory)
        return self.office
