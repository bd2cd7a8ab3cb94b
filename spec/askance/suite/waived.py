"""Judging a clause that a baseline waives: its reproducer is tried before anything else, and decides.

Falls the clause on the reproducer, it is waived: as known, and nothing more is tried. Holds it there, the clause is
tried like any other: where it holds altogether the waiver is out of date ("unexpected-pass"), and where it falls on
another program that is no failure which anybody knows, but a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from askance.adapter import Adapter
from askance.clauses import ALL
from askance.program import Program
from askance.report.entry import entry, shown_path, told
from askance.suite.baseline import Waiver
from askance.suite.conduct import Result
from askance.suite.counterexample import Counterexample, replay, save, smallest
from askance.suite.live import AGAIN, LiveTrial, Runner
from askance.suite.profiles import Profile
from askance.suite.trial import Script, Trial
from askance.world import installed

__all__ = ["ATTEMPTS", "Reproduced", "reproduced", "reproduced_live", "waived_entry"]

ATTEMPTS = 200
"""Under so many schedules the program of a reproducer is tried where its own schedule shows nothing any more."""

DIFFERENTLY = "falls differently: the waiver's reproducer holds now, and this is another program"


@dataclass(frozen=True)
class Reproduced:
    """What came of a waiver's reproducer: how the clause fell on it, if it did, else the verdict that it got.

    `exact`: it fell just as the waiver's own file says.
    """

    waiver: Waiver
    verdict: str
    found: Counterexample | None = None
    exact: bool = False


def waived_entry(
    tried: Reproduced, conduct: Callable[[], Result], adapter: Adapter, folder: Path, *, strict: bool
) -> dict[str, Any]:
    """The report's entry of a clause that is waived; `conduct` tries it as if it were not.

    Under "waiver" the entry has what is accepted, and how the reproducer fell; `strict` makes a waiver that is out of
    date count as a failure.
    """
    waiver, found = tried.waiver, tried.found
    clause = ALL[waiver.clause]
    words: dict[str, Any] = {"kind": waiver.kind, "reason": waiver.reason, "refused": False}
    if found is not None:
        file = waiver.file if tried.exact and waiver.file is not None else save(found, folder)
        words["failure"] = told(found, adapter, file)
        note = f"{waiver.kind}: {waiver.reason}"
        made = entry(Result(clause.id, "waived", note, {}), clause, adapter, folder)
    else:
        result = _stale(conduct(), tried)
        words["refused"] = strict and result.verdict == "unexpected-pass"
        made = entry(result, clause, adapter, folder)
    words["reproducer"] = shown_path(waiver.file) if waiver.file is not None else ""
    made["waiver"] = words
    return made


def reproduced(waiver: Waiver, adapter: Adapter, profile: Profile, seed: int, name: str) -> Reproduced:
    """Follow the reproducer's schedule in the world, or try its program under many, until the clause falls."""
    reproducer, clause = waiver.reproducer, ALL[waiver.clause]
    trial = Trial(clause, adapter, replace(profile, schedules=max(profile.schedules, ATTEMPTS)), seed, name)
    with installed():
        if isinstance(reproducer, Program):
            script = Script(reproducer)
        elif reproducer.engine == "world" and replay(reproducer, adapter).outcome == "same":
            return Reproduced(waiver, "fail", reproducer, exact=True)
        else:
            script = reproducer.failure.script
        failure = trial.search(script)
        if failure is None:
            return Reproduced(waiver, trial.verdict())
        return Reproduced(waiver, "fail", smallest(trial, failure, fixed=True))


def reproduced_live(waiver: Waiver, adapter: Adapter, name: str) -> Reproduced:
    """Perform the reproducer's program on the live engine, until the clause falls, but not for ever."""
    with Runner(name) as runner:
        trial = LiveTrial(ALL[waiver.clause], adapter, name, runner)
        failure = trial.search([waiver.program], AGAIN)
    if failure is None:
        return Reproduced(waiver, trial.verdict())
    known = waiver.reproducer
    if isinstance(known, Counterexample) and known.engine == "live":
        return Reproduced(waiver, "fail", replace(known, failure=failure), exact=True)
    seen = f"it failed in execution {trial.tally.executions} of this program"
    return Reproduced(waiver, "fail", Counterexample(name, failure, engine="live", seen=seen))


def _stale(result: Result, tried: Reproduced) -> Result:
    """What is said of the waived clause, whose reproducer did not fall."""
    waiver, verdict = tried.waiver, tried.verdict
    match result.verdict:
        case "fail":
            return replace(result, note=f"{DIFFERENTLY} (waived: {waiver.reason})")
        case "pass" if verdict in ("blocked", "inconclusive"):
            return replace(result, verdict=verdict, note=f"the waiver's reproducer is {verdict}")
        case "pass":
            note = f"holds now, its waiver is out of date ({waiver.kind}: {waiver.reason})"
            return replace(result, verdict="unexpected-pass", note=note)
    return result
