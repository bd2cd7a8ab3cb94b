"""`askance mutants`: what the detection matrix shows of mutants that are caught, and of one that is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.report_formats.valid import valid

from askance.cli import main
from askance.report.mutants import STRATEGIES, Row, matrix, measured, summary
from askance_impl.mutants import MUTANTS

CAUGHT = Row("one", "A3", "fail", 12, {"random": [10, 30, None]}, 2, 1, {"A1": "fail", "A5": "blocked"})
ESCAPED = Row("other", "D1", "pass", 600, {"random": [None, None, 5]})


def test_a_mutant_is_measured() -> None:
    """Its clause falls in the mix and under each strategy; a clause that has nothing to do with it does not."""
    row = measured("askance_impl.mutants:MUTANTS", "nested_reply", "smoke", 1)
    assert (row.mutant, row.clause, row.verdict) == ("nested_reply", "A3", "fail")
    assert 0 < row.executions < 100
    assert all(count is not None for strategy in STRATEGIES for count in row.by_strategy[strategy])
    assert (row.operations, row.switches) == (2, 0)
    assert row.others["M1"] == "pass"


def test_the_matrix_has_a_mark_for_each_fall() -> None:
    """Its own clause X or !, others that fall x, those that are hidden b; and medians by strategy, "-" for never."""
    lines = matrix([CAUGHT, ESCAPED]).splitlines()
    clauses = lines[0].split()[1:]
    one, other = (dict(zip(clauses, line.split()[1:], strict=True)) for line in lines[1:3])
    assert (one["A3"], one["A1"], one["A5"], one["M1"]) == ("X", "x", "b", ".")
    assert other["D1"] == "!"
    measures = {line.split()[0]: line.split()[1:] for line in lines[-2:]}
    assert measures["one"] == ["12", "30", "-", "-", "-", "2", "1"]
    assert measures["other"] == ["-"] * 7


def test_the_summary_counts_and_names() -> None:
    """How many were caught, how small, what else fell, what each strategy misses, and who escaped."""
    text = summary([CAUGHT, ESCAPED])
    assert "1 of 2 caught, each by its clause\n" in text
    assert "2 operations and 1 switches (medians), at most 2 and 1\n" in text
    assert "other clauses that fall: at most 1\n" in text
    assert "random alone: median 30, misses 1\n" in text
    assert "escaped: other (D1 pass)\n" in text


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0 where all are caught, progress on stderr, the matrix on stdout, the same as JSON."""
    file = tmp_path / "matrix.json"
    assert main(["mutants", "close_does_not_wake", "--seeds", "1", "--json", str(file)]) == 0
    out, err = capsys.readouterr()
    assert "1/1 close_does_not_wake: L7 caught after" in err
    assert "1 of 1 caught" in out
    document = json.loads(file.read_text(encoding="utf-8"))
    valid(document, "mutants")
    (row,) = document["mutants"]
    assert row["mutant"] == "close_does_not_wake"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["nobody"],
            "there is no mutant 'nobody' at askance_impl.mutants:MUTANTS; there are falsy_answer_lost, ",
        ),
        (["--registry", "askance_impl.mutants"], "no mutants at 'askance_impl.mutants'"),
        (["--registry", "nowhere:MUTANTS"], "no mutants at 'nowhere:MUTANTS': No module named 'nowhere'"),
        (["--registry", "askance_impl.mutants:Mutant"], "is no mapping of names to adapters"),
    ],
)
def test_wrong_use_is_one_message(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, and what was wrong."""
    assert main(["mutants", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert "nested_reply" in MUTANTS
