"""A library's own time limits on asks are no matter of the programs' seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from askance.cli import main


def test_a_long_time_limit_of_the_library_s_own_is_not_raced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A minute that passes while an actor could answer would be the machine's fault, and no wrong answer."""
    monkeypatch.chdir(tmp_path)
    status = main(["check", "tests.run.patient:adapter", "-k", "A1 or A4", "--profile", "smoke"])
    assert status == 0, capsys.readouterr().out
