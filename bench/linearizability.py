"""How long clause M5's search takes on histories of 1,000 operations: python bench/linearizability.py

Prints the median of five, in milliseconds, and the configurations visited, by how many callers ask at the same time.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from statistics import median

from askance.clauses.linearizability import Interval, linearize
from askance.clauses.numbering import Numbering
from askance.meaning.states import transition
from askance.program import Msg, Term, Update, Value

OPERATIONS = 1_000
BEHAVIOUR = Update("f", Msg())


def measured(callers: int) -> tuple[float, int]:
    """Seconds and configurations for one actor that each caller asks as soon as it is answered."""
    state: Value = None
    answers: list[Value] = []
    for number in range(OPERATIONS):
        state = Term("f", (state, number))
        answers.append(state)
    parts = [Interval(at, 10 * at, 10 * (at + callers) - 5) for at in range(OPERATIONS)]
    began = time.perf_counter()
    numbers = Numbering()
    values: dict[Hashable, Value] = {numbers(None): None}

    def step(at: int, before: Hashable) -> tuple[Hashable] | None:
        outcome, after = transition(BEHAVIOUR, at, values[before])
        number = numbers(after)
        values[number] = after
        return (number,) if numbers(answers[at]) == numbers(outcome.value) else None

    found = linearize(parts, numbers(None), step)
    assert found.found
    return time.perf_counter() - began, found.configurations


for callers in (1, 2, 10, 50):
    runs = [measured(callers) for _ in range(5)]
    print(
        f"{callers:3} callers: {median(run[0] for run in runs) * 1000:7.1f} ms, {runs[0][1]} configurations"
    )
