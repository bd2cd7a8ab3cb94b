"""`askance check --preempt` finds what goes wrong between two statements of an implementation, and replays it."""

from __future__ import annotations

from pathlib import Path

import pytest

from askance.cli import main

MODULE = "tests.preempt.late_error"
CHECK = ["check", f"{MODULE}:adapter", "-k", "A4", "--profile", "smoke"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counterexamples are saved into a folder that goes away."""
    monkeypatch.chdir(tmp_path)


def test_a_race_of_statements_is_found_with_preempt_only(capsys: pytest.CaptureFixture[str]) -> None:
    """An error that is written after its waiter was woken is late between two statements, and at no other point."""
    assert main(CHECK) == 0
    assert main([*CHECK, "--preempt", MODULE]) == 1
    assert "A4 fell" in capsys.readouterr().out


def test_a_replay_preempts_the_same_modules(capsys: pytest.CaptureFixture[str]) -> None:
    """The counterexample knows at whose statements its schedule switches."""
    assert main([*CHECK, "--preempt", MODULE]) == 1
    (file,) = Path(".askance").glob("*.json")
    assert f'"{MODULE}"' in file.read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["replay", str(file)]) == 1
    assert "A4 fell" in capsys.readouterr().out


def test_many_statements_are_no_livelock(capsys: pytest.CaptureFixture[str]) -> None:
    """Where each statement is a step, executions take many times the steps that suffice otherwise, and end."""
    module = "tests.preempt.long_winded"
    check = ["check", f"{module}:adapter", "-k", "A1", "--profile", "smoke"]
    assert main([*check, "--preempt", module]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preempt", "no.such.module"], "cannot preempt 'no.such.module'"),
        (["--preempt", MODULE, "--engine", "live"], "--preempt is for the world"),
        (["--preempt", MODULE, "--exhaustive"], "--exhaustive has no use for --preempt"),
    ],
)
def test_what_cannot_be_preempted_is_one_message(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown module, real threads and an exhaustive check are wrong use: exit status 2."""
    assert main([*CHECK[:4], *options]) == 2
    told = capsys.readouterr()
    assert message in told.err + told.out
