"""A portfolio: several strategies take turns, because none is best for all bugs.

`bench/first_failure.py` and `bench/portfolio_shares.py` count how many executions each strategy needs for its first
failure on the implementations that are known to fail, and on mutants: none is first on all of them, and the shares of
the default portfolio are ahead of each alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from askance.engine import Strategy


class Portfolio:
    """Each execution is made by the next of `strategies`; one that is listed twice has two turns in a round."""

    def __init__(self, strategies: Sequence[Strategy]) -> None:
        if not strategies:
            raise ValueError("a portfolio needs at least one strategy")
        self.strategies = tuple(strategies)
        self.execution = -1
        self.chosen = self.strategies[0]
        self._follow()

    def profile(self, execution: Any, recorder: Any) -> None:
        """Those who want to know the program's size learn it."""
        for strategy in dict.fromkeys(self.strategies):
            profile = getattr(strategy, "profile", None)
            if profile is not None:
                profile(execution, recorder)

    def begin(self) -> None:
        """The next strategy's turn."""
        self.execution += 1
        self.chosen = self.strategies[self.execution % len(self.strategies)]
        self.chosen.begin()
        self._follow()

    def _follow(self) -> None:
        """Every question of a world goes straight to the strategy whose turn it is."""
        self.observes = self.chosen.observes
        self.pick: Callable[[Sequence[Any], Any], Any] = self.chosen.pick
        self.stepped: Callable[[Any], None] = self.chosen.stepped
