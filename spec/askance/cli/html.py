"""`askance html`: one page of one or several JSON reports, as `check --json` and `compare` make them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from askance.cli.grammar import PASSED, Commands
from askance.run import UsageError


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    page = commands.add_parser("html", help="make one page of JSON reports, a column each")
    page.add_argument("reports", metavar="REPORT.json", nargs="+", help="what check --json wrote")
    page.add_argument("-o", "--output", metavar="FILE", required=True, help="the page to write")
    page.set_defaults(run=html_command)


def html_command(options: argparse.Namespace) -> int:
    """Read the reports, and write the page; raises UsageError for what is no report."""
    from askance.report.html import prepare, write

    documents = [read(Path(name)) for name in options.reports]
    prepare(Path(options.output))
    write(documents, Path(options.output))
    print(f"{options.output}: {', '.join(document['implementation'] for document in documents)}")
    return PASSED


def read(path: Path) -> dict[str, Any]:
    """A JSON report; raises UsageError with one line for whatever is wrong with it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    except json.JSONDecodeError as error:
        raise UsageError(f"{path} is not JSON: line {error.lineno}: {error.msg}") from error
    if not isinstance(document, dict) or not isinstance(document.get("clauses"), list):
        raise UsageError(f"{path} is not a report that check --json wrote: it has no list of clauses")
    for key in ("implementation", "verdict", "profile", "tally"):
        if key not in document:
            raise UsageError(f"{path} is not a report that check --json wrote: it has no {key!r}")
    return document
