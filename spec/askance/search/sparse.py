"""Sparse schedules: stay with the current strand, but for a few deviations.

A deviation is addressed by the strand that is left and the number of its operation, so that it keeps its meaning when
other parts of the program shrink away. Most concurrency bugs need few of them (Musuvathi and Qadeer, "Iterative
context bounding", PLDI 2007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from askance.search.replay import stay


class Sparse:
    """Stays with the current strand, or the oldest; but where `deviations` has (path, n): another.

    Before the n-th operation (from 1) of the strand with that path another strand goes on: the i-th of those that can
    run, in order of their numbers and modulo how many they are, for the value i.
    """

    observes = True

    def __init__(self, deviations: Mapping[tuple[str, int], int]) -> None:
        self.deviations = dict(deviations)

    def begin(self) -> None:
        """From the beginning."""
        self._counts: dict[Any, int] = {}

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The current strand, unless this is a deviation."""
        if current is None:
            return stay(runnable, current)
        wanted = self.deviations.get((current.path, self._counts.get(current, 0) + 1))
        if wanted is None:
            return stay(runnable, current)
        others = sorted((s for s in runnable if s is not current), key=lambda s: (not s.number, s.number))
        return others[wanted % len(others)]

    def stepped(self, strand: Any) -> None:
        """Count a strand's operations."""
        self._counts[strand] = self._counts.get(strand, 0) + 1
