"""What was tried and seen: executions, distinct schedules and interleavings, shapes of programs, verdicts; summed.

Whether two schedules are one interleaving takes a record of every step to tell, which costs much of an execution's
time: so the executions of every sixteenth program are recorded, and stand for all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import exp, log1p
from typing import Any

from askance.meaning import Shape

__all__ = ["Tally"]


@dataclass
class Tally:
    """Counts of one test, or of several together. Seconds are those of one core, spent in executions."""

    executions: int = 0
    shrinking: int = 0
    """Further executions made to make a failure smaller; not in `executions`."""
    distinct: int = 0
    programs: int = 0
    machines: int = 0
    steps: int = 0
    decisions: int = 0
    seconds: float = 0.0
    raced: int = 0
    """Executions in which a timer fired while others could run."""
    signed: int = 0
    """Executions that were recorded, to tell interleavings from schedules."""
    interleavings: int = 0
    """How many of these were distinct by happens-before, within their program."""
    pct: int = 0
    """Executions made by PCT that were no longer than it reckoned with."""
    unseen_1: float = 0.0
    unseen_2: float = 0.0
    unseen_3: float = 0.0
    """The logarithm of the chance that all of them missed a bug of that depth."""
    shapes: Counter[str] = field(default_factory=Counter)
    depths: Counter[int] = field(default_factory=Counter)
    loops: Counter[int] = field(default_factory=Counter)
    actors: Counter[int] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    cross_loop: float = 0.0
    """Sum over programs of the share of asks that cross loops."""
    strategies: Counter[str] = field(default_factory=Counter)
    """Executions by what made the schedule."""
    tries: Counter[int] = field(default_factory=Counter)
    """How many programs were run a first, second, ... time, and for how many the schedule was a new one."""
    fresh: Counter[int] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    blocked_by: Counter[str] = field(default_factory=Counter)

    def saw(self, shape: Shape, loops: int, actors: int, places: list[str]) -> None:
        """Count one program."""
        self.programs += 1
        self.shapes[shape.kind] += 1
        self.depths[shape.depth] += 1
        self.loops[loops] += 1
        self.actors[actors] += 1
        self.clients.update(places)
        self.messages += shape.messages
        self.cross_loop += shape.cross_loop

    def sought(self, depth: int, strands: int, steps: int) -> None:
        """Count one execution of PCT: see `missed`."""
        self.pct += 1
        for sought in range(1, min(depth, 3) + 1):
            chance = 1.0 / (max(strands, 1) * float(max(steps, 1)) ** (sought - 1))
            name = f"unseen_{sought}"
            # A single strand shows a bug of depth 1 for certain; the logarithm of 0 would not add up.
            setattr(self, name, getattr(self, name) + log1p(-min(chance, 0.999999)))

    def missed(self, depth: int) -> float:
        """The most that the chance can be of having missed a bug of that depth (1 to 3) which every program could show.

        Burckhardt et al., ASPLOS 2010: with n strands and k steps, an execution of PCT with this depth or a greater one
        finds it with a probability of at least 1/(n * k**(depth-1)).
        """
        return exp(float(getattr(self, f"unseen_{depth}")))

    def add(self, other: Tally) -> None:
        """Add another's counts."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(mine, Counter):
                mine.update(value)
            else:
                setattr(self, name, mine + value)

    def data(self) -> dict[str, Any]:
        """As plain data, for reports that travel between processes."""
        return {
            name: {str(key): value[key] for key in sorted(value)} if isinstance(value, Counter) else value
            for name, value in vars(self).items()
        }

    @classmethod
    def of(cls, data: dict[str, Any]) -> Tally:
        """From what `data` gave."""
        tally = cls()
        for name, value in data.items():
            if isinstance(value, dict):
                integers = name in ("depths", "loops", "actors", "tries", "fresh")
                counts = {int(key) if integers else key: count for key, count in value.items()}
                setattr(tally, name, Counter(counts))
            else:
                setattr(tally, name, value)
        return tally
