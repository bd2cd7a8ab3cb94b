"""Trials: the naive implementations fall on their clause, small, and the reference passes; verdicts are honest."""

from __future__ import annotations

import pytest

from askance.adapter import BaseAdapter
from askance.clauses import ALL
from askance.program import Actor, Apply, AskOp, Client, Const, Msg, Program, Result
from askance.run import load_adapter
from askance.search.recording import Recorder
from askance.search.replay import Stay
from askance.suite.conduct import conduct
from askance.suite.profiles import PROFILES, Profile, profile_for
from askance.suite.trial import Fallen, Script, Trial, strategy_name
from askance.world import installed

TINY = Profile("tiny", programs=12, machines=2, schedules=4, steps=8)


@pytest.mark.parametrize(
    ("name", "clause", "said"),
    [
        ("naive-nested", "A3", "concurrent.futures.Future"),
        ("naive-blocking", "D4", "blocked inside its event loop"),
        ("naive-call-soon", "D1", "nobody is left to complete c0.r0"),
    ],
)
def test_naive_implementations_fall_small(name: str, clause: str, said: str) -> None:
    """Each naive attempt falls on its clause with at most two actors, two operations and no switch."""
    result = conduct(ALL[clause], load_adapter(name), TINY)
    assert result.verdict == "fail"
    assert result.counterexample is not None
    failure = result.counterexample.failure
    assert failure.clause == clause
    assert said in failure.violation.actual
    assert len(failure.program.actors) <= 2
    assert sum(len(client.operations) for client in failure.program.clients) <= 2
    assert result.counterexample.switches == 0


@pytest.mark.parametrize("clause", ALL)
def test_the_reference_passes(clause: str) -> None:
    """Every clause holds on the reference, and its situation arises."""
    result = conduct(ALL[clause], load_adapter("reference"), TINY)
    assert (result.verdict, result.note) == ("pass", "")


def test_what_is_not_claimed_is_unsupported() -> None:
    """A clause about a capability that the adapter does not declare is not tried, and the note names it."""
    result = conduct(ALL["D3"], load_adapter("asyncio-bare"), TINY)
    assert (result.verdict, result.note) == ("unsupported", "asyncio-bare does not declare cycles-refused")


def test_a_clause_hidden_by_another_is_blocked() -> None:
    """Where nested replies come back, what they should have held cannot be judged: blocked, naming A3."""
    result = conduct(ALL["A7"], load_adapter("naive-nested"), TINY)
    assert result.verdict == "blocked"
    assert result.note.startswith("A3 fell on ")


class Refusing(BaseAdapter):
    """An adapter whose system cannot be opened for the second time."""

    name = "refusing"
    capabilities = load_adapter("asyncio-bare").capabilities
    opened = 0

    def open(self, loops: int):  # type: ignore[no-untyped-def]
        """Open once, then raise."""
        self.opened += 1
        if self.opened > 1:
            raise OSError("too many")
        return load_adapter("asyncio-bare").open(loops)


def test_an_execution_that_ends_in_an_error_is_inconclusive() -> None:
    """An adapter that raises while it is judged gives no verdict, and the note says what it raised."""
    result = conduct(ALL["A1"], Refusing(), TINY)
    assert result.verdict == "inconclusive"
    assert "OSError: too many" in result.note


def test_a_trial_is_the_same_every_time() -> None:
    """Two trials with one seed try the same programs and schedules; another seed tries others."""

    def counts(seed: int) -> dict[str, object]:
        tally = conduct(ALL["M1"], load_adapter("reference"), TINY, seed).tally
        return {name: count for name, count in tally.items() if name != "seconds"}

    assert counts(1) == counts(1)
    assert counts(1) != counts(2)


def test_falsy_values_are_told_apart() -> None:
    """Programs that differ only in False and 0, which Python holds equal, are judged each by its own meaning."""
    trial = Trial(ALL["A1"], load_adapter("reference"), TINY)
    with installed():
        for value in (False, 0, None, ""):
            client = Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0")))
            trial.examine(Script(Program(1, (Actor("a", 0, Const(value)),), (client,))))
    assert trial.verdict() == "pass"


def test_a_program_that_fell_falls_again_without_being_run() -> None:
    """Hypothesis may ask for the same program again: the answer must not depend on how often it asked."""
    trial = Trial(ALL["D1"], load_adapter("naive-call-soon"), TINY)
    client = Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0")))
    script = Script(Program(1, (Actor("a", 0, Apply("f", (Msg(),))),), (client,)))
    with installed():
        with pytest.raises(Fallen) as first:
            trial.examine(script)
        made = trial.tally.executions + trial.tally.shrinking
        with pytest.raises(Fallen) as second:
            trial.examine(script)
    assert second.value.failure is first.value.failure
    assert trial.tally.executions + trial.tally.shrinking == made


@pytest.mark.parametrize("name", PROFILES)
def test_executions_are_shared_by_the_clauses(name: str) -> None:
    """A wanted number of executions is met within a fifth, for one clause and for all."""
    for clauses in (1, 17):
        for wanted in (2_000, 200_000):
            assert abs(profile_for(name, wanted, clauses).executions * clauses - wanted) < wanted / 5
    assert profile_for(name, None, 17) is PROFILES[name]
    assert profile_for(name, 1, 17).executions >= 1


def test_recorded_executions_count_for_their_strategy() -> None:
    """That an execution is recorded is no way of making a schedule."""
    assert strategy_name(Recorder(Stay())) == strategy_name(Stay()) == "Stay"
