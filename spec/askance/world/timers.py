"""Virtual time: the timers of a world, and the clock that fires them.

The clock is strand 0: it can run when a timer is pending, and its step moves the time to the next deadline. Where
timers race, picking the clock while others could run is how a timeout fires early. Only deadlines within the world's
horizon are raced so: where seconds matter, a minute does not pass while somebody could go on.
"""

from __future__ import annotations

import itertools
import math
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from askance.world.strand import Strand

if TYPE_CHECKING:
    from collections.abc import Callable

    from askance.engine import Strategy


class Timers:
    """The part of a scheduler that keeps the time."""

    # An object with more attributes than thirty finds them slowly, unless they have slots.
    __slots__ = ("_sequence", "_timers", "clock", "horizon", "now", "steps", "timers")

    if TYPE_CHECKING:
        strategy: Strategy
        observes: bool
        racing_timers: bool
        touched: Callable[[Strand, str, Any], None]

        def enable(self, strand: Strand) -> None:
            """The scheduler's."""

        def disable(self, strand: Strand) -> None:
            """The scheduler's."""

        def touch(self, kind: str, thing: Any) -> None:
            """The scheduler's."""

    def __init__(self) -> None:
        self.now = 0.0
        self.horizon = math.inf
        self.steps = 0
        self.timers = 0
        self._timers: list[list[Any]] = []
        self._sequence = itertools.count()
        self.clock = Strand(0, "clock", "0")
        self.clock.kind = "tick"
        self.clock.daemon = True

    def add_timer(self, strand: Strand, when: float) -> None:
        """Enable `strand` at that time, in virtual seconds; it must have no timer yet."""
        if self.observes:
            self.touch("timer", self.clock)
        entry = [when, (strand.path, next(self._sequence)), strand]
        strand.timer = entry
        heappush(self._timers, entry)
        self.timers += 1
        if self.racing_timers and self.clock.slot < 0 and when - self.now <= self.horizon:
            self.enable(self.clock)

    def cancel_timer(self, strand: Strand) -> None:
        """Take back `add_timer`."""
        assert strand.timer is not None
        if self.observes:
            self.touch("timer", self.clock)
        strand.timer[2] = None
        strand.timer = None
        self.timers -= 1
        if self.clock.slot >= 0 and not self._near():
            self.disable(self.clock)

    def _near(self) -> bool:
        """Whether the next deadline is within the horizon."""
        if not self.timers or self.horizon == math.inf:
            return self.timers > 0
        timers = self._timers
        while timers[0][2] is None:
            heappop(timers)
        near: bool = timers[0][0] - self.now <= self.horizon
        return near

    def tick(self) -> None:
        """Move the time to the next deadline, and wake whoever waited for it."""
        timers = self._timers
        while timers and timers[0][2] is None:
            heappop(timers)
        if timers[0][0] > self.now:
            self.now = timers[0][0]
        self.steps += 1
        if self.observes:
            self.strategy.stepped(self.clock)
        while timers and (timers[0][2] is None or timers[0][0] <= self.now):
            strand = heappop(timers)[2]
            if strand is not None:
                strand.timer = None
                strand.timed_out = True
                if self.observes:
                    self.touched(self.clock, "notify", strand)
                self.timers -= 1
                if strand.slot < 0:
                    self.enable(strand)
        near = self._near()
        if self.clock.slot >= 0:
            if not near:
                self.disable(self.clock)
        elif near and self.racing_timers:
            self.enable(self.clock)
