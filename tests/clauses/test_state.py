"""Clause M5: the answers of an actor that keeps a state are those of some order of its messages."""

from __future__ import annotations

from tests.clauses.script import (
    EVERYTHING,
    Script,
    actor,
    assert_falls,
    fails,
    fallen,
    gives,
    program,
    term,
    thread,
)

from askance.clauses.numbering import Numbering
from askance.history import Outcome
from askance.program import AskOp, Cancel, Msg, Program, Result, Sleep, TellOp, Update, Value

COUNTING = program(
    actor("a", 0, Update("f", Msg())),
    thread("c0", AskOp("r0", "a", 1), Result("r0")),
    thread("c1", AskOp("r0", "a", 2), Result("r0")),
)
"""Two clients update one actor at the same time."""

ONE = term("f", None, 1)
TWO = term("f", None, 2)


def overlapping(first: Outcome, second: Outcome, counting: Program = COUNTING) -> Script:
    """Both asks are sent before either is answered; c0 is handled first."""
    return (
        Script(counting)
        .ask("c0", "c0.r0", "a", 1)
        .ask("c1", "c1.r0", "a", 2)
        .wait("c0", "c0.r0")
        .wait("c1", "c1.r0")
        .turn("a#1", "c0.r0", first)
        .turn("a#2", "c1.r0", second)
        .done("c0", "c0.r0", first)
        .done("c1", "c1.r0", second)
        .settle()
    )


def test_m5_holds_in_either_order() -> None:
    """Whichever of two overlapping updates came first, the other has seen it."""
    assert overlapping(gives(ONE), gives(term("f", ONE, 2))).judged("M5").verdict == "pass"
    assert overlapping(gives(term("f", TWO, 1)), gives(TWO)).judged("M5").verdict == "pass"


def test_m5_falls_on_a_lost_update() -> None:
    """Two updates that did not see each other violate M5 alone, and every answer is told."""
    script = overlapping(gives(ONE), gives(TWO))
    assert_falls(
        script.judged("M5"),
        "the answers of a are those of some order",
        "no order of the 2 messages",
        "c0.r0 = ask a(1): f(None, 1)",
        "the longest order that explains any of it: c0.r0",
    )
    assert list(fallen(script)) == ["M5"]


def test_m5_falls_on_a_stale_answer() -> None:
    """An ask that was sent after another was answered has seen it: here it has not."""
    script = (
        Script(COUNTING)
        .ask("c0", "c0.r0", "a", 1)
        .wait("c0", "c0.r0")
        .turn("a#1", "c0.r0", gives(ONE))
        .done("c0", "c0.r0", gives(ONE))
        .ask("c1", "c1.r0", "a", 2)
        .wait("c1", "c1.r0")
        .turn("a#2", "c1.r0", gives(TWO))
        .done("c1", "c1.r0", gives(TWO))
        .settle()
    )
    assert list(fallen(script)) == ["M5"]


def test_m5_is_untested_where_nothing_overlaps() -> None:
    """Asks one after the other say nothing about what happens when they meet, nor does an actor without state."""
    script = Script(COUNTING).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").turn("a#1", "c0.r0", gives(ONE))
    assert script.done("c0", "c0.r0", gives(ONE)).settle().judged("M5").verdict == "untested"
    plain = program(actor("a", 0, Msg()), *COUNTING.clients)
    assert overlapping(gives(1), gives(2), plain).judged("M5").verdict == "untested"


def test_m5_lets_a_cancelled_ask_have_happened_or_not() -> None:
    """The other's answer may have seen it or not."""
    counting = program(
        actor("a", 0, Update("f", Msg())),
        thread("c0", AskOp("r0", "a", 1), Cancel("r0"), Result("r0")),
        thread("c1", AskOp("r0", "a", 2), Result("r0")),
    )
    for seen in (TWO, term("f", ONE, 2)):
        script = Script(counting).ask("c0", "c0.r0", "a", 1).ask("c1", "c1.r0", "a", 2)
        script.add("cancel", "c0", op="c0.r0").wait("c0", "c0.r0").done("c0", "c0.r0", Outcome("cancelled"))
        script.wait("c1", "c1.r0").turn("a#1", "c1.r0", gives(seen)).done("c1", "c1.r0", gives(seen))
        assert script.settle().judged("M5").verdict == "untested"
        assert "M5" not in fallen(script)


def test_m5_counts_a_tell_from_its_turn_on() -> None:
    """An ask that is sent after a told message was handled has seen it."""
    counting = program(
        actor("a", 0, Update("f", Msg())),
        thread("c0", TellOp("a", 1)),
        thread("c1", AskOp("r0", "a", 2), Result("r0")),
    )
    for seen, falls in ((term("f", ONE, 2), False), (TWO, True)):
        script = Script(counting).tell("c0", "c0.0", "a", 1).turn("a#1", "c0.0", gives(ONE))
        script.ask("c1", "c1.r0", "a", 2).wait("c1", "c1.r0").turn("a#2", "c1.r0", gives(seen))
        script.done("c1", "c1.r0", gives(seen)).settle()
        assert ("M5" in fallen(script)) is falls


def test_m5_asks_nothing_of_reentrant_turns_that_wait() -> None:
    """Where turns may interleave at awaits, a read and a write with an await between them are no one step."""
    slow = program(actor("a", 0, Update("f", Sleep(1, Msg()))), *COUNTING.clients)
    script = overlapping(gives(ONE), gives(TWO), slow)
    assert script.judged("M5").verdict == "fail"
    script.capabilities = EVERYTHING | {"reentrant"}
    assert script.judged("M5").verdict == "untested"


def test_m5_knows_true_from_one() -> None:
    """An answer that Python calls equal is not the same."""
    assert "M5" in fallen(overlapping(gives(term("f", None, True)), gives(term("f", ONE, 2))))


def test_m5_leaves_wrong_errors_to_a4() -> None:
    """An error which no handler raised is judged there."""
    script = overlapping(fails("Boom", "x"), gives(TWO))
    assert script.judged("M5").verdict in ("blocked", "fail")


def test_values_are_numbered_at_any_depth() -> None:
    """Two terms ten thousand deep have one number, made without recursion; True and 1 have two."""
    numbers = Numbering()

    def deep() -> Value:
        value: Value = None
        for _ in range(10_000):
            value = term("f", value, 1)
        return value

    assert numbers(deep()) == numbers(deep())
    assert numbers(term("f", True)) != numbers(term("f", 1))
    assert numbers((1, 2)) != numbers((2, 1))
