"""`askance compare`: judge several implementations, each in a process of its own, and print one matrix.

An implementation that hangs, crashes or prints without end costs its own column and nothing else: its process, with
all that it started, is ended, and the column has what was judged until then, and says what became of it. A report that
`askance check --json` wrote before, of another release or from another machine, is a column as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from askance.cli.grammar import FELL, INCONCLUSIVE, PASSED, PROFILES, USAGE, Commands, positive, processes
from askance.run import UsageError
from askance.run.json_files import read_json

KEPT = 16_384
"""How much of the end of what a process prints is looked at, in bytes."""
LAST = 20.0
"""Seconds that a process has, once its time is over, to write what it has judged until then."""
MOST_PRINTED = 64 * 1024 * 1024
"""A process that has printed so many bytes prints without end."""


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    compare = commands.add_parser("compare", help="judge several implementations, and print one matrix")
    compare.add_argument("names", metavar="NAME", nargs="+", help="as for check; or a report: NAME.json")
    compare.add_argument("--profile", choices=PROFILES, help="how much is tried (default: default)")
    compare.add_argument("--executions", metavar="N", type=positive, help="about how many for each of them")
    compare.add_argument("--seed", metavar="N", type=int, help="other programs and schedules")
    compare.add_argument("-k", metavar="EXPR", help="only the clauses that match, as in pytest")
    compare.add_argument("--engine", metavar="ENGINE", help="what runs the programs, as for check")
    compare.add_argument(
        "-n", "--processes", metavar="N", type=processes, default=1, help="how many at once (default: 1)"
    )
    compare.add_argument(
        "--seconds", metavar="N", type=positive, default=900, help="end one that takes longer (default: 900)"
    )
    compare.add_argument("--json", metavar="FILE", help="write the matrix, and each report, as JSON")
    compare.add_argument(
        "--html",
        metavar="FILE",
        help="write the matrix and its failures as a page (needs jinja2: askance[html])",
    )
    compare.add_argument("--markdown", metavar="FILE", help="the same as Markdown")
    compare.add_argument(
        "--judgements",
        metavar="FILE",
        type=Path,
        help="a TOML file of what each failure is: see report/compare.py",
    )
    compare.add_argument(
        "--counterexamples",
        metavar="FOLDER",
        default=".askance",
        help="where they are saved (default: .askance)",
    )
    compare.epilog = (
        "Exit status: 0 each implementation was judged, whatever fell: the matrix says it; 1 with --judgements: of "
        "some failure nothing is said, or what is said matches nothing; 2 some implementation cannot be used, or is "
        "not installed; 3 some process crashed or hung."
    )
    compare.set_defaults(run=compare_command)


def compare_command(options: argparse.Namespace) -> int:
    """Judge each, print the matrix, write the files."""
    from askance.report.compare import Judgements, as_data, as_markdown, as_terminal
    from askance.report.files import prepared, written
    from askance.report.html import prepare, write
    from askance.report.reading import said_of, unjudged

    doubled = sorted({name for name in options.names if options.names.count(name) > 1})
    if doubled:
        raise UsageError(f"{doubled[0]} is named twice")
    judgements = None if options.judgements is None else Judgements.read(options.judgements)
    if options.html:
        prepare(Path(options.html))
    for file in (options.json, options.markdown):
        if file:
            prepared(Path(file))
    ending = threading.Event()
    with ThreadPoolExecutor(options.processes) as pool:
        try:
            columns = list(pool.map(lambda name: judged(name, options, ending), options.names))
        finally:
            # Ctrl-C reaches this process only: the pool's threads end the others.
            ending.set()
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(as_terminal(columns, color=color, width=shutil.get_terminal_size((120, 40)).columns), end="")
    if options.json:
        written(Path(options.json), json.dumps(as_data(columns, judgements), indent=1) + "\n")
    if options.html:
        reports = [
            {**column.report, "implementation": column.name}
            if column.report
            else unjudged(column.name, column.status, column.trouble)
            for column in columns
        ]
        said = () if judgements is None else judgements.entries.values()
        write(said_of(reports, said), Path(options.html))
    if options.markdown:
        text = as_markdown(columns, judgements or Judgements(()), command_line(options))
        written(Path(options.markdown), text)
    complaints = [] if judgements is None else judgements.complaints(columns)
    for complaint in complaints:
        print(f"askance: {complaint}", file=sys.stderr)
    statuses = {column.status for column in columns}
    if "unusable" in statuses:
        return USAGE
    if statuses != {"judged"}:
        return INCONCLUSIVE
    return FELL if complaints else PASSED


def command_line(options: argparse.Namespace) -> str:
    """The command that makes the page again, as it would be typed."""
    words = ["askance", "compare", *options.names]
    for name in ("profile", "executions", "seed", "k", "engine", "markdown", "judgements"):
        value = getattr(options, name)
        if value is not None:
            words += [f"-{name}" if len(name) == 1 else f"--{name}", str(value)]
    return shlex.join(words)


def judged(name: str, options: argparse.Namespace, ending: threading.Event) -> Any:
    """The column of one implementation, judged in a process of its own."""
    from askance.report.compare import Column

    if name.endswith(".json"):
        return reported(Path(name))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        printed = Path(folder, "printed.txt")
        with printed.open("wb") as out:
            status = finished(arguments(name, report, options), out, options.seconds, ending)
        said = last_words(printed)
        try:
            document = json.loads(report.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            document = {}
    match status:
        case None:
            return Column(name, "hung", document, f"did not end within {options.seconds} s")
        case "printing":
            return Column(name, "crashed", document, f"printed {MOST_PRINTED:,} bytes and was killed")
        case 2:
            return Column(name, "unusable", {}, said or "wrong use")
        case 0 | 1 | 3 if document and document.get("clauses"):
            return Column(name, "judged", document)
        case 3 if said.endswith("interrupted"):
            return Column(name, "hung", {}, said)
    return Column(name, "crashed", document, f"its process ended with status {status} and no report: {said}")


def reported(file: Path) -> Any:
    """The column of a report that was made before; it has the file's name. Raises UsageError if it is none."""
    from askance.report.compare import Column

    document = read_json(file, "is no report", "the report ")
    if not isinstance(document, dict) or "askance report" not in document:
        raise UsageError(f"{file} is no report of `askance check --json`")
    return Column(file.stem, "judged", document)


