"""Real failures of the implementations that are known to fail, for the tests of what a report makes of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from askance.clauses import ALL
from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program
from askance.report.entry import told
from askance.run import load_adapter
from askance.shrink import walks
from askance.suite.counterexample import Counterexample, save, smallest
from askance.suite.profiles import PROFILES
from askance.suite.statistics import Tally
from askance.suite.trial import Script, Trial
from askance.world import installed


def chain(loops: int) -> Program:
    """A client asks a, which asks b, on one loop or on two."""
    a = Actor("a", 0, Apply("f", (Ask("b", Msg()),)))
    b = Actor("b", loops - 1, Apply("g", (Msg(),)))
    return Program(loops, (a, b), (Client("c0", "thread", (AskOp("r0", "a", 10),)),))


def found(implementation: str, clause: str, program: Program | None = None) -> Counterexample:
    """The smallest schedule on which the program (or the chain) fails that clause."""
    trial = Trial(ALL[clause], load_adapter(implementation), PROFILES["smoke"], name=implementation)
    script = Script(program or chain(1))
    with installed():
        failures = (trial.fails(script, strategy) for strategy in walks(400))
        first = next(failure for failure in failures if failure is not None)
        return smallest(trial, first, fixed=True)


@cache
def failure(
    implementation: str = "naive-blocking", clause: str = "D2", program: Program | None = None
) -> dict[str, Any]:
    """What the report tells of the program (or the chain) that fails that clause; made once, not to be changed."""
    adapter = load_adapter(implementation)
    counterexample = found(implementation, clause, program)
    return told(counterexample, adapter, save(counterexample, Path(mkdtemp(prefix="askance-"))))


def report(implementation: str = "naive-blocking", told: dict[str, Any] | None = None) -> dict[str, Any]:
    """A report with one failure among other verdicts, as `check --json` writes it."""
    tally = Tally(executions=40, programs=10, seconds=0.5)
    tally.strategies.update({"POS": 30, "PCT": 10})
    tally.tries.update({1: 10, 2: 10, 3: 10, 4: 10})
    tally.fresh.update({1: 10, 2: 7, 3: 4, 4: 1})
    entries = []
    for id, verdict in (("A1", "blocked"), ("M1", "pass"), ("D2", "fail"), ("L1", "unsupported")):
        counts = Tally()
        counts.verdicts.update({verdict: 6, "untested": 4})
        entries.append(
            {
                "clause": id,
                "level": ALL[id].level,
                "text": " ".join(ALL[id].text.split()),
                "verdict": verdict,
                "note": "D2 fell on 6 of 10 executions" if verdict == "blocked" else "",
                "tally": counts.data(),
            }
        )
    entries[2]["failure"] = told or failure()
    return {
        "askance report": 1,
        "askance": "0",
        "python": "3",
        "versions": {},
        "implementation": implementation,
        "profile": "smoke",
        "verdict": "fail",
        "clauses": entries,
        "tally": tally.data(),
        "broken": [],
    }
