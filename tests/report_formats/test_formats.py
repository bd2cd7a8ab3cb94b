"""What machines read: the JSON and its schema, annotations, badges, and all of it the same from several processes."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.report_formats.valid import valid

from askance.cli import main
from askance.report.files import prepared, written
from askance.report.formats import badge, workflow_commands
from askance.run import UsageError

SUITE = ("--pyargs", "askance.suite", "-p", "no:cacheprovider")
FALLING = "A3 or A9 or D1 or D4 or L5"


def checked(
    pytester: pytest.Pytester, name: str, *more: str, executions: str = "60"
) -> tuple[dict[str, Any], str]:
    """The report of one implementation as JSON, and what was printed."""
    result = pytester.runpytest_subprocess(
        *SUITE, "--askance", name, "--askance-executions", executions, "--askance-json", "report.json", *more
    )
    report: dict[str, Any] = json.loads((pytester.path / "report.json").read_text())
    return report, result.stdout.str()


@pytest.mark.parametrize(
    "name",
    [
        *("reference", "asyncio-bare", "pykka", "naive-nested", "naive-blocking", "naive-call-soon"),
        "askance_impl.mutants:MUTANTS",
    ],
)
def test_the_json_is_what_the_schema_says(pytester: pytest.Pytester, name: str) -> None:
    """Every implementation's report validates, those of failing ones with history, trace and race too."""
    if name.endswith(":MUTANTS"):
        from askance_impl.mutants import MUTANTS

        broken = next(mutant for mutant in MUTANTS.values() if mutant.clause == "D1")
        pytester.makepyfile(
            broken_for_report=f"from askance_impl.mutants import MUTANTS\nadapter = MUTANTS[{broken.name!r}]"
        )
        report, _ = checked(pytester, "broken_for_report:adapter", "-k", "D1", executions="600")
        assert report["verdict"] == "fail"
    else:
        report, _ = checked(pytester, name, "-k", FALLING, executions="80")
    valid(report)
    assert report["askance report"] == 1
    for entry in report["clauses"]:
        if "failure" in entry:
            failure = entry["failure"]
            assert [event["index"] for event in failure["history"]] == list(range(len(failure["history"])))
            assert [step["step"] for step in failure["trace"]] == list(range(1, len(failure["trace"]) + 1))


def test_a_report_of_another_form_is_refused(pytester: pytest.Pytester) -> None:
    """The schema has teeth: a clause that fell without its failure, or an unknown verdict, does not validate."""
    report, _ = checked(pytester, "naive-blocking", "-k", "D4")
    del report["clauses"][0]["failure"]
    with pytest.raises(jsonschema.ValidationError, match="'failure' is a required property"):
        valid(report)
    report["clauses"][0]["verdict"] = "fine"
    with pytest.raises(jsonschema.ValidationError, match="'fine' is not one of"):
        valid(report)


def test_several_processes_give_the_same_report(pytester: pytest.Pytester) -> None:
    """Verdicts, counterexamples and all that is told of them are the same with -n 2 as without; only seconds differ."""
    more = ("-k", FALLING, "--junitxml", "junit.xml", "--askance-format", "github")
    seen = []
    for processes in ("0", "2"):
        report, printed = checked(pytester, "naive-call-soon", "-n", processes, *more, executions="300")
        for tally in (report["tally"], *(entry["tally"] for entry in report["clauses"])):
            tally.pop("seconds", None)
        files = {file.name: file.read_text() for file in (pytester.path / ".askance").iterdir()}
        for file in (pytester.path / ".askance").iterdir():
            file.unlink()
        cases = ElementTree.parse(pytester.path / "junit.xml").getroot().iter("testcase")
        properties = sorted(
            (case.get("name"), *((one.get("name"), one.get("value")) for one in case.iter("property")))
            for case in cases
        )
        commands = [line for line in printed.splitlines() if line.startswith("::")]
        seen.append((report, files, properties, commands))
    assert seen[0] == seen[1]
    assert {entry["verdict"] for entry in seen[0][0]["clauses"]} >= {"fail", "unsupported"}
    assert len(seen[0][1]) == sum("failure" in entry for entry in seen[0][0]["clauses"]) > 0


def failing(where: str, file: str) -> dict[str, Any]:
    """A report in which one clause fell."""
    failure = {
        "requirement": "100% of, all: replies",
        "expected": "",
        "actual": "none",
        "detail": "a\r\nb",
        "deadlock": "",
        "command": "askance replay x.json",
        "stood": [{"who": "c0", "doing": "wait", "where": where, "line": ""}],
        "trace": [],
        "strands": {"Thread-1 (run)": "loop 0"},
        "files": {where.partition(":")[0]: file},
    }
    entry = {"clause": "A3", "verdict": "fail", "text": "", "note": "", "failure": failure}
    return {"implementation": "mine:adapter", "verdict": "fail", "clauses": [entry], "broken": []}


def test_annotations_are_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Percent signs and line ends everywhere, colons and commas in properties only; the file is the workspace's."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (tmp_path / "a,b.py").write_text("")
    (line,) = workflow_commands(failing("lib.py:7 in Box.put", os.fspath(tmp_path / "a,b.py")))
    assert line == (
        "::error file=a%2Cb.py,line=7,title=A3%3A mine%3Aadapter::100%25 of, all: replies%0Aactual: none%0A"
        "a%0D%0Ab%0Areplay: askance replay x.json"
    )


