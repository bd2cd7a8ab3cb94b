"""`askance html`: one page of one or several JSON reports, as `check --json` and `compare` make them."""

from __future__ import annotations

import argparse
from pathlib import Path

from askance.cli.grammar import PASSED, Commands
from askance.run import UsageError


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    page = commands.add_parser("html", help="make one page of JSON reports, a column each")
    page.add_argument(
        "reports", metavar="REPORT.json", nargs="+", help="what check --json or compare --json wrote"
    )
    page.add_argument("-o", "--output", metavar="FILE", required=True, help="the page to write")
    page.set_defaults(run=html_command)


def html_command(options: argparse.Namespace) -> int:
    """Read the reports, and write the page; raises UsageError for what is no report."""
    from askance.report.html import prepare, write
    from askance.report.reading import read

    prepare(Path(options.output))
    documents = [document for name in options.reports for document in read(Path(name))]
    try:
        write(documents, Path(options.output))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # The schema says much more than is checked when a report is read.
        raise UsageError(
            f"{', '.join(options.reports)}: not of the form that `askance schema` prints: {error!r}"
        ) from error
    print(f"{options.output}: {', '.join(document['implementation'] for document in documents)}")
    return PASSED
