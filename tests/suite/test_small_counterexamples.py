"""What users are shown of the implementations that fail is small: few operations of clients, few switches."""

from __future__ import annotations

import pytest

from askance.clauses import ALL
from askance.run import load_adapter
from askance.suite.conduct import conduct
from askance.suite.counterexample import Counterexample, replay, smallest
from askance.suite.exhaustive import search_program
from askance.suite.exhaustive_family import FAMILY
from askance.suite.profiles import PROFILES
from askance.suite.trial import Trial
from askance.world import installed

MOST_OPERATIONS = 4
MOST_SWITCHES = 3


def assert_small(counterexample: Counterexample) -> None:
    """Fails unless the counterexample is small, and falls again."""
    program = counterexample.failure.program
    assert sum(len(client.operations) for client in program.clients) <= MOST_OPERATIONS, program
    assert counterexample.switches <= MOST_SWITCHES
    assert replay(counterexample, load_adapter(counterexample.implementation)).outcome == "same"


@pytest.mark.parametrize(
    ("implementation", "clause", "profile"),
    [
        ("naive-blocking", "D2", "smoke"),
        ("naive-blocking", "D4", "smoke"),
        ("naive-nested", "A3", "smoke"),
        ("naive-call-soon", "D1", "smoke"),
        ("pykka", "A4", "smoke"),
    ],
)
def test_a_failure_is_shown_small(implementation: str, clause: str, profile: str) -> None:
    """The clause falls within the profile, on at most 4 operations of clients and 3 switches."""
    if implementation == "pykka":
        pytest.importorskip("pykka")
    result = conduct(ALL[clause], load_adapter(implementation), PROFILES[profile], name=implementation)
    assert result.verdict == "fail", result.note
    assert result.counterexample is not None
    assert_small(result.counterexample)


def test_pykkas_ask_of_a_stopping_actor_is_shown_small() -> None:
    """What only the exhaustive search finds for certain is as small: the ask, its wait, the stop, and one switch."""
    pytest.importorskip("pykka")
    adapter = load_adapter("pykka")
    found = search_program("ask-racing-stop", FAMILY["ask-racing-stop"], adapter)
    assert found.failure is not None
    trial = Trial(ALL[found.failure.clause], adapter, PROFILES["smoke"], name="pykka")
    with installed():
        counterexample = smallest(trial, found.failure)
    assert counterexample.switches == 1
    assert_small(counterexample)