def arguments(name: str, report: Path, options: argparse.Namespace) -> list[str]:
    """How to judge one implementation."""
    folder = Path(options.counterexamples).absolute()
    made = [sys.executable, "-m", "askance.cli", "check", name, "--json", str(report)]
    made += ["--counterexamples", str(folder)]
    for option in ("profile", "executions", "seed", "engine"):
        value = getattr(options, option)
        if value is not None:
            made += [f"--{option}", str(value)]
    return made + (["-k", options.k] if options.k is not None else [])


def finished(
    command: Sequence[str], out: IO[bytes], seconds: float, ending: threading.Event
) -> int | str | None:
    """The process's exit status; None if it did not end in time, "printing" if it printed without end.

    Once `ending` is set it is ended. The process leads a group of its own, of which nobody is left alive.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        # Looked at every half second: how much it has printed.
        for _ in range(max(1, int(seconds * 2))):
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(0.5)
            if os.fstat(out.fileno()).st_size > MOST_PRINTED:
                return "printing"
            if ending.is_set():
                return None
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LAST)
        return None
    finally:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def last_words(printed: Path) -> str:
    """What a process said last that was about askance, else its last line."""
    with printed.open("rb") as file:
        file.seek(max(0, printed.stat().st_size - KEPT))
        lines = file.read().decode("utf-8", "replace").splitlines()
    lines = [line.strip() for line in lines if line.strip()]
    ours = [line for line in lines if line.startswith(("askance: ", "ERROR: "))]
    return (ours or lines or [""])[-1].removeprefix("askance: ").removeprefix("ERROR: ")
