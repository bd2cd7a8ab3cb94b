"""Schedules as what they deviate in from staying with the current strand, and the search for the fewest deviations.

A deviation is addressed by the stable name of the strand that would have gone on and the number of its operation, so
that it keeps its meaning when other deviations, or parts of the program, are gone (Zeller and Hildebrandt,
"Simplifying and Isolating Failure-Inducing Input", TSE 2002, is how they are left out).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from askance.engine import Strategy
from askance.search.replay import stay

__all__ = ["Deviating", "Deviation", "Noting", "calmest"]

Deviation = tuple[str, int, int]
"""The strand that made the last step, by its path; the number of its next operation; how often this was asked."""


class _Counting:
    """What both strategies below count: each strand's operations, and the questions at each."""

    observes = True

    def begin(self) -> None:
        """A new execution."""
        self._operations: dict[str, int] = {}
        self._asked: dict[tuple[str, int], int] = {}

    def address(self, current: Any) -> Deviation:
        """Where the world is now."""
        path = current.path if current is not None else ""
        place = path, self._operations.get(path, 0) + 1
        asked = self._asked.get(place, 0)
        self._asked[place] = asked + 1
        return (*place, asked)

    def stepped(self, strand: Any) -> None:
        """Count a strand's operations."""
        self._operations[strand.path] = self._operations.get(strand.path, 0) + 1


class Noting(_Counting):
    """Follows another strategy, and notes where it deviates, and how often it leaves a strand that could go on."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.deviations: dict[Deviation, str] = {}
        self.preemptions = 0

    def begin(self) -> None:
        """Nothing noted yet."""
        super().begin()
        self.deviations = {}
        self.preemptions = 0
        self.strategy.begin()

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """What the strategy picks."""
        address = self.address(current)
        chosen = self.strategy.pick(runnable, current)
        if chosen is not stay(runnable, current):
            self.deviations[address] = chosen.path
            self.preemptions += current is not None and current.number != 0 and current in runnable
        return chosen

    def stepped(self, strand: Any) -> None:
        """Count, and let the strategy know."""
        super().stepped(strand)
        if self.strategy.observes:
            self.strategy.stepped(strand)


class Deviating(_Counting):
    """Stays with the current strand, but where `deviations` name another that can run."""

    def __init__(self, deviations: Mapping[Deviation, str]) -> None:
        self.deviations = dict(deviations)

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The current strand, or the one that is named for this place."""
        wanted = self.deviations.get(self.address(current))
        if wanted is not None:
            for strand in runnable:
                if strand.path == wanted:
                    return strand
        return stay(runnable, current)


def calmest(deviations: Mapping[Deviation, str], fails: Callable[[Mapping[Deviation, str]], bool]) -> None:
    """Offer `fails` ever fewer of the deviations, until none of those that are left can be spared."""
    kept = list(deviations.items())
    size = max(1, len(kept) // 2)
    while kept:
        at, spared = 0, False
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            if fails(dict(fewer)):
                kept, spared = fewer, True
            else:
                at += size
        if size == 1 and not spared:
            return
        size = max(1, size // 2)
