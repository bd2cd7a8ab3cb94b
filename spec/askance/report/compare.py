"""Several reports beside each other: one table of clauses and implementations, for the terminal, JSON and Markdown.

Called by `askance compare`. A column is data: the report of one `askance check`, or why there is none.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from askance.clauses import ALL
from askance.report.terminal import STYLES
from askance.run import UsageError

__all__ = ["Column", "Judgements", "as_data", "as_markdown", "as_terminal"]

FORMAT = 1
"""The version of the JSON: another one where something that was there changes its meaning."""

MARKS = {
    "pass": "pass",
    "fail": "FAIL",
    "blocked": "block",
    "unsupported": "-",
    "untested": "?",
    "inconclusive": "incon",
}
KINDS = ("defect", "documented choice", "clause")
"""What a failure may be: the library's defect, what its documentation says, or a clause that asks too much."""
JUDGEMENT = ("implementation", "clause", "kind", "sentence")
"""What a judgement has, all of it text."""


@dataclass(frozen=True)
class Column:
    """One implementation: its report as `askance check --json` wrote it, and, in `trouble`, why there is none or less.

    `status` is what became of the process: "judged", "unusable" (wrong use, or its library is not installed),
    "crashed", "hung".
    """

    name: str
    status: str
    report: dict[str, Any] = field(default_factory=dict)
    trouble: str = ""

    def entry(self, clause: str) -> dict[str, Any]:
        """The report's entry of the clause; {} if it has none."""
        return next((one for one in self.report.get("clauses", ()) if one["clause"] == clause), {})

    def verdict(self, clause: str) -> str:
        """The verdict of the clause; "" if there is none."""
        return str(self.entry(clause).get("verdict", ""))

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The entries that fell."""
        return [one for one in self.report.get("clauses", ()) if "failure" in one]

    @property
    def subject(self) -> str:
        """What was judged: the library's version, the engine and Python's version."""
        if not self.report:
            return f"{self.status}: {self.trouble}"
        versions = [f"{name} {version}" for name, version in self.report.get("versions", {}).items()]
        where = "on real threads" if self.report.get("engine") == "live" else "world"
        profile = self.report.get("profile")
        told = [
            *versions,
            *([f"{profile} profile"] if profile else []),
            where,
            f"Python {self.report['python']}",
        ]
        return ", ".join(told) + (f" ({self.trouble})" if self.trouble else "")


class Judgements:
    """What people say of failures, out of a TOML file: arrays `judgement` and `change` of tables.

    A judgement has `implementation`, `clause`, `kind` (one of KINDS) and `sentence`; a change, of a clause that fell
    in an older release, has `implementation`, `clause`, `fell` and `holds` (releases), and `sentence`.
    """

    def __init__(self, entries: Sequence[dict[str, str]], changes: Sequence[dict[str, str]] = ()) -> None:
        self.entries = {(one["implementation"], one["clause"]): one for one in entries}
        self.changes = list(changes)

    @classmethod
    def read(cls, path: Path) -> Judgements:
        """The file's; raises UsageError with one message for whatever is wrong with it."""
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"cannot read the judgements {path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} is not TOML: {error}") from error
        entries = _tables(path, document, "judgement", JUDGEMENT)
        changes = _tables(path, document, "change", ("implementation", "clause", "fell", "holds", "sentence"))
        for number, one in enumerate(entries, 1):
            if one["kind"] not in KINDS:
                raise UsageError(f"{path}: judgement {number}: `kind` must be one of: {', '.join(KINDS)}")
        if len({(one["implementation"], one["clause"]) for one in entries}) < len(entries):
            raise UsageError(f"{path}: two judgements are of the same implementation and clause")
        return cls(entries, changes)

    def of(self, implementation: str, clause: str) -> dict[str, str] | None:
        """What is said of the failure, None if nothing is."""
        return self.entries.get((implementation, clause))

    def complaints(self, columns: Sequence[Column]) -> list[str]:
        """Failures of which nothing is said, and what is said of a clause that was judged and did not fall."""
        told = []
        judged = {column.name: column for column in columns if column.report}
        for column in judged.values():
            for one in column.failures:
                if self.of(column.name, one["clause"]) is None:
                    told.append(f"nothing is said of the failure of {column.name}, {one['clause']}")
        for name, clause in self.entries:
            verdict = judged[name].verdict(clause) if name in judged else ""
            if verdict and verdict != "fail":
                told.append(f"a judgement matches nothing: {name}, {clause} is {verdict}")
        return told


def _tables(path: Path, document: dict[str, Any], name: str, keys: Sequence[str]) -> list[dict[str, str]]:
    """The array of tables, each with a text for each key; raises UsageError where it is not that."""
    entries = document.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise UsageError(f"{path}: `{name}` must be an array of tables: [[{name}]]")
    for number, one in enumerate(entries, 1):
        for key in keys:
            if not isinstance(one.get(key), str):
                raise UsageError(f"{path}: {name} {number} has no text `{key}`")
        if one["clause"] not in ALL:
            raise UsageError(f"{path}: {name} {number}: there is no clause {one['clause']!r}")
    return entries


