"""The page: one file that needs nothing else, with every clause, failure and number in it, safe from what it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.report.failures import failure, report

from askance.cli import main
from askance.report.compare import Column, as_data
from askance.report.html import link, render
from askance.report.html.plots import growth, situations
from askance.run import UsageError

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


def test_page_needs_nothing_else() -> None:
    """Nothing is loaded from anywhere: no address but the SVG name space's."""
    page = render([report()])
    assert set(re.findall(r"https?://[^\s\"'`)]+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(?:script|img|link|iframe)[^>]*\b(?:src|href)=\"(?!data:)", page)
    assert "@import" not in page and "url(" not in page


def test_matrix_has_a_row_a_clause_and_a_column_an_implementation() -> None:
    """Each report is a column; a clause that one report lacks is said not to be asked there."""
    other = report("elsewhere")
    other["clauses"] = [entry for entry in other["clauses"] if entry["clause"] != "M1"]
    page = render([report(), other])
    assert page.count('<tr data-clause="') == 4
    assert '<th scope="col">naive-blocking</th><th scope="col">elsewhere</th>' in page
    assert page.count("not asked") == 1
    assert page.count('href="#failure-0-D2"') == 2 and page.count('href="#failure-1-D2"') == 2


def test_what_a_report_holds_is_text_and_never_markup() -> None:
    """Names and messages of an implementation cannot end the script's data or become elements."""
    told = {**failure(), "actual": "</script><b>x</b>", "program": "a on 0: <i>"}
    told["history"] = [{**event, "value": "</script><script>alert(1)//"} for event in told["history"]]
    document = report()
    next(entry for entry in document["clauses"] if "failure" in entry)["failure"] = told
    page = render([document])
    assert page.count("</script>") == 2
    assert "<b>x</b>" not in page and "<i>" not in page


def test_source_lines_are_links_where_the_file_is_there(tmp_path: Path) -> None:
    """An event's source line leads to its file; one whose file is gone stays text."""
    file = tmp_path / "a b.py"
    assert link("a b.py:3 in f", {"a b.py": str(file)}) == ""
    file.write_text("")
    assert link("a b.py:3 in f", {"a b.py": str(file)}) == file.resolve().as_uri()
    assert link("", {}) == ""


def test_race_and_where_strands_stood_are_told() -> None:
    """The pair whose order decides, and the line where each strand stood, are on the page."""
    step = {"step": 3, "strand": "s1", "operation": "get", "object": "Queue#1", "where": "x.py:1 in f"}
    told = {**failure(), "race": {"first": step, "second": {**step, "strand": "s2", "step": 9}, "tried": 1}}
    page = render([report(told=told)])
    assert "<b>s2</b> takes something from Queue#1" in page and "Tried: with s2 first" in page
    page = render([report(told={**told, "race": {"first": None, "tried": 2}})])
    assert "A race whose other order passes" not in page and "It seems not: with any of the 2" in page
    assert told["stood"]
    assert "<b>loop 0</b>: a#1 waits for a#1.1 (the ask to b)" in page


def test_a_failure_of_real_threads_has_no_empty_diagram() -> None:
    """The live engine follows no schedule: the page says so in place of a diagram."""
    told = {key: value for key, value in failure().items() if key not in ("history", "trace")}
    page = render([report(told=told)])
    assert "there is no schedule to step through" in page and '<div class="picture" hidden>' in page
    assert '<div class="picture">' in render([report(told=failure())])


def test_growth_is_the_average_over_programs() -> None:
    """How many schedules of a program were new is averaged over the programs that were run so often."""
    found = growth({"tries": {"1": 4, "2": 4, "3": 2, "4": 2}, "fresh": {"1": 4, "2": 2, "3": 1}})
    assert found["points"] == [(0, 0.0), (1, 1.0), (2, 1.5), (3, 2.0), (4, 2.0)]
    assert found["late"] == 0.0
    assert growth({}) == {}


def test_situations_count_executions_in_which_there_was_something_to_judge() -> None:
    """An execution in which a clause's situation did not arise is told from those that were judged."""
    tally = {"verdicts": {"pass": 3, "blocked": 1, "untested": 4}}
    (bar,) = situations({"clauses": [{"clause": "A1", "tally": tally}, {"clause": "A8", "tally": {}}]})
    assert (bar["arisen"], bar["total"]) == (4, 8)
    assert {part["verdict"]: part["share"] for part in bar["parts"]}["blocked"] == 1 / 8


# ---------------------------------------------------------------- the command line


def test_html_makes_a_page_of_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`askance html` makes one page of several JSON reports."""
    names = []
    for name in ("one", "two"):
        names.append(str(tmp_path / f"{name}.json"))
        Path(names[-1]).write_text(json.dumps(report(name)))
    page = tmp_path / "folder" / "page.html"
    assert main(["html", *names, "-o", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}: one, two\n"
    assert "<title>askance: one, two</title>" in page.read_text(encoding="utf-8")


CLAUSE = {"clause": "A1", "level": "MUST", "text": "", "verdict": "fail", "note": "", "tally": {}}
SHORT = {**report(), "clauses": [], "tally": {}}
"""A report of no clauses."""


def test_html_takes_what_compare_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A column for each implementation of a comparison; one that was not judged says why."""
    columns = [Column("one", "judged", report()), Column("two", "hung", trouble="did not end within 9 s")]
    file, page = tmp_path / "matrix.json", tmp_path / "page.html"
    file.write_text(json.dumps(as_data(columns)))
    assert main(["html", str(file), "-o", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}: one, two\n"
    text = page.read_text(encoding="utf-8")
    assert "could not judge it: hung: did not end within 9 s" in text
    file.write_text(json.dumps({**as_data(columns), "implementations": [{"report": None}]}))
    assert main(["html", str(file), "-o", str(page)]) == 2
    assert "an implementation has no name" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == text, "the page of before stays"


def test_what_people_say_of_a_failure_stands_with_it(tmp_path: Path) -> None:
    """In the page of a comparison; a judgement of another implementation, or of another form, is left out."""
    judgement = {
        "implementation": "one",
        "clause": "D2",
        "kind": "documented choice",
        "sentence": "It\n says so.",
    }
    wrong = [7, {"clause": "D2"}, {**judgement, "sentence": None}, {**judgement, "implementation": "another"}]
    data = as_data([Column("one", "judged", report())])
    file, page = tmp_path / "matrix.json", tmp_path / "page.html"
    for judgements, said in (([judgement, *wrong], True), (wrong, False), (None, False)):
        file.write_text(json.dumps({**data, "judgements": judgements}))
        assert main(["html", str(file), "-o", str(page)]) == 0
        assert ("<dd>Documented choice. It says so.</dd>" in page.read_text(encoding="utf-8")) is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no report: line 1 is not JSON"),
        ("[]", 'it has no "askance report"'),
        ('{"clauses": []}', 'it has no "askance report"'),
        ('{"askance report": 7}', 'has another form: "askance report" is 7, this askance knows 1'),
        ('{"askance comparison": 2}', 'has another form: "askance comparison" is 2, this askance knows 1'),
        ('{"askance report": 1}', 'the report must have text as "implementation"'),
        (json.dumps({**SHORT, "clauses": [7]}), "clause 1 is no object"),
        (json.dumps({**SHORT, "clauses": [{}]}), 'clause 1 must have text as "clause"'),
        (json.dumps({**SHORT, "clauses": {}}), 'the report must have a list as "clauses"'),
        (json.dumps({**SHORT, "clauses": [{**CLAUSE, "failure": 1}]}), 'must have an object as "failure"'),
        (json.dumps({**SHORT, "clauses": [{**CLAUSE, "failure": {}}]}), "the failure of A1 must have text"),
        (json.dumps({**SHORT, "tally": {"tries": 7}}), "not of the form that `askance schema` prints"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff\xfe", "cannot read"),
        (None, "No such file"),
        ("folder", "Is a directory"),
    ],
)
def test_html_says_what_is_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | bytes | None, said: str
) -> None:
    """What is no report is one message and a wrong use, and no page is left."""
    file = tmp_path / "report.json"
    if text == "folder":
        file.mkdir()
    elif isinstance(text, bytes):
        file.write_bytes(text)
    elif text is not None:
        file.write_text(text)
    assert main(["html", str(file), "-o", str(tmp_path / "page.html")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


def test_check_writes_the_page(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """`askance check --html` writes the page beside whatever else it does."""
    page, folder = tmp_path / "out.html", str(tmp_path / "found")
    arguments = ["check", "naive-blocking", "--profile", "smoke", "-k", "D4", "--counterexamples", folder]
    assert main([*arguments, "--html", str(page)]) == 1
    text = page.read_text(encoding="utf-8")
    assert 'id="failure-0-D4"' in text and "Executions by strategy" in text
    capfd.readouterr()


def test_page_that_cannot_be_written_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page in an impossible place is a wrong use, before anything is judged."""
    (tmp_path / "file").write_text("")
    assert main(["check", "reference", "--html", str(tmp_path / "file" / "page.html")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_without_jinja_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where jinja2 is missing one message says how to get it."""
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    documents: list[dict[str, Any]] = [report()]
    with pytest.raises(UsageError, match=r"python -m pip install 'askance\[html\]'"):
        render(documents)
