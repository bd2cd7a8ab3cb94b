"""Clauses A1 to A5: each falls on a history that violates it, in words that name the ask, and on no other."""

from __future__ import annotations

import pytest
from tests.clauses.script import (
    CHAIN,
    Script,
    actor,
    asked,
    assert_falls,
    chain,
    fails,
    fallen,
    gives,
    one,
    program,
    term,
    thread,
    whole_chain,
)

from askance.clauses import judge_all
from askance.history import Outcome
from askance.program import (
    Apply,
    AskOp,
    Compose,
    Const,
    Err,
    GatherOp,
    Msg,
    Raise,
    Result,
    StopOp,
    Value,
)


def test_a_right_chain_passes_what_it_reaches_and_falls_nothing() -> None:
    """On a chain across two loops that goes as it should, the clauses about it pass and none falls."""
    verdicts = {one.clause: one.verdict for one in judge_all(whole_chain().case()).values()}
    assert "fail" not in verdicts.values() and "blocked" not in verdicts.values()
    passing = {clause for clause, verdict in verdicts.items() if verdict == "pass"}
    assert {"A1", "A3", "A5", "A6", "M2", "M4", "D1", "D2"} <= passing
    assert verdicts["A4"] == verdicts["A9"] == verdicts["A2"] == "untested"


# ---------------------------------------------------------------- A1


def test_a1_falls_on_another_value() -> None:
    """A value that the program does not denote violates A1, which shows both values and the ask."""
    script = asked(one(Apply("f", (Msg(),))), gives(term("f", 1)), gives(term("g", 1)))
    assert_falls(script.judged("A1"), "c0.r0: f(1)", "c0.r0: g(1)", "c0.r0 = ask a(1)", "strand strand-0")
    assert list(fallen(script)) == ["A1"]


@pytest.mark.parametrize(
    ("value", "got"), [(None, 0), (False, 0), (True, 1), (0, None), ("", None), ((), None), (1, True)]
)
def test_a1_tells_falsy_and_equal_values_apart(value: Value, got: Value) -> None:
    """Falsy values are not interchangeable, nor are values that Python calls equal."""
    assert_falls(asked(one(Const(value)), gives(value), gives(got)).judged("A1"), f"c0.r0: {got!r}")
    assert asked(one(Const(value)), gives(value), gives(value)).judged("A1").verdict == "pass"


def test_a1_tells_equal_values_apart_inside_a_term() -> None:
    """`f(True)` is not `f(1)`."""
    script = asked(one(Apply("f", (Const(True),))), gives(term("f", True)), gives(term("f", 1)))
    assert_falls(script.judged("A1"), "f(True)", "f(1)")


def test_a1_falls_when_an_exception_value_is_raised() -> None:
    """An exception that a handler returns as a value must not be raised at the asker."""
    value = Err("ValueError", "x")
    script = asked(one(Const(value)), gives(value), fails("ValueError", "x"))
    assert_falls(script.judged("A1"), "c0.r0: ValueError('x')", "c0.r0: raises ValueError('x')")
    assert list(fallen(script)) == ["A1"]


def test_a1_blames_the_innermost_wrong_answer() -> None:
    """A wrong answer to an inner ask is reported there, and not again at each ask above it."""
    script = (
        chain()
        .end("b#1", "a#1.1", gives(term("g", 10)))
        .done("a#1", "a#1.1", gives(None))
        .end("a#1", "c0.r0", gives(term("f", None)))
        .done("c0", "c0.r0", gives(term("f", None)))
        .settle()
    )
    assert fallen(script) == {"A1": "a#1.1: None"}


def test_a1_compares_the_asks_of_turns_that_nobody_waits_for() -> None:
    """An inner ask of a turn that was told is compared with what its target denotes, too."""
    told = program(*CHAIN.actors, thread("c0"))
    script = (
        Script(told)
        .tell("c0", "c0.0", "a", 10)
        .begin("a#1", "c0.0")
        .ask("a#1", "a#1.1", "b", 10)
        .wait("a#1", "a#1.1")
        .turn("b#1", "a#1.1", gives(term("g", 10)))
        .done("a#1", "a#1.1", gives(10))
        .settle()
    )
    assert_falls(script.judged("A1"), "a#1.1: g(10)", "a#1.1: 10", "a#1.1 = ask b(10)")


# ---------------------------------------------------------------- A2