def in_words(kind: str) -> str:
    """The kind of a judgement, at the beginning of a sentence."""
    return "Our clause is too strict" if kind == "clause" else kind.capitalize()


def clauses_of(columns: Sequence[Column]) -> list[str]:
    """The clauses that some column has, in the order of the specification."""
    return [clause for clause in ALL if any(column.entry(clause) for column in columns)]


def as_data(columns: Sequence[Column], judgements: Judgements | None = None) -> dict[str, Any]:
    """The matrix as JSON data: the reports whole, and what is said of their failures."""
    return {
        "askance comparison": FORMAT,
        "implementations": [
            {
                "name": column.name,
                "status": column.status,
                "trouble": column.trouble,
                "subject": column.subject,
                "report": column.report or None,
            }
            for column in columns
        ],
        "matrix": {
            clause: {column.name: column.verdict(clause) for column in columns}
            for clause in clauses_of(columns)
        },
        "judgements": list(judgements.entries.values()) if judgements is not None else [],
    }


def as_terminal(columns: Sequence[Column], *, color: bool, width: int) -> str:
    """The matrix as text of that width: numbered columns, and what the numbers stand for."""
    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=color,
        no_color=not color,
        width=max(width, 60),
        highlight=False,
        legacy_windows=False,
    )
    for number, column in enumerate(columns, 1):
        console.print(f"{number:>3}  {column.name:<20} {column.subject}", markup=False, soft_wrap=True)
    console.print()
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("", style="bold", no_wrap=True)
    table.add_column("", no_wrap=True)
    for number in range(1, len(columns) + 1):
        table.add_column(str(number), no_wrap=True)
    for clause in clauses_of(columns):
        verdicts = [column.verdict(clause) for column in columns]
        cells = [Text(MARKS.get(verdict, verdict), style=STYLES.get(verdict, "")) for verdict in verdicts]
        table.add_row(clause, ALL[clause].level, *cells)
    console.print(table)
    console.print(
        "\nFAIL: fell; block: another clause, which fell, hides it; -: not claimed; ?: its situation did not arise;\n"
        "incon: could not be told",
        markup=False,
    )
    return out.getvalue()


def as_markdown(columns: Sequence[Column], judgements: Judgements, command: str) -> str:
    """The page: what was judged, the matrix, and each failure with what is said of it and its smallest program."""
    lines = [
        "# Conformance of real libraries",
        "",
        "Each implementation was judged by itself, in its own process, against every clause of `SPEC.md`. This page",
        f"is made by `{command}`.",
        *(
            ["A name that ends in `.json` is a report of `askance check NAME --json NAME.json`."]
            * (".json" in command)
        ),
        "",
        "| implementation | what was judged |",
        "|---|---|",
        *[f"| [{column.name}](#{column.name}) | {column.subject} |" for column in columns],
        "",
        "**FAIL**: the clause fell. *blocked*: another clause, which fell, hides it. -: not claimed. ?: its situation",
        "did not arise. A blank: there is no report.",
        "",
        "| clause | " + " | ".join(column.name for column in columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    words = {"fail": "**FAIL**", "blocked": "*blocked*", "unsupported": "-", "untested": "?"}
    for clause in clauses_of(columns):
        cells = [words.get(column.verdict(clause), column.verdict(clause)) for column in columns]
        lines.append(f"| {clause} | " + " | ".join(cells) + " |")
    for column in columns:
        lines += ["", f"## {column.name}", "", f"{column.subject}."]
        if column.report and not column.failures:
            lines += ["", "Nothing that it claims fell."]
        for one in column.failures:
            lines += ["", *_told(one, judgements.of(column.name, one["clause"]))]
    names = {column.name for column in columns}
    changes = [one for one in judgements.changes if one["implementation"] in names]
    if changes:
        lines += ["", "## What older releases show", "", "| implementation | clause | fell | holds | why |"]
        lines.append("|---|---|---|---|---|")
    for one in changes:
        cells = [
            one["implementation"],
            one["clause"],
            one["fell"],
            one["holds"],
            " ".join(one["sentence"].split()),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _told(entry: dict[str, Any], judgement: dict[str, str] | None) -> list[str]:
    """One failure."""
    failure = entry["failure"]
    said = (
        f"**{in_words(judgement['kind'])}.** {' '.join(judgement['sentence'].split())}"
        if judgement
        else "Not judged yet."
    )
    lines = [f"### {entry['clause']}", "", said, "", "```"]
    for title in ("expected", "actual", "program"):
        lines += [f"{title}:", *[f"    {line}" for line in str(failure.get(title, "")).splitlines()]]
    seen = failure.get("seen") or ("replays exactly" if failure.get("confirmed") == "same" else "")
    return [*lines, "```", *(["", f"{seen[0].upper()}{seen[1:]}."] if seen else [])]
