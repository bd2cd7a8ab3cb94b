"""The report: the matrix, the numbers, each failure in the order in which it is understood."""

from __future__ import annotations

import io
from typing import Any

import pytest

from askance.clauses import ALL
from askance.history import Event, History
from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program
from askance.report.entry import document, entry, overall
from askance.report.schedule import Slice, columns
from askance.report.terminal import rendered, shown
from askance.run import load_adapter
from askance.suite.conduct import Result, conduct
from askance.suite.counterexample import smallest
from askance.suite.profiles import Profile
from askance.suite.statistics import Tally
from askance.suite.trial import Script, Trial
from askance.world import installed

TINY = Profile("tiny", programs=12, machines=2, schedules=4, steps=8)
CHAIN = Program(
    1,
    (Actor("a", 0, Apply("f", (Ask("b", Msg()),))), Actor("b", 0, Apply("g", (Msg(),)))),
    (Client("c0", "thread", (AskOp("r0", "a", 10),)),),
)


def clause(id: str, verdict: str, note: str = "") -> dict[str, Any]:
    """An entry as a worker sends it."""
    tally = Tally(steps=40, executions=10, distinct=9, programs=2, seconds=0.005)
    tally.verdicts[verdict] = 10
    return {
        "clause": id,
        "level": "MUST",
        "text": " ".join(ALL[id].text.split()),
        "verdict": verdict,
        "note": note,
        "tally": tally.data(),
    }


def test_the_matrix_has_every_clause_in_order() -> None:
    """Whatever order the workers finish in, the clauses stand in that of the specification, with their verdicts."""
    report = document(
        "mine", "smoke", [clause("D1", "pass"), clause("A3", "unsupported", "mine does not declare x")]
    )
    text = rendered(report, color=False, width=80)
    lines = text.splitlines()
    assert " ".join(line.strip() for line in lines).startswith(
        "20 executions of 4 programs, 2,000 in a second of one core; 18 distinct schedules"
    )
    matrix = [line for line in lines if line.startswith(("A3", "D1"))]
    assert matrix[0] == "A3  MUST  unsupported           mine does not declare x"
    assert matrix[1].startswith("D1  MUST  pass              10  When nothing can move")
    assert all(len(line) <= 80 for line in matrix)
    assert "1 pass, 1 unsupported" in lines
    assert "\x1b" not in text


def test_what_is_untested_is_told_in_full_and_what_to_do() -> None:
    """The matrix cuts the note; clauses with the same one are told together."""
    note = "through another clause's fault 2 executions stood still before it could be told"
    entries = [
        clause("L1", "untested", note),
        clause("A3", "untested", "it did not arise"),
        clause("L2", "untested", note),
    ]
    lines = rendered(document("mine", "smoke", entries), color=False, width=70).split("\n\n")
    told = [" ".join(line.split()) for line in lines]
    advice = "a larger --profile, or more --executions, tries more"
    assert f"L1, L2 untested: {note}; {advice}" in told
    assert f"A3 untested: it did not arise; {advice}" in told


def test_no_message_changes_the_terminal(failure: dict[str, Any]) -> None:
    """Control characters of an implementation's messages are shown, not obeyed, in failures and in notes."""
    words = {**failure, "actual": "raises X: \x1b[31mred\x07 \udcff", "detail": "one\n\x00two"}
    text = shown(words, io.StringIO())
    assert "raises X: \\x1b[31mred\\x07 \\udcff" in text and "\\x00two" in text
    report = document("mine", "smoke", [clause("D1", "inconclusive", "ended: \x1b[2J")])
    assert "\x1b" not in rendered(report, color=False, width=80)


def test_nothing_judged_is_no_empty_matrix() -> None:
    """An interrupted check has no clauses: it prints nothing about them."""
    assert rendered(document("mine", "smoke", []), color=False, width=70) == ""


