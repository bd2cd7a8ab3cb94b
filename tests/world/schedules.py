"""Schedules for the tests of the world, and how to run a function on many of them.

The strategies stand here, and not in `askance.search`, so that these tests need nothing above the world.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from askance.world import EngineFailure, Execution, World, installed


class Walk:
    """Any strand that can run, the clock among them."""

    observes = False

    def __init__(self, seed: int = 0) -> None:
        self.random = Random(seed)

    def begin(self) -> None:
        """Nothing to forget."""

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """Any of them."""
        return runnable[self.random.randrange(len(runnable))]

    def stepped(self, strand: Any) -> None:
        """Nothing to learn."""


class Stay(Walk):
    """The current strand while it can run, then the oldest one that can; the clock when nobody else can."""

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The current one, or the oldest."""
        if current in runnable and current.number:
            return current
        return min(runnable, key=lambda strand: (strand.number == 0, strand.number))


class Newest(Walk):
    """The strand that was created last, the clock when nobody else can: who starts a thread waits for it."""

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The newest."""
        return max(runnable, key=lambda strand: strand.number)


class ClockFirst(Stay):
    """The clock whenever it can run: every timer fires early."""

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The clock, or as `Stay` does."""
        clock = next((strand for strand in runnable if strand.number == 0), None)
        return clock or super().pick(runnable, current)


class Follow(Walk):
    """A recorded schedule, to the letter."""

    def __init__(self, choices: Sequence[int]) -> None:
        super().__init__()
        self.choices = list(choices)
        self.position = 0

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The recorded strand; an error of the engine's where it cannot run."""
        if self.position == len(self.choices):
            raise EngineFailure("the recorded schedule is shorter")
        wanted = self.choices[self.position]
        self.position += 1
        for strand in runnable:
            if strand.number == wanted:
                return strand
        raise EngineFailure(f"strand {wanted} cannot run")


def run(main: Callable[[], object], strategy: Any = None, **options: Any) -> Execution:
    """One execution; on the schedule that switches only where it must, unless `strategy` is given."""
    return World(strategy or Stay(), **options).run(main)


def executions(main: Callable[[], object], count: int = 60, **options: Any) -> list[Execution]:
    """That many executions on random schedules, whatever they lead to."""
    with installed():
        return [World(Walk(seed), **options).run(main) for seed in range(count)]


def values(main: Callable[[], object], count: int = 60, **options: Any) -> list[Any]:
    """What `main` returned on that many random schedules, on each of which everything went well."""
    results = executions(main, count, **options)
    for execution in results:
        sound(execution)
    return [execution.value for execution in results]


def value(main: Callable[[], object], strategy: Any = None, **options: Any) -> Any:
    """What `main` returned in one execution in which everything went well."""
    return sound(run(main, strategy, **options)).value


def sound(execution: Execution) -> Execution:
    """The execution, which ended as it should, with no exception that nobody caught."""
    if execution.exception is not None:
        raise execution.exception
    assert execution.ending == "done", (execution.ending, execution.error, str(execution.deadlock))
    assert execution.uncaught == [], execution.uncaught
    return execution
