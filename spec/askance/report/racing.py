"""The race that decides a failure: two steps that race, and in whose other order the clause holds.

Two steps of different strands race where they touch one object, depend on each other, and nothing else orders them
(Flanagan and Godefroid, "Dynamic partial-order reduction for model checking software", POPL 2005). The last of these
is turned round and the program run again; then the one before it; until the clause holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askance.search.operations import BARRIER, NONE, conflict
from askance.search.recording import Access
from askance.search.replay import Replay, stay
from askance.world import Strand

__all__ = ["Flipped", "racing"]

LOOK_BACK = 40
"""So many earlier operations on an object are looked at."""


def racing(accesses: Sequence[Access], starts: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs of racing steps, by their positions, those whose second step is last first."""
    clocks: dict[Strand, dict[Strand, int]] = {}
    before: dict[int, list[tuple[int, Strand, int, dict[Strand, int]]]] = {}
    pairs: list[tuple[int, int]] = []
    for position, strand, done in _steps(accesses, starts):
        clock = dict(clocks.get(strand, ()))
        for kind, thing, mode in done:
            if mode == BARRIER:
                for other in clocks.values():
                    _join(clock, other)
            if thing is None or mode in (NONE, BARRIER) or kind == "woken":
                if kind == "woken":
                    for _, _, _, theirs in before.get(id(strand), ())[-1:]:
                        _join(clock, theirs)
                continue
            thing = getattr(thing, "mutex", thing)
            earlier = before.setdefault(id(thing), [])
            for at, who, how, theirs in reversed(earlier[-LOOK_BACK:]):
                if who is strand or not conflict(how, mode):
                    continue
                if clock.get(who, -1) < at and not isinstance(thing, Strand):
                    pairs.append((at, position))
                _join(clock, theirs)
        clock[strand] = position
        clocks[strand] = clock
        for kind, thing, mode in done:
            if thing is not None and mode not in (NONE, BARRIER) and kind != "woken":
                before[id(getattr(thing, "mutex", thing))].append((position, strand, mode, clock))
    return list(dict.fromkeys(reversed(pairs)))


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


@dataclass(frozen=True, slots=True)
class _Address:
    path: str
    number: int


class Flipped:
    """Follows a schedule, but for one pair of steps: the first waits until the second has been made.

    Steps are addressed by their strand's path and the number of its operation. Where the schedule cannot be followed
    any more, the current strand goes on as long as it can.
    """

    observes = True

    def __init__(self, choices: Sequence[int], first: tuple[str, int], second: tuple[str, int]) -> None:
        self.replay = Replay(choices, strict=False)
        self.first, self.second = _Address(*first), _Address(*second)
        self.counts: dict[str, int] = {}
        self.flipped = False
        self.following = True

    def begin(self) -> None:
        """From the beginning."""
        self.replay.begin()
        self.counts = {}
        self.flipped = False
        self.following = True

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """Whom the schedule names, but not the strand that has to wait."""
        first, second = self.first, self.second
        count = self.counts.get
        if not self.flipped and count(first.path, 0) == first.number - 1 < first.number:
            others = [strand for strand in runnable if strand.path != first.path and strand.number]
            if others and count(second.path, 0) < second.number:
                self.following = False
                for strand in others:
                    if strand.path == second.path:
                        return strand
                return stay(others, current)
        return self.replay.pick(runnable, current) if self.following else stay(runnable, current)

    def stepped(self, strand: Any) -> None:
        """Count, and see whether the pair was made in the other order."""
        number = self.counts[strand.path] = self.counts.get(strand.path, 0) + 1
        if strand.path == self.second.path and number == self.second.number:
            self.flipped = self.flipped or self.counts.get(self.first.path, 0) < self.first.number