def test_colors_only_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch, failure: dict[str, Any]) -> None:
    """With color the verdicts are set off; a file that is no terminal gets none."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in rendered(document("mine", "smoke", [clause("D1", "pass")]), color=True, width=80)
    assert "\x1b" not in shown(failure, io.StringIO())


@pytest.mark.parametrize(
    ("verdicts", "broken", "expected"),
    [
        (["pass", "unsupported", "blocked"], [], "pass"),
        (["pass", "fail", "inconclusive"], [], "fail"),
        (["pass", "untested"], [], "inconclusive"),
        (["pass", "inconclusive"], [], "inconclusive"),
        (["pass"], ["it broke"], "inconclusive"),
        ([], [], "inconclusive"),
    ],
)
def test_the_verdict_of_the_whole(verdicts: list[str], broken: list[str], expected: str) -> None:
    """A clause that fell decides; what could not be judged is never a pass."""
    assert overall([clause("A1", verdict) for verdict in verdicts], broken) == expected


@pytest.fixture(scope="module")
def failure(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The entry of a clause that fell, as the report has it."""
    folder = tmp_path_factory.mktemp("counterexamples")
    adapter = load_adapter("naive-blocking")
    trial = Trial(ALL["D4"], adapter, TINY, name="naive-blocking")
    with installed():
        failure = trial.search(Script(CHAIN))
        assert failure is not None
        smallest_found = smallest(trial, failure)
    result = Result("D4", trial.verdict(), "", trial.tally.data(), smallest_found)
    found = entry(result, ALL["D4"], adapter, folder)
    told: dict[str, Any] = found["failure"]
    return told


def test_a_failure_is_told_in_order(failure: dict[str, Any]) -> None:
    """Requirement, expected, actual, where, program with expectations, schedule, wait-for, replay command."""
    text = failure["text"]
    titles = [line for line in text.splitlines() if not line.startswith(" ")]
    assert titles == [
        "D4 fell",
        "requirement:",
        "expected:",
        "actual:",
        "where:",
        "program:",
        "schedule, a column a strand (none is interrupted):",
        "does the order of steps matter:",
        "who waits for whom:",
        "where each strand stood (step 15):",
        "if this fails:",
        "replay:",
    ]
    assert "naive_blocking.py:" in text
    assert "value = reply.result()" in text, "the source line where the loop's strand stood"
    assert "cycle: a#1 -> b, whose loop is blocked -> a#1" in text
    assert text.endswith("naive-blocking-D4.json")


def test_a_schedule_is_shown_in_columns(failure: dict[str, Any]) -> None:
    """The loop's strand has its name, and what it did stands in its column."""
    head, *rows = failure["schedule"]
    assert head.split() == ["c0", "loop", "0", "main"]
    column = head.index("loop 0")
    assert any(row[column:].startswith("a#1 begins") for row in rows)
    assert any(row[column:].startswith("BLOCKS ITS EVENT LOOP") for row in rows)


def test_switches_are_marked() -> None:
    """A switch away from a strand that could have gone on has a mark, also where nothing came of it."""
    events = (
        Event("ask", "c0", actor="a", op="c0.r0", value=1, step=1, strand="c0"),
        Event("ask", "c1", actor="a", op="c1.r0", value=2, step=2, strand="c1"),
        Event("wait", "c0", op="c0.r0", step=5, strand="c0"),
    )
    slices = [
        Slice("c0", 1, False, "start"),
        Slice("c1", 2, True, "start"),
        Slice("loop", 3, True, "wake"),
        Slice("c0", 5, False, "acquire"),
    ]
    lines = columns(History(Program(1), events, "done"), slices, {})
    assert [line[:2] for line in lines] == ["  ", "  ", "> ", "> ", "  "]
    assert lines[3].strip("> ") == "(wake)"


def test_what_was_tried_adds_up() -> None:
    """Tallies survive the way through JSON, and sum over clauses."""
    one = conduct(ALL["D1"], load_adapter("reference"), TINY)
    again = Tally.of(one.tally)
    assert again.data() == one.tally
    total = Tally()
    total.add(again)
    total.add(again)
    assert total.executions == 2 * again.executions
    assert total.shapes["flat"] == 2 * again.shapes["flat"]
    assert sum(again.shapes.values()) == again.programs
    assert again.programs >= TINY.programs


def test_sums_do_not_depend_on_the_order_of_processes() -> None:
    """Fractions are added in the order of the specification: in another their sum would be another."""
    entries = [clause(id, "pass") for id in ("A1", "A2", "A3")]
    for one, share in zip(entries, (0.1, 0.2, 0.3), strict=True):
        one["tally"] = {**one["tally"], "cross_loop": share}
    made = document("one", "smoke", entries)
    assert document("one", "smoke", entries[::-1]) == made
    assert made["tally"]["cross_loop"] == 0.1 + 0.2 + 0.3
