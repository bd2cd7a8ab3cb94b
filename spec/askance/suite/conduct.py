"""Conducting one clause's test: Hypothesis draws programs, the trial judges them, a failure is made small and saved.

The result is plain data, so that it travels from pytest-xdist's workers to the report.
"""

from __future__ import annotations

import contextlib
import operator
import time
import warnings
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from askance.adapter import Adapter
from askance.clauses import Clause
from askance.generate import deviations, machine_for, programs
from askance.generate.programs import Situations
from askance.program import Program
from askance.search.sparse import Sparse
from askance.suite.counterexample import Counterexample, smallest
from askance.suite.profiles import Profile
from askance.suite.trial import Failure, Fallen, Script, Trial
from askance.world import installed

__all__ = ["Result", "conduct", "survey"]


MANY = 40
"""From so many programs on, they are dealt out to the situations."""
FEW = (4, 3)
"""Operations and switches that are few enough: where a counterexample has more, another is looked for."""


@dataclass(frozen=True)
class Result:
    """How one clause's test went: the verdict, why, what was tried, and the counterexample where it fell."""

    clause: str
    verdict: str
    note: str
    tally: dict[str, Any]
    counterexample: Counterexample | None = None


def conduct(clause: Clause, adapter: Adapter, profile: Profile, seed: int = 0, name: str = "") -> Result:
    """Try the clause on the implementation; deterministic for a seed, apart from the seconds in the tally.

    `name` is how the user named the implementation, for the replay command.
    """
    lacking = sorted(clause.needs - adapter.capabilities)
    if lacking:
        return Result(clause.id, "unsupported", f"{adapter.name} does not declare {', '.join(lacking)}", {})
    if not clause.claimed(adapter):
        return Result(clause.id, "unsupported", f"{adapter.name} declares {clause.disclaimed_by}", {})
    trial = Trial(clause, adapter, profile, seed, name)
    if not Situations(clause.features, adapter).allow(clause):
        return Result(clause.id, "unsupported", f"{adapter.name} cannot be brought into its situation", {})
    found: Failure | None = None
    real, cpu = time.perf_counter(), time.process_time()
    with installed(), warnings.catch_warnings():
        # What implementations that fail leave behind; the clauses say it better.
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        try:
            _programs(trial)
            _machines(trial)
        except Fallen as fallen:
            found = fallen.failure
        except HypothesisException as error:
            # Hypothesis saw one program behave in two ways: something escapes the world's control.
            trial.tally.verdicts["inconclusive"] += 1
            trial.errors.append(f"{type(error).__name__}: {error}".splitlines()[0])
        # Reading the processor's clock is slow: once a test, for the share of time that was spent in executions.
        real, cpu = time.perf_counter() - real, time.process_time() - cpu
        trial.tally.seconds *= min(1.0, cpu / real)
        counterexample = smallest(trial, found) if found is not None else None
        if counterexample is not None and any(map(operator.gt, size(counterexample), FEW)):
            counterexample = min([counterexample, *another(trial)], key=size)
    return Result(clause.id, trial.verdict(), _note(trial), trial.tally.data(), counterexample)


def size(counterexample: Counterexample) -> tuple[int, int]:
    """The clients' operations and the switches."""
    operations = sum(len(client.operations) for client in counterexample.failure.program.clients)
    return operations, counterexample.switches


def another(trial: Trial) -> list[Counterexample]:
    """One more counterexample, made small, if other programs show one: the first may be of a rare and long kind."""
    other = Trial(
        trial.clause, trial.adapter, trial.profile, trial.seed, trial.implementation, trial.schedules
    )
    found = []
    try:
        _programs(other)
    except Fallen as fallen:
        found.append(smallest(other, fallen.failure))
    except HypothesisException:
        pass  # the first counterexample tells enough
    trial.tally.shrinking += other.tally.executions + other.tally.shrinking
    return found


def _note(trial: Trial) -> str:
    """What the verdict alone does not say."""
    verdict, tally = trial.verdict(), trial.tally
    if verdict == "blocked":
        by = ", ".join(f"{clause} fell on {count}" for clause, count in tally.blocked_by.most_common(2))
        return f"{by} of {sum(tally.verdicts.values())} executions"
    if verdict == "inconclusive":
        return f"{tally.verdicts['inconclusive']} executions did not end by themselves: {trial.errors[0]}"
    if verdict == "untested":
        return "its situation did not arise"
    return ""


def survey(trial: Trial) -> None:
    """Try what `conduct` tries, up to the first failure, and make nothing smaller; the trial has what came of it."""
    with installed(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        with contextlib.suppress(Fallen, HypothesisException):
            _programs(trial, (Phase.generate,))
            _machines(trial, (Phase.generate,))


def quiet_settings(examples: int, phases: tuple[Phase, ...], steps: int | None = None) -> settings:
    """Nothing that depends on time, on a database, or on what ran before."""
    more: dict[str, Any] = {} if steps is None else {"stateful_step_count": steps}
    return settings(
        max_examples=examples,
        phases=phases,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        **more,
    )


def _programs(trial: Trial, phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink)) -> None:
    """Whole programs; raises Fallen with one that Hypothesis made small.

    Where there are many, they are dealt out to the clause's situations, so that luck leaves none out. Each deal begins
    with its simplest program, so of few programs most would be alike.
    """
    clause, adapter, count = trial.clause, trial.adapter, trial.profile.programs
    dealt = count if count >= MANY else 0
    shares = Situations(clause.features, adapter, clause.needs).shares(dealt) if dealt else []
    for number, (skeleton, share) in enumerate([(None, count - dealt), *shares]):
        if not share:
            continue

        @seeded(trial.seed + number)
        @quiet_settings(share, phases)
        @given(programs(clause.features, adapter, clause.needs, skeleton), deviations())
        def examined(program: Program, left: dict[tuple[str, int], int]) -> None:
            trial.examine(Script(program), Sparse(left) if left else None)

        examined()


def _machines(trial: Trial, phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink)) -> None:
    """Programs grown in a continuing world by the state machine; raises Fallen likewise."""
    if not trial.profile.machines:
        return
    machine = machine_for(trial.clause.features, trial.adapter, trial)
    run_state_machine_as_test(
        seeded(trial.seed)(machine),
        settings=quiet_settings(trial.profile.machines, phases, trial.profile.steps),
    )
