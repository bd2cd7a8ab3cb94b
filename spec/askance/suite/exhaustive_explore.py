"""`askance explore module:function --exhaustive`: every interleaving of any function, with its progress shown."""

from __future__ import annotations

import sys

from askance.run import UsageError
from askance.search.calming import calmer
from askance.search.dpor import OptimalDPOR
from askance.search.explore import explore
from askance.suite.exhaustive_progress import Progress
from askance.suite.running import FELL, INCONCLUSIVE, PASSED, function_named, save_exploration

__all__ = ["explore_exhaustively"]


class _Shown(OptimalDPOR):
    """Optimal-DPOR that says how far it has come."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress
        self.executions = 0

    def another(self) -> bool:
        """Plan the next execution; False when everything has been explored."""
        self.executions += 1
        more = super().another()
        self.progress.update(self.executions, self.estimated)
        return more

    @property
    def estimated(self) -> float:
        """About how many executions there are in all."""
        if self.complete:
            return self.executions
        return max(self.executions + 1, self.executions / max(self.explored(), 1e-12))


def explore_exhaustively(name: str, *, executions: int, preempt: tuple[str, ...] = ()) -> int:
    """Explore every interleaving of `module:function`, print the result, save the first failure; the exit status.

    A search that ended before all was seen, and found nothing, is inconclusive. Raises UsageError for a wrong name.
    """
    progress = Progress(sys.stderr)
    progress.begin(name)
    strategy = _Shown(progress)
    try:
        result = explore(function_named(name), strategy=strategy, executions=executions, preempt=preempt)
    except ValueError as error:
        raise UsageError(str(error)) from error
    result.strategy = "dpor"
    progress.end()
    if result.failed and not result.inconclusive:
        result.failures[0] = calmer(result.failures[0])
        print(result)
        print(f"        askance replay {save_exploration(name, preempt, result.failures[0].schedule)}")
        return FELL
    if not result.complete and (result.passed or result.interrupted):
        made = f"{result.executions:,} of about {round(strategy.estimated):,} interleavings"
        why = "interrupted, not complete" if result.interrupted else "not complete"
        print(f"inconclusive: no failure in {made}: {why}")
        return INCONCLUSIVE
    print(result)
    return INCONCLUSIVE if result.inconclusive else PASSED
