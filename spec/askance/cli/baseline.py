"""`askance baseline`: judge an implementation, and write down what falls as known, for `askance check --baseline`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askance.cli import check
from askance.cli.grammar import INCONCLUSIVE, PASSED, PROFILES, USAGE, Commands, Parser, positive, processes
from askance.run import UsageError

if TYPE_CHECKING:
    from askance.suite.baseline import Waiver

DEFAULT = Path("baseline.toml")
KEPT = ("waived", "blocked", "inconclusive", "untested")
"""The verdicts with which an earlier waiver stays: it still matches, or nothing could be said of it."""


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    command = commands.add_parser("baseline", help="write down what falls today, to be waived from now on")
    command.add_argument("name", metavar="NAME", help="an installed implementation, or module:attribute")
    command.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        default=DEFAULT,
        help=f"where (default: {DEFAULT}); the reproducers go into a folder of that name beside it",
    )
    command.add_argument(
        "--force",
        action="store_true",
        help="write over an earlier baseline; the reasons of what still falls are kept",
    )
    command.add_argument("--engine", choices=("world", "live"), help="what programs run on, as for check")
    command.add_argument("--profile", choices=PROFILES, help="how much is tried (default: default)")
    command.add_argument("-n", "--processes", metavar="N", type=processes, help="work in N processes")
    command.add_argument("--executions", metavar="N", type=positive, help="about how many in all")
    command.add_argument("--seed", metavar="N", type=int, help="other programs and schedules")
    command.set_defaults(run=baseline_command)


def baseline_command(options: argparse.Namespace) -> int:
    """Check, with the earlier baseline if there is one, and write what came of it."""
    from askance.suite.baseline import read_baseline

    file: Path = options.output
    folder = file.with_suffix("")
    earlier: dict[str, Waiver] = {}
    if folder == file:
        raise UsageError(f"{file} should end with .toml: the reproducers go into the folder {folder}")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}")
    if options.force and file.exists():
        earlier = dict(read_baseline(file).waivers)
    else:
        taken = [path for path in (file, folder) if path.exists()]
        if taken and not options.force:
            raise UsageError(
                f"{' and '.join(map(str, taken))} would be written over: --force does so, "
                "and keeps the reasons of what still falls"
            )
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary, "report.json")
        status = check.check_command(check_options(options, Path(temporary), file if earlier else None))
        if status == USAGE:
            return USAGE
        document = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        if not document.get("clauses") or document["broken"]:
            return INCONCLUSIVE
        rows = waivers(document["clauses"], earlier, folder)
        write(options.name, file, rows, earlier.values())
    print(told(file, document["clauses"], rows, earlier))
    return INCONCLUSIVE if untold(document["clauses"]) else PASSED


def check_options(options: argparse.Namespace, temporary: Path, earlier: Path | None) -> argparse.Namespace:
    """The options of `askance check` that do the same, and leave its report in the folder."""
    top = Parser(prog="askance baseline")
    check.add(top.add_subparsers(parser_class=Parser))
    arguments = ["check", options.name, "--json", str(temporary / "report.json")]
    for option, value in (
        ("--engine", options.engine),
        ("--profile", options.profile),
        ("--processes", options.processes),
        ("--executions", options.executions),
        ("--seed", options.seed),
        ("--baseline", earlier),
    ):
        if value is not None:
            arguments.append(f"{option}={value}")
    parsed = top.parse_args(arguments)
    parsed.pytest = []
    return parsed


Row = tuple[str, str, str, str, Path | None]
"""Clause, kind, reason and reproducer of a waiver, and the file that becomes the reproducer, if it is a new one."""


def waivers(entries: Sequence[dict[str, Any]], earlier: dict[str, Waiver], folder: Path) -> list[Row]:
    """The waivers of a new baseline: earlier ones that still match, and one for each failure that is new."""
    rows: list[Row] = []
    for entry in entries:
        clause, verdict = entry["clause"], entry["verdict"]
        known = earlier.get(clause)
        if verdict == "fail":
            failure = entry["failure"]
            reason = (
                known.reason
                if known is not None
                else f"not looked into yet; seen: {first_line(failure['actual'])}"
            )
            kind = known.kind if known is not None else "defect"
            target = f"{folder.name}/{clause}.json"
            rows.append((clause, kind, reason, target, Path(failure["file"])))
        elif known is not None and verdict in KEPT:
            rows.append((clause, known.kind, known.reason, known.source, None))
    return rows


def first_line(text: str) -> str:
    """The first line of a text, which may have none."""
    return next(iter(text.splitlines()), "") or "it fell"


def write(name: str, file: Path, rows: Sequence[Row], earlier: Any) -> None:
    """Write the reproducers, then the file, then take away the reproducers that no waiver names any more."""
    from askance.suite.baseline import written

    folder = file.with_suffix("")
    for *_, target, source in rows:
        if source is not None:
            folder.mkdir(exist_ok=True)
            shutil.copyfile(source, file.parent / target)
    partial = file.with_name(file.name + ".part")
    partial.write_text(written(name, file, [row[:4] for row in rows]), encoding="utf-8")
    os.replace(partial, file)
    named = {file.parent / row[3] for row in rows}
    for waiver in earlier:
        if waiver.file is not None and waiver.file.parent == folder and waiver.file not in named:
            waiver.file.unlink(missing_ok=True)


def told(
    file: Path, entries: Sequence[dict[str, Any]], rows: Sequence[Row], earlier: dict[str, Waiver]
) -> str:
    """What was written, what was left out, and what to do next."""
    lines = [f"{file}: {len(rows)} waived" + (f" ({', '.join(row[0] for row in rows)})" if rows else "")]
    new = [row[0] for row in rows if row[0] not in earlier]
    if new:
        lines.append(f"say in it why each is accepted; the reasons of {', '.join(new)} are what was seen")
    dropped = sorted(earlier.keys() - {row[0] for row in rows})
    if dropped:
        lines.append(f"no longer waived, for it holds: {', '.join(dropped)}")
    if untold(entries):
        lines.append(f"not waived, for nothing could be said of it: {', '.join(untold(entries))}")
    return "\n".join(lines)


def untold(entries: Sequence[dict[str, Any]]) -> list[str]:
    """The clauses of which nothing could be said."""
    return [entry["clause"] for entry in entries if entry["verdict"] in ("inconclusive", "untested")]
