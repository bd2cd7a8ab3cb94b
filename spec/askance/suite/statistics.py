"""What was tried and seen: executions, distinct schedules, shapes of programs, verdicts; summed over clauses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
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
