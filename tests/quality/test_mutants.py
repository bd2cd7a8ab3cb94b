"""Every mutant of the reference is caught by the clause that it breaks, by that clause alone or nearly, and small."""

from __future__ import annotations

from collections import Counter

import pytest

from askance.clauses import ALL, Case, judge_all
from askance.run import load_adapter
from askance.suite.conduct import Result, conduct
from askance.suite.counterexample import replay
from askance.suite.profiles import PROFILES
from askance.suite.trial import denoted
from askance_impl.mutants import MUTANTS, Mutant

MOST_OPERATIONS = 4
"""What clients do in a counterexample."""
MOST_SWITCHES = 3
"""How often its schedule leaves a strand that could have gone on."""
MOST_OTHERS = 2
"""Clauses that may fall with the mutant's own."""
SEVERAL = ("A1", "A2", "A3", "A4", "M1", "M2", "M3", "M4", "D1", "D2", "D3", "D4", "C1", "C2", "C3", "C4")
"""Clauses so important that they are tried on more than one mutant."""


def searched(mutant: Mutant) -> Result:
    """What the suite's default profile finds on the mutant's own clause."""
    return conduct(ALL[mutant.clause], mutant, PROFILES["default"], name=mutant.name)


@pytest.mark.parametrize(
    "mutant", [pytest.param(mutant, id=f"{mutant.clause}-{name}") for name, mutant in MUTANTS.items()]
)
def test_a_mutant_is_caught(mutant: Mutant) -> None:
    """Its clause falls within the default profile, on a small program and schedule, with few other clauses."""
    result = searched(mutant)
    assert result.verdict == "fail", result.note
    counterexample = result.counterexample
    assert counterexample is not None
    failure = counterexample.failure
    assert sum(len(client.operations) for client in failure.program.clients) <= MOST_OPERATIONS
    assert counterexample.switches <= MOST_SWITCHES

    replayed = replay(counterexample, mutant)
    assert replayed.outcome == "same"
    case = Case(failure.program, replayed.history, denoted(failure.program, mutant), mutant)
    fallen = [id for id, judgement in judge_all(case).items() if judgement.verdict == "fail"]
    assert len(set(fallen) - {mutant.clause}) <= MOST_OTHERS


@pytest.mark.parametrize("clause", ALL)
@pytest.mark.parametrize("name", ["reference", "asyncio-bare"])
def test_what_is_right_is_never_accused(name: str, clause: str) -> None:
    """The same search finds nothing on an implementation that keeps the clause, or that does not claim it."""
    result = conduct(ALL[clause], load_adapter(name), PROFILES["default"])
    expected = ("pass",) if name == "reference" else ("pass", "unsupported", "untested")
    assert result.verdict in expected, (result.verdict, result.note, result.counterexample)


def test_every_clause_has_its_mutants() -> None:
    """There are at least fifty, one for each clause, and several for those that matter most."""
    assert len(MUTANTS) >= 50
    tried = Counter(mutant.clause for mutant in MUTANTS.values())
    assert set(tried) == set(ALL)
    assert {clause for clause in SEVERAL if tried[clause] < 2} == set()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_found_by_its_name(name: str) -> None:
    """`askance check askance_impl.mutants:NAME` judges it; it tells what is broken, and where that was seen."""
    mutant = load_adapter(f"askance_impl.mutants:{name}")
    assert mutant is MUTANTS[name]
    assert isinstance(mutant, Mutant)
    assert mutant.name == name
    assert mutant.defect.endswith(".")
    assert mutant.drawn_from.endswith(".")
