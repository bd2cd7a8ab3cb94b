"""`askance check --engine live` and `askance replay`: the same matrix and reports, on real threads."""

from __future__ import annotations

from pathlib import Path

import pytest

from askance.clauses import Case, judge_all
from askance.cli import main
from askance.run import load_adapter
from askance.suite import live
from askance.suite.counterexample import read
from askance.suite.live import Runner
from askance.suite.scenarios import SCENARIOS
from askance.suite.trial import denoted


def checked(name: str, only: str, tmp_path: Path, *more: str) -> int:
    """Check some clauses on the live engine; the exit status."""
    folder = str(tmp_path / "found")
    return main(
        [
            "check",
            name,
            "--engine",
            "live",
            "--profile",
            "smoke",
            "-k",
            only,
            "--counterexamples",
            folder,
            *more,
        ]
    )


def test_a_failure_says_how_often(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clause that falls exits 1, and says how often it does on a small program; replay performs it again."""
    assert live.AGAIN == 20
    monkeypatch.setattr(live, "AGAIN", 3)
    assert checked("naive-nested", "A3", tmp_path) == 1
    assert "it failed in 3 of 3 further executions" in capsys.readouterr().out
    file = tmp_path / "found" / "naive-nested-A3-live.json"
    found = read(file)
    assert found.engine == "live"
    assert sum(len(client.operations) for client in found.failure.program.clients) <= 2
    assert main(["replay", str(file)]) == 1
    assert "it failed in 3 of 3" in capsys.readouterr().out


def test_a_blocked_loop_is_told_with_its_line() -> None:
    """A handler that blocks its own loop hangs: D2 and D4 fall, and name the line that blocks."""
    program = SCENARIOS["await-same-loop"].program
    assert program is not None
    adapter = load_adapter("naive-blocking")
    with Runner("naive-blocking") as runner:
        history = runner.run(program)
    judged = judge_all(Case(program, history, denoted(program, adapter), adapter))
    fallen = {clause: found.violation for clause, found in judged.items() if found.verdict == "fail"}
    assert set(fallen) == {"D2", "D4"}
    for violation in fallen.values():
        assert violation is not None
        assert "naive_blocking.py:29" in violation.detail


def test_a_live_only_adapter_runs_live(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An adapter that can only run live does so unasked, and the world is refused with one message."""
    name = "tests.live.citizens:live_only"
    assert main(["check", name, "--engine", "world"]) == 2
    assert "simple runs on the live engine only, not on 'world'" in capsys.readouterr().err
    assert main(["check", name, "--profile", "smoke", "-k", "A1"]) == 0
    assert "on real threads" in capsys.readouterr().out


def test_a_broken_adapter_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    """An adapter whose methods raise is wrong use, told once."""
    assert main(["check", "tests.live.citizens:raises", "--engine", "live"]) == 2
    assert "`spawn` raised RuntimeError: not today" in capsys.readouterr().err
