"""POS: partial order sampling (Yuan, Yang, Gu, "Partial order aware concurrency sampling", CAV 2018).

Each pending operation draws a priority and the highest runs. When it has run, operations that race with it draw again:
so the two orders of a race are tried alike, and what is independent of it keeps its place, which spreads the samples
over partial orders and not over schedules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askance.search.operations import conflict, mode_of, one_object
from askance.search.random_walk import Clockwise


class POS(Clockwise):
    """Runs the pending operation of highest priority; those that race with it draw a new one."""

    observes = True

    def begin(self) -> None:
        """The next execution."""
        super().begin()
        self._priorities: dict[Any, float] = {}
        self._runnable: Sequence[Any] = ()

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The strand whose operation has the highest priority."""
        self._runnable = runnable
        priorities = self._priorities
        best = None
        highest = -1.0
        for strand in runnable:
            priority = priorities.get(strand)
            if priority is None:
                if not strand.number:
                    if self.ticks():
                        return strand
                    continue
                priority = priorities[strand] = self.random.random()
            if priority > highest:
                best = strand
                highest = priority
        return best

    def stepped(self, strand: Any) -> None:
        """Forget the priorities of this operation and of those that race with it."""
        priorities = self._priorities
        priorities.pop(strand, None)
        mode = mode_of(strand, strand.kind, strand.object)
        for other in self._runnable:
            if (
                other in priorities
                and one_object(strand.object, other.object)
                and conflict(mode, mode_of(other, other.kind, other.object))
            ):
                del priorities[other]
