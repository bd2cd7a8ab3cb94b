"""Replay: a recorded schedule is followed again, choice by choice.

Strict replay accepts no deviation: it is how a counterexample is confirmed, and how uncontrolled nondeterminism shows
itself. Lenient replay makes the best of a schedule whose program has changed, as while shrinking.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askance.world import EngineFailure


class Replay:
    """Picks what `choices` say: the number of the strand at each decision point, as in `Execution.choices`.

    `strict`: raises EngineFailure where the recorded strand cannot run, where the choices run out, or where the
    strands that can run are not those of `sets` (the runnable strands' numbers at each decision point, sorted).
    Lenient: stays with the current strand where the schedule cannot be followed, or else takes the one of lowest
    number.
    """

    observes = False

    def __init__(
        self, choices: Sequence[int], strict: bool = True, sets: Sequence[tuple[int, ...]] | None = None
    ) -> None:
        self.choices = tuple(choices)
        self.strict = strict
        self.sets = sets
        self.position = 0

    def begin(self) -> None:
        """From the beginning."""
        self.position = 0

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The recorded strand."""
        position = self.position
        self.position = position + 1
        if position >= len(self.choices):
            if self.strict:
                raise EngineFailure(
                    f"the replay diverged: the schedule has {len(self.choices)} choices, and yet at another decision "
                    f"point {_names(runnable)} can run. {_ADVICE}"
                )
            return stay(runnable, current)
        wanted = self.choices[position]
        if self.sets is not None:
            numbers = tuple(sorted(strand.number for strand in runnable))
            if numbers != self.sets[position]:
                raise EngineFailure(
                    f"the replay diverged: at choice {position + 1} of {len(self.choices)} strands "
                    f"{_numbers(self.sets[position])} could run, now {_names(runnable)} can. {_ADVICE}"
                )
        for strand in runnable:
            if strand.number == wanted:
                return strand
        if self.strict:
            raise EngineFailure(
                f"the replay diverged: choice {position + 1} of {len(self.choices)} is strand {wanted}, "
                f"but only {_names(runnable)} can run. {_ADVICE}"
            )
        return stay(runnable, current)

    def stepped(self, strand: Any) -> None:
        """Nothing to learn from a step."""


class Stay:
    """Stays with the current strand while it can run, and the clock waits until nobody else can."""

    observes = False

    def begin(self) -> None:
        """Nothing to forget."""

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The current strand, or the one of lowest number."""
        return stay(runnable, current)

    def stepped(self, strand: Any) -> None:
        """Nothing to learn from a step."""


def stay(runnable: Sequence[Any], current: Any) -> Any:
    """The current strand if it can run, or else the strand of lowest number (the clock last)."""
    if current is not None and current.number and current in runnable:
        return current
    return min(runnable, key=lambda strand: (not strand.number, strand.number))


_ADVICE = (
    "Either the code has changed since, or it depends on something that the world does not control "
    "(real time, a random number, a set's order, state left over from an earlier execution)"
)


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _names(runnable: Sequence[Any]) -> str:
    return ", ".join(
        f"{strand.number} ({strand.name!r})" for strand in sorted(runnable, key=lambda strand: strand.number)
    )
