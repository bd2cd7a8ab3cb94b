"""The progress of an exhaustive search: executions done, the estimated total, the rate, the time left.

On a terminal one line is written over and over; elsewhere a plain line comes now and then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

__all__ = ["Progress", "duration", "line"]

ON_TERMINAL, ELSEWHERE = 0.2, 15.0
"""Seconds between two lines."""


class Progress:
    """Shows how far a search has come. `clock` gives seconds."""

    def __init__(self, file: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.file = file
        self.clock = clock
        self.terminal = file.isatty()
        self.interval = ON_TERMINAL if self.terminal else ELSEWHERE
        self.begin("")

    def begin(self, name: str, done: int = 0) -> None:
        """Another search begins; `done` of its executions were made earlier."""
        self.name = name
        self.before = done
        self.started = self.shown = self.clock()

    def update(self, done: int, total: float) -> None:
        """So many executions are done, of about so many; shown if the last line is old enough."""
        now = self.clock()
        if now - self.shown < self.interval:
            return
        self.shown = now
        rate = (done - self.before) / (now - self.started) if now > self.started else 0.0
        text = line(self.name, done, total, rate)
        if self.terminal:
            self.file.write(f"\r{text}\x1b[K")
        else:
            self.file.write(text + "\n")
        self.file.flush()

    def end(self) -> None:
        """Leave no half line behind."""
        if self.terminal:
            self.file.write("\r\x1b[K")
            self.file.flush()


def line(name: str, done: int, total: float, rate: float) -> str:
    """One line: "name: 120 of about 400 executions, 60 a second, about 5 s left"."""
    total = max(total, done)
    text = f"{name}: {done:,} of about {round(total):,} executions"
    if not rate:
        return text
    return f"{text}, {rate:,.0f} a second, about {duration((total - done) / rate)} left"


def duration(seconds: float) -> str:
    """Seconds as a person would say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
