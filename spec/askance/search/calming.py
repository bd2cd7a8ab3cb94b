"""The same failure on a calmer schedule: what a search finds first has many switches that the failure does not need.

What somebody is to read is made smaller first, as counterexamples of programs are by `askance.shrink`: deviations from
staying with the current strand are left out as long as it fails alike, and a few other failing schedules are tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from askance.engine import Strategy
from askance.preempt import instrumented
from askance.search.counterexample import Counterexample, failure_of, new_world
from askance.search.deviations import Deviating, Deviation, Noting, calmest
from askance.search.pos import POS
from askance.search.random_walk import RandomWalk
from askance.search.replay import Replay, Stay
from askance.world import installed

__all__ = ["calmer"]

MOST_STEPS = 200_000
"""Of all executions together that look for something calmer: a second or so."""
OTHERS = 24
"""Schedules that are tried besides the one that failed."""


def calmer(failure: Counterexample) -> Counterexample:
    """The failure on the schedule with the fewest switches that was found; itself where it cannot be repeated."""
    if failure.kind == "error":
        return failure
    with instrumented(failure.options["preempt"]), installed(failure.target):
        calming = _Calming(failure)
        if calming.fails(Replay(failure.schedule)):
            calming.leave_out()
            calming.try_others()
    return calming.failure


class _Calming:
    """The calmest failure so far, and in what its schedule deviates."""

    def __init__(self, failure: Counterexample) -> None:
        self.failure = failure
        self.deviations: Mapping[Deviation, str] = {}
        self.preemptions = 1 << 30
        self.steps = 0

    def fails(self, strategy: Strategy) -> bool:
        """Whether it fails alike under the strategy, on a schedule that is no less calm: that is kept."""
        before = self.failure
        if self.steps > MOST_STEPS:
            return False
        noting = Noting(strategy)
        execution = new_world(noting, before.options).run(before.target)
        self.steps += execution.steps
        found = failure_of(before.target, execution, before.number, before.options)
        if found is None or not before.same_failure(found) or _place(found) != _place(before):
            return False
        size = noting.preemptions, len(noting.deviations)
        if size > (self.preemptions, len(self.deviations)):
            return False
        self.failure, self.deviations, self.preemptions = found, noting.deviations, noting.preemptions
        return True

    def leave_out(self) -> None:
        """Leave out what the failure does not need."""
        calmest(self.deviations, lambda fewer: self.fails(Deviating(fewer)))

    def try_others(self) -> None:
        """Other schedules, each without what it does not need, as long as there is something to be gained."""
        for strategy in _others():
            if not self.deviations or self.steps > MOST_STEPS:
                return
            other = _Calming(self.failure)
            other.steps = self.steps
            if other.fails(strategy):
                other.leave_out()
            self.steps = other.steps
            if (other.preemptions, len(other.deviations)) < (self.preemptions, len(self.deviations)):
                self.failure = other.failure
                self.deviations, self.preemptions = other.deviations, other.preemptions


def _others() -> Iterator[Strategy]:
    yield Stay()
    for number in range(1, OTHERS):
        yield RandomWalk(number) if number % 2 else POS(number)


def _place(failure: Counterexample) -> str:
    """Where an exception was raised, by the last words of its text; a deadlock is like another."""
    return "" if failure.exception is None else failure.text.rpartition(" at ")[2]
