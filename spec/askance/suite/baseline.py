"""Baselines: a TOML file of waivers beside an implementation, each a failure that is known, with its reproducer.

`askance check --baseline FILE` reads one, `askance baseline NAME` writes one. Everything wrong with the file is one
UsageError: a waiver that cannot be understood, or can match nothing, would hide a failure or a repair.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askance.adapter import Adapter
from askance.clauses import ALL
from askance.errors import ProgramError
from askance.program import Program
from askance.program_json import loads
from askance.run import UsageError, lacking, load_program
from askance.suite.counterexample import Counterexample, read

__all__ = ["KINDS", "Baseline", "Waiver", "check_against", "read_baseline", "written"]

KINDS: dict[str, str] = {
    "defect": "the implementation is wrong, and will be mended",
    "unsupported": "the implementation does not promise this, and no capability says so",
    "dispute": "the implementation is right, and the clause too strict",
}
"""The closed vocabulary of kinds."""

KEYS = ("clause", "kind", "reason", "reproducer")
TABLE = "waiver"


@dataclass(frozen=True)
class Waiver:
    """One known failure: the clause that falls, why that is accepted, and what makes it fall.

    `reproducer` is a counterexample, whose schedule is followed, or a program, which is tried under many schedules;
    `file` is where it stands, None for a program that the baseline itself holds.
    """

    clause: str
    kind: str
    reason: str
    reproducer: Counterexample | Program
    file: Path | None = None
    source: str = ""
    """The reproducer as the file has it: a path relative to the file, or the text of a program."""

    @property
    def program(self) -> Program:
        """The program that makes the clause fall."""
        found = self.reproducer
        return found if isinstance(found, Program) else found.failure.program


@dataclass(frozen=True)
class Baseline:
    """The waivers of a file, by clause, in the order of the file."""

    file: Path
    waivers: Mapping[str, Waiver]


def read_baseline(path: Path) -> Baseline:
    """The baseline in the file; raises UsageError with one line for whatever is wrong with it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read the baseline {path}: {getattr(error, 'strerror', None) or error}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the baseline {path} is not TOML: {error}") from error
    _known_keys(document, (TABLE,), f"the baseline {path}")
    tables = document.get(TABLE, [])
    if not isinstance(tables, list):
        raise UsageError(f"the baseline {path}: each waiver is a table of its own, under [[{TABLE}]]")
    waivers: dict[str, Waiver] = {}
    for number, table in enumerate(tables, 1):
        waiver = _waiver(table, path, number)
        if waiver.clause in waivers:
            raise UsageError(f"the baseline {path} waives {waiver.clause} twice")
        waivers[waiver.clause] = waiver
    return Baseline(path, waivers)


def _waiver(table: Any, path: Path, number: int) -> Waiver:
    """The waiver in one table of the file; raises UsageError."""
    where = f"the baseline {path}, waiver {number}"
    if not isinstance(table, dict):
        raise UsageError(f"{where}: it must be a table under [[{TABLE}]], and is {type(table).__name__}")
    if table.get("clause"):
        where += f" ({table['clause']})"
    _known_keys(table, KEYS, where)
    for key in KEYS:
        value = table.get(key, "")
        if not isinstance(value, str):
            raise UsageError(f'{where}: "{key}" must be a text, and is {type(value).__name__}')
        if not value.strip():
            raise UsageError(f'{where}: "{key}" is missing')
    clause: str = table["clause"]
    if clause not in ALL:
        raise UsageError(f"{where}: there is no clause {clause!r} (see askance spec)")
    kind = table["kind"]
    if kind not in KINDS:
        raise UsageError(f"{where}: {kind!r} is no kind of waiver; the kinds are {', '.join(KINDS)}")
    reproducer, file = _reproducer(table["reproducer"], path, where)
    if isinstance(reproducer, Counterexample) and reproducer.failure.clause != clause:
        raise UsageError(f"{where}: its reproducer is a counterexample of {reproducer.failure.clause}")
    reason = " ".join(table["reason"].split())
    return Waiver(clause, kind, reason, reproducer, file, table["reproducer"])


def _known_keys(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Raise UsageError for a key that means nothing."""
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, list(known), 1)
            meant = f", did you mean {close[0]!r}?" if close else ""
            raise UsageError(f"{where}: unknown key {key!r}{meant} (known: {', '.join(known)})")


def _reproducer(text: str, path: Path, where: str) -> tuple[Counterexample | Program, Path | None]:
    """What the text says, or the file that it names relative to the baseline; raises UsageError."""
    if text.lstrip().startswith("{"):
        try:
            return loads(text), None
        except ProgramError as error:
            raise UsageError(f"{where}: its reproducer is not a program: {error}") from error
    file = path.parent / text
    try:
        content = json.loads(file.read_bytes()) if file.exists() else None
    except (OSError, ValueError, RecursionError):
        content = None  # `read` says what is wrong
    try:
        if isinstance(content, dict) and "askance-program" in content:
            return load_program(file), file
        return read(file), file
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def check_against(baseline: Baseline, adapter: Adapter) -> None:
    """Raise UsageError for a waiver that can match nothing on this implementation."""
    for waiver in baseline.waivers.values():
        where = f"the baseline {baseline.file} waives {waiver.clause}"
        undeclared = sorted(ALL[waiver.clause].needs - adapter.capabilities)
        if undeclared:
            raise UsageError(
                f"{where}, which is not asked of {adapter.name}: it does not declare {', '.join(undeclared)}"
            )
        reasons = lacking(waiver.program, adapter)
        if reasons:
            raise UsageError(f"{where}, but {adapter.name} cannot run the reproducer: {'; '.join(reasons)}")


# ---------------------------------------------------------------- writing

HEADER = """\
# Known failures of {name}, for: askance check {name} --baseline {file}
# Each waiver: the clause, its kind ({kinds}), the reason, and the counterexample that shows it.
"""


def written(name: str, file: Path, waivers: Iterable[tuple[str, str, str, str]]) -> str:
    """The text of a baseline of that implementation: (clause, kind, reason, reproducer) of each waiver."""
    parts = [HEADER.format(name=name, file=file.name, kinds=", ".join(KINDS))]
    for values in waivers:
        lines = [f"{key} = {_quoted(value)}" for key, value in zip(KEYS, values, strict=True)]
        parts.append("\n".join([f"[[{TABLE}]]", *lines, ""]))
    return "\n".join(parts)


def _quoted(text: str) -> str:
    """The text as a basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
