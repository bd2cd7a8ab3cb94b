"""PCT: probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010).

Each strand draws a priority; the one of highest priority runs, without interruption, until one of d-1 random change
points lowers it. A bug that takes d ordered steps to show itself (its depth) is found with a probability of at least
1/(n * k**(d-1)) in each execution, for n strands and k steps: a bound, where random walks have none.

Change points are independent and uniform in 1..k; after step k_i the strand that made it gets priority i, lower than
all that were drawn. The number of steps k is that of the longest execution so far, the warm-up's at first.

Strands that yield, and those that go on polling, are lowered as well, or the one of highest priority could wait for
ever for one that it never lets run. The clock is no strand: it is taken now and then, as the random walk does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askance.search.random_walk import Clockwise

SPIN = 500
"""Steps in a row, while others could run, after which a strand is taken to be polling."""


class PCT(Clockwise):
    """Runs the strand of highest priority, with `depth` - 1 random changes of priority.

    `steps`: k, where it is known; else it is learned.
    """

    observes = True

    def __init__(self, depth: int = 3, seed: int = 0, steps: int | None = None) -> None:
        super().__init__(seed)
        if depth < 1:
            raise ValueError(f"the depth of a bug is at least 1, not {depth}")
        self.depth = depth
        self.fixed_steps = steps
        self.longest = steps or 1
        self.count = 0
        self.strands = 0
        self._priorities: dict[Any, float] = {}

    def profile(self, execution: Any, recorder: Any) -> None:
        """Learn the number of steps from the warm-up."""
        self.longest = max(self.longest, execution.steps)

    def begin(self) -> None:
        """The next execution: new priorities, new change points."""
        super().begin()
        if self.fixed_steps is None:
            self.longest = max(self.longest, self.count)
        self.strands = max(self.strands, len(self._priorities))
        # A change point overrules those before it that fall on the same step.
        self._changes = {
            self.random.randint(1, self.longest): float(level - self.depth) for level in range(1, self.depth)
        }
        self._priorities = {}
        self._lowest = float(-self.depth)
        self.count = 0
        self._last: Any = None
        self._row = 0

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The strand of highest priority."""
        priorities = self._priorities
        best = None
        highest = 0.0
        for strand in runnable:
            priority = priorities.get(strand)
            if priority is None:
                if not strand.number:
                    if self.ticks():
                        return strand
                    continue
                priority = priorities[strand] = self.random.random()
            if best is None or priority > highest:
                best = strand
                highest = priority
        if best is self._last:
            self._row += 1
            if self._row > SPIN:
                self._lower(best)
        else:
            self._last = best
            self._row = 0
        return best

    def stepped(self, strand: Any) -> None:
        """Count the step; lower the strand's priority at a change point, and where it yields."""
        if not strand.number:
            return
        self.count += 1
        level = self._changes.get(self.count)
        if level is not None:
            self._priorities[strand] = level
        elif strand.kind == "yield":
            self._lower(strand)

    def _lower(self, strand: Any) -> None:
        self._lowest -= 1.0
        self._priorities[strand] = self._lowest
        self._row = 0


def missed(strands: int, steps: int, depth: int, executions: int) -> float:
    """The most that the chance can be of having missed a bug of this depth in so many executions of PCT."""
    if strands < 1 or steps < 1:
        return 0.0
    return float((1.0 - 1.0 / (strands * float(steps) ** (depth - 1))) ** executions)
