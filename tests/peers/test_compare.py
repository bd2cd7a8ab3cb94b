"""`askance compare`: one matrix of several processes, whatever becomes of one of them."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.report.failures import report

from askance.cli import compare, main
from askance.cli.compare import finished, first_replay
from askance.report.compare import Column, Judgements, as_markdown, as_terminal
from askance.run import UsageError

QUICK = ("--executions", "40", "-k", "A3 or L7")
BROKEN = "tests.peers.broken"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counterexamples go to a folder of the test's own; modules are still found."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)


def compared(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and the JSON that was written."""
    status = main(["compare", *arguments, "--json", "matrix.json"])
    return status, json.loads(Path("matrix.json").read_text(encoding="utf-8"))


def test_each_implementation_has_its_column(capsys: pytest.CaptureFixture[str]) -> None:
    """That a clause fell is what the matrix says, and no failure of the comparison."""
    status, data = compared("asyncio-bare", "naive-nested", *QUICK, "-n", "2")
    assert status == 0
    assert data["matrix"] == {
        "A3": {"asyncio-bare": "pass", "naive-nested": "fail"},
        "L7": {"asyncio-bare": "pass", "naive-nested": "pass"},
    }
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["1", "asyncio-bare"], ["2", "naive-nested"]]
    assert ["A3", "MUST", "pass", "FAIL"] in [line.split() for line in lines]


def test_one_that_ends_its_process_harms_no_other() -> None:
    """Its column says with which status, and what it said last."""
    status, data = compared(f"{BROKEN}:leaving", "asyncio-bare", *QUICK)
    broken, whole = data["implementations"]
    assert status == 3
    assert broken["status"] == "crashed"
    assert broken["trouble"] == "its process ended with status 7 and no report: last words"
    assert whole["status"] == "judged"
    assert data["matrix"]["A3"]["asyncio-bare"] == "pass"


def test_one_that_never_ends_is_killed() -> None:
    """After the time that was allowed."""
    status, data = compared(f"{BROKEN}:sleeping", *QUICK, "--seconds", "1")
    assert status == 3
    assert data["implementations"][0]["status"] == "hung"
    assert data["implementations"][0]["trouble"] == "did not end within 1 s"


def test_one_whose_time_is_over_may_write_what_it_has(tmp_path: Path) -> None:
    """It is interrupted first, and killed only if it does not end by that."""
    written = tmp_path / "written"
    program = (
        "import pathlib, time\n"
        "try: print('ready', flush=True); time.sleep(86_400)\n"
        f"finally: pathlib.Path({str(written)!r}).touch()"
    )
    with open(tmp_path / "out", "wb") as out:
        assert finished([sys.executable, "-c", program], out, 5, threading.Event()) is None
    assert written.exists()


