"""Optimal-DPOR: one execution for each interleaving, and none in vain (Abdulla, Aronis, Jonsson, Sagonas, "Optimal
dynamic partial order reduction", POPL 2014).

After each execution its races are looked up: pairs of dependent steps that nothing orders, so that the second could
have come first. For each race a *wakeup sequence* says how to get there: from the state before the first step, all
that does not depend on it, then the second. It is planned at that state unless an execution that is explored already,
or planned, has it anyway: unless one of its weak initials is asleep there, or it fits into the *wakeup tree*.

Locks, queues and the like disable strands, which the paper's model leaves aside: a release does not race with the
acquire that waits for it, but the acquire before it does (the object met what the operation needs there). What a
strand waits for at the end of an execution, and never got, races as well.

Nor has the model timers that race with the code: a strand that waits with a timeout can go on in two ways, and what
one of them rules out the other may allow. So from the first execution on that has such a timer, every strand's step is
explored at every state, as the sleep-set oracle does: as many executions are completed, but some are begun in vain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askance.search.events import ENABLED, Event, announced
from askance.search.exhaustive import Branch, Exhaustive
from askance.search.operations import GET
from askance.search.order import Order


class OptimalDPOR(Exhaustive):
    """Plans an execution for each race that is not covered yet."""

    optimal = True

    def __init__(self) -> None:
        super().__init__()
        # Whether a timer could fire early in any execution so far, and whether that is news.
        self.timed = False
        self._widening = False

    def _branches(self, able: Sequence[Any]) -> list[Branch]:
        """Only the first step; races add others. Every one where timers race."""
        return [Branch(strand.path) for strand in (able if self.timed else able[:1])]

    def _widened(self, planned: list[Branch], able: Sequence[Any]) -> list[Branch]:
        """What was planned, with all other steps where timers race."""
        if not self.timed:
            return planned
        return [planned[0], *(Branch(strand.path) for strand in able if strand.path != planned[0].path)]

    def stepped(self, strand: Any) -> None:
        """Notice whether a timer is pending that may fire early."""
        world = self.world
        if world.timers and world.racing_timers and not self.timed:
            self.timed = self._widening = True
        super().stepped(strand)

    def _widen(self) -> None:
        """Explore every step at every state of this execution. What was planned there is among that."""
        self._widening = False
        for node in self.nodes:
            others = (path for path in node.able if path != node.path and path not in node.sleep)
            node.branches = [Branch(node.path), *map(Branch, others)]

    def ended(self) -> None:
        """Find the races of the new part of the execution, and plan their reversals."""
        if self._widening:
            self._widen()
        if self.timed or self.impossible_now or (self.redundant and self.optimal):
            return
        events = [node.event for node in self.nodes]
        order = Order(events)
        # The last node of the prefix made another step than before: it is new.
        for late in range(max(self.prefix - 1, 0), len(events)):
            for early in order.races[late]:
                self._reverse(order, early, late, events[late])
        for strand in self.world.strands:
            if strand.done or strand.slot >= 0 or strand.kind == "tick":
                continue
            event = announced(strand, self.world)
            if all(access.needs != ENABLED for access in event.accesses):
                for early in order.racing(event):
                    self._reverse(order, early, len(events), event)

    def _reverse(self, order: Order, early: int, late: int, event: Event) -> None:
        """Plan that `event`, the one numbered `late`, comes before the one numbered `early`."""
        events, before = order.events, order.before
        numbers = [k for k in range(early + 1, len(events)) if not before[k] >> early & 1]
        sequence = [events[k] for k in numbers]
        past = [before[k] for k in numbers]
        past.append(_past(order, early, late, event, numbers, sequence))
        numbers.append(late)
        sequence.append(event)
        self._plan(early, numbers, sequence, past)

    def _plan(self, depth: int, numbers: list[int], sequence: list[Event], past: list[int]) -> None:
        """Explore the sequence from the node at that depth, unless that is covered."""
        node = self.nodes[depth]
        for path, asleep in node.sleep.items():
            if is_weak_initial(path, asleep, numbers, sequence, past):
                return
        insert(node.branches, node.path, numbers, sequence, past)


def _past(
    order: Order, early: int, late: int, event: Event, numbers: Sequence[int], sequence: Sequence[Event]
) -> int:
    """Which events of the sequence must come before `event`, now that the early one and what follows from it do not.

    Not all that did in the execution: an acquire came after whatever the lock's owner before it had to wait for.
    """
    past = 0
    for number, other in zip(numbers, sequence, strict=True):
        if not other.independent(event):
            past |= 1 << number
    taken = order.items.get(late)
    if taken is not None and order.events[early].modes.get(taken[0]) != GET:
        past |= taken[1]
    return past


def is_initial(
    path: str, numbers: Sequence[int], sequence: Sequence[Event], past: Sequence[int]
) -> int | None:
    """Where in the sequence the strand's first event is, if it could come first; -1 if the strand has none there.

    None: it has one, and something before it in the sequence must come first.
    """
    earlier = 0
    for place, event in enumerate(sequence):
        if event.path == path:
            return None if past[place] & earlier else place
        earlier |= 1 << numbers[place]
    return -1


def is_weak_initial(
    path: str, step: Event | None, numbers: Sequence[int], sequence: Sequence[Event], past: Sequence[int]
) -> bool:
    """Whether some continuation of the sequence is the same interleaving as one that begins with the strand's step."""
    place = is_initial(path, numbers, sequence, past)
    if place is None:
        return False
    if place >= 0:
        return True
    return step is not None and all(step.independent(event) for event in sequence)


def insert(
    branches: list[Branch], current: str, numbers: list[int], sequence: list[Event], past: list[int]
) -> None:
    """Add a sequence to a wakeup tree, unless a branch of the tree leads to the same interleavings.

    `current`: the branch that is being explored; no sequence that is planned here fits into it.
    """
    while True:
        for branch in branches:
            if branch.path == current:
                continue
            place = is_initial(branch.path, numbers, sequence, past)
            if place is None:
                continue
            if place >= 0:
                numbers = numbers[:place] + numbers[place + 1 :]
                sequence = sequence[:place] + sequence[place + 1 :]
                past = past[:place] + past[place + 1 :]
            elif branch.event is None or not all(branch.event.independent(event) for event in sequence):
                continue
            if not branch.branches or not sequence:
                return
            branches, current = branch.branches, ""
            break
        else:
            break
    for event in sequence:
        branch = Branch(event.path, event)
        branches.append(branch)
        branches = branch.branches
