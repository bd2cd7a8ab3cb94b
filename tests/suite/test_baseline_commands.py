"""`askance baseline` writes what `askance check --baseline` reads; exit statuses, workers, and the report."""

from __future__ import annotations

import json
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from askance.cli import main
from askance.program import Actor, AskOp, Client, Msg, Program, Result
from askance.program_json import dumps

FEW = ("--executions", "400")
SOUND = Program(1, (Actor("a", 0, Msg()),), (Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"))),))
SUITE = ("--pyargs", "askance.suite", "-p", "no:cacheprovider", "--askance-executions", "60")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the baseline of the naive implementation that nests its futures."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["baseline", "naive-nested", *FEW]) == 3  # so few executions leave a clause untested
    return folder


@pytest.fixture
def folder(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to work in."""
    (tmp_path / "baseline").mkdir()
    for name in ("baseline.toml", "baseline/A3.json"):
        (tmp_path / name).write_bytes((kept / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def waivers(folder: Path) -> list[dict[str, Any]]:
    """The waivers in the folder's baseline."""
    found: list[dict[str, Any]] = tomllib.loads((folder / "baseline.toml").read_text())["waiver"]
    return found


def verdicts(folder: Path) -> dict[str, str]:
    """The verdicts in the folder's report."""
    report = json.loads((folder / "report.json").read_text())
    return {entry["clause"]: entry["verdict"] for entry in report["clauses"]}


def test_what_falls_is_written(folder: Path) -> None:
    """One waiver for the one clause that falls, its counterexample beside it; what it blocks is no failure."""
    (waiver,) = waivers(folder)
    assert (waiver["clause"], waiver["kind"]) == ("A3", "defect")
    assert waiver["reason"].startswith("not looked into yet; seen: ")
    assert waiver["reproducer"] == "baseline/A3.json"
    assert json.loads((folder / "baseline" / "A3.json").read_text())["clause"] == "A3"


def test_a_baseline_is_not_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --force nothing is judged, and the files stay."""
    before = (folder / "baseline.toml").read_bytes()
    assert main(["baseline", "naive-nested", *FEW]) == 2
    assert "baseline.toml and baseline would be written over: --force" in capsys.readouterr().err
    assert (folder / "baseline.toml").read_bytes() == before


def test_reasons_are_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --force reason and reproducer of what still falls stay; a waiver of what holds goes, with its file."""
    text = (folder / "baseline.toml").read_text()
    (folder / "baseline" / "M2.json").write_text(dumps(SOUND))
    (waiver,) = waivers(folder)
    mine = text.replace(waiver["reason"], "by design")
    mine += '\n[[waiver]]\nclause = "M2"\nkind = "dispute"\nreason = "x"\nreproducer = "baseline/M2.json"\n'
    (folder / "baseline.toml").write_text(mine)
    before = (folder / "baseline" / "A3.json").read_bytes()
    main(["baseline", "naive-nested", "--force", *FEW])
    assert [(one["clause"], one["reason"]) for one in waivers(folder)] == [("A3", "by design")]
    assert (folder / "baseline" / "A3.json").read_bytes() == before
    assert not (folder / "baseline" / "M2.json").exists()
    assert "no longer waived, for it holds: M2" in capsys.readouterr().out


def test_a_known_failure_does_not_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is waived ends with status 0, strict or not; the same without the baseline is a failure."""
    chosen = ("-k", "A3 or D1", "--json", "report.json", "--executions", "60")
    assert main(["check", "naive-nested", *chosen]) == 1
    assert main(["check", "naive-nested", *chosen, "--baseline", "baseline.toml", "--strict"]) == 0
    assert verdicts(folder) == {"A3": "waived", "D1": "pass"}
    assert "1 pass, 1 waived" in capsys.readouterr().out


def test_a_new_failure_counts(folder: Path) -> None:
    """A clause that falls and is not waived ends with status 1, whatever else is."""
    (folder / "baseline.toml").write_text("")
    chosen = ("-k", "A3", "--json", "report.json", "--executions", "60")
    assert main(["check", "naive-nested", *chosen, "--baseline", "baseline.toml"]) == 1
    assert verdicts(folder) == {"A3": "fail"}


def test_what_holds_now_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A waived clause that holds is reported; it fails the check only under --strict."""
    chosen = ("-k", "A3", "--json", "report.json", "--executions", "60", "--baseline", "baseline.toml")
    assert main(["check", "reference", *chosen]) == 0
    assert verdicts(folder) == {"A3": "unexpected-pass"}
    printed = capsys.readouterr().out
    assert "holds now, its waiver is out of date" in printed
    assert "1 unexpected-pass" in printed
    assert main(["check", "reference", *chosen, "--strict"]) == 1
    assert json.loads((folder / "report.json").read_text())["verdict"] == "fail"


def test_workers_know_the_baseline(pytester: pytest.Pytester, kept: Path) -> None:
    """As pytest's option, with -n 2: the waived clause is an expected failure, in JUnit too."""
    result = pytester.runpytest_subprocess(
        *(*SUITE, "-n", "2", "--askance", "naive-nested", "-k", "A3 or D1", "--junitxml", "junit.xml"),
        *("--askance-baseline", str(kept / "baseline.toml"), "--askance-strict"),
    )
    result.assert_outcomes(passed=1, xfailed=1)
    cases = ElementTree.parse(pytester.path / "junit.xml").getroot().iter("testcase")
    skipped = {case.get("name"): case.find("skipped") for case in cases}
    waived = skipped["test_A3"]
    assert waived is not None
    assert waived.get("type") == "pytest.xfail"
    assert str(waived.get("message")).startswith("waived: defect: ")
    assert skipped["test_D1"] is None


def test_a_wrong_baseline_stops_pytest(pytester: pytest.Pytester) -> None:
    """The plugin refuses a baseline that cannot be read, and strictness without one, before anything is collected."""
    result = pytester.runpytest_subprocess(
        *SUITE, "--askance", "reference", "--askance-baseline", "none.toml"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cannot read the baseline *none.toml: No such file or directory"])
    result = pytester.runpytest_subprocess(*SUITE, "--askance", "reference", "--askance-strict")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--askance-strict is for --askance-baseline FILE"])
