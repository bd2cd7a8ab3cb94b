"""Stopping in a replayed failure: in the debugger, before a step, and every step told."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from askance.clauses import ALL
from askance.cli import main
from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program, Result
from askance.run import load_adapter
from askance.suite.counterexample import save, smallest
from askance.suite.profiles import PROFILES
from askance.suite.trial import Script, Trial
from askance.world import installed

CHAIN = Program(
    1,
    (Actor("a", 0, Ask("b", Msg())), Actor("b", 0, Apply("g", (Msg(),)))),
    (Client("c0", "thread", (AskOp("r0", "a", 10),)),),
)
LOST = Program(
    1, (Actor("a", 0, Apply("f", (Msg(),))),), (Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"))),)
)


def counterexample(clause: str, implementation: str, program: Program, folder: Path) -> str:
    """A saved counterexample of the clause."""
    trial = Trial(ALL[clause], load_adapter(implementation), PROFILES["smoke"], name=implementation)
    with installed():
        failure = trial.search(Script(program))
        assert failure is not None
        return str(save(smallest(trial, failure, fixed=True), folder))


@pytest.fixture
def blocked(tmp_path: Path) -> str:
    """A handler that blocks its own loop."""
    return counterexample("D4", "naive-blocking", CHAIN, tmp_path)


@pytest.fixture
def lost(tmp_path: Path) -> str:
    """A wakeup that is lost."""
    return counterexample("D1", "naive-call-soon", LOST, tmp_path)


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What the user types into the debugger."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(line + "\n" for line in lines)))


def test_the_debugger_stops_where_the_clause_is_violated(
    blocked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The stack is the implementation's own, from the loop's thread to the blocking wait, and so are the locals."""
    typed(monkeypatch, "where", "p type(reply).__name__, reply.done()", "next", "q")
    assert main(["replay", blocked, "--pdb"]) == 1
    printed = capsys.readouterr().out
    assert "D4: stopped in loop 0 where" in printed
    stack = printed[: printed.index("('Future', False)")]
    assert stack.index("asyncio_bare.py") < stack.rindex("naive_blocking.py")
    assert "-> value = reply.result()" in stack
    assert "the schedule decides what runs next" in printed


def test_the_debugger_stops_in_the_strand_that_waits_for_ever(
    lost: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no event shows a deadlock, it is the wait that never ends; the end of the input ends the replay."""
    typed(monkeypatch, "p reply")
    assert main(["replay", lost, "--pdb"]) == 1
    printed = capsys.readouterr().out
    assert "stopped in c0 where c0 begins to wait for ever" in printed
    assert "state=pending" in printed


def test_the_debugger_lets_the_schedule_go_on(
    blocked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`c` goes on to the end; with --trace the steps after the stop are told, too."""
    typed(monkeypatch, "c")
    assert main(["replay", blocked, "--pdb", "--until", "5", "--trace"]) == 1
    before, _, after = capsys.readouterr().out.partition("D4: stopped in ")
    assert before.splitlines()[-1].startswith("   5  ")
    assert "acquire RLock#2" in after


def test_a_replay_stops_before_a_step(blocked: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--until` says where each strand stands; a step that there is not is wrong use."""
    assert main(["replay", blocked, "--until", "13"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith(
        "stopped before step 13:\n  loop 0: next it takes a callback out of the queue of its event loop at "
    )
    assert main(["replay", blocked, "--until", "1000"]) == 2
    assert re.search(r"--until 1000: the schedule has \d\d steps\n", capsys.readouterr().err)


def test_every_operation_is_told(blocked: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--trace` has each step with its strand, operation, object and source line, and why strands are switched."""
    assert main(["replay", blocked, "--trace"]) == 1
    lines = capsys.readouterr().out.splitlines()
    steps = [line for line in lines if line[:4].strip().isdigit()]
    assert len(steps) > 15 and [int(line[:4]) for line in steps] == list(range(1, len(steps) + 1))
    assert "c0: wake loop#0  at " in steps[5] and "asyncio_bare.py" in steps[5]
    assert "     ~ Thread-1 (run) cannot go on: wait Condition#1" in lines


def test_histories_are_compared(
    blocked: str, lost: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A counterexample and its written history are the same; two others part at an event, which is shown."""
    written = str(tmp_path / "history.json")
    assert main(["replay", blocked, "--history", written]) == 1
    capsys.readouterr()
    assert main(["diff", blocked, written]) == 0
    assert capsys.readouterr().out == "the same, 10 events\n"
    document = json.loads(Path(written).read_text())
    document["history"][5]["who"] = "b#1"
    Path(written).write_text(json.dumps(document))
    assert main(["diff", blocked, written]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "they part at event 5"
    assert lines[1] == "    ... 2 events before are the same"
    assert [line[:4] for line in lines[2:]] == ["    "] * 3 + ["  - "] * 3 + ["  + "] * 3
    assert "a#1 begin a" in lines[5] and "b#1 begin a" in lines[8]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "holds no history: line 1 is not JSON"),
        ("[]", "is no counterexample, no history and no report of check --json"),
        ('{"clauses": []}', "is a report in which no clause fell"),
        ('{"askance history": 1}', '"history" must be a list of events'),
        ('{"askance counterexample": 99}', "its format is 99"),
    ],
)
def test_what_is_no_history_is_wrong_use(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message that names the file, and exit status 2."""
    (tmp_path / "file.json").write_text(text)
    assert main(["diff", str(tmp_path / "file.json"), str(tmp_path / "file.json")]) == 2
    error = capsys.readouterr().err
    assert said in error and "file.json" in error and "Traceback" not in error


def test_explorations_have_nothing_to_stop_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The options are for counterexamples of actors: with an exploration they are wrong use."""
    file = tmp_path / "exploration.json"
    file.write_text('{"askance exploration": 1, "target": "json:dumps", "schedule": [], "preempt": []}')
    assert main(["replay", str(file), "--pdb"]) == 2
    assert "are for counterexamples of check and run" in capsys.readouterr().err
