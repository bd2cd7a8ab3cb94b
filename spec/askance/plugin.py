"""The pytest plugin, loaded through the `pytest11` entry point wherever askance is installed.

Its options choose the implementation for `pytest --pyargs askance.suite --askance NAME`, and how much is tried; it
prints the report. Every pytest run of every project loads this module, so it imports nothing heavy until asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

PROFILES = ("smoke", "default", "nightly")
ENGINES = ("world", "live")
ENTRY = "askance_entry"
"""The attribute of a test's report that has the clause's entry, as JSON."""
FORMATS = ("text", "github")
SUITE = "askance.suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite."""
    group = parser.getgroup("askance", "conformance of actor implementations")
    group.addoption(
        "--askance",
        dest="askance_implementation",
        metavar="NAME",
        help="the implementation to judge: an installed one, or module:attribute",
    )
    group.addoption(
        "--askance-profile",
        choices=PROFILES,
        help="how much is tried (default: the Hypothesis profile of that name, or 'default')",
    )
    group.addoption(
        "--askance-executions",
        type=_count,
        metavar="N",
        help="about how many executions to make, shared by the clauses",
    )
    group.addoption(
        "--askance-seed",
        type=int,
        default=0,
        metavar="N",
        help="another seed tries other programs and schedules",
    )
    group.addoption(
        "--askance-engine",
        choices=ENGINES,
        help="what programs run on: the deterministic world, or live threads and processes (default: world if it can)",
    )
    group.addoption(
        "--askance-preempt",
        action="append",
        default=[],
        metavar="MODULE",
        help="the statements of this module are scheduling points, too",
    )
    group.addoption("--askance-json", metavar="FILE", help="write the report as JSON")
    group.addoption("--askance-html", metavar="FILE", help="write the report as a page (needs jinja2)")
    group.addoption(
        "--askance-baseline", metavar="FILE", help="known failures, which are waived (TOML; askance baseline)"
    )
    group.addoption(
        "--askance-strict",
        action="store_true",
        help="a waived clause that holds now is a failure",
    )
    group.addoption(
        "--askance-badge", metavar="FILE", help="write a badge: FILE.svg, or FILE.json for shields.io"
    )
    group.addoption(
        "--askance-format",
        choices=FORMATS,
        default="text",
        help="github: print workflow annotations, too",
    )
    group.addoption(
        "--askance-verbose", action="store_true", help="print every step of failures, and all statistics"
    )
    group.addoption(
        "--askance-counterexamples",
        default=".askance",
        metavar="FOLDER",
        help="where counterexamples are saved (default: .askance)",
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def profile_name(config: pytest.Config) -> str:
    """The profile that the options choose."""
    chosen = config.getoption("askance_profile")
    if chosen is None:
        chosen = config.getoption("--hypothesis-profile", default=None)
    return chosen if chosen in PROFILES else "default"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the Hypothesis profiles, and check the implementation before anything is judged with it."""
    wanted = config.getoption("--hypothesis-profile", default=None)
    name = config.getoption("askance_implementation")
    if wanted in PROFILES or name is not None:
        register_profiles()
    if name is None:
        return
    reporter = Reporter(config)
    config.pluginmanager.register(reporter, "askance-reporter")
    if hasattr(config, "workerinput"):
        return
    from askance.run import UsageError

    file = config.getoption("askance_baseline")
    try:
        checked(name, config.getoption("askance_engine"), config.getoption("askance_preempt"))
        if file:
            checked_baseline(name, Path(config.invocation_params.dir, file))
        elif config.getoption("askance_strict"):
            raise UsageError("--askance-strict is for --askance-baseline FILE")
        prepare_files(config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


def prepare_files(config: pytest.Config) -> None:
    """Raise UsageError, with one message, if a file that is asked for could not be written."""
    from askance.report.files import prepared, prepared_folder

    prepared_folder(Path(config.invocation_params.dir, config.getoption("askance_counterexamples")))
    if page := config.getoption("askance_html"):
        from askance.report.html import prepare

        prepare(Path(config.invocation_params.dir, page))
    for file in (config.getoption("askance_json"), config.getoption("askance_badge")):
        if file:
            prepared(Path(config.invocation_params.dir, file))


def register_profiles() -> None:
    """Make `--hypothesis-profile smoke` and `nightly` known, unless the user has profiles of these names."""
    from hypothesis import settings
    from hypothesis.errors import InvalidArgument

    for name, examples in (("smoke", 20), ("nightly", 2_000)):
        try:
            settings.get_profile(name)
        except InvalidArgument:
            settings.register_profile(
                name, max_examples=examples, deadline=None, derandomize=True, database=None
            )


def engine_for(adapter: Any, wanted: str | None) -> str:
    """The engine to run the adapter on, which may run on one only; raises UsageError if that is not the wanted one."""
    from askance.run import UsageError

    engines = getattr(adapter, "engines", frozenset(ENGINES))
    if wanted is None:
        return "world" if "world" in engines else "live"
    if wanted not in engines:
        raise UsageError(
            f"{adapter.name} runs on the {' and the '.join(sorted(engines))} engine only, not on {wanted!r}"
        )
    return wanted


def checked(name: str, engine: str | None = None, preempt: Sequence[str] = ()) -> None:
    """Raise UsageError, with one message, if there is no such implementation or its adapter is broken.

    So it does where the statements of the modules `preempt` cannot be scheduling points.
    """
    from askance.preempt import NotInstrumentable, instrumented
    from askance.run import AdapterError, UsageError, load_adapter, self_check
    from askance.search.replay import Stay
    from askance.suite.apart import POSSIBLE, Lost, apart
    from askance.world import World

    adapter = load_adapter(name)
    if preempt and engine_for(adapter, engine) != "world":
        raise UsageError("real threads are switched by the operating system: --preempt is for the world")
    try:
        with instrumented(preempt):
            pass
    except NotInstrumentable as error:
        raise UsageError(str(error)) from error
    if engine_for(adapter, engine) == "world":
        if not POSSIBLE:
            self_check(adapter, World(Stay()))
            return
        try:
            apart(lambda report: self_check(adapter, World(Stay())))
        except Lost as lost:
            raise AdapterError(f"{adapter.name}: one ask of one actor could not be made: {lost}") from lost
        return
    from askance.live import Child, ChildFailed

    try:
        Child(name, check=True).close()
    except ChildFailed as failed:
        raise UsageError(str(failed)) from failed


def checked_baseline(name: str, file: Path) -> None:
    """Raise UsageError, with one message, if the baseline is wrong in itself or for the implementation."""
    from askance.run import load_adapter
    from askance.suite.baseline import check_against, read_baseline

    check_against(read_baseline(file), load_adapter(name))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse to run the suite on nothing; let what broken implementations leave behind pass without a warning."""
    suite = [item for item in items if _module(item).startswith(SUITE)]
    if not suite:
        return
    if config.getoption("askance_implementation") is None:
        from askance.run import implementations

        known = ", ".join(implementations())
        raise pytest.UsageError(
            f"the suite needs an implementation to judge: --askance NAME (installed: {known})"
        )
    for item in suite:
        item.add_marker(pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"))
        item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


def _module(item: pytest.Item) -> str:
    """The name of the module that the item is from, "" for one that is from none."""
    return getattr(getattr(item, "module", None), "__name__", "")


class Reporter:
    """Collects the entries of the clauses' tests, from workers too, and prints the report at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.entries: list[dict[str, Any]] = []
        self.broken: list[str] = []
        """Tests of the suite that ended without a verdict: a fault of askance, never of the implementation."""
        self.unwritten: list[str] = []
        """Why files were not written, although it looked well at the beginning: a full disk."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the entry travel beside the properties: whole histories have no place in a JUnit file."""
        report = yield
        found = [str(value) for name, value in report.user_properties if name == "askance"]
        report.user_properties = [one for one in report.user_properties if one[0] != "askance"]
        if report.when == "call" and found:
            # A report's attributes travel from pytest-xdist's workers, if they are plain data.
            setattr(report, ENTRY, found[0])
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the entry of one clause."""
        found = [json.loads(getattr(report, ENTRY))] if hasattr(report, ENTRY) else []
        if found and report.when == "call":
            self.entries += found
        elif report.failed and not found:
            self.broken.append(f"{report.nodeid} ({report.when}): {report.longreprtext}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the statistics, the matrix, and each failure."""
        if not self.entries and not self.broken:
            return
        from askance.report.terminal import rendered

        writer = self.config.get_terminal_writer()
        shown = self.config.getoption("tbstyle") == "no"
        terminalreporter.section(f"askance: {self.config.getoption('askance_implementation')}")
        document = self.document()
        terminalreporter.write(
            rendered(
                document,
                color=writer.hasmarkup,
                width=writer.fullwidth,
                failures=shown,
                verbose=self.config.getoption("askance_verbose"),
            )
        )
        for broken in self.broken if shown else ():
            terminalreporter.write_line(f"askance could not judge {broken}")
        if self.config.getoption("askance_format") == "github":
            from askance.report.formats import workflow_commands

            for line in workflow_commands(document):
                terminalreporter.write_line(line)
        for trouble in self.unwritten:
            terminalreporter.write_line(f"askance: {trouble}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report as JSON and as a page, and the badge, where asked; what cannot be written is told last."""
        if hasattr(self.config, "workerinput"):
            return
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            self.broken.append("the clauses that are missing here: it was interrupted")
        if file := self.config.getoption("askance_json"):
            self.write(file, lambda: json.dumps(self.document(), indent=1) + "\n")
        if badge_file := self.config.getoption("askance_badge"):
            from askance.report.formats import badge

            self.write(badge_file, lambda: badge(self.document(), badge_file))
        if page := self.config.getoption("askance_html"):
            from askance.report.html import render

            self.write(page, lambda: render([self.document()]))
        if self.unwritten:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def write(self, file: str, made: Callable[[], str]) -> None:
        """Write a file, its folder too; where that cannot be done (any more), keep why."""
        from askance.report.files import written
        from askance.run import UsageError

        try:
            written(Path(self.config.invocation_params.dir, file), made())
        except UsageError as error:
            self.unwritten.append(str(error))

    def document(self) -> dict[str, Any]:
        """The whole report as data."""
        from askance.report.entry import document
        from askance.run import load_adapter

        name = self.config.getoption("askance_implementation")
        engine = engine_for(load_adapter(name), self.config.getoption("askance_engine"))
        return document(name, profile_name(self.config), self.entries, self.broken, engine)
