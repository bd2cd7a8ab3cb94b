"""Live progress while `askance check` runs: the clause under way, executions, their rate, and the time left.

A pytest plugin that the command line hands to pytest where its output is a terminal that somebody watches; it takes
the place of pytest's dots. `pytest --pyargs askance.suite` itself looks as every pytest run does.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import pytest
from rich.console import Console
from rich.live import Live
from rich.text import Text

from askance.plugin import ENTRY

__all__ = ["Progress", "line", "watched"]

OFTEN = 0.1
"""Seconds between two looks."""


def watched(file: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether somebody watches: a terminal that can move its cursor, not in CI, and colors are not forbidden."""
    return (
        file.isatty()
        and environment.get("TERM", "") != "dumb"
        and not environment.get("CI")
        and not environment.get("NO_COLOR")
    )


def line(
    under_way: str,
    done: int,
    clauses: int,
    executions: int,
    seconds: float,
    share: float = 0.0,
    width: int = 80,
) -> str:
    """The progress in one line; `share` is how much of the clause under way is done. What has no room is left out."""
    parts = [f"{done}/{clauses or '?'} clauses"]
    if under_way:
        parts.insert(0, under_way)
    parts.append(f"{executions:,} executions")
    if seconds > 0 and executions:
        parts.append(f"{executions / seconds:,.0f}/s")
    if clauses and done + share >= 1 and done < clauses:
        left = seconds / (done + share) * (clauses - done - share)
        parts.append(f"{_duration(left)} left")
    while len(parts) > 1 and len("  ".join(parts)) > width:
        # The time left is worth more than the rate, and both more than the count of executions.
        parts.pop(-2 if len(parts) > 2 else -1)
    return "  ".join(parts)[:width]


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}" if whole >= 60 else f"{whole} s"


class Progress:
    """Counts what the tests report, from pytest-xdist's workers too, and shows it."""

    def __init__(self, file: TextIO, clock: Callable[[], float] = time.perf_counter) -> None:
        # pytest captures what is printed during a test: this is a way around it.
        self.console = Console(
            file=os.fdopen(os.dup(file.fileno()), "w", encoding="utf-8"), force_terminal=True
        )
        self.live: Live | None = None
        self.clock = clock
        self.began = self.shown = clock()
        self.clauses = self.done = self.executions = 0
        self.under_way: dict[str, None] = {}
        self.trying = 0
        self.share = 0.0

    # ------------------------------------------------------------ what pytest says

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """How many clauses there are, where this process tries them itself."""
        if session.items:
            self.begin(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """How many clauses there are, where workers try them."""
        self.begin(len(ids))

    def begin(self, clauses: int) -> None:
        """Begin to show."""
        from askance.suite.trial import WATCHERS

        self.clauses = clauses
        if self.live is None:
            self.began = self.clock()
            self.live = Live(console=self.console, auto_refresh=False, transient=True, redirect_stdout=False)
            self.live.start()
            WATCHERS.append(self.counted)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A clause is begun."""
        self.under_way[nodeid] = None
        self.show()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A clause is done."""
        if report.when != "teardown":
            entry = getattr(report, ENTRY, None)
            if entry is not None:
                self.executions += json.loads(entry)["tally"].get("executions", 0)
            return
        self.under_way.pop(report.nodeid, None)
        self.done += 1
        self.trying, self.share = 0, 0.0
        self.show()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No dots."""
        if report.when == "call" or not report.passed:
            return (report.outcome, "", "")
        return ("", "", "")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Nothing is left of it on the terminal."""
        from askance.suite.trial import WATCHERS

        if self.live is not None:
            WATCHERS.remove(self.counted)
            self.live.stop()
            self.live = None

    # ------------------------------------------------------------ in between

    def counted(self, trial: Any) -> None:
        """The trial under way in this process has made an execution."""
        tally = trial.tally
        self.trying = tally.executions
        self.share = min(0.95, tally.executions / max(1, trial.profile.executions))
        if self.clock() - self.shown >= OFTEN:
            self.show("making the failure small" if tally.shrinking else "")

    def columns(self) -> int:
        """How wide the terminal is now: rich asks at 0, 1 and 2, in whose place pytest puts files during a test."""
        try:
            found = os.get_terminal_size(self.console.file.fileno()).columns
        except OSError:
            found = 0
        return found or 80

    def show(self, doing: str = "") -> None:
        """Show where it is."""
        if self.live is None:
            return
        self.shown = self.clock()
        under_way = ", ".join(nodeid.rpartition("test_")[2] for nodeid in self.under_way)
        self.console.width = self.columns()
        text = line(
            f"{under_way}: {doing}" if doing and under_way else under_way,
            self.done,
            self.clauses,
            self.executions + self.trying,
            self.shown - self.began,
            self.share,
            self.console.width,
        )
        self.live.update(Text(text, no_wrap=True), refresh=True)
