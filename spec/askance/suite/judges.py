"""A process of its own that judges clauses, and in which the implementation under test may do what it likes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from askance.adapter import Adapter
from askance.clauses import ALL, Clause
from askance.program_json import dumps
from askance.report.entry import entry, shown_path
from askance.suite.apart import Apart, Lost, apart
from askance.suite.conduct import Result
from askance.suite.counterexample import file_of
from askance.suite.profiles import Profile
from askance.suite.trial import BEGUN, WATCHERS, Trial
from askance.world import watchdog

__all__ = ["Judged", "Judges"]

Judged = Callable[[Clause], dict[str, Any]]
"""Conducts a clause's test; gives the entry of the report."""
OFTEN = 0.05
"""Seconds between two reports."""
IMPATIENT = 2.5
"""Seconds that stand in for the watchdog's patience in what has hung before."""


class Judges:
    """Judges clauses in a process of its own, which the implementation may take down: then another one goes on."""

    def __init__(self, judge: Judged, adapter: Adapter, profile: Profile, name: str, folder: Path) -> None:
        self.judge = judge
        self.adapter = adapter
        self.profile = profile
        self.name = name
        self.folder = folder
        self.process: Apart | None = None
        self.hangs = 0

    def __enter__(self) -> Judges:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the process, if there is one."""
        if self.process is not None:
            self.process.close()
            self.process = None

    def __call__(self, clause: Clause) -> dict[str, Any]:
        """The clause's entry."""
        mirror = Trial(clause, self.adapter, self.profile)

        def heard(said: list[int]) -> None:
            mirror.tally.executions, mirror.tally.shrinking = said
            for watcher in WATCHERS:
                watcher(mirror)

        if self.process is None:
            self.process = Apart(self.work, bites=0 if self.hangs else 1)
        try:
            made: dict[str, Any] = self.process.do(clause.id, heard)
        except Lost as lost:
            self.end()
            self.hangs += lost.stuck
            note = str(lost) if lost.stuck else f"{lost}{self.done_again(clause)}"
            return entry(Result(clause.id, "inconclusive", note, {}), clause, self.adapter, self.folder)
        return made

    def work(self, clause: str, report: Callable[[Any], None]) -> dict[str, Any]:
        """Judge one clause; in the process."""
        if self.hangs:
            # What has hung before is not waited for as long again.
            watchdog.patience = IMPATIENT
        WATCHERS[:] = [Throttled(report)] if WATCHERS else []
        return self.judge(ALL[clause])

    def done_again(self, clause: Clause) -> str:
        """On which program the process ends, found by doing it all again; as the end of a sentence, or ""."""
        begun = [""]

        def work(report: Callable[[Any], None]) -> None:
            WATCHERS.clear()
            BEGUN.append(lambda program: report(dumps(program)))
            self.judge(clause)

        try:
            apart(work, lambda text: begun.append(text))
        except Lost:
            if begun[-1]:
                file = file_of(self.folder, self.name, clause.id, "lost")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(begun[-1], encoding="utf-8")
                return f"; so does: askance run {shown_path(file)} --impl {self.name}"
            return ""
        return ", but not when the same was done again"


class Throttled:
    """Tells another process of the executions of a trial, not too often."""

    def __init__(self, report: Callable[[Any], None]) -> None:
        self.report = report
        self.told = 0.0

    def __call__(self, trial: Trial) -> None:
        """The trial has made an execution."""
        now = time.perf_counter()
        if now - self.told >= OFTEN:
            self.told = now
            self.report([trial.tally.executions, trial.tally.shrinking])
