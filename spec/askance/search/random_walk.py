"""The random walk: at each decision point every strand that can run is equally likely.

The clock is the exception. It can run whenever a timer is pending, and were it drawn as often as a strand, nearly every
timeout would fire first. Half of the executions never let a timer fire early; the others do so once in a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

EARLY_TIMERS = 0.5
"""The share of executions in which a timer may fire although other strands could run."""

TICK = 1 / 8
"""In those: the chance that a clock which was drawn is really taken."""


class Clockwise:
    """What strategies that draw at random share: a seed for each execution, and how rarely the clock is picked."""

    observes = False

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.execution = -1
        self.random = Random()
        self.early_timers = False

    def begin(self) -> None:
        """The next execution: its randomness follows from the seed and its number alone."""
        self.execution += 1
        self.random.seed(f"{type(self).__name__} {self.seed} {self.execution}")
        self.early_timers = self.random.random() < EARLY_TIMERS

    def ticks(self) -> bool:
        """Whether the clock, where it would be next though others could run, is really taken."""
        return self.early_timers and self.random.random() < TICK

    def stepped(self, strand: Any) -> None:
        """Nothing to learn from a step."""


class RandomWalk(Clockwise):
    """Picks uniformly among the strands that can run."""

    def begin(self) -> None:
        """The next execution."""
        super().begin()
        self._draw = self.random.random

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """Any of them."""
        draw = self._draw
        chosen = runnable[int(draw() * len(runnable))]
        if chosen.number or self.ticks():
            return chosen
        others = [strand for strand in runnable if strand.number]
        return others[int(draw() * len(others))]
