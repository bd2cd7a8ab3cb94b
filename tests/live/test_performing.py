"""One execution and its watchdog, in this process: how a phase ends, and how long a standstill is watched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.live import citizens

from askance.live.calibration import Calibration
from askance.live.leftovers import Lasting
from askance.live.performing import BRIEF, SILENT, Performing
from askance.live.wire import Pipe
from askance.program import Actor, Apply, AskOp, Client, Msg, Program, Result

ASK = Program(
    1,
    (Actor("a", None, Apply("f", (Msg(),))),),
    (Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"))),),
)


class Counting(Performing):
    """Counts how often the watchdog saw everything stand still."""

    stood = 0

    def stand_still(self) -> bool:
        """Count it."""
        self.stood += 1
        return super().stand_still()


def performing(adapter: Any, pipe: Pipe, *, brief: bool = False) -> Counting:
    """The execution, for a machine on which a second of the program is 0.1 s."""
    return Counting(ASK, adapter, Calibration(0.0, 1 / 3000), pipe, Lasting(), brief)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the operating system does not tell")
def test_a_phase_ends_while_threads_poll() -> None:
    """A library whose thread is never at rest settles because nothing is owed, and not for want of any movement."""
    with open(os.devnull, "wb") as nowhere:
        execution = performing(citizens.polls, Pipe(nowhere.fileno()))
        ended = execution.carry_out()
    assert (ended["ended"], ended["error"]) == ("done", "")
    assert [event.kind for event in execution.recorder.events[-2:]] == ["settle", "closed"]
    assert execution.stood == 0


def test_a_standstill_that_is_known_is_watched_for_less() -> None:
    """And another one for at least five seconds of real time, however fast the machine is."""
    with open(os.devnull, "wb") as nowhere:
        pipe = Pipe(nowhere.fileno())
        long, short = (performing(citizens.simple, pipe, brief=brief).longest() for brief in (False, True))
        assert (long, short) == (SILENT, BRIEF * SILENT)
        fast = Counting(ASK, citizens.simple, Calibration(0.0, 1 / 30000), pipe, Lasting())
        assert fast.longest() * fast.second == pytest.approx(5)
