"""`askance spec`, `schema` and `list`: the clauses, the JSON report's form, and what can be checked and run."""

from __future__ import annotations

import argparse

from askance.cli.grammar import PASSED, Commands
from askance.report.schemas import SCHEMAS


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    spec = commands.add_parser("spec", help="print the clauses")
    spec.set_defaults(run=spec_command)

    schema = commands.add_parser("schema", help="print the JSON Schema of what is written as JSON")
    schema.add_argument(
        "kind",
        metavar="KIND",
        nargs="?",
        choices=tuple(SCHEMAS),
        default="report",
        help="; ".join(f"{kind}: {writer}" for kind, writer in SCHEMAS.items()) + " (default: report)",
    )
    schema.set_defaults(run=schema_command)

    known = commands.add_parser("list", help="list implementations and scenarios")
    known.set_defaults(run=list_command)


def spec_command(options: argparse.Namespace) -> int:
    """Print every clause with its rationale."""
    from askance.clauses.spec_text import render

    print(render(), end="")
    return PASSED


def schema_command(options: argparse.Namespace) -> int:
    """Print a schema."""
    from askance.report.schemas import schema_text

    print(schema_text(options.kind), end="")
    return PASSED


def list_command(options: argparse.Namespace) -> int:
    """List what can be checked and run."""
    from askance.run import implementations
    from askance.suite.scenarios import SCENARIOS

    print("implementations:")
    for name, target in implementations().items():
        print(f"  {name:<18}{target}")
    print("scenarios:")
    for name, scenario in SCENARIOS.items():
        print(f"  {name:<26}{scenario.summary}")
    return PASSED
