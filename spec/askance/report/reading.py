"""Reports as they are read from JSON files, by `askance html`: whatever is wrong with one is one message.

The page shows reports of other versions of askance, too, and files that people edited: so what it is made of is looked
at before it is made.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from askance.report.compare import FORMAT as COMPARISON
from askance.report.compare import JUDGEMENT, in_words
from askance.report.entry import FORMAT as REPORT
from askance.run import UsageError
from askance.run.json_files import read_json

__all__ = ["read", "said_of", "unjudged"]

SHAPE = {
    "implementation": str,
    "verdict": str,
    "profile": str,
    "python": str,
    "askance": str,
    "broken": list,
}
ENTRY = {"clause": str, "level": str, "text": str, "verdict": str, "note": str, "tally": dict}
FAILURE = {
    **dict.fromkeys(("clause", "requirement", "expected", "actual", "detail", "if_fails", "program"), str),
    **dict.fromkeys(("deadlock", "confirmed", "command", "text"), str),
    **dict.fromkeys(("history", "trace", "stood"), list),
    **dict.fromkeys(("strands", "files"), dict),
}
"""What the page is made of: more is not looked at, so that reports of later versions can be shown, too."""


def read(path: Path) -> list[dict[str, Any]]:
    """The reports in a JSON file, of `compare` several; raises UsageError with one line for whatever is wrong."""
    document = read_json(path, "is no report")
    if isinstance(document, dict) and "askance comparison" in document:
        expect(path, document, "askance comparison", COMPARISON)
        reports = [_judged(path, one) for one in part(path, document, "implementations", list)]
        judgements = document.get("judgements")
        return said_of(reports, judgements if isinstance(judgements, list) else ())
    check(path, document)
    return [document]


def _judged(path: Path, column: Any) -> dict[str, Any]:
    """The report of one implementation of a comparison; of one that was not judged, one that says why."""
    if not isinstance(column, dict) or not isinstance(column.get("name"), str):
        raise UsageError(f"{path}: an implementation has no name")
    if isinstance(column.get("report"), dict):
        check(path, column["report"])
        return {**column["report"], "implementation": column["name"]}
    return unjudged(column["name"], str(column.get("status")), str(column.get("trouble")))


def said_of(reports: list[dict[str, Any]], judgements: Iterable[Any]) -> list[dict[str, Any]]:
    """The reports, with what people say of each failure; a judgement that has another form than those is left out."""
    said = {}
    for one in judgements:
        if isinstance(one, dict) and all(isinstance(one.get(key), str) for key in JUDGEMENT):
            said[one["implementation"], one["clause"]] = (
                f"{in_words(one['kind'])}. {' '.join(one['sentence'].split())}"
            )
    for report in reports:
        for entry in report["clauses"]:
            judgement = said.get((report["implementation"], entry["clause"]))
            if "failure" in entry and judgement is not None:
                entry["judgement"] = judgement
    return reports


def check(path: Path, document: Any) -> None:
    """Raise UsageError where the document is no report whose form is known here."""
    if not isinstance(document, dict) or "askance report" not in document:
        raise UsageError(f'{path} is no report of check --json or compare --json: it has no "askance report"')
    expect(path, document, "askance report", REPORT)
    for key, kind in SHAPE.items():
        part(path, document, key, kind)
    part(path, document, "tally", dict)
    for number, entry in enumerate(part(path, document, "clauses", list), 1):
        if not isinstance(entry, dict):
            raise UsageError(f"{path}: clause {number} is no object")
        for key, kind in ENTRY.items():
            part(path, entry, key, kind, f"clause {number}")
        if "failure" in entry:
            _check_failure(path, entry)


def _check_failure(path: Path, entry: dict[str, Any]) -> None:
    where = f"the failure of {entry['clause']}"
    failure = part(path, entry, "failure", dict, f"clause {entry['clause']}")
    for key, kind in FAILURE.items():
        part(path, failure, key, kind, where)


def expect(path: Path, document: dict[str, Any], key: str, version: int) -> None:
    """Raise UsageError where the document has another version."""
    if document[key] != version:
        raise UsageError(
            f'{path} has another form: "{key}" is {document[key]!r}, this askance knows {version}'
        )


def part(path: Path, document: dict[str, Any], key: str, kind: type, where: str = "the report") -> Any:
    """What the document has under that key; raises UsageError where it is missing, or of another kind."""
    found = document.get(key)
    if not isinstance(found, kind):
        words: dict[Any, str] = {str: "text", list: "a list", dict: "an object"}
        raise UsageError(f'{path}: {where} must have {words[kind]} as "{key}"')
    return found


def unjudged(name: str, status: str, trouble: str) -> dict[str, Any]:
    """A report of an implementation that could not be judged: it says why, and has no clauses."""
    return {
        "askance report": REPORT,
        "askance": "",
        "python": platform.python_version(),
        "implementation": name,
        "versions": {},
        "profile": "",
        "verdict": "inconclusive",
        "clauses": [],
        "tally": {},
        "broken": [f"it: {status}: {trouble}"],
    }