def twice(first: Outcome, second: Outcome) -> Script:
    """c0 waits for one reply twice."""
    waiting = thread("c0", AskOp("r0", "a", 1), Result("r0"), Result("r0"))
    return (
        Script(program(actor("a", 0, Apply("f", (Msg(),))), waiting, thread("c1", StopOp("a"))))
        .ask("c0", "c0.r0", "a", 1)
        .wait("c0", "c0.r0")
        .turn("a#1", "c0.r0", gives(term("f", 1)))
        .done("c0", "c0.r0", first)
        .wait("c0", "c0.r0")
        .done("c0", "c0.r0", second)
        .settle()
    )


def test_a2_falls_on_waits_that_differ() -> None:
    """Two waits for one reply that see different outcomes violate A2, even if each was possible."""
    script = twice(gives(term("f", 1)), Outcome("stopped"))
    assert_falls(script.judged("A2"), "every wait for c0.r0 sees the same", "saw f(1)", "ActorStopped")
    assert list(fallen(script)) == ["A2"]
    assert twice(gives(term("f", 1)), gives(term("f", 1))).judged("A2").verdict == "pass"


def test_a2_takes_a_refused_wait_for_no_outcome() -> None:
    """A wait that was refused, or given up, says nothing about the reply."""
    assert twice(Outcome("refused"), gives(term("f", 1))).judged("A2").verdict != "fail"
    assert twice(Outcome("timeout"), gives(term("f", 1))).judged("A2").verdict != "fail"


def test_a2_falls_on_a_second_waiter_that_never_wakes() -> None:
    """A wait for a reply that this waiter has seen before, and that never ends, is A2's and not a lost wakeup."""
    script = twice(gives(term("f", 1)), gives(term("f", 1)))
    script.events = script.events[:-2]
    assert_falls(script.judged("A2", "deadlock"), "every wait for c0.r0 wakes", "c0 never did")
    assert list(fallen(script, "deadlock")) == ["A2"]


def test_a2_falls_on_one_of_two_waiters_that_is_not_woken() -> None:
    """Where a reply has come and another who waited for it was not told, that is A2's and not a lost wakeup."""
    waiting = thread("c0", AskOp("r0", "a", 1), Result("r0"))
    script = (
        Script(program(actor("a", 0, Apply("f", (Msg(),))), waiting, thread("c1", Result("c0.r0"))))
        .ask("c0", "c0.r0", "a", 1)
        .wait("c0", "c0.r0")
        .wait("c1", "c0.r0")
        .turn("a#1", "c0.r0", gives(term("f", 1)))
        .done("c0", "c0.r0", gives(term("f", 1)))
    )
    assert_falls(script.judged("A2", "deadlock"), "every wait for c0.r0 wakes", "another by c1 never did")
    assert list(fallen(script, "deadlock")) == ["A2"]
    assert script.done("c1", "c0.r0", gives(term("f", 1))).judged("A2").verdict == "pass"


def test_a2_falls_on_a_waiter_forgotten_for_a_composition() -> None:
    """Where the function of a mapped reply has run, whoever waits for the one below and was not told: A2, not D1."""
    script = (
        Script(one(Msg(), AskOp("r0", "a", 1), Compose("r1", "r0", "h"), Result("r0")))
        .ask("c0", "c0.r0", "a", 1)
        .add("compose", "c0", op="c0.r1", detail="then h c0.r0")
        .wait("c0", "c0.r0")
        .turn("a#1", "c0.r0", gives(1))
        .add("apply", "c0", op="c0.r1", outcome=gives(1))
    )
    assert list(fallen(script, "deadlock")) == ["A2"]
    failing = one(
        Raise(Err("KeyError", 1)), AskOp("r0", "a", 1), Compose("r1", "r0", "h"), Result("r1"), Result("r0")
    )
    script = (
        Script(failing).ask("c0", "c0.r0", "a", 1).add("compose", "c0", op="c0.r1", detail="then h c0.r0")
    )
    script.wait("c0", "c0.r1").turn("a#1", "c0.r0", fails("KeyError", 1)).done(
        "c0", "c0.r1", fails("KeyError", 1)
    )
    assert list(fallen(script.wait("c0", "c0.r0"), "deadlock")) == ["A2"]


def test_a2_falls_on_a_second_completion() -> None:
    """An InvalidStateError that nobody caught shows a reply that was completed twice."""
    script = whole_chain().add("uncaught", detail="InvalidStateError: FINISHED", strand="strand-1")
    assert_falls(script.judged("A2"), "completed once", "InvalidStateError", "strand-1")


