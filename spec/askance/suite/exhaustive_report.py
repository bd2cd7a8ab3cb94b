"""What an exhaustive check found, as plain data: `askance check NAME --exhaustive --json FILE`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askance.program_text import show
from askance.report.files import written

if TYPE_CHECKING:
    from askance.suite.exhaustive import Searched

__all__ = ["document", "write"]

FORMAT = 1
VERDICTS = {0: "pass", 1: "fail", 3: "inconclusive"}


def document(implementation: str, results: Sequence[Searched], left_out: Sequence[str]) -> dict[str, Any]:
    """The whole search: the sums, and what is known of each program."""
    statuses = {searched.status for searched in results}
    verdict = "fail" if 1 in statuses else "pass" if statuses == {0} else "inconclusive"
    return {
        "askance exhaustive": FORMAT,
        "implementation": implementation,
        "verdict": verdict,
        "executions": sum(searched.executions + searched.bounded for searched in results),
        "steps": sum(searched.steps for searched in results),
        "complete": sum(searched.complete for searched in results),
        "programs": [_program(searched) for searched in results],
        "left_out": list(left_out),
    }


def _program(searched: Searched) -> dict[str, Any]:
    failure = searched.failure
    return {
        "name": searched.name,
        "text": show(searched.program),
        "verdict": VERDICTS[searched.status],
        "interleavings": searched.executions,
        "redundant": searched.redundant,
        "steps": searched.steps,
        "complete": searched.complete,
        "estimated": searched.executions if searched.complete else round(searched.estimated),
        "delay_bound": searched.delays if searched.delays >= 0 else None,
        "delay_bounded_executions": searched.bounded,
        "held": sorted(searched.reached),
        "inconclusive": searched.inconclusive,
        "interrupted": searched.interrupted,
        "fallen": failure.clause if failure is not None else None,
        "schedule": list(failure.choices) if failure is not None else None,
    }


def write(found: dict[str, Any], file: Path) -> None:
    """Write it as JSON. Raises UsageError where that cannot be."""
    written(file, json.dumps(found, indent=2) + "\n")
