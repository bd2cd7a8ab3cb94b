"""What the clauses' tests are given: the implementation under test, and how much is tried."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from askance.adapter import Adapter
from askance.clauses import ALL, Clause
from askance.plugin import engine_for, profile_name
from askance.program_json import dumps
from askance.report.entry import entry, shown_path
from askance.run import load_adapter
from askance.suite.apart import POSSIBLE, Apart, Lost, apart
from askance.suite.baseline import read_baseline
from askance.suite.conduct import Result
from askance.suite.corpus import conduct_with_corpus
from askance.suite.counterexample import file_of
from askance.suite.live import Runner, conduct_live
from askance.suite.profiles import Profile, profile_for
from askance.suite.trial import BEGUN, WATCHERS, Trial
from askance.suite.waived import reproduced, reproduced_live, waived_entry
from askance.world import installed, watchdog

Judged = Callable[[Clause], dict[str, Any]]
"""Conducts a clause's test; gives the entry of the report."""


@pytest.fixture(scope="session")
def judged(pytestconfig: pytest.Config) -> Iterator[Judged]:
    """Conducts one clause's test on the implementation that `--askance` names.

    The world's patches stay in place from the first test to the last: to put them there takes a while.
    """
    name: str = pytestconfig.getoption("askance_implementation")
    adapter = load_adapter(name)
    engine = engine_for(adapter, pytestconfig.getoption("askance_engine"))
    chosen = pytestconfig.stash.get(SELECTED, len(ALL))
    profile = profile_for(profile_name(pytestconfig), pytestconfig.getoption("askance_executions"), chosen)
    seed: int = pytestconfig.getoption("askance_seed")
    folder = Path(pytestconfig.invocation_params.dir, pytestconfig.getoption("askance_counterexamples"))

    file = pytestconfig.getoption("askance_baseline")
    baseline = read_baseline(Path(pytestconfig.invocation_params.dir, file)) if file else None
    strict: bool = pytestconfig.getoption("askance_strict")

    def conducted(clause: Clause) -> Result:
        if engine == "live":
            return conduct_live(clause, adapter, profile_name(pytestconfig), runner, seed, folder)
        return conduct_with_corpus(clause, adapter, profile, seed, name, folder)

    def judge(clause: Clause) -> dict[str, Any]:
        waiver = baseline.waivers.get(clause.id) if baseline is not None else None
        if waiver is None:
            return entry(conducted(clause), clause, adapter, folder)
        if engine == "live":
            found = reproduced_live(waiver, adapter, name)
        else:
            found = reproduced(waiver, adapter, profile, seed, name)
        return waived_entry(found, lambda: conducted(clause), adapter, folder, strict=strict)

    runner = Runner(name)
    if engine == "live":
        with runner:
            yield judge
        return
    with installed():
        if POSSIBLE and not at_the_keyboard(pytestconfig):
            with Judges(judge, adapter, profile, name, folder) as judges:
                yield judges
        else:
            yield judge


def at_the_keyboard(config: pytest.Config) -> bool:
    """Whether somebody wants to see at once what the implementation prints, or to debug it: pytest's -s and --pdb."""
    return config.getoption("capture") == "no" or bool(config.getoption("usepdb"))


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


OFTEN = 0.05
"""Seconds between two reports."""
IMPATIENT = 2.5
"""Seconds that stand in for the watchdog's patience in what has hung before."""


SELECTED = pytest.StashKey[int]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember how many clauses were chosen: they share the executions that the user asked for."""
    session.config.stash[SELECTED] = sum(item.name.startswith("test_") for item in session.items)
