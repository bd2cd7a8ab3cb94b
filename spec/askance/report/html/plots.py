"""The plots of the report, as numbers: the page's template draws them as SVG.

Three for each implementation: executions by strategy, how many schedules were new (is the search saturating?), and
in how many executions each clause's situation arose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["plots"]

ARISEN = ("pass", "fail", "blocked", "inconclusive")
"""Verdicts of executions in which the clause's situation arose."""


def plots(document: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of one report's plots; a plot without numbers is empty."""
    tally = document.get("tally", {})
    return {
        "implementation": document["implementation"],
        "tally": tally,
        "strategies": _bars(tally.get("strategies", {})),
        "growth": growth(tally),
        "situations": situations(document),
    }


def _bars(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    most = max(counts.values(), default=0)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "count": count, "share": count / most} for name, count in ordered if count]


def growth(tally: Mapping[str, Any]) -> dict[str, Any]:
    """How many distinct schedules one program had shown after so many executions, on average over programs.

    `tries` counts the programs that were run a first, second, ... time; `fresh` those for which that was a schedule
    not seen before. `points` are (executions, distinct) and begin at (0, 0).
    """
    tries = {int(key): count for key, count in tally.get("tries", {}).items()}
    fresh = {int(key): count for key, count in tally.get("fresh", {}).items()}
    points, distinct = [(0, 0.0)], 0.0
    for number in sorted(tries):
        distinct += fresh.get(number, 0) / tries[number]
        points.append((number, distinct))
    if len(points) < 3:
        return {}
    last = max(tries)
    late = [number for number in sorted(tries) if number > last * 3 // 4]
    share = sum(fresh.get(number, 0) for number in late) / sum(tries[number] for number in late)
    return {"points": points, "most": last, "distinct": distinct, "late": share}


def situations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each clause, in how many executions its situation arose, and how these were judged."""
    found = []
    for entry in document["clauses"]:
        verdicts = entry.get("tally", {}).get("verdicts", {})
        total = sum(verdicts.values())
        if not total:
            continue
        arisen = sum(verdicts.get(verdict, 0) for verdict in ARISEN)
        parts, start = [], 0.0
        for verdict in ARISEN:
            share = verdicts.get(verdict, 0) / total
            parts.append({"verdict": verdict, "start": start, "share": share})
            start += share
        found.append({"clause": entry["clause"], "arisen": arisen, "total": total, "parts": parts})
    return found
