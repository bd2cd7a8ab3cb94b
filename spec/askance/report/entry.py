"""The report as data: one entry a clause, the counterexample's text in it; made where the clause was tried.

Entries are plain JSON data, so that they travel from pytest-xdist's workers; terminal, JSON file and JUnit show the
same words.
"""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from askance.adapter import Adapter
from askance.clauses import ALL, Clause
from askance.program_text import show
from askance.report.naming import steady
from askance.report.schedule import columns, rows, slices
from askance.report.seen import decided, moment, seen_again, step_of, stood
from askance.report.trace import Tracer, files_data, history_data, trace_data, waiting_data
from askance.report.words import failure_text
from askance.run import UsageError, load_adapter
from askance.suite.conduct import Result
from askance.suite.counterexample import Counterexample, file_of, replay, save
from askance.suite.statistics import Tally

__all__ = ["document", "entry", "failure_text", "shown_path", "told"]

FORMAT = 1
"""The version of the report: another one where something that was there changes its meaning; see the schema."""


def entry(result: Result, clause: Clause, adapter: Adapter, folder: Path) -> dict[str, Any]:
    """The entry of one clause; saves its counterexample into the folder."""
    made: dict[str, Any] = {
        "clause": clause.id,
        "level": clause.level,
        "text": " ".join(clause.text.split()),
        "verdict": result.verdict,
        "note": result.note,
        "tally": result.tally,
    }
    if result.counterexample is not None:
        trouble = ""
        try:
            file = save(result.counterexample, folder)
        except UsageError as error:
            counterexample = result.counterexample
            file = file_of(folder, counterexample.implementation, clause.id, counterexample.engine)
            trouble = str(error)
        made["failure"] = told(result.counterexample, adapter, file, trouble)
    return made


def told(counterexample: Counterexample, adapter: Adapter, file: Path, trouble: str = "") -> dict[str, Any]:
    """The failure in words: seen in a replay in which every step is watched.

    `trouble`: why the file could not be written, so that nobody is sent to it.
    """
    if counterexample.engine == "live":
        return _told_live(counterexample, adapter, file, trouble)
    with steady(counterexample, adapter):
        return _told(counterexample, adapter, file, trouble)


def _told(counterexample: Counterexample, adapter: Adapter, file: Path, trouble: str) -> dict[str, Any]:
    failure = counterexample.failure
    clause = ALL[failure.clause]
    tracers: list[Tracer] = []

    def watch(strategy: Any) -> Any:
        tracers.append(Tracer(strategy))
        return tracers[-1].recorder

    replayed = replay(counterexample, adapter, watch)
    tracer = tracers[-1]
    sight = seen_again(counterexample, adapter)
    history, same = replayed.history, replayed.outcome == sight.replayed.outcome == "same"
    violation = replayed.violation or failure.violation
    when = moment(sight, violation)
    found = slices(sight.watch.seen, sight.names)
    words = {
        "clause": clause.id,
        "requirement": " ".join(clause.text.split()),
        "expected": violation.expected,
        "actual": violation.actual,
        "detail": violation.detail,
        "if_fails": " ".join(clause.if_fails.split()),
        "program": show(failure.program, capabilities=adapter.capabilities),
        "schedule": columns(history, found, sight.names),
        "rows": rows(history, found, sight.names),
        "switches": sum(one.preempting for one in found),
        "race": decided(counterexample, adapter, sight, step_of(sight, when)) if same else None,
        "deadlock": str(history.deadlock) if history.deadlock is not None else "",
        "wait_for": waiting_data(history.deadlock),
        "stood": stood(counterexample, adapter, when, sight.history) if same else [],
        "moment": {**asdict(when), "step": step_of(sight, when)},
        "strands": sight.names,
        "history": history_data(history, tracer),
        "trace": trace_data(tracer),
        "files": files_data(tracer),
        "confirmed": replayed.outcome,
        "error": history.error,
        "file": shown_path(file),
        "command": _command(file, trouble),
    }
    words["text"] = failure_text(words)
    return words


def _told_live(counterexample: Counterexample, adapter: Adapter, file: Path, trouble: str) -> dict[str, Any]:
    """A failure on the live engine in words, as it was seen when it was found."""
    failure = counterexample.failure
    clause = ALL[failure.clause]
    words = {
        "clause": clause.id,
        "requirement": " ".join(clause.text.split()),
        "expected": failure.violation.expected,
        "actual": failure.violation.actual,
        "detail": failure.violation.detail,
        "if_fails": " ".join(clause.if_fails.split()),
        "program": show(failure.program, capabilities=adapter.capabilities),
        "schedule": [],
        "rows": [],
        "switches": 0,
        "race": None,
        "deadlock": "",
        "wait_for": None,
        "stood": [],
        "moment": None,
        "strands": {},
        "history": [],
        "trace": [],
        "files": {},
        "seen": counterexample.seen,
        "confirmed": "same",
        "error": "",
        "file": shown_path(file),
        "command": _command(file, trouble),
    }
    words["text"] = failure_text(words)
    return words


def _command(file: Path, trouble: str) -> str:
    return f"not possible: {trouble}" if trouble else f"askance replay {shlex.quote(shown_path(file))}"


def shown_path(file: Path) -> str:
    """The path as the user would type it."""
    try:
        relative = os.path.relpath(file)
    except ValueError:  # another drive
        return str(file)
    return str(file) if relative.startswith("..") else relative


def document(
    implementation: str,
    profile: str,
    entries: Sequence[dict[str, Any]],
    broken: Sequence[str] = (),
    engine: str = "world",
) -> dict[str, Any]:
    """The whole report: the entries in the order of the specification, and the sum of what was tried."""
    order = list(ALL)
    total = Tally()
    ordered = sorted(entries, key=lambda one: order.index(one["clause"]))
    # Sums of fractions depend on the order, and processes end in any.
    for one in ordered:
        total.add(Tally.of(one["tally"]))
    return {
        "askance report": FORMAT,
        "askance": _version("askance"),
        "python": platform.python_version(),
        "implementation": implementation,
        "versions": versions(implementation),
        "engine": engine,
        "profile": profile,
        "verdict": overall(entries, broken),
        "clauses": ordered,
        "tally": total.data(),
        "broken": list(broken),
    }


def overall(entries: Sequence[dict[str, Any]], broken: Sequence[str] = ()) -> str:
    """The verdict of the whole: "fail", "inconclusive" (also where a situation did not arise), or "pass".

    What is waived does not count; a waiver that is out of date counts as a failure where that is refused.
    """
    verdicts = {one["verdict"] for one in entries}
    refused = any(one.get("waiver", {}).get("refused") for one in entries)
    if "fail" in verdicts or refused:
        return "fail"
    return "inconclusive" if broken or not verdicts or verdicts & {"inconclusive", "untested"} else "pass"


def versions(implementation: str) -> dict[str, str]:
    """The installed versions of the distributions that the implementation's adapter names; of one unknown, none."""
    try:
        adapter = load_adapter(implementation)
    except UsageError:
        return {}
    return {name: _version(name) for name in getattr(adapter, "versions", ())}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
