"""The corpus: counterexamples that earlier runs saved are tried again before anything else, by each clause's test.

One that still falls is reported at once. One whose schedule passes now, or cannot be followed any more, is given the
profile's schedules as well before it is said to be fixed; it stays in the folder, and is tried again next time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from askance.adapter import Adapter
from askance.clauses import Clause
from askance.run import UsageError, lacking
from askance.suite.conduct import Result, conduct
from askance.suite.counterexample import file_of, read, replay, smallest
from askance.suite.profiles import Profile
from askance.suite.trial import Trial
from askance.world import installed

__all__ = ["conduct_with_corpus", "tried_again"]

STILL = "a counterexample that was saved earlier falls again"


def conduct_with_corpus(
    clause: Clause, adapter: Adapter, profile: Profile, seed: int, name: str, folder: Path
) -> Result:
    """What `conduct` gives, or sooner the counterexample that the folder has for this clause, if it still falls."""
    again = tried_again(clause, adapter, profile, seed, name, folder)
    if again is None:
        return conduct(clause, adapter, profile, seed, name)
    if again.verdict == "fail":
        return again
    result = conduct(clause, adapter, profile, seed, name)
    return replace(result, note="; ".join(filter(None, (again.note, result.note))))


def tried_again(
    clause: Clause, adapter: Adapter, profile: Profile, seed: int, name: str, folder: Path
) -> Result | None:
    """What came of the saved counterexample: "fail", or "pass" with a note; None where there is none to try."""
    file = file_of(folder, name, clause.id)
    if not file.exists() or not clause.claimed(adapter):
        return None
    try:
        counterexample = read(file)
    except UsageError as error:
        return Result(clause.id, "pass", f"not tried again: {error}", {})
    if counterexample.implementation != name or lacking(counterexample.failure.program, adapter):
        return None
    trial = Trial(clause, adapter, profile, seed, name)
    with installed():
        if replay(counterexample, adapter).outcome == "same":
            return Result(clause.id, "fail", STILL, {}, counterexample)
        failure = trial.search(counterexample.failure.script)
        if failure is not None:
            return Result(clause.id, "fail", STILL, {}, smallest(trial, failure))
    return Result(clause.id, "pass", f"fixed: {file.name} holds now", {})