def test_a2_falls_on_a_composition_that_saw_another_outcome() -> None:
    """Where a reply may end in two ways, its composition must have seen the way that its other waiter saw."""
    waiting = thread("c0", AskOp("r0", "a", 1), Compose("r1", "r0", "h"), Result("r0"), Result("r1"))
    script = (
        Script(program(actor("a", 0, Apply("f", (Msg(),))), waiting, thread("c1", StopOp("a"))))
        .ask("c0", "c0.r0", "a", 1)
        .add("compose", "c0", op="c0.r1", detail="then h c0.r0")
        .wait("c0", "c0.r0")
        .turn("a#1", "c0.r0", gives(term("f", 1)))
        .done("c0", "c0.r0", gives(term("f", 1)))
        .wait("c0", "c0.r1")
    )
    assert script.done("c0", "c0.r1", gives(term("h", term("f", 1)))).judged("A2").verdict == "pass"
    script.events.pop()
    script.done("c0", "c0.r1", Outcome("stopped"))
    assert_falls(script.judged("A2"), "c0.r1 sees what c0 saw of c0.r0: h(f(1))", "ActorStopped")


# ---------------------------------------------------------------- A3


def test_a3_falls_on_a_nested_result_and_hides_what_follows() -> None:
    """A result that is a future violates A3 at its innermost ask; A1, A5 and A7 are blocked, and nothing else falls."""
    nested = Outcome("nested", detail="a concurrent.futures.Future of g(10)")
    script = (
        chain()
        .end("b#1", "a#1.1", gives(term("g", 10)))
        .done("a#1", "a#1.1", nested)
        .end("a#1", "c0.r0", Outcome("nested", detail="a concurrent.futures.Future, in f[0]"))
        .done("c0", "c0.r0", Outcome("nested", detail="a concurrent.futures.Future, in f[0]"))
        .settle()
    )
    assert_falls(script.judged("A3"), "a#1.1: g(10)", "a#1.1: a concurrent.futures.Future of g(10)", "await")
    assert list(fallen(script)) == ["A3"]
    for clause in ("A1", "A4", "A5", "A6", "A7", "A9"):
        judgement = script.judged(clause)
        assert (judgement.verdict, judgement.blocked_by) == ("blocked", "A3")


def test_a3_falls_on_a_nested_result_even_of_a_spawned_actor() -> None:
    """A nested result is wrong whatever the program denotes."""
    script = asked(one(Msg()), gives(1), Outcome("nested", detail="a coroutine"))
    script.messages["c0.r0"] = ("a#1/1", 1)
    assert_falls(script.judged("A3"), "a coroutine")


# ---------------------------------------------------------------- A4


BROKEN = one(Raise(Err("KeyError", "k")))


@pytest.mark.parametrize(
    "got",
    [
        gives(None),
        fails("ValueError", "k"),
        fails("KeyError", "other"),
        Outcome("error", detail="mylib.RemoteError: KeyError('k')"),
        Outcome("cancelled"),
        Outcome("timeout"),
    ],
)
def test_a4_falls_on_anything_but_the_error_itself(got: Outcome) -> None:
    """A value, another error, a wrapped error or a cancellation in place of the handler's error violates A4 alone."""
    script = asked(BROKEN, fails("KeyError", "k"), got)
    assert_falls(script.judged("A4"), "c0.r0: raises KeyError('k')", got.detail or str(got), "ask a(1)")
    assert list(fallen(script)) == ["A4"]


def test_a4_passes_on_the_error_itself() -> None:
    """The handler's own error satisfies A4."""
    assert asked(BROKEN, fails("KeyError", "k"), fails("KeyError", "k")).judged("A4").verdict == "pass"


def test_a4_takes_a_cancellation_for_a_raised_cancelled_error() -> None:
    """A CancelledError that a handler raised may reach the asker as one without its argument."""
    raising = one(Raise(Err("CancelledError", "x")))
    assert asked(raising, fails("CancelledError", "x"), Outcome("cancelled")).judged("A4").verdict == "pass"


def hanging_error(kind: str) -> Script:
    """a fails with that kind of error, and c0 is never told."""
    return (
        Script(one(Raise(Err(kind, 3))))
        .ask("c0", "c0.r0", "a", 1)
        .wait("c0", "c0.r0")
        .turn("a#1", "c0.r0", fails(kind, 3))
    )


