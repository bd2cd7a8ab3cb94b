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
from askance.suite.counterexample import save, smallest
from askance.suite.profiles import PROFILES
from askance.suite.statistics import Tally
from askance.suite.trial import Script, Trial
from askance.world import installed


def chain(loops: int) -> Program:
    """A client asks a, which asks b, on one loop or on two."""
    a = Actor("a", 0, Apply("f", (Ask("b", Msg()),)))
    b = Actor("b", loops - 1, Apply("g", (Msg(),)))
    return Program(loops, (a, b), (Client("c0", "thread", (AskOp("r0", "a", 10),)),))


@cache
def failure(implementation: str = "naive-blocking", clause: str = "D2") -> dict[str, Any]:
    """What the report tells of the chain that fails that clause; made once, not to be changed."""
    adapter = load_adapter(implementation)
    trial = Trial(ALL[clause], adapter, PROFILES["smoke"], name=implementation)
    with installed():
        found = trial.search(Script(chain(1)))
        assert found is not None
        counterexample = smallest(trial, found, fixed=True)
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
        "askance": "0",
        "python": "3",
        "implementation": implementation,
        "profile": "smoke",
        "verdict": "fail",
        "clauses": entries,
        "tally": tally.data(),
        "broken": [],
    }
