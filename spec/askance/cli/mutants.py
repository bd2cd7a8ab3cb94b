"""`askance mutants`: which clause catches which broken implementation."""

from __future__ import annotations

import argparse

from askance.cli.grammar import PROFILES, Commands, positive, processes


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    broken = commands.add_parser("mutants", help="show which clause catches which broken implementation")
    broken.add_argument("names", metavar="MUTANT", nargs="*", help="only these (default: all)")
    broken.add_argument(
        "--registry",
        metavar="MODULE:ATTRIBUTE",
        default="askance_impl.mutants:MUTANTS",
        help="where they are",
    )
    broken.add_argument(
        "--profile", choices=PROFILES, default="smoke", help="how much is tried of the clauses not meant"
    )
    broken.add_argument(
        "--seeds", metavar="N", type=positive, default=3, help="searches of each strategy (default: 3)"
    )
    broken.add_argument("-n", "--processes", metavar="N", type=processes, default=1)
    broken.add_argument("--json", metavar="FILE", help="write the matrix as JSON")
    broken.set_defaults(run=mutants_command)


def mutants_command(options: argparse.Namespace) -> int:
    """Measure mutants, and print the matrix."""
    from askance.report.mutants import main

    return main(
        options.registry, options.names, options.profile, options.seeds, options.processes, options.json
    )
