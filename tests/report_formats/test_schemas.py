"""Every JSON document that askance writes has a schema, validates against it, and is refused when it is another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from tests.meaning.strategies import programs
from tests.report.failures import chain, failure, found, report
from tests.report_formats.valid import valid

from askance.cli import main
from askance.program import Program
from askance.program_json import dump
from askance.report.compare import Column, Judgements, as_data
from askance.report.mutants import Row, document
from askance.report.schemas import SCHEMAS, schema_text
from askance.suite.counterexample import data, save

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


def refused(document: dict[str, Any], kind: str, key: str, wrong: Any) -> None:
    """Without the key, and with something wrong for it, the document is none of that kind."""
    for changed in (
        {name: value for name, value in document.items() if name != key},
        {**document, key: wrong},
    ):
        with pytest.raises(jsonschema.ValidationError):
            valid(changed, kind)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_schema_is_printed(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`askance schema KIND` prints what is shipped: a schema that needs no other file."""
    assert main(["schema", kind]) == 0
    assert capsys.readouterr().out == schema_text(kind)
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text(kind)))


def test_without_a_kind_it_is_the_report_s(capsys: pytest.CaptureFixture[str]) -> None:
    """What `check --json` writes is the most wanted; a kind that there is not is wrong use."""
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == schema_text("report")
    assert main(["schema", "poem"]) == 2
    assert "invalid choice: 'poem'" in capsys.readouterr().err


def test_an_exhaustive_search_validates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a program that passes, one that falls, and one that was not searched to its end."""
    file = tmp_path / "found.json"
    more = ["--counterexamples", str(tmp_path), "--json", str(file)]
    assert main(["check", "naive-blocking", "--exhaustive", "-k", "one-ask", "--executions", "3", *more]) == 3
    written = json.loads(file.read_text(encoding="utf-8"))
    valid(written, "exhaustive")
    assert [program["verdict"] for program in written["programs"]] == ["inconclusive"]
    assert main(["check", "concurrent-futures", "--exhaustive", "-k", "one-ask", *more]) == 0
    written = json.loads(file.read_text(encoding="utf-8"))
    valid(written, "exhaustive")
    assert [program["verdict"] for program in written["programs"]] == ["pass"]
    assert main(["check", "naive-blocking", "--exhaustive", "-k", "nested-one-loop", *more]) == 1
    written = json.loads(file.read_text(encoding="utf-8"))
    valid(written, "exhaustive")
    assert [program["verdict"] for program in written["programs"]] == ["fail"]
    refused(written, "exhaustive", "askance exhaustive", 2)
    failing = next(program for program in written["programs"] if program["verdict"] == "fail")
    refused({**written, "programs": [{**failing, "fallen": None}]}, "exhaustive", "verdict", "fine")
    with pytest.raises(jsonschema.ValidationError):
        valid({**written, "programs": [{**failing, "fallen": None}]}, "exhaustive")
    capsys.readouterr()


def test_a_matrix_of_mutants_validates() -> None:
    """With a mutant that was caught, and one that no strategy found."""
    rows = [
        Row("caught", "A1", "fail", 3, {"random": [3, None]}, 2, 0, {"A2": "pass", "D1": "blocked"}),
        Row("escaped", "D1", "pass", 60, {"random": [None]}),
    ]
    written = json.loads(json.dumps(document(rows, "module:MUTANTS", "smoke", 2)))
    valid(written, "mutants")
    refused(written, "mutants", "mutants", [{"mutant": "caught"}])


def test_a_comparison_validates() -> None:
    """With a report, one that there is none of, and what is said of a failure."""
    said = {"implementation": "one", "clause": "D2", "kind": "defect", "sentence": "It hangs."}
    columns = [Column("one", "judged", report()), Column("two", "hung", trouble="did not end within 9 s")]
    written = json.loads(json.dumps(as_data(columns, Judgements([said]))))
    valid(written, "comparison")
    refused(written, "comparison", "matrix", {"D2": {"one": "fine"}})
    worse = {**report(), "clauses": [{**report()["clauses"][0], "verdict": "fine"}]}
    with pytest.raises(jsonschema.ValidationError):
        valid(as_data([Column("one", "judged", worse)]), "comparison")


def test_counterexamples_and_histories_validate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is saved, and what `replay --history` writes of it."""
    counterexample = found("naive-blocking", "D2")
    saved = save(counterexample, tmp_path)
    assert json.loads(saved.read_text(encoding="utf-8")) == data(counterexample)
    valid(data(counterexample), "counterexample")
    refused(data(counterexample), "counterexample", "program", {"askance-program": 1})
    history = tmp_path / "history.json"
    assert main(["replay", str(saved), "--history", str(history)]) == 1
    written = json.loads(history.read_text(encoding="utf-8"))
    valid(written, "history")
    refused(written, "history", "history", [{"kind": "poem"}])
    capsys.readouterr()


def test_a_failure_of_real_threads_validates() -> None:
    """What the live engine has no answer for is empty, not missing."""
    told = {**failure(), "race": None, "moment": None, "trace": [], "history": [], "stood": []}
    valid(report(told=told))


@given(programs())
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_every_program_validates(program: Program) -> None:
    """Whatever expressions, operations and values it is made of: the schema knows every kind."""
    valid(dump(program), "program")


def test_a_program_of_unknown_kinds_is_refused() -> None:
    """An expression of no kind that there is, or without one of its fields."""
    whole = dump(chain(2))
    valid(whole, "program")
    behaviour = whole["actors"][0]["behaviour"]
    for wrong in ({**behaviour, "kind": "poem"}, {"kind": behaviour["kind"]}):
        actors = [{**whole["actors"][0], "behaviour": wrong}]
        with pytest.raises(jsonschema.ValidationError):
            valid({**whole, "actors": actors}, "program")
