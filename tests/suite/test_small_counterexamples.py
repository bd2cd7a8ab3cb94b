"""What users are shown of the implementations that fail is small: few operations of clients, few switches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from askance.clauses import ALL
from askance.run import load_adapter
from askance.suite.conduct import conduct
from askance.suite.counterexample import Counterexample, replay, smallest
from askance.suite.exhaustive import search_program
from askance.suite.exhaustive_family import FAMILY
from askance.suite.profiles import PROFILES
from askance.suite.trial import Failure, Trial
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


@pytest.mark.parametrize(("switches", "calls", "kept"), [((9, 1), 2, 1), ((9, 11), 2, 9), ((3, 1), 1, 3)])
def test_for_a_large_counterexample_another_is_looked_for(
    switches: tuple[int, int], calls: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs may show a smaller one, which is shown then; a small one is left at that."""
    made: list[Counterexample] = []

    def sized(trial: Trial, failure: Failure) -> Counterexample:
        made.append(replace(smallest(trial, failure), switches=switches[len(made)]))
        return made[-1]

    monkeypatch.setattr("askance.suite.conduct.smallest", sized)
    result = conduct(ALL["A3"], load_adapter("naive-nested"), PROFILES["smoke"], name="naive-nested")
    assert result.counterexample is not None
    assert (len(made), result.counterexample.switches) == (calls, kept)
    assert result.tally["shrinking"] > 0


def test_a_large_counterexample_is_shown_where_no_other_program_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rare failure stays one."""
    monkeypatch.setattr("askance.suite.conduct.FEW", (0, 0))
    monkeypatch.setattr("askance.suite.conduct.another", lambda trial: [])
    result = conduct(ALL["A3"], load_adapter("naive-nested"), PROFILES["smoke"], name="naive-nested")
    assert result.verdict == "fail" and result.counterexample is not None


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
