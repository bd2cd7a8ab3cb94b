"""Races of a failing execution, and the same execution with one of them turned round.

Two steps of different strands race where they touch one object, depend on each other, and nothing else orders them
(Flanagan and Godefroid, "Dynamic partial-order reduction for model checking software", POPL 2005). `report.seen` turns
each round, and keeps of those in whose other order the clause holds the one that changes least besides: a pair whose
other order leads to another course of events altogether may pass without having had a part in the failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askance.search.operations import BARRIER, NONE, conflict, name_of
from askance.search.order import Order
from askance.search.recording import Access
from askance.search.replay import stay
from askance.search.watched import Seen, Watch

__all__ = ["Address", "Race", "Raced", "Turned", "orderings", "racing"]

Address = tuple[str, int]
"""An operation: its strand's path, and its number among that strand's."""
Made = tuple[str, int, str]
"""An operation with its kind, which tells whether it is still the same one on another schedule."""

LOOK_BACK = 40
"""So many earlier operations on an object are looked at."""


@dataclass(frozen=True, slots=True)
class Raced:
    """One step of a race: its address, the step, and what it did to the object, which may not be what it announced."""

    address: Address
    seen: Seen
    did: str


@dataclass(frozen=True, slots=True)
class Race:
    """Two racing steps, and the object that both concern; None where the schedule just left the one for the other."""

    first: Raced
    second: Raced
    thing: Any


def racing(watch: Watch) -> list[Race]:
    """The pairs of racing steps of an execution, those whose second step is last first.

    A second step may be one that a strand announced and never made, since it waits for ever. Before them come the steps
    with which the schedule leaves a strand that could go on, and the next step of that strand: what else happened in
    between, to plain variables, nobody sees.
    """
    order = Order(watch.made)
    found = _left(watch)
    for blocked in reversed(watch.blocked.values()):
        for early in order.racing(blocked.made):
            done = [(str(blocked.seen.operation), blocked.thing, blocked.mode)]
            found.append(_race(watch, early, blocked.address, blocked.seen, done))
    for late in range(len(watch.made) - 1, -1, -1):
        for early in reversed(order.races[late]):
            done = _done(watch.accesses, watch.starts, late)
            found.append(_race(watch, early, watch.addresses[late], watch.seen[late], done))
    return found


def _left(watch: Watch) -> list[Race]:
    seen, addresses = watch.seen, watch.addresses
    found = []
    for at in range(len(seen) - 1, 0, -1):
        if not seen[at].preempting:
            continue
        path = addresses[at - 1][0]
        later = next((after for after in range(at, len(seen)) if addresses[after][0] == path), None)
        if later is not None:
            first = Raced(addresses[at], seen[at], seen[at].operation)
            found.append(Race(first, Raced(addresses[later], seen[later], seen[later].operation), None))
    return found


def _race(watch: Watch, early: int, address: Address, late: Seen, done: list[tuple[str, Any, int]]) -> Race:
    """The pair, with the first object on which the two depend on each other; other objects come before strands."""
    before = _done(watch.accesses, watch.starts, early)
    pairs = [
        (first, second, thing)
        for second, thing, mode in done
        for first, other, how in reversed(before)
        if name_of(thing) is not None and name_of(thing) == name_of(other) and conflict(how, mode)
    ]
    seen = watch.seen[early]
    told = [pair for pair in pairs if "woken" not in pair[:2]] or pairs
    first, second, thing = told[0] if told else (seen.operation, late.operation, None)
    return Race(Raced(watch.addresses[early], seen, first), Raced(address, late, second), thing)


def _done(accesses: Sequence[Access], starts: Sequence[int], position: int) -> list[tuple[str, Any, int]]:
    """What a step did: (kind, object, mode)."""
    end = starts[position + 1] if position + 1 < len(starts) else len(accesses)
    return [(kind, thing, mode) for _, kind, thing, mode in accesses[starts[position] : end]]


def _steps(
    accesses: Sequence[Access], starts: Sequence[int]
) -> Iterator[tuple[str, list[tuple[str, Any, int]]]]:
    """Each step: its strand's path, and what it did."""
    for position, start in enumerate(starts):
        yield accesses[start][0].path, _done(accesses, starts, position)


class Turned:
    """Follows the order of an execution's operations, but for one pair: the first waits until the second was made.

    Operations are addressed by their strand's path and their number there. Of the strands that can run, the one goes on
    whose next operation came first in that execution: so all others keep their order as far as the pair lets them,
    what rests on the first comes after it, and what was never made before comes last. Without a pair the very same
    execution follows.
    """

    observes = True

    def __init__(
        self, order: Mapping[Address, int], first: Address | None = None, second: Address = ("", 0)
    ) -> None:
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
            # To wait for time to pass, where the second operation is another's, would change too much.
            if any(strand.number or strand.path == self.second[0] for strand in others):
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
    for path, done in _steps(accesses, starts):
        number = counts[path] = counts.get(path, 0) + 1
        here = path, number, done[0][0]
        for _, thing, mode in done:
            name = None if mode in (NONE, BARRIER) else name_of(thing)
            if name is None:
                continue
            earlier = before.setdefault(name, [])
            for there, how in reversed(earlier[-LOOK_BACK:]):
                if there[0] != path and conflict(how, mode):
                    found.add((there, here))
                    break
            earlier.append((here, mode))
    return found
