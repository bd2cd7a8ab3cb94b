"""A clause that falls where everything seems to stand still falls only if it does so for long."""

from __future__ import annotations

from typing import Any

import pytest
from tests.live import citizens

from askance.clauses import ALL
from askance.history import Deadlock, Event, History, Waiting
from askance.program import Actor, Apply, AskOp, Client, Msg, Program, Result
from askance.suite.live import ATTEMPTS, LiveTrial

ASK = Program(
    1,
    (Actor("a", 0, Apply("f", (Msg(),))),),
    (Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"))),),
)
BEGUN = (
    Event("client-begin", "c0", step=0),
    Event("ask", "c0", actor="a", message="c0.0", op="c0.r0", step=1),
    Event("wait", "c0", op="c0.r0", step=2),
)
STILL = History(ASK, BEGUN, "deadlock", Deadlock((Waiting("c0", "strand 'c0'", "a lock", "gizmo.py:3"),)))
WELL = History(ASK, (), "done")


class Saying:
    """Gives these histories to those who watch for the full time; who looks briefly sees a standstill."""

    def __init__(self, *full: History) -> None:
        self.full = list(full)
        self.watched = 0

    def run(self, program: Program, *, brief: bool = False) -> History:
        """The next history."""
        self.watched += not brief
        return STILL if brief else self.full.pop(0)


@pytest.mark.parametrize(
    ("full", "verdict"), [([WELL] * ATTEMPTS, "inconclusive"), ([WELL, STILL], "fail"), ([STILL], "fail")]
)
def test_a_standstill_is_looked_at_for_long(full: list[History], verdict: str) -> None:
    """Once is enough, of several times; what is never seen again tells nothing."""
    runner: Any = Saying(*full)
    trial = LiveTrial(ALL["D1"], citizens.simple, "simple", runner)
    judgement, failure = trial.perform(ASK)
    assert judgement.verdict == verdict
    assert (failure is not None) == (verdict == "fail")
    assert runner.watched == len(full)
    trial.perform(ASK) if verdict == "fail" else None
    assert runner.watched == len(full), "what is known is not looked at for long again"
