"""Making counterexamples smaller after Hypothesis: programs and schedules, in turns, until neither gets smaller.

A smaller program is first tried on the schedule of the larger one, whose deviations are addressed so that they keep
their meaning; then under others. It is kept if the same clause falls. Called by the suite for each clause that fell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from askance.engine import Strategy
from askance.program import Program
from askance.search.deviations import Deviating, Deviation, Noting, calmest
from askance.search.pos import POS
from askance.search.random_walk import RandomWalk
from askance.search.replay import Stay
from askance.shrink.programs import smaller

__all__ = ["Reduction", "smaller", "walks"]

F = TypeVar("F")

MOST_EXECUTIONS = 3000
"""At most so many executions are made to find something smaller."""
SAMPLE = 24
"""Executions that tell how rare the failure is."""
INSISTENT = 96
"""Schedules that a program with fewer operations is tried under before the reduction ends."""
MOST_CALMED = 4
"""Other failing schedules that are calmed down, to see whether one comes to fewer switches."""
ROUNDS = 4


class Reduction(Generic[F]):
    """One failure that is made smaller.

    `run` carries out a program under a strategy, and gives the failure if it fails in the way that is wanted.
    `program`, `failure` and `deviations` are the smallest so far.
    """

    def __init__(self, program: Program, failure: F, run: Callable[[Program, Strategy], F | None]) -> None:
        self.program = program
        self.failure = failure
        self.run = run
        self.deviations: Mapping[Deviation, str] = {}
        self.preemptions = 0
        self.executions = 0
        self.walks = SAMPLE

    def reduce(self, again: Strategy, *, fixed: bool = False) -> bool:
        """Make it as small as can be; `again` repeats the failure. Whether it could be repeated.

        `fixed`: only the schedule, not the program.
        """
        if not self.accept(self.program, again):
            return False
        for _ in range(ROUNDS):
            size = len(self.deviations)
            self.calm()
            shrunk = not fixed and self.shorten()
            if not shrunk and len(self.deviations) == size:
                break
        self.calm()
        if not fixed and self.insist():
            self.calm()
        return True

    def accept(self, program: Program, strategy: Strategy) -> bool:
        """Whether the program fails under the strategy; it is the smallest then, on what the schedule deviates."""
        self.executions += 1
        noting = Noting(strategy)
        found = self.run(program, noting)
        if found is None:
            return False
        self.program, self.failure = program, found
        self.deviations, self.preemptions = noting.deviations, noting.preemptions
        return True

    # ------------------------------------------------------------ schedules

    def calm(self) -> None:
        """Find a schedule with fewer deviations: of some that fail, each without what it does not need, the calmest."""
        self.leave_out()
        calmed = 0
        for strategy in walks(SAMPLE):
            if len(self.deviations) <= 1 or calmed == MOST_CALMED:
                return
            best = self.smallest()
            if self.accept(self.program, strategy):
                calmed += 1
                self.leave_out()
                if (self.preemptions, len(self.deviations)) >= (best[3], len(best[2])):
                    self.program, self.failure, self.deviations, self.preemptions = best

    def leave_out(self) -> None:
        """Leave out the deviations that the failure does not need."""

        def fails(fewer: Mapping[Deviation, str]) -> bool:
            best = self.smallest()
            if self.accept(self.program, Deviating(fewer)):
                if len(self.deviations) <= len(fewer):
                    return True
                self.program, self.failure, self.deviations, self.preemptions = best
            return False

        calmest(self.deviations, fails)

    def smallest(self) -> tuple[Program, F, Mapping[Deviation, str], int]:
        """What is the smallest so far."""
        return self.program, self.failure, self.deviations, self.preemptions

    # ------------------------------------------------------------ programs

    def shorten(self) -> bool:
        """Take the program apart as long as it fails; whether it got smaller."""
        self.walks = self.enough()
        progress, shrunk = True, False
        while progress and self.executions < MOST_EXECUTIONS:
            progress = False
            for program in smaller(self.program):
                if self.executions >= MOST_EXECUTIONS:
                    break
                if any(self.accept(program, strategy) for strategy in self.schedules()):
                    progress = shrunk = True
                    break
        return shrunk

    def insist(self) -> bool:
        """Try under many more schedules to do with fewer operations; whether that could be."""
        self.walks, insisted, progress = INSISTENT, False, True
        while progress and self.executions < MOST_EXECUTIONS:
            fewer = (less for less in smaller(self.program) if operations(less) < operations(self.program))
            progress = any(self.accept(less, strategy) for less in fewer for strategy in self.schedules())
            insisted = insisted or progress
        return insisted

    def enough(self) -> int:
        """How many schedules to try for a smaller program: more, the rarer the failure is now."""
        failing = sum(self.run(self.program, strategy) is not None for strategy in walks(SAMPLE))
        self.executions += SAMPLE
        return max(3, min(SAMPLE, 3 * SAMPLE // max(1, failing)))

    def schedules(self) -> Iterator[Strategy]:
        """For a smaller program: the schedule of the larger, then others."""
        yield Deviating(self.deviations)
        yield from walks(self.walks)


def operations(program: Program) -> int:
    """How much the clients do."""
    return sum(len(client.operations) for client in program.clients)


def walks(count: int) -> Iterator[Strategy]:
    """Schedules of several kinds, the same each time."""
    yield Stay()
    for number in range(1, count):
        yield RandomWalk(number) if number % 2 else POS(number)