@pytest.mark.parametrize("kind", ["SystemExit", "GeneratorExit", "CancelledError", "StopIteration"])
def test_a4_falls_on_an_asker_that_an_unusual_error_leaves_hanging(kind: str) -> None:
    """A lost error of a kind that loops and futures act on is A4's, not a lost wakeup."""
    script = hanging_error(kind)
    assert_falls(script.judged("A4", "deadlock"), "the error was lost", "c0 waits for ever", kind)
    assert list(fallen(script, "deadlock")) == ["A4"]


def test_a4_finds_a_lost_error_behind_a_gather() -> None:
    """A gather that hangs because the error of one of its parts was lost is A4's too."""
    raising = program(
        actor("a", 0, Raise(Err("SystemExit", 3))),
        actor("b", 1, Msg()),
        thread("c0", AskOp("r0", "a", 1), AskOp("r1", "b", 1), GatherOp("r2", ("r1", "r0")), Result("r2")),
    )
    script = Script(raising).ask("c0", "c0.r0", "a", 1).ask("c0", "c0.r1", "b", 1)
    script.add("compose", "c0", op="c0.r2", detail="gather c0.r1 c0.r0").wait("c0", "c0.r2")
    script.turn("b#1", "c0.r1", gives(1)).turn("a#1", "c0.r0", fails("SystemExit", 3))
    assert_falls(script.judged("A4", "deadlock"), "raises SystemExit(3), as a#1 did", "c0.r2")
    assert list(fallen(script, "deadlock")) == ["A4"]


def test_a4_falls_where_nothing_but_an_error_is_lost() -> None:
    """An ordinary error that nobody was told of, while no answer was lost, never reached its asker."""
    script = hanging_error("KeyError")
    assert_falls(script.judged("A4", "deadlock"), "the error was lost", "c0 waits for ever", "KeyError")
    assert list(fallen(script, "deadlock")) == ["A4"]


def test_a4_leaves_an_ordinary_lost_wakeup_to_d1() -> None:
    """Where an answer reaches nobody either, it is wakeups that are lost, whatever they tell."""
    both = program(
        actor("a", 0, Raise(Err("KeyError", 3))),
        actor("b", 1, Msg()),
        thread("c0", AskOp("r0", "a", 1), Result("r0")),
        thread("c1", AskOp("r0", "b", 1), Result("r0")),
    )

    script = Script(both).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").ask("c1", "c1.r0", "b", 1)
    script.wait("c1", "c1.r0").turn("a#1", "c0.r0", fails("KeyError", 3)).turn("b#1", "c1.r0", gives(1))
    assert list(fallen(script, "deadlock")) == ["D1"]


# ---------------------------------------------------------------- A5


COMPOSED = one(Apply("f", (Msg(),)), AskOp("r0", "a", 1), Compose("r1", "r0", "h"), Result("r1"))


def composed(got: Outcome, *runs: Outcome) -> Script:
    """c0 maps a reply and waits for the mapped one; the function runs on each of these, or once on the right value."""
    script = (
        Script(COMPOSED)
        .ask("c0", "c0.r0", "a", 1)
        .add("compose", "c0", op="c0.r1", detail="then h c0.r0")
        .wait("c0", "c0.r1")
        .turn("a#1", "c0.r0", gives(term("f", 1)))
    )
    for run in runs or (gives(term("f", 1)),):
        script.add("apply", "c0", op="c0.r1", outcome=run)
    return script.done("c0", "c0.r1", got).settle()


def test_a5_falls_on_a_composition_with_another_result() -> None:
    """A mapped reply whose function ran as it should, and whose waiter got something else, violates A5 alone."""
    script = composed(gives(term("f", 1)))
    assert_falls(script.judged("A5"), "c0.r1: h(f(1))", "c0.r1: f(1)", "c0.r1 = then(c0.r0, h)")
    assert list(fallen(script)) == ["A5"]
    assert composed(gives(term("h", term("f", 1)))).judged("A5").verdict == "pass"


def test_a5_leaves_a_wrong_part_to_the_clause_about_it() -> None:
    """Where the part that was composed was wrong already, A1 falls, and A5 is blocked."""
    script = composed(gives(term("h", None)))
    script.wait("c0", "c0.r0").done("c0", "c0.r0", gives(None))
    assert fallen(script) == {"A1": "c0.r0: None"}
    assert script.judged("A5").blocked_by == "A1"
