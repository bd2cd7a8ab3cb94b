"""Delay-bounded search: every schedule that departs from a deterministic one at most so many times.

Emmi, Qadeer, Rakamaric, "Delay-bounded scheduling", POPL 2011. The deterministic schedule stays with the current
strand, and goes on with the oldest where that one cannot; a *delay* passes over the strand whose turn it is. Most bugs
need few delays, and the number of schedules grows with the bound only as a polynomial in the length of the program:
this is for programs whose interleavings are too many. Different schedules may be the same interleaving.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askance.search.exhaustive import Branch, Exhaustive


class DelayBounded(Exhaustive):
    """Every schedule with at most `bound` delays.

    `exhausted`: there are no more of these. `complete`: there are no others either, the bound left none out.
    """

    # What a sleeping strand's sibling explored may have lain beyond the bound.
    sleeps = False

    def __init__(self, bound: int) -> None:
        super().__init__()
        if bound < 0:
            raise ValueError(f"a delay bound is 0 or more, not {bound}")
        self.bound = bound
        self.exhausted = False
        self._left_out = False
        self._costs: list[dict[str, int]] = []

    def begin(self) -> None:
        """The next execution; what its prefix costs is known."""
        super().begin()
        del self._costs[self.prefix :]

    def _branches(self, able: Sequence[Any]) -> list[Branch]:
        """The strand whose turn it is, and those for which enough delays are left."""
        depth = len(self.nodes)
        self._costs += [{} for _ in range(depth - len(self._costs))]
        spent = sum(costs.get(node.path, 0) for node, costs in zip(self.nodes, self._costs, strict=False))
        self._costs[depth:] = [{strand.path: cost for cost, strand in enumerate(able)}]
        # The clock comes last here: a timer fires when all else has been delayed.
        allowed = self.bound - spent + 1
        self._left_out = self._left_out or allowed < len(able)
        return [Branch(strand.path) for strand in able[:allowed]]

    def another(self) -> bool:
        """Plan the next execution; False when there is none within the bound."""
        if super().another():
            return True
        self.exhausted = True
        self.complete = not self._left_out
        return False