def test_a_report_that_was_made_before_is_a_column() -> None:
    """With the name of its file, so that releases stand beside each other."""
    Path("gizmo-1.2.json").write_text(json.dumps({"askance report": 1, **REPORT}), encoding="utf-8")
    status, data = compared("gizmo-1.2.json", "asyncio-bare", *QUICK)
    assert status == 0
    assert data["matrix"]["L7"] == {"gizmo-1.2": "fail", "asyncio-bare": "pass"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read the report"),
        ("{", "is not JSON"),
        ("{}", "is no report of `askance check --json`"),
    ],
)
def test_what_is_no_report_is_one_message(
    text: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And wrong use."""
    if text is not None:
        Path("gizmo.json").write_text(text, encoding="utf-8")
    assert main(["compare", "gizmo.json"]) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_name_is_a_column_that_says_so() -> None:
    """And the exit status of wrong use; the others are judged."""
    status, data = compared("nobody", "asyncio-bare", *QUICK)
    assert status == 2
    assert data["implementations"][0]["trouble"].startswith("unknown implementation 'nobody'")
    assert data["matrix"]["L7"] == {"nobody": "", "asyncio-bare": "pass"}


def test_the_same_name_twice_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is run."""
    assert main(["compare", "reference", "reference"]) == 2
    assert capsys.readouterr().err == "askance: reference is named twice\n"


REPORT = {
    "python": "3.11.7",
    "versions": {"gizmo": "1.2"},
    "clauses": [
        {"clause": "A3", "verdict": "pass"},
        {
            "clause": "L7",
            "verdict": "fail",
            "failure": {"expected": "e", "actual": "a", "program": "loops 1\na: msg", "confirmed": "same"},
        },
    ],
}
COLUMN = Column("gizmo", "judged", REPORT)
ENTRY = {"implementation": "gizmo", "clause": "L7", "kind": "documented choice", "sentence": "It says so."}


def test_a_failure_that_was_found_now_can_be_seen_again() -> None:
    """The command of the first; none for a report that was made before, whose file may be anywhere."""
    fell = {"clause": "A3", "verdict": "fail", "failure": {"command": "askance replay gizmo-A3.json"}}
    held = {"clause": "A1", "verdict": "pass"}
    column = Column("gizmo", "judged", {"clauses": [held, fell]})
    assert first_replay(["gizmo"], [column]) == "askance replay gizmo-A3.json"
    assert first_replay(["old.json", "idle"], [column, Column("idle", "judged", {"clauses": [held]})]) == ""


def test_the_page_has_each_failure_with_its_judgement_and_program() -> None:
    """Under the implementation's name."""
    page = as_markdown([COLUMN], Judgements([ENTRY]), "askance compare gizmo")
    assert "| L7 | **FAIL** |" in page
    assert "gizmo 1.2, world, Python 3.11.7." in page
    section = page[page.index("### L7") :]
    assert "**Documented choice.** It says so." in section
    assert "program:\n    loops 1\n    a: msg" in section
    assert section.endswith("Replays exactly.\n")


def test_a_failure_of_real_threads_says_how_often_it_was_seen() -> None:
    """In place of a replay, and the subject says where it was."""
    failure = {
        "expected": "e",
        "actual": "a",
        "program": "loops 1",
        "seen": "it failed in 3 of 20 further executions",
    }
    live = {**REPORT, "engine": "live", "clauses": [{"clause": "L7", "verdict": "fail", "failure": failure}]}
    page = as_markdown([Column("gizmo", "judged", live)], Judgements([ENTRY]), "askance compare gizmo")
    assert "gizmo 1.2, on real threads, Python 3.11.7." in page
    assert page.endswith("It failed in 3 of 20 further executions.\n")


def test_the_page_tells_what_older_releases_show() -> None:
    """Of the implementations that it is about."""
    change = {"implementation": "gizmo", "clause": "A8", "fell": "1.1", "holds": "1.2", "sentence": "Mended."}
    judgements = Judgements([ENTRY], [change, {**change, "implementation": "other"}])
    page = as_markdown([COLUMN], judgements, "askance compare gizmo")
    assert page.endswith("|---|---|---|---|---|\n| gizmo | A8 | 1.1 | 1.2 | Mended. |\n")


def test_the_table_fits_eighty_columns_however_many_there_are() -> None:
    """Twelve implementations."""
    columns = [Column(f"a-long-name-{n}", "judged", REPORT) for n in range(12)]
    table = as_terminal(columns, color=False, width=80).split("\n\n")[1]
    assert max(len(line) for line in table.splitlines()) <= 80
    assert "FAIL" in table


def test_unjudged_failures_and_judgements_of_nothing_are_told() -> None:
    """What nobody compared is left alone."""
    stale = {**ENTRY, "clause": "A3"}
    absent = {**ENTRY, "implementation": "other"}
    assert Judgements([ENTRY, absent]).complaints([COLUMN]) == []
    assert Judgements([stale, absent]).complaints([COLUMN]) == [
        "nothing is said of the failure of gizmo, L7",
        "a judgement matches nothing: gizmo, A3 is pass",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[judgement", "is not TOML"),
        ("judgement = 3", "must be an array of tables"),
        ("[[change]]\nimplementation = 'a'\nclause = 'A3'", "change 1 has no text `fell`"),
        ("[[judgement]]\nclause = 'A3'", "judgement 1 has no text `implementation`"),
        (
            "[[judgement]]\nimplementation='a'\nclause='Z9'\nkind='defect'\nsentence='s'",
            "there is no clause 'Z9'",
        ),
        ("[[judgement]]\nimplementation='a'\nclause='A3'\nkind='sad'\nsentence='s'", "`kind` must be one of"),
    ],
)
def test_wrong_judgements_are_one_message(text: str, message: str, tmp_path: Path) -> None:
    """Which says what is wrong and in which file."""
    file = tmp_path / "said.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="said") as caught:
        Judgements.read(file)
    assert message in str(caught.value)


def test_the_page_has_a_column_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--html` shows reports beside each other, and why there is none; where it cannot be written nothing is judged."""
    columns = {
        "one": Column("one", "judged", report("one")),
        "two": Column("two", "hung", trouble="was killed"),
    }
    asked: list[str] = []
    monkeypatch.setattr(compare, "judged", lambda name, *_: asked.append(name) or columns[name])
    assert main(["compare", "one", "two", "--html", "page.html"]) == 3
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<title>askance: one, two</title>" in page and 'id="failure-0-D2"' in page
    assert "could not judge it: hung: was killed" in page
    Path("folder").mkdir()
    for option in ("--html", "--json", "--markdown"):
        asked.clear()
        assert main(["compare", "one", option, "folder"]) == 2
        assert asked == []


def test_the_page_of_real_libraries_has_whatever_is_said_of_them() -> None:
    """And nothing on it is without a judgement."""
    root = Path(__file__).parents[2]
    said = Judgements.read(root / "impl/askance_impl/peers/judgements.toml")
    page = (root / "docs/conformance.md").read_text(encoding="utf-8")
    assert "Not judged yet." not in page
    for one in [*said.entries.values(), *said.changes]:
        assert " ".join(one["sentence"].split()) in page, (one["implementation"], one["clause"])
