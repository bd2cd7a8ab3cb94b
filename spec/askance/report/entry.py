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
from askance.report.schedule import columns, rows, slices, strand_names
from askance.report.seen import decided, events_of, moment, seen_again, step_of, stood, trace_data
from askance.report.words import failure_text
from askance.suite.conduct import Result
from askance.suite.counterexample import Counterexample, save
from askance.suite.statistics import Tally

__all__ = ["document", "entry", "failure_text", "told"]


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
        file = save(result.counterexample, folder)
        made["failure"] = told(result.counterexample, adapter, file)
    return made


def told(counterexample: Counterexample, adapter: Adapter, file: Path) -> dict[str, Any]:
    """The failure in words and as data: seen in replays in which every step is watched."""
    failure = counterexample.failure
    clause = ALL[failure.clause]
    sight = seen_again(counterexample, adapter)
    history, same = sight.history, sight.replayed.outcome == "same"
    violation = sight.replayed.violation or failure.violation
    names = strand_names(history)
    when = moment(sight, violation)
    found = slices(sight.watch.seen)
    words = {
        "clause": clause.id,
        "requirement": " ".join(clause.text.split()),
        "expected": violation.expected,
        "actual": violation.actual,
        "detail": violation.detail,
        "if_fails": " ".join(clause.if_fails.split()),
        "program": show(failure.program, capabilities=adapter.capabilities),
        "schedule": columns(history, found),
        "rows": rows(history, found),
        "switches": sum(one.preempting for one in found),
        "race": decided(counterexample, adapter, sight) if same else None,
        "deadlock": str(history.deadlock) if history.deadlock is not None else "",
        "stood": [asdict(one) for one in stood(counterexample, adapter, when)] if same else [],
        "moment": {"step": step_of(sight, when), **asdict(when)},
        "strands": names,
        "confirmed": sight.replayed.outcome,
        "error": history.error,
        "file": _shown(file),
        "command": f"askance replay {shlex.quote(_shown(file))}",
        "history": events_of(history),
        "trace": trace_data(sight.watch.seen),
    }
    words["text"] = failure_text(words)
    return words


def _shown(file: Path) -> str:
    """The path as the user would type it."""
    try:
        relative = os.path.relpath(file)
    except ValueError:  # another drive
        return str(file)
    return str(file) if relative.startswith("..") else relative


def document(
    implementation: str, profile: str, entries: Sequence[dict[str, Any]], broken: Sequence[str] = ()
) -> dict[str, Any]:
    """The whole report: the entries in the order of the specification, and the sum of what was tried."""
    order = list(ALL)
    total = Tally()
    for one in entries:
        total.add(Tally.of(one["tally"]))
    return {
        "askance": _version("askance"),
        "python": platform.python_version(),
        "implementation": implementation,
        "profile": profile,
        "verdict": overall(entries, broken),
        "clauses": sorted(entries, key=lambda one: order.index(one["clause"])),
        "tally": total.data(),
        "broken": list(broken),
    }


def overall(entries: Sequence[dict[str, Any]], broken: Sequence[str] = ()) -> str:
    """The verdict of the whole: "fail", "inconclusive" (also where a situation did not arise), or "pass"."""
    verdicts = {one["verdict"] for one in entries}
    if "fail" in verdicts:
        return "fail"
    return "inconclusive" if broken or not verdicts or verdicts & {"inconclusive", "untested"} else "pass"


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
