"""The HTML report: one file that needs no network, made of one or several JSON reports.

`render` is called by `askance check --html` and by `askance html`; the page's template, style and script are files
beside this one, put into the page as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from askance.clauses import ALL
from askance.report.files import prepared, written
from askance.report.html.diagram import diagram
from askance.report.html.plots import plots
from askance.report.operations import loop_names, operation_in_words
from askance.report.schedule import renamed
from askance.report.standing import doing
from askance.report.words import failed_race, race_outcome, race_title, step_number
from askance.run.errors import UsageError

__all__ = ["need_jinja", "prepare", "render", "write"]

MISSING = "the HTML report needs jinja2: python -m pip install 'askance[html]'"
CHAPTERS = {
    "A": "Answers",
    "M": "Mailboxes",
    "D": "Deadlock",
    "C": "Cancellation",
    "L": "Life cycle",
}


def need_jinja() -> None:
    """Raise UsageError, with what to install, where jinja2 is missing: before anything long is begun."""
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise UsageError(MISSING) from error


def prepare(file: Path) -> None:
    """Raise UsageError where the page could not be made or written: before anything long is begun."""
    need_jinja()
    prepared(file)


def write(documents: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Write the page; raises UsageError where that cannot be done."""
    written(file, render(documents))


def render(documents: Sequence[Mapping[str, Any]]) -> str:
    """The page for these JSON reports, one column of the matrix each; raises UsageError where jinja2 is missing."""
    need_jinja()
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_part), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    failures = [_failure(number, document, entry) for number, document, entry in _fallen(documents)]
    diagrams = {one["id"]: one.pop("diagram") for one in failures}
    return environment.get_template("page.html.j2").render(
        documents=documents,
        rows=_rows(documents),
        verdicts=sorted({entry["verdict"] for document in documents for entry in document["clauses"]}),
        levels=sorted({entry["level"] for document in documents for entry in document["clauses"]}),
        chapters=CHAPTERS,
        failures=failures,
        plots=[plots(document) for document in documents],
        style=_part("style.css"),
        script=_part("report.js"),
        data=_embedded(diagrams),
    )


def _part(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _embedded(data: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e")


def _rows(documents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The matrix: a row for each clause that any report has, a cell for each report, None where it has no entry."""
    order = list(ALL)
    found: dict[str, dict[str, Any]] = {}
    for number, document in enumerate(documents):
        for entry in document["clauses"]:
            row = found.setdefault(
                entry["clause"],
                {
                    "clause": entry["clause"],
                    "level": entry["level"],
                    "text": entry["text"],
                    "chapter": entry["clause"][0],
                    "cells": [None] * len(documents),
                },
            )
            tally = entry.get("tally", {}).get("verdicts", {})
            row["cells"][number] = {
                "implementation": document["implementation"],
                "verdict": entry["verdict"],
                "note": entry["note"],
                "held": tally.get("pass", 0),
                "href": f"#{_anchor(number, entry)}" if "failure" in entry else "",
            }
    return sorted(
        found.values(), key=lambda row: order.index(row["clause"]) if row["clause"] in order else 99
    )


def _anchor(number: int, entry: Mapping[str, Any]) -> str:
    return f"failure-{number}-{entry['clause']}"


def _fallen(documents: Sequence[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any], Mapping[str, Any]]]:
    return [
        (number, document, entry)
        for number, document in enumerate(documents)
        for entry in document["clauses"]
        if "failure" in entry
    ]


def _failure(number: int, document: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of one failure."""
    failure = entry["failure"]
    names = failure.get("strands") or {}
    drawn = diagram(failure)
    for row in drawn["rows"]:
        for part in ("switch", "strand"):
            if part in row:
                row[part] = renamed(row[part], names)
        if href := link(row.get("source", ""), failure.get("files", {})):
            row["href"] = href
    steps = [
        {
            **step,
            "strand": names.get(step["strand"], step["strand"]),
            "reason": renamed(step["reason"], names),
            "href": link(step["where"], failure.get("files", {})),
        }
        for step in failure.get("trace", ())[-STEPS:]
    ]
    return {
        **failure,
        **{
            part: renamed(failure.get(part, ""), names)
            for part in ("expected", "actual", "detail", "deadlock")
        },
        "id": _anchor(number, entry),
        "implementation": document["implementation"],
        "level": entry["level"],
        "verdict": entry["verdict"],
        "judgement": entry.get("judgement"),
        "chapter": entry["clause"][0],
        "program_lines": [
            {
                "text": line.partition("# expect")[0],
                "expected": "".join(line.partition("# expect")[1:]),
                "lane": _lane(line),
            }
            for line in failure.get("program", "").splitlines()
        ],
        "steps": steps,
        **_in_words(failure),
        "left_out": len(failure.get("trace", ())) - len(steps),
        "diagram": drawn,
    }


def _in_words(failure: Mapping[str, Any]) -> dict[str, Any]:
    """The race, and where each strand stood, as the page says them."""
    names, known = failure.get("strands") or {}, failure.get("files") or {}
    loops = loop_names(failure.get("trace") or (), names)
    steps = []
    for step in failed_race(failure):
        who = names.get(step["strand"], step["strand"])
        told = {**step, "who": who, "doing": operation_in_words(step, loops, who, made=True)}
        told["number"] = step_number(step)
        steps.append({**told, "href": link(step["where"], known)})
    stood = []
    for one in failure.get("stood") or ():
        who = names.get(one["who"], one["who"])
        told = {**one, "who": who, "doing": doing(one, who, loops)}
        stood.append({**told, "href": link(one["where"], known)})
    return {
        "race_title": race_title(failure),
        "race_steps": steps,
        "race_outcome": race_outcome(failure),
        "stood": stood,
    }


def _lane(line: str) -> str:
    """The actor or client that a line of the program is about."""
    words = line.removeprefix("client ").split(" ")
    return words[0].rstrip(":")


STEPS = 400
"""The most single steps that the page lists of a failure: the last ones."""


def link(source: str, known: Mapping[str, str]) -> str:
    """A file:// address of a source line "path:line in function" where the file is there; "" where it is not."""
    shown = source.rpartition(" in ")[0].rpartition(":")[0]
    path = Path(known.get(shown, shown))
    return path.resolve().as_uri() if shown and path.is_file() else ""
