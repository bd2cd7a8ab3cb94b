"""`askance explore`: any function with threads and loops, under many schedules."""

from __future__ import annotations

import argparse

from askance.cli.grammar import Commands, positive
from askance.run import UsageError


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    explore = commands.add_parser(
        "explore", help="run any function with threads and loops under many schedules"
    )
    explore.add_argument("target", metavar="MODULE:FUNCTION")
    explore.add_argument(
        "--strategy", metavar="NAME", help="random, pct:3, pos, ... (default: the portfolio)"
    )
    explore.add_argument("--executions", metavar="N", type=positive, help="at most so many")
    explore.add_argument("--seed", metavar="N", type=int, default=0)
    explore.add_argument(
        "--preempt", metavar="MODULE", action="append", default=[], help="switch at its statements too"
    )
    explore.add_argument("--exhaustive", action="store_true", help="every interleaving")
    explore.add_argument(
        "--resume", action="store_true", help="with --exhaustive: go on where the last call stopped"
    )
    explore.set_defaults(run=explore_command)


def explore_command(options: argparse.Namespace) -> int:
    """Explore a function. Raises UsageError for options that mean nothing together."""
    from askance.suite.running import explore_target

    if options.resume and not options.exhaustive:
        raise UsageError("--resume is for --exhaustive")
    return explore_target(
        options.target,
        strategy=options.strategy,
        executions=options.executions,
        seed=options.seed,
        preempt=tuple(options.preempt),
        exhaustive=options.exhaustive,
        resume=options.resume,
    )
