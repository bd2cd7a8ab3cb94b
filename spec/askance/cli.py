"""The command line: `askance check`, `replay`, `run`, `explore`, `mutants`, `spec`, `list`.

Exit status: 0 as expected, 1 a clause fell (or an exploration found a failure), 2 wrong use or a broken adapter,
3 inconclusive. Whatever is wrong with what the user typed is one message on stderr.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from askance.run import UsageError

__all__ = ["main"]

PASSED, FELL, USAGE, INCONCLUSIVE = 0, 1, 2, 3
PROFILES = ("smoke", "default", "nightly")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one message."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with what argparse says."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def parser() -> Parser:
    """The command line's grammar."""
    top = Parser(prog="askance", description="Checks actor implementations on every schedule.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)

    check = commands.add_parser("check", help="judge an implementation against every clause")
    check.add_argument("name", metavar="NAME", help="an installed implementation, or module:attribute")
    check.add_argument("--profile", choices=PROFILES, help="how much is tried (default: default)")
    check.add_argument(
        "-n", "--processes", metavar="N", type=positive, help="work in N processes (pytest-xdist)"
    )
    check.add_argument(
        "--executions", metavar="N", type=positive, help="about how many executions to make in all"
    )
    check.add_argument(
        "--seed", metavar="N", type=int, help="another seed tries other programs and schedules"
    )
    check.add_argument("-k", metavar="EXPR", help="only the clauses that match, as in pytest: -k 'A3 or D1'")
    check.add_argument("--junitxml", metavar="FILE", help="write a JUnit report")
    check.add_argument("--json", metavar="FILE", help="write the report as JSON")
    check.add_argument("--counterexamples", metavar="FOLDER", help="where they are saved (default: .askance)")
    check.add_argument(
        "--exhaustive",
        action="store_true",
        help="every interleaving of small programs instead; -k chooses programs, --executions is for each",
    )
    check.add_argument(
        "--resume", action="store_true", help="with --exhaustive: go on where the last call stopped"
    )
    check.add_argument(
        "--seconds", metavar="N", type=positive, help="with --exhaustive: stop after so long (default: never)"
    )
    check.epilog = "Whatever follows -- is handed to pytest."
    check.set_defaults(run=check_command)

    again = commands.add_parser("replay", help="see a saved counterexample again")
    again.add_argument("file", metavar="FILE", type=Path)
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
    explore.set_defaults(run=explore_command)

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
    broken.add_argument("-n", "--processes", metavar="N", type=positive, default=1)
    broken.add_argument("--json", metavar="FILE", help="write the matrix as JSON")
    broken.set_defaults(run=mutants_command)

    spec = commands.add_parser("spec", help="print the clauses")
    spec.set_defaults(run=spec_command)

    known = commands.add_parser("list", help="list implementations and scenarios")
    known.set_defaults(run=list_command)
    return top


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; `check` has what follows "--" in `pytest`. Raises UsageError."""
    given = list(arguments)
    end = given.index("--") if "--" in given else len(given)
    options = parser().parse_args(given[:end])
    rest = given[end + 1 :]
    if rest and options.command != "check":
        raise UsageError(f"only check takes arguments for pytest after --, not {options.command}")
    options.pytest = rest
    return options


def positive(text: str) -> int:
    """A whole number above 0."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    try:
        options = parsed(sys.argv[1:] if arguments is None else arguments)
        command: Callable[[argparse.Namespace], int] = options.run
        # What implementations that fail leave behind; the diagnosis says it better.
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        return command(options)
    except UsageError as error:
        print(f"askance: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("askance: interrupted", file=sys.stderr)
        return INCONCLUSIVE
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        return PASSED


# ---------------------------------------------------------------- check


class Outcome:
    """A pytest plugin of ours that keeps the report's verdict for the exit status."""

    def __init__(self) -> None:
        self.verdict = ""

    def pytest_sessionfinish(self, session: Any) -> None:
        """Read what the reporter collected."""
        reporter = session.config.pluginmanager.get_plugin("askance-reporter")
        if reporter is not None and (reporter.entries or reporter.broken):
            self.verdict = reporter.document()["verdict"]


def check_command(options: argparse.Namespace) -> int:
    """Run the suite: nothing but pytest, with these arguments."""
    import pytest

    from askance.plugin import checked

    checked(options.name)
    if options.exhaustive:
        return exhaustive_command(options)
    if options.resume or options.seconds is not None:
        raise UsageError("--resume and --seconds are for --exhaustive")
    outcome = Outcome()
    status = int(pytest.main(pytest_arguments(options), plugins=[outcome]))
    if status in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        return USAGE
    if status in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
        return INCONCLUSIVE
    return {"pass": PASSED if status == 0 else FELL, "fail": FELL}.get(outcome.verdict, INCONCLUSIVE)


def exhaustive_command(options: argparse.Namespace) -> int:
    """Search small programs exhaustively. Raises UsageError for options that mean nothing to such a search."""
    from askance.suite.exhaustive import check_exhaustively

    for option in ("profile", "processes", "seed", "junitxml", "json", "pytest"):
        if getattr(options, option):
            raise UsageError(
                f"--exhaustive has no use for {'-- ...' if option == 'pytest' else '--' + option}"
            )
    return check_exhaustively(
        options.name,
        executions=options.executions,
        seconds=options.seconds,
        resume=options.resume,
        only=options.k or "",
        folder=Path(options.counterexamples or ".askance"),
    )


def pytest_arguments(options: argparse.Namespace) -> list[str]:
    """The arguments that `check` stands for."""
    arguments = ["--pyargs", "askance.suite", "--askance", options.name]
    # The command line has loaded the plugin before pytest could rewrite its asserts; it has none.
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    arguments += ["-q", "--no-header", "--no-summary", "--tb=no", "-o", "faulthandler_timeout=0"]
    for option, value in (
        ("--askance-profile", options.profile),
        ("--askance-executions", options.executions),
        ("--askance-seed", options.seed),
        ("--askance-json", options.json),
        ("--askance-counterexamples", options.counterexamples),
        ("--junitxml", options.junitxml),
        ("-k", options.k),
    ):
        if value is not None:
            arguments += [
                f"{option}={value}" if option.startswith("--") else option,
                *[value] * (option == "-k"),
            ]
    if options.processes is not None and options.processes > 1:
        if importlib.util.find_spec("xdist") is None:
            raise UsageError("-n needs pytest-xdist: python -m pip install 'askance[xdist]'")
        arguments += ["-n", str(options.processes)]
    if not options.pytest:
        arguments += ["-p", "no:cacheprovider"]
    return arguments + list(options.pytest)


# ---------------------------------------------------------------- replay, run, explore


def replay_command(options: argparse.Namespace) -> int:
    """Follow a saved counterexample again, and say what came of it."""
    import platform

    from askance.report.entry import told
    from askance.report.terminal import shown
    from askance.run import load_adapter
    from askance.suite.counterexample import read
    from askance.suite.running import replay_exploration

    status = replay_exploration(options.file)
    if status is not None:
        return status
    counterexample = read(options.file)
    adapter = load_adapter(counterexample.implementation)
    words = told(counterexample, adapter, options.file)
    match words["confirmed"]:
        case "same":
            print(shown(words["text"], sys.stdout), end="")
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
    from askance.suite.running import run_file, run_scenario
    from askance.suite.scenarios import SCENARIOS

    if options.what in SCENARIOS:
        return run_scenario(options.what, options.impl, options.executions, options.seed)
    return run_file(options.what, options.impl or "reference", options.executions, options.seed)


def explore_command(options: argparse.Namespace) -> int:
    """Explore a function."""
    from askance.suite.running import explore_target

    return explore_target(
        options.target,
        strategy=options.strategy,
        executions=options.executions,
        seed=options.seed,
        preempt=tuple(options.preempt),
        exhaustive=options.exhaustive,
    )


# ---------------------------------------------------------------- mutants, spec, list


def mutants_command(options: argparse.Namespace) -> int:
    """Measure mutants, and print the matrix."""
    from askance.report.mutants import main

    return main(
        options.registry, options.names, options.profile, options.seeds, options.processes, options.json
    )


def spec_command(options: argparse.Namespace) -> int:
    """Print every clause with its rationale."""
    from askance.clauses.spec_text import render

    print(render(), end="")
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


if __name__ == "__main__":
    sys.exit(main())
