"""`askance explore module:function --exhaustive`: every interleaving of any function, with its progress shown.

What is still to be explored when a call ends before all was seen is kept in a file, for `--resume`: the state belongs
to the function's name, the text of its module, and the modules that are preempted.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from askance.run import UsageError
from askance.search.calming import calmer
from askance.search.dpor import OptimalDPOR
from askance.search.explore import explore
from askance.search.result import Exploration
from askance.suite.exhaustive_progress import Progress
from askance.suite.exhaustive_state import State, forget, read_state, state_file, write_state
from askance.suite.running import FELL, INCONCLUSIVE, PASSED, function_named, save_exploration

__all__ = ["explore_exhaustively"]

BETWEEN_SAVES = 30.0
"""Seconds between two saves of a search under way."""


class _Kept(OptimalDPOR):
    """Optimal-DPOR that says how far it has come, and that goes on from a file.

    `made` executions are complete, `vain` were begun in vain, all calls together.
    """

    def __init__(self, progress: Progress, file: Path, text: str, earlier: State | None) -> None:
        super().__init__()
        self.progress = progress
        self.file = file
        self.text = text
        self.made = self.vain = self.steps = 0
        if earlier is not None:
            earlier.hand_to(self)
            self.made, self.vain, self.steps = earlier.executions, earlier.redundant, earlier.steps
        self.saved = time.monotonic()
        # Whether the plan is being changed: one that an interrupt caught halfway is no state to save.
        self.planning = False

    def ended(self) -> None:
        """Plan what the races of the last execution ask for."""
        self.planning = True
        super().ended()
        self.planning = False

    def another(self) -> bool:
        """Plan the next execution; False when everything has been explored."""
        self.planning = True
        if self.redundant:
            self.vain += 1
        else:
            self.made += 1
            self.steps += self.world.steps
        more = super().another()
        self.planning = False
        self.progress.update(self.made, self.estimated)
        if more and time.monotonic() - self.saved > BETWEEN_SAVES:
            self.save()
        return more

    def save(self) -> None:
        """Keep what is still to be explored, unless the plan is no whole one."""
        if self.planning:
            return
        self.saved = time.monotonic()
        plan = tuple(self.nodes[: self.prefix]), tuple(self.follow)
        made = self.made, self.vain, self.impossible, self.steps
        write_state(State(self.text, *made, (), *plan, self.timed), self.file)

    @property
    def estimated(self) -> float:
        """About how many executions there are in all."""
        if self.complete:
            return self.made
        return max(self.made + 1, self.made / max(self.explored(), 1e-12))


def explore_exhaustively(
    name: str, *, executions: int, preempt: tuple[str, ...] = (), resume: bool = False
) -> int:
    """Explore every interleaving of `module:function`, print the result, save the first failure; the exit status.

    `executions`: at most so many in this call. `resume`: go on where the last call stopped, if what it was about is the
    same still. A search that ended before all was seen, and found nothing, is inconclusive. Raises UsageError for a
    wrong name.
    """
    target = function_named(name)
    text = _text(name, preempt)
    file = state_file(Path(".askance"), name, "explore")
    earlier = read_state(file, text) if resume else None
    progress = Progress(sys.stderr)
    strategy = _Kept(progress, file, text, earlier)
    progress.begin(name, strategy.made)
    try:
        result = explore(target, strategy=strategy, executions=executions, preempt=preempt)
    except ValueError as error:
        raise UsageError(str(error)) from error
    result.strategy = "dpor"
    progress.end()
    if earlier is not None:
        _add(result, earlier)
    if result.failed and not result.inconclusive:
        forget(file)
        result.failures[0] = calmer(result.failures[0])
        print(result)
        print(f"        askance replay {save_exploration(name, preempt, result.failures[0].schedule)}")
        return FELL
    if not result.complete and (result.passed or result.interrupted):
        strategy.save()
        before = f" ({earlier.executions:,} of them by an earlier call)" if earlier is not None else ""
        made = f"{result.executions:,} of about {round(strategy.estimated):,} interleavings{before}"
        why = "interrupted, not complete" if result.interrupted else "not complete"
        print(f"inconclusive: no failure in {made}: {why}")
        if not strategy.planning:
            modules = "".join(f" --preempt {module}" for module in preempt)
            print(f"        askance explore {name} --exhaustive{modules} --resume")
        return INCONCLUSIVE
    forget(file)
    print(result)
    return INCONCLUSIVE if result.inconclusive else PASSED


def _text(name: str, preempt: tuple[str, ...]) -> str:
    """What the state of a search belongs to: it is of no use once the function is another."""
    module = sys.modules[name.partition(":")[0]]
    source = getattr(module, "__file__", None)
    digest = hashlib.sha256(Path(source).read_bytes()).hexdigest() if source is not None else ""
    return "\n".join((name, digest, *preempt))


def _add(result: Exploration, earlier: State) -> None:
    """What earlier calls have seen was seen as well; each interleaving once."""
    result.executions += earlier.executions
    result.interleavings += earlier.executions
    result.redundant += earlier.redundant
    result.steps += earlier.steps
