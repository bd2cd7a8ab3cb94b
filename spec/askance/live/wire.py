"""What the child tells its parent: one JSON document a line, an event as soon as it happens.

So whatever happened before a process was killed, or ended itself, is known.
"""

from __future__ import annotations

import json
import os
import threading
from typing import Any

from askance.history import Event, Outcome, Waiting
from askance.program_json import dump_value, load_value

__all__ = ["Pipe", "event_of", "line_of", "waiting_of"]


class Pipe:
    """The writing end: each document is one line, whole, whichever thread writes it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.lock = threading.Lock()

    def send(self, document: Any) -> None:
        """Write the document; return when it is in the pipe."""
        data = json.dumps(document).encode() + b"\n"
        with self.lock:
            while data:
                data = data[os.write(self.descriptor, data) :]


def line_of(event: Event) -> list[Any]:
    """The event as JSON data."""
    outcome = event.outcome
    ended = None
    if outcome is not None:
        error = None if outcome.error is None else dump_value(outcome.error)
        ended = [outcome.kind, dump_value(outcome.value), error, outcome.detail]
    return [
        *(event.kind, event.who, event.actor, event.message, event.op, ended, event.detail, event.sender),
        *(dump_value(event.value), event.step, event.time, event.strand, event.loop),
    ]


def event_of(line: list[Any]) -> Event:
    """The event that `line_of` made the data of."""
    kind, who, actor, message, op, ended, detail, sender, value, *rest = line
    outcome = None
    if ended is not None:
        error: Any = None if ended[2] is None else load_value(ended[2])
        outcome = Outcome(ended[0], load_value(ended[1]), error, ended[3])
    return Event(kind, who, actor, message, op, outcome, detail, sender, load_value(value), *rest)


def waiting_of(entries: list[list[str]]) -> tuple[Waiting, ...]:
    """The waiters that a child told of."""
    return tuple(Waiting(*entry) for entry in entries)
