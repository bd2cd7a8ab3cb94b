"""The random walk: at each decision point every strand that can run is equally likely.

The clock is the exception. It can run whenever a timer is pending, and were it drawn as often as a strand, nearly every
timeout would fire first. Half of the executions never let a timer fire early; the others do so once in a while.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import chain, count
from random import Random
from struct import Struct
from typing import Any

EARLY_TIMERS = 0.5
"""The share of executions in which a timer may fire although other strands could run."""

TICK = 1 / 8
"""In those: the chance that a clock which was drawn is really taken."""


BITS = 32
"""Those of each number that a walk draws."""

_EARLY = int(EARLY_TIMERS * (1 << BITS))
_TICK = int(TICK * (1 << BITS))
_words = Struct("<16I").unpack


def _block(text: str, number: int) -> tuple[int, ...]:
    """Sixteen random words that follow from a text and a number, on every machine alike."""
    return _words(blake2b(f"{text} {number}".encode()).digest())


def _further(text: str) -> Iterator[int]:
    """The words after the first sixteen."""
    for number in count(1):
        yield from _block(text, number)


class Clockwise:
    """What strategies that draw at random share: a seed for each execution, and how rarely the clock is picked."""

    observes = False
    random: Random

    def __init__(self, seed: int = 0) -> None:
        self.name = type(self).__name__
        self.seed = seed
        self.execution = -1
        self.early_timers = False

    def begin(self) -> None:
        """The next execution: its randomness follows from the seed and its number alone."""
        self.execution += 1
        text = f"{self.name} {self.seed} {self.execution}"
        # A number is seeded with at two thirds of the time that a text takes.
        seed = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
        try:
            self.random.seed(seed)
        except AttributeError:
            # Made without a seed it would ask the system for one, twice; most strategies serve one execution.
            self.random = Random(seed)
        self.early_timers = self.random.random() < EARLY_TIMERS

    def ticks(self) -> bool:
        """Whether the clock, where it would be next though others could run, is really taken."""
        return self.early_timers and self.random.random() < TICK

    def stepped(self, strand: Any) -> None:
        """Nothing to learn from a step."""


class RandomWalk(Clockwise):
    """Picks uniformly among the strands that can run.

    To seed Python's generator costs as much as ten steps, and an execution has few decisions: a hash in counter mode
    (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) gives the first sixteen for a tenth of that.
    """

    def begin(self) -> None:
        """The next execution."""
        self.execution = number = self.execution + 1
        text = f"{self.name} {self.seed} {number}"
        self._draw = draw = chain(_block(text, 0), _further(text)).__next__
        self.early_timers = draw() < _EARLY

    def ticks(self) -> bool:
        """Whether the clock, where it would be next though others could run, is really taken."""
        return self.early_timers and self._draw() < _TICK

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """Any of them."""
        chosen = runnable[self._draw() * len(runnable) >> BITS]
        if chosen.number or self.ticks():
            return chosen
        others = [strand for strand in runnable if strand.number]
        return others[self._draw() * len(others) >> BITS]