def test_annotations_call_strands_as_the_report_does_and_say_nothing_twice() -> None:
    """Whoever reads one has not seen which thread runs loop 0; the deadlock's lines are often in the detail."""
    report = failing("", "")
    failure = report["clauses"][0]["failure"]
    failure["actual"] = "strand 'Thread-1 (run)' is blocked"
    failure["detail"] = failure["deadlock"] = "Thread-1 (run) waits for a lock"
    (line,) = workflow_commands(report)
    assert line.endswith(
        "actual: loop 0 is blocked%0Aloop 0 waits for a lock%0Areplay: askance replay x.json"
    )


def test_files_outside_of_the_workspace_are_not_annotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub could not show the line: the annotation stands without one."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (line,) = workflow_commands(failing("os.py:7 in f", os.__file__))
    assert line.startswith("::error title=A3")


@pytest.mark.parametrize(
    ("verdicts", "whole", "said"),
    [
        (["pass", "pass", "unsupported"], "pass", "2 of 2 clauses hold"),
        (["pass", "fail", "blocked"], "fail", "1 of 3 clauses fell"),
        (["pass", "untested"], "inconclusive", "inconclusive"),
    ],
)
def test_the_badge_says_how_it_went(verdicts: list[str], whole: str, said: str) -> None:
    """As SVG with a title for who cannot see it, and as what shields.io reads."""
    document = {"verdict": whole, "clauses": [{"verdict": verdict} for verdict in verdicts]}
    drawn = ElementTree.fromstring(badge(document, "badge.svg"))
    assert drawn.get("aria-label") == f"askance: {said}"
    assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")] == ["askance", said]
    endpoint = json.loads(badge(document, "badge.json"))
    assert endpoint["schemaVersion"] == 1 and endpoint["message"] == said
    assert re.fullmatch("[0-9a-f]{6}", endpoint["color"])


def test_the_badge_is_written(pytester: pytest.Pytester) -> None:
    """`--askance-badge` writes the file that it names."""
    checked(pytester, "reference", "-k", "D4", "--askance-badge", "out/badge.svg")
    assert "1 of 1 clauses hold" in (pytester.path / "out" / "badge.svg").read_text()


def test_verbose_has_every_step(pytester: pytest.Pytester) -> None:
    """`--askance-verbose`, without pytest's own tracebacks: statistics of each clause, and every step of a failure."""
    report, printed = checked(pytester, "naive-blocking", "-k", "D4", "--tb", "no", "--askance-verbose")
    steps = report["clauses"][0]["failure"]["trace"]
    assert "every step:" in printed
    assert sum(bool(re.match(r"    .*, step \d+: ", line)) for line in printed.splitlines()) >= len(steps)
    assert re.search(r"^D4  \d+ executions of \d+ programs", printed, re.MULTILINE)


def test_what_was_interrupted_is_no_pass(pytester: pytest.Pytester) -> None:
    """The report of a run that was interrupted has what was judged, is no pass, and says why, on the page, too."""
    pytester.makepyfile(interrupting="def pytest_runtest_logfinish(): raise KeyboardInterrupt")
    more = ("-p", "interrupting", "-k", "A3 or M4", "--askance-html", "page.html")
    report, _ = checked(pytester, "asyncio-bare", *more, executions="20")
    assert [entry["clause"] for entry in report["clauses"]] == ["A3"]
    assert report["verdict"] == "inconclusive"
    assert report["broken"] == ["the clauses that are missing here: it was interrupted"]
    page = (pytester.path / "page.html").read_text(encoding="utf-8")
    assert "askance could not judge the clauses that are missing here: it was interrupted" in page


@pytest.mark.parametrize("option", ["--json", "--badge", "--html"])
def test_a_file_that_cannot_be_written_is_said_at_once(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not after everything was judged, and in one message; where it can be, nothing is there before the end."""
    assert main(["check", "reference", option, str(tmp_path)]) == 2
    out, error = capsys.readouterr()
    assert (out, error) == ("", f"askance: cannot write {tmp_path}: Is a directory\n")


def test_files_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there before stays until the new is whole; looking whether it can be written leaves nothing."""
    file = tmp_path / "folder" / "report.json"
    prepared(file)
    assert not file.exists()
    written(file, "one")
    prepared(file)
    assert file.read_text() == "one"
    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", fails)
        with pytest.raises(UsageError, match=r"cannot write .*: No space left"):
            written(file, "two")
    assert file.read_text() == "one"
    assert [path.name for path in file.parent.iterdir()] == ["report.json"]
    file.chmod(0o600)
    written(file, "two")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("two", 0o600)


def fails(*_: object) -> None:
    """A disk that is full."""
    raise OSError(28, "No space left on device")


def test_what_has_no_place_in_utf_8_is_escaped(tmp_path: Path) -> None:
    """A page or a report is written, whatever a message or a file's name holds."""
    written(tmp_path / "page.html", "<p>\udcff \u00e9</p>")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "<p>\\udcff \u00e9</p>"
