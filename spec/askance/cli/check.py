"""`askance check`: judge an implementation against every clause. Nothing but pytest, with these arguments."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

import askance.suite
from askance.cli.grammar import FELL, INCONCLUSIVE, PASSED, PROFILES, USAGE, Commands, positive, processes
from askance.run import UsageError


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    check = commands.add_parser("check", help="judge an implementation against every clause")
    check.add_argument("name", metavar="NAME", help="an installed implementation, or module:attribute")
    check.add_argument("--profile", choices=PROFILES, help="how much is tried (default: default)")
    check.add_argument(
        "-n", "--processes", metavar="N", type=processes, help="work in N processes, or auto (pytest-xdist)"
    )
    check.add_argument(
        "--executions", metavar="N", type=positive, help="about how many executions to make in all"
    )
    check.add_argument(
        "--seed", metavar="N", type=int, help="another seed tries other programs and schedules"
    )
    check.add_argument(
        "--engine",
        choices=("world", "live"),
        help="every schedule under control, or real threads and processes (default: world if the adapter can)",
    )
    check.add_argument("-k", metavar="EXPR", help="only the clauses that match, as in pytest: -k 'A3 or D1'")
    check.add_argument("--junitxml", metavar="FILE", help="write a JUnit report")
    check.add_argument("--json", metavar="FILE", help="write the report as JSON")
    check.add_argument("--badge", metavar="FILE", help="write a badge: FILE.svg, or FILE.json for shields.io")
    check.add_argument("--format", choices=("text", "github"), help="github: print workflow annotations, too")
    check.add_argument(
        "-v", "--verbose", action="store_true", help="print every step of failures, and all statistics"
    )
    check.add_argument(
        "--html", metavar="FILE", help="write the report as a page (needs jinja2: askance[html])"
    )
    check.add_argument(
        "--preempt", metavar="MODULE", action="append", help="switch at the statements of this module, too"
    )
    check.add_argument("--counterexamples", metavar="FOLDER", help="where they are saved (default: .askance)")
    check.add_argument("--baseline", metavar="FILE", help="known failures, which are waived (TOML)")
    check.add_argument(
        "--strict", action="store_true", help="with --baseline: a waived clause that holds now is a failure"
    )
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


class Outcome:
    """A pytest plugin of ours that keeps the report's verdict for the exit status."""

    def __init__(self) -> None:
        self.verdict = ""

    def pytest_sessionfinish(self, session: Any, exitstatus: int) -> None:
        """Read what the reporter collected, if all was judged."""
        if exitstatus > 1:
            return
        reporter = session.config.pluginmanager.get_plugin("askance-reporter")
        if reporter is not None and (reporter.entries or reporter.broken):
            self.verdict = reporter.document()["verdict"]


def check_command(options: argparse.Namespace) -> int:
    """Run the suite: nothing but pytest, with these arguments."""
    import pytest

    from askance.plugin import checked, checked_baseline
    from askance.report.files import prepared, prepared_folder

    checked(options.name, options.engine, options.preempt or ())
    prepared_folder(Path(options.counterexamples or ".askance"))
    if options.exhaustive:
        return exhaustive_command(options)
    if options.resume or options.seconds is not None:
        raise UsageError("--resume and --seconds are for --exhaustive")
    if options.baseline is not None:
        checked_baseline(options.name, Path(options.baseline))
    elif options.strict:
        raise UsageError("--strict is for --baseline FILE")
    if options.html is not None:
        from askance.report.html import prepare

        prepare(Path(options.html))
    for file in (options.json, options.badge, options.junitxml):
        if file is not None:
            prepared(Path(file))
    if options.badge is not None and not options.badge.endswith((".svg", ".json")):
        raise UsageError(f"--badge {options.badge}: a badge is FILE.svg, or FILE.json for shields.io")
    outcome = Outcome()
    try:
        status = int(pytest.main(pytest_arguments(options), plugins=[outcome, *progress()]))
    except BrokenPipeError:
        if not outcome.verdict:
            raise
        # `| head`: whoever reads the report has seen enough, and the verdict stands.
        sys.stderr.close()
        return {"pass": PASSED, "fail": FELL}.get(outcome.verdict, INCONCLUSIVE)
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        print(
            "askance: no clause was judged"
            + (f": none has a name that -k {options.k!r} matches (askance spec)" if options.k else ""),
            file=sys.stderr,
        )
    if status in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        return USAGE
    if status == pytest.ExitCode.INTERRUPTED:
        print("askance: interrupted: not every clause was judged", file=sys.stderr)
        return INCONCLUSIVE
    if status == pytest.ExitCode.INTERNAL_ERROR:
        return INCONCLUSIVE
    return {"pass": PASSED if status == 0 else FELL, "fail": FELL}.get(outcome.verdict, INCONCLUSIVE)


def progress() -> list[Any]:
    """What shows live progress, where somebody watches."""
    from askance.report.progress import Progress, watched

    return [Progress(sys.stdout)] if watched(sys.stdout) else []


def exhaustive_command(options: argparse.Namespace) -> int:
    """Search small programs exhaustively. Raises UsageError for options that mean nothing to such a search."""
    from askance.suite.exhaustive import check_exhaustively

    for option in (
        "profile",
        "processes",
        "seed",
        "junitxml",
        "badge",
        "format",
        "verbose",
        "html",
        "baseline",
        "strict",
        "preempt",
        "pytest",
    ):
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
        json=Path(options.json) if options.json else None,
    )


def pytest_arguments(options: argparse.Namespace) -> list[str]:
    """The arguments that `check` stands for."""
    suite = Path(askance.suite.__file__).parent
    # By its path, and with a configuration of its own: what the repository where this is called has for its tests
    # (-x, --cov, names of test functions, a conftest.py with fixtures for every test) is not meant for clauses.
    arguments = [str(suite), "-c", str(suite / "pytest.ini"), "--maxfail=0", "--askance", options.name]
    # The command line has loaded the plugin before pytest could rewrite its asserts; it has none.
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    # The properties are wanted in the JUnit report, whatever its family is called.
    arguments += ["-W", "ignore:record_property is incompatible:pytest.PytestWarning"]
    arguments += ["-q", "--no-header", "--no-summary", "--tb=no", "-o", "faulthandler_timeout=0"]
    for option, value in (
        ("--askance-profile", options.profile),
        ("--askance-executions", options.executions),
        ("--askance-seed", options.seed),
        ("--askance-engine", options.engine),
        ("--askance-json", options.json),
        ("--askance-badge", options.badge),
        ("--askance-format", options.format),
        ("--askance-html", options.html),
        ("--askance-counterexamples", options.counterexamples),
        ("--askance-baseline", options.baseline),
        ("--junitxml", options.junitxml),
        ("-k", options.k),
    ):
        if value is not None:
            arguments += [
                f"{option}={value}" if option.startswith("--") else option,
                *[value] * (option == "-k"),
            ]
    arguments += [f"--askance-preempt={module}" for module in options.preempt or ()]
    if options.verbose:
        arguments.append("--askance-verbose")
    if options.strict:
        arguments += ["--askance-strict"]
    if options.processes is not None and options.processes > 1:
        if importlib.util.find_spec("xdist") is None:
            raise UsageError("-n needs pytest-xdist: python -m pip install 'askance[xdist]'")
        arguments += ["-n", str(options.processes)]
    if options.pytest:
        arguments += ["-o", f"cache_dir={Path('.pytest_cache').absolute()}"]
    else:
        arguments += ["-p", "no:cacheprovider"]
    return arguments + list(options.pytest)
