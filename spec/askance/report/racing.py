"""Races of a failing execution, and the same execution with one of them turned round.

Two steps of different strands race where they touch one object, depend on each other, and nothing else orders them
(Flanagan and Godefroid, "Dynamic partial-order reduction for model checking software", POPL 2005). `report.seen` turns
each round, and keeps of those in whose other order the clause holds the one that changes least besides: a pair whose
other order leads to another course of events altogether may pass without having had a part in the failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from askance.search.operations import BARRIER, NONE, conflict, name_of
from askance.search.recording import Access
from askance.search.replay import stay
from askance.world import Strand

__all__ = ["Address", "Race", "Turned", "orderings", "racing"]

Address = tuple[str, int]
"""An operation: its strand's path, and its number among that strand's."""

Made = tuple[str, int, str]
"""An operation with its kind, which tells whether it is still the same one on another schedule."""

LOOK_BACK = 40
"""So many earlier operations on an object are looked at."""


class Race(NamedTuple):
    """Two racing steps, by their positions; what each did to the object, which is not always what it announced."""

    first: int
    second: int
    did: tuple[str, str]
    thing: Any


def racing(accesses: Sequence[Access], starts: Sequence[int]) -> list[Race]:
    """The pairs of racing steps, those whose second step is last first."""
    clocks: dict[Strand, dict[Strand, int]] = {}
    before: dict[int, list[tuple[int, Strand, int, dict[Strand, int], str]]] = {}
    pairs: dict[tuple[int, int], Race] = {}
    for position, strand, done in _steps(accesses, starts):
        clock = dict(clocks.get(strand, ()))
        for kind, thing, mode in done:
            if mode == BARRIER:
                for other in clocks.values():
                    _join(clock, other)
            if thing is None or mode in (NONE, BARRIER) or kind == "woken":
                if kind == "woken":
                    for _, _, _, theirs, _ in before.get(id(strand), ())[-1:]:
                        _join(clock, theirs)
                continue
            thing = getattr(thing, "mutex", thing)
            earlier = before.setdefault(id(thing), [])
            for at, who, how, theirs, what in reversed(earlier[-LOOK_BACK:]):
                if who is strand or not conflict(how, mode):
                    continue
                if clock.get(who, -1) < at and not isinstance(thing, Strand):
                    pairs.setdefault((at, position), Race(at, position, (what, kind), thing))
                _join(clock, theirs)
        clock[strand] = position
        clocks[strand] = clock
        for kind, thing, mode in done:
            if thing is not None and mode not in (NONE, BARRIER) and kind != "woken":
                before[id(getattr(thing, "mutex", thing))].append((position, strand, mode, clock, kind))
    return list(reversed(pairs.values()))


def _steps(
    accesses: Sequence[Access], starts: Sequence[int]
) -> Iterator[tuple[int, Strand, list[tuple[str, Any, int]]]]:
    """Each step: its position, its strand, and what it did."""
    for position, start in enumerate(starts):
        end = starts[position + 1] if position + 1 < len(starts) else len(accesses)
        strand = accesses[start][0]
        yield position, strand, [(kind, thing, mode) for _, kind, thing, mode in accesses[start:end]]


def _join(clock: dict[Strand, int], other: Mapping[Strand, int]) -> None:
    for strand, position in other.items():
        if clock.get(strand, -1) < position:
            clock[strand] = position


class Turned:
    """Follows the order of an execution's operations, but for one pair: the first waits until the second was made.

    Operations are addressed by their strand's path and their number there. Of the strands that can run, the one goes on
    whose next operation came first in that execution: so all others keep their order as far as the pair lets them,
    what rests on the first comes after it, and what was never made before comes last. Without a pair the very same
    execution follows.
    """

    observes = True

    def __init__(self, order: Mapping[Address, int], first: Address | None, second: Address | None) -> None:
        self.order = order
        self.first, self.second = first, second
        self.counts: dict[str, int] = {}
        self.flipped = False

    def begin(self) -> None:
        """From the beginning."""
        self.counts = {}
        self.flipped = False

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The strand whose next operation came first, but not the one that has to wait, if another can run."""
        if self.first is not None and not self.flipped:
            others = [strand for strand in runnable if self.following(strand) != self.first]
            # The clock alone cannot lead to the second operation but by time's passing: that changes too much.
            if any(strand.number for strand in others):
                runnable = others
        made = [strand for strand in runnable if self.following(strand) in self.order]
        if made:
            return min(made, key=lambda strand: self.order[self.following(strand)])
        return stay(runnable, current)

    def following(self, strand: Any) -> Address:
        """The address of the strand's next operation."""
        return strand.path, self.counts.get(strand.path, 0) + 1

    def stepped(self, strand: Any) -> None:
        """Count, and see whether the pair was made in the other order."""
        at = self.following(strand)
        self.counts[strand.path] = at[1]
        if at == self.second and self.first is not None:
            self.flipped = self.flipped or self.counts.get(self.first[0], 0) < self.first[1]


def orderings(accesses: Sequence[Access], starts: Sequence[int]) -> set[tuple[Made, Made]]:
    """Which operation came directly before which, of those of different strands that depend on each other.

    Objects that have no name which holds on every schedule are left out.
    """
    counts: dict[str, int] = {}
    before: dict[Any, list[tuple[Made, int]]] = {}
    found: set[tuple[Made, Made]] = set()
    for _, strand, done in _steps(accesses, starts):
        number = counts[strand.path] = counts.get(strand.path, 0) + 1
        here = strand.path, number, done[0][0]
        for _, thing, mode in done:
            name = None if mode in (NONE, BARRIER) else name_of(thing)
            if name is None:
                continue
            earlier = before.setdefault(name, [])
            for there, how in reversed(earlier[-LOOK_BACK:]):
                if there[0] != strand.path and conflict(how, mode):
                    found.add((there, here))
                    break
            earlier.append((here, mode))
    return found
