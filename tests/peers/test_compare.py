"""`askance compare`: one matrix of several processes, whatever becomes of one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.report.failures import report

from askance.cli import compare, main
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
    assert data["implementations"][0]["trouble"] == "did not end within 1 s and was killed"


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


def test_the_page_has_each_failure_with_its_judgement_and_program() -> None:
    """Under the implementation's name."""
    page = as_markdown([COLUMN], Judgements([ENTRY]), "askance compare gizmo")
    assert "| L7 | **FAIL** |" in page
    assert "gizmo 1.2, world, Python 3.11.7." in page
    section = page[page.index("### L7") :]
    assert "**Documented choice.** It says so." in section
    assert "program:\n    loops 1\n    a: msg" in section
    assert section.endswith("Replays exactly.\n")


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
    monkeypatch.setattr(compare, "judged", lambda name, _: asked.append(name) or columns[name])
    assert main(["compare", "one", "two", "--html", "page.html"]) == 3
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<title>askance: one, two</title>" in page and 'id="failure-0-D2"' in page
    assert "could not judge it: hung: was killed" in page
    Path("folder").mkdir()
    for option in ("--html", "--json", "--markdown"):
        asked.clear()
        assert main(["compare", "one", option, "folder"]) == 2
        assert asked == []
