"""The pytest plugin: the suite from a user's own pytest, alone and with others' options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from askance.clauses import ALL

SUITE = ("--pyargs", "askance.suite", "-p", "no:cacheprovider")
FEW = ("--askance-executions", "60")


def test_a_clause_is_chosen_by_its_id(pytester: pytest.Pytester) -> None:
    """`-k A3` runs the one test of clause A3, which has the id in its name."""
    result = pytester.runpytest_subprocess(*SUITE, *FEW, "--askance", "reference", "-k", "A3", "-v")
    result.assert_outcomes(passed=1, deselected=len(ALL) - 1)
    result.stdout.fnmatch_lines(["*test_A3 PASSED*", "A3  MUST  pass *", "1 pass"])


def test_a_failure_is_told_in_full(pytester: pytest.Pytester) -> None:
    """A clause that falls fails its test with requirement, program, schedule and replay command."""
    result = pytester.runpytest_subprocess(*SUITE, *FEW, "--askance", "naive-nested", "-k", "A3")
    assert result.ret == 1
    titles = [
        "A3 fell",
        "requirement:",
        "expected:",
        "actual:",
        "where:",
        "program:",
        "schedule*",
        "replay:",
    ]
    result.stdout.fnmatch_lines(
        [*titles, "*askance replay .askance/naive-nested-A3.json", "A3  MUST  fail *", "1 fail"]
    )
    assert (pytester.path / ".askance" / "naive-nested-A3.json").exists()


def test_the_verdicts_of_workers_reach_the_report(pytester: pytest.Pytester) -> None:
    """With -n 2 matrix, JSON and JUnit files hold every clause's verdict; nothing is silently skipped."""
    result = pytester.runpytest_subprocess(
        *SUITE,
        *("-n", "2", "--askance", "asyncio-bare", "-k", "A3 or A9 or D1"),
        *("--askance-executions", "180", "--junitxml", "junit.xml", "--askance-json", "out/report.json"),
    )
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(
        ["A9 *unsupported*asyncio-bare does not declare gather", "2 pass, 1 unsupported"]
    )
    report = json.loads((pytester.path / "out" / "report.json").read_text())
    assert [(entry["clause"], entry["verdict"]) for entry in report["clauses"]] == [
        ("A3", "pass"),
        ("A9", "unsupported"),
        ("D1", "pass"),
    ]
    cases = ElementTree.parse(pytester.path / "junit.xml").getroot().iter("testcase")
    properties = {
        case.get("name"): {one.get("name"): one.get("value") for one in case.iter("property")}
        for case in cases
    }
    verdicts = {name: found["verdict"] for name, found in properties.items()}
    assert verdicts == {"test_A3": "pass", "test_A9": "unsupported", "test_D1": "pass"}
    assert properties["test_D1"]["clause"] == "D1" and properties["test_D1"]["level"] == "MUST"
    assert int(properties["test_D1"]["executions"] or 0) == report["clauses"][2]["tally"]["executions"] > 0
    assert "askance" not in properties["test_D1"], "histories have no place in a JUnit file"


def test_the_profile_may_be_chosen_as_hypothesis_does(pytester: pytest.Pytester) -> None:
    """`--hypothesis-profile smoke` is known without any conftest, and chooses the suite's profile."""
    result = pytester.runpytest_subprocess(
        *SUITE,
        "--askance",
        "reference",
        "-k",
        "D4",
        "--hypothesis-profile",
        "smoke",
        "--askance-json",
        "report.json",
    )
    assert result.ret == 0
    assert json.loads((pytester.path / "report.json").read_text())["profile"] == "smoke"


def test_the_suite_without_an_implementation_is_wrong_use(pytester: pytest.Pytester) -> None:
    """Without --askance nothing runs, and the message lists what is installed."""
    result = pytester.runpytest_subprocess(*SUITE)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*the suite needs an implementation to judge: --askance NAME (installed: *reference*"]
    )


def test_an_unknown_implementation_is_wrong_use(pytester: pytest.Pytester) -> None:
    """One message before anything is collected, with what was probably meant."""
    result = pytester.runpytest_subprocess(*SUITE, "--askance", "refrence")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown implementation 'refrence', did you mean 'reference'?*"])


def test_other_tests_are_left_alone(pytester: pytest.Pytester) -> None:
    """In a run that has nothing to do with askance the plugin prints nothing."""
    pytester.makepyfile("def test_theirs(): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*askance:*")


def test_loading_the_plugin_loads_nothing_heavy() -> None:
    """Every pytest run of every project imports the plugin: not hypothesis, nor the world, nor rich with it."""
    heavy = {"hypothesis", "greenlet", "rich", "askance.world", "askance.run", "askance.clauses"}
    code = f"import sys, pytest, askance.plugin; print([name for name in {sorted(heavy)} if name in sys.modules])"
    # Where coverage is measured, it starts in that process as well, and loads greenlet itself.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "[]"
