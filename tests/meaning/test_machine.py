"""Whatever a correct implementation may do is in the oracle's sets: an abstract actor system is run at random."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.meaning.machine import Endless, Machine
from tests.meaning.programs import REFUSING, M, ask, asking, call
from tests.meaning.programs import program as program_of
from tests.meaning.strategies import knots, programs

from askance.history import Outcome
from askance.meaning import endless_actors, meaning, shape
from askance.program import Cancel, Const, Expression, Program, State, StopOp, TellOp, Try, Update, Within
from askance.program_text import show

RUNS = 6


def run(program: Program, seed: int) -> Machine | None:
    """The machine after one run; None if the run was too long."""
    machine = Machine(program, Random(seed))
    try:
        machine.run()
    except Endless:
        return None
    return machine


def check(program: Program, seed: int) -> None:
    """Assert that the waits and turns of some runs have outcomes that the oracle knows."""
    assume(not endless_actors(program) and shape(program).messages <= 60)
    found = meaning(program, REFUSING)
    for number in range(RUNS):
        machine = run(program, seed * RUNS + number)
        if machine is None:
            continue
        for key, outcome in machine.waits:
            assert outcome in found.operations[key], f"{key} {outcome}\n{show(program)}"
        for actor, value, outcome in machine.turns:
            assert outcome in found.turn(actor, value), f"{actor} on {value!r}: {outcome}\n{show(program)}"


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(programs(), st.integers(0, 1000))
def test_runs_are_within_the_meaning(program: Program, seed: int) -> None:
    """Each wait and each turn of each run has an outcome that the oracle knows."""
    check(program, seed)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(knots(), st.integers(0, 1000))
def test_runs_on_cycles_are_within_the_meaning(program: Program, seed: int) -> None:
    """So they have where several chains of asks meet on cycles."""
    check(program, seed)


ACTORS: dict[str, Expression] = {
    "a": call("f", Try(ask("b"), Const(1))),
    "b": call("g", Try(ask("a"), Const(0))),
    "c": Within(1, ask("d"), Const(0)),
    "d": M,
    "e": call("h", State(), Update("f", M)),
}


@pytest.mark.parametrize(
    ("program", "reply"),
    [
        (program_of(ACTORS, asking("a"), asking("b")), "c0.r0"),
        (program_of(ACTORS, asking("c")), "c0.r0"),
        (program_of(ACTORS, asking("d"), (StopOp("d"),)), "c0.r0"),
        (program_of(ACTORS, (asking("d")[0], Cancel("r0"), asking("d")[1])), "c0.r0"),
        (program_of(ACTORS, asking("e"), (TellOp("e", 7), *asking("e"))), "c0.r0"),
    ],
    ids=["cycle", "timeout", "stop", "cancel", "state"],
)
def test_sets_are_no_larger_than_what_happens(program: Program, reply: str) -> None:
    """Where the oracle claims several outcomes for a plain race, runs show every one of them."""
    seen: Counter[Outcome] = Counter()
    for seed in range(300):
        machine = run(program, seed)
        assert machine is not None
        seen.update(outcome for key, outcome in machine.waits if key == reply)
    assert set(seen) == set(meaning(program, REFUSING).operations[reply])
