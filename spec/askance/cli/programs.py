"""`askance replay` and `askance run`: one counterexample, one program or one scenario."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from askance.cli.debugging import add_options, debugged, wants_more, write_history
from askance.cli.grammar import FELL, INCONCLUSIVE, PASSED, Commands, positive


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    again = commands.add_parser("replay", help="see a saved counterexample again")
    again.add_argument("file", metavar="FILE", type=Path)
    again.add_argument("--verbose", action="store_true", help="show every step, too")
    add_options(again)
    again.set_defaults(run=replay_command)

    run = commands.add_parser("run", help="run one program, or one scenario, under many schedules")
    run.add_argument(
        "what", metavar="FILE|NAME", help="a program's JSON file, or a scenario (see askance list)"
    )
    run.add_argument("--impl", metavar="NAME", help="the implementation (default: reference)")
    run.add_argument(
        "--executions", metavar="N", type=positive, default=100, help="how many schedules (default: 100)"
    )
    run.add_argument("--seed", metavar="N", type=int, default=0)
    run.set_defaults(run=run_command)


def replay_command(options: argparse.Namespace) -> int:
    """Follow a saved counterexample again, and say what came of it."""
    import platform

    from askance.report.entry import told
    from askance.report.terminal import shown
    from askance.run import UsageError, load_adapter
    from askance.suite.counterexample import read
    from askance.suite.running import is_exploration, replay_exploration

    if is_exploration(options.file) and (wants_more(options) or options.history):
        raise UsageError("--pdb, --until, --trace and --history are for counterexamples of check and run")
    status = replay_exploration(options.file)
    if status is not None:
        return status
    counterexample = read(options.file)
    adapter = load_adapter(counterexample.implementation)
    if counterexample.engine == "live":
        if wants_more(options) or options.history:
            raise UsageError("what failed on real threads has no schedule to stop in, to trace or to write")
        from askance.suite.live import AGAIN, replay_live

        again = replay_live(counterexample, adapter)
        if again is None:
            print(
                f"{counterexample.failure.clause} held in all of {AGAIN} executions: {counterexample.seen} when it fell"
            )
            return PASSED
        print(shown(told(again, adapter, options.file), sys.stdout), end="")
        return FELL
    if wants_more(options):
        return debugged(options, counterexample, adapter)
    words = told(counterexample, adapter, options.file)
    if options.history:
        write_history(options.history, words, counterexample)
    match words["confirmed"]:
        case "same":
            print(shown(words, sys.stdout, verbose=options.verbose), end="")
            return FELL
        case "passed":
            print(
                f"{words['clause']} holds on this schedule now: {counterexample.implementation} has changed"
            )
            return PASSED
    print(
        f"askance: the schedule of {options.file} cannot be followed here: {words['error']}", file=sys.stderr
    )
    if counterexample.python != platform.python_version():
        print(
            f"it was found on Python {counterexample.python}, this is {platform.python_version()}",
            file=sys.stderr,
        )
    return INCONCLUSIVE


def run_command(options: argparse.Namespace) -> int:
    """Run a program or a scenario."""
    from askance.run import UsageError
    from askance.suite.running import run_file, run_scenario
    from askance.suite.scenarios import SCENARIOS

    if options.impl == "":
        raise UsageError("--impl needs a name: see askance list")
    if options.what in SCENARIOS:
        return run_scenario(options.what, options.impl, options.executions, options.seed)
    return run_file(options.what, options.impl or "reference", options.executions, options.seed)
