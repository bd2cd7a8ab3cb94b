"""Live progress: what its line says, who gets to see it, and that it leaves pytest's report alone."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from askance.plugin import ENTRY
from askance.report.progress import Progress, line, watched
from askance.suite.trial import WATCHERS


class Terminal(io.StringIO):
    """A file that says that it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.mark.parametrize(
    ("file", "environment", "shown"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {"TERM": "xterm", "CI": "true"}, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_progress_is_for_who_watches(file: Any, environment: dict[str, str], shown: bool) -> None:
    """Not where the output is no terminal, nor in CI, nor where it was asked to be plain."""
    assert watched(file, environment) is shown


def test_the_line_says_how_far_it_is() -> None:
    """Clause, clauses done, executions, rate, and the time left, of which half a clause is a part."""
    assert line("D1", 4, 10, 9_000, 9.0, 0.5) == "D1  4/10 clauses  9,000 executions  1,000/s  11 s left"
    assert line("D1", 1, 31, 200, 10.0) == "D1  1/31 clauses  200 executions  20/s  5:00 left"
    assert line("A1", 0, 31, 0, 0.0) == "A1  0/31 clauses  0 executions"


@pytest.mark.parametrize("width", [20, 30, 40, 60])
def test_the_line_fits(width: int) -> None:
    """A narrow terminal gets less, and the clause in any case."""
    said = line("A3, D1", 4, 31, 123_456, 60.0, 0.5, width)
    assert len(said) <= width
    assert said.startswith("A3, D1")


def test_the_line_is_as_wide_as_the_terminal_during_a_test() -> None:
    """Although pytest has put files in the place of 0, 1 and 2, at which rich would look for a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 33, 0, 0))
    with open(slave, "w") as file:
        progress = Progress(file)
    progress.begin(31)
    progress.pytest_runtest_logstart("test_clauses.py::test_A1")
    progress.executions = 123_456
    progress.show("making the failure small")
    progress.pytest_sessionfinish()
    printed = os.read(master, 10_000).decode()
    os.close(master)
    assert "A1: making the failure small" in printed and "clauses" not in printed.split("small")[-1]


def test_progress_counts_what_tests_report(tmp_path: Path) -> None:
    """Executions of clauses that are done, and those of the trial under way; nothing is left behind at the end."""
    now = [0.0]
    with (tmp_path / "terminal").open("w") as file:
        progress = Progress(file, clock=lambda: now[0])
    progress.begin(2)
    progress.pytest_runtest_logstart("test_clauses.py::test_A1")
    now[0] = 2.0
    for watcher in WATCHERS:
        watcher(
            SimpleNamespace(
                tally=SimpleNamespace(executions=50, shrinking=0), profile=SimpleNamespace(executions=100)
            )
        )  # type: ignore[arg-type]
    for when in ("call", "teardown"):
        report: Any = SimpleNamespace(
            when=when, nodeid="test_clauses.py::test_A1", passed=True, outcome="passed"
        )
        if when == "call":
            setattr(report, ENTRY, '{"tally": {"executions": 100}}')
        progress.pytest_runtest_logreport(report)
        assert progress.pytest_report_teststatus(report) == ("passed" if when == "call" else "", "", "")
    assert (progress.done, progress.executions) == (1, 100)
    progress.pytest_sessionfinish()
    assert not WATCHERS
    printed = (tmp_path / "terminal").read_text()
    assert "A1  0/2 clauses  50 executions  25/s" in printed
    assert "1/2 clauses  100 executions  50/s  2 s left" in printed
