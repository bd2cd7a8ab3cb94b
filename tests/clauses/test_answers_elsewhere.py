"""Clauses A6, A7 and A9: other loops, placements and orders; each falls in words that name the ask, and alone."""

from __future__ import annotations

import pytest
from tests.clauses.script import (
    CHAIN,
    EVERYTHING,
    OWN_CHAIN,
    Script,
    actor,
    assert_falls,
    chain,
    fails,
    fallen,
    gives,
    program,
    term,
    thread,
    whole_chain,
)

from askance.clauses import placements
from askance.history import Outcome
from askance.program import (
    Apply,
    Ask,
    AskOp,
    Await,
    Client,
    Compose,
    Const,
    Deferred,
    Err,
    Gather,
    GatherOp,
    Msg,
    Raise,
    Result,
)

# ---------------------------------------------------------------- A6


AWAITING = program(actor("a", 0, Apply("f", (Msg(),))), Client("c0", 1, (AskOp("r0", "a", 1), Await("r0"))))


def awaited(got: Outcome, **where: object) -> Script:
    """A coroutine on loop 1 awaits an actor on loop 0."""
    return (
        Script(AWAITING)
        .ask("c0", "c0.r0", "a", 1)
        .wait("c0", "c0.r0")
        .turn("a#1", "c0.r0", gives(term("f", 1)))
        .done("c0", "c0.r0", got, **where)
        .settle()
    )


def test_a6_falls_on_a_coroutine_that_resumes_elsewhere() -> None:
    """A coroutine that goes on on the completing thread violates A6."""
    script = awaited(gives(term("f", 1)), strand="strand-0", loop=0)
    assert_falls(script.judged("A6"), "strand strand-1, on event loop 1", "resumed on strand strand-0")
    assert list(fallen(script)) == ["A6"]
    assert awaited(gives(term("f", 1))).judged("A6").verdict == "pass"


def test_a6_falls_on_a_reply_that_cannot_be_awaited_there() -> None:
    """An error that the program does not raise, at an await from another loop, is A6's."""
    detail = "RuntimeError: Task got Future attached to a different loop"
    script = awaited(Outcome("error", detail=detail))
    assert_falls(script.judged("A6"), "c0.r0: f(1)", detail)
    assert list(fallen(script)) == ["A6"]


def test_a6_falls_on_a_turn_that_resumes_elsewhere_and_m4_is_blocked() -> None:
    """A handler that resumes on another thread violates A6; that it also ends there is no second fault."""
    script = (
        chain()
        .end("b#1", "a#1.1", gives(term("g", 10)))
        .done("a#1", "a#1.1", gives(term("g", 10)), strand="strand-1", loop=1)
        .end("a#1", "c0.r0", gives(term("f", term("g", 10))), strand="strand-1", loop=1)
        .done("c0", "c0.r0", gives(term("f", term("g", 10))))
        .settle()
    )
    assert list(fallen(script)) == ["A6"]
    assert script.judged("M4").blocked_by == "A6"


# ---------------------------------------------------------------- A7


def test_a7_falls_on_an_outcome_that_another_placement_changes() -> None:
    """A reply that ends otherwise with the actors on one loop violates A7, which names both placements."""
    near = whole_chain(OWN_CHAIN)
    near.events[-2] = Script(OWN_CHAIN).done("c0", "c0.r0", gives(None)).events[0]
    judgement = whole_chain().judged("A7", variants=(near.case().history,))
    assert_falls(judgement, "f(g(10))", "a on 0, b on 1", "c0.r0: None", "a on 0, b on 0")
    same = whole_chain(OWN_CHAIN).case().history
    assert whole_chain().judged("A7", variants=(same,)).verdict == "pass"


def test_a7_does_not_compare_with_a_placement_that_hangs() -> None:
    """A variant that hangs belongs to chapter D, not to A7."""
    hanging = chain(OWN_CHAIN).case("deadlock").history
    assert whole_chain().judged("A7", variants=(hanging,)).verdict == "untested"


def test_a7_falls_on_an_ask_that_only_the_own_loop_gets_wrong() -> None:
    """The same ask, right from another loop and wrong from its own, violates A7."""
    both = program(
        *OWN_CHAIN.actors,
        thread("c0", AskOp("r0", "a", 10), Result("r0"), AskOp("r1", "b", 10), Result("r1")),
    )
    script = (
        chain(both)
        .end("b#1", "a#1.1", gives(term("g", 10)))
        .done("a#1", "a#1.1", gives(None))
        .end("a#1", "c0.r0", gives(term("f", None)))
        .done("c0", "c0.r0", gives(term("f", None)))
        .ask("c0", "c0.r1", "b", 10)
        .wait("c0", "c0.r1")
        .turn("b#2", "c0.r1", gives(term("g", 10)))
        .done("c0", "c0.r1", gives(term("g", 10)))
        .settle()
    )
    assert_falls(script.judged("A7"), "a#1.1: None", "own loop", "c0.r1 asked from another loop")
    assert set(fallen(script)) == {"A1", "A7"}


def test_placements_move_every_actor_and_no_client() -> None:
    """The placements of a program differ from it and from each other, in their actors' loops only."""
    moved = placements(CHAIN)
    assert [tuple(one.loop for one in other.actors) for other in moved] == [(0, 0), (1, 0)]
    assert all(other.clients == CHAIN.clients and other.loops == 2 for other in moved)
    assert placements(program(actor("a", 0, Msg()), loops=1)) == ()


# ---------------------------------------------------------------- A8


MAPPED = program(
    actor("a", 0, Const(None)),
    thread("c0", AskOp("r0", "a", 1), Compose("r1", "r0", "h"), Result("r1"), Result("r1")),
)


def mapped(got: Outcome, runs: int) -> Script:
    """c0 maps a's None by h, and waits; the function runs so many times."""
    script = Script(MAPPED).ask("c0", "c0.r0", "a", 1).add("compose", "c0", op="c0.r1", detail="then h c0.r0")
    script.wait("c0", "c0.r1").turn("a#1", "c0.r0", gives(None))
    for _ in range(runs):
        script.add("apply", "c0", op="c0.r1", outcome=gives(None))
    return script.done("c0", "c0.r1", got).settle()


def test_a8_falls_on_a_function_that_runs_twice() -> None:
    """A mapped function that runs for each reader violates A8 alone."""
    script = mapped(gives(term("h", None)), 2)
    assert_falls(
        script.judged("A8"), "the function of c0.r1 = then(c0.r0, h) runs once", "it ran again, on None"
    )
    assert list(fallen(script)) == ["A8"]
    assert mapped(gives(term("h", None)), 1).judged("A8").verdict == "pass"


def test_a8_falls_on_a_function_that_does_not_run_on_none() -> None:
    """A map that leaves None alone violates A8 alone."""
    script = mapped(gives(None), 0)
    assert_falls(script.judged("A8"), "c0.r1: h(None)", "c0.r1: None")
    assert list(fallen(script)) == ["A8"]


# ---------------------------------------------------------------- A9


GATHER = program(
    actor("a", 0, Gather((Ask("b", Const(1)), Ask("c", Const(2))))),
    actor("b", 1, Apply("g", (Msg(),))),
    actor("c", 1, Apply("h", (Msg(),))),
    thread("c0", AskOp("r0", "a", 0), Result("r0")),
)


def gathered(got: Outcome) -> Script:
    """a gathers b's answer and c's."""
    return (
        Script(GATHER)
        .ask("c0", "c0.r0", "a", 0)
        .wait("c0", "c0.r0")
        .begin("a#1", "c0.r0")
        .ask("a#1", "a#1.1", "b", 1)
        .ask("a#1", "a#1.2", "c", 2)
        .add("compose", "a#1", op="a#1.3", detail="gather a#1.1 a#1.2")
        .wait("a#1", "a#1.3")
        .turn("b#1", "a#1.1", gives(term("g", 1)))
        .turn("c#1", "a#1.2", gives(term("h", 2)))
        .done("a#1", "a#1.3", got)
        .end("a#1", "c0.r0", got)
        .done("c0", "c0.r0", got)
        .settle()
    )


def test_a9_falls_on_a_gather_in_order_of_completion() -> None:
    """The right parts in the wrong order violate A9 alone."""
    script = gathered(gives((term("h", 2), term("g", 1))))
    assert_falls(script.judged("A9"), "(g(1), h(2))", "(h(2), g(1))", "gather(a#1.1, a#1.2)")
    assert list(fallen(script)) == ["A9"]
    in_order = gathered(gives((term("g", 1), term("h", 2))))
    assert in_order.judged("A9").verdict == "untested"
    begun = [event for event in in_order.events if event.who == "c#1"]
    rest = [event for event in in_order.events if event.who != "c#1"]
    first = next(at for at, event in enumerate(rest) if event.who == "b#1")
    in_order.events = [*rest[:first], *begun, *rest[first:]]
    assert in_order.judged("A9").verdict == "pass"


def test_a9_leaves_a_wrong_part_to_others() -> None:
    """A gather with another value in it is no matter of order."""
    assert list(fallen(gathered(gives((term("g", 1), term("h", 1)))))) == ["A1"]


@pytest.mark.parametrize(("got", "verdict"), [(1, "pass"), (2, "fail"), (3, "pass")])
def test_a9_falls_on_a_failure_that_was_not_the_first(got: int, verdict: str) -> None:
    """Of three failures a gather may report the first written or the first to happen, and no other."""
    parts = [AskOp(f"r{n}", name, 0) for n, name in enumerate("abc")]
    broken = program(
        *(actor(name, 0, Raise(Err("KeyError", n))) for n, name in enumerate("abc", 1)),
        thread("c0", *parts, GatherOp("r3", ("r0", "r1", "r2")), Result("r3")),
    )
    script = Script(broken)
    for n, name in enumerate("abc"):
        script.ask("c0", f"c0.r{n}", name, 0)
    script.add("compose", "c0", op="c0.r3", detail="gather c0.r0 c0.r1 c0.r2").wait("c0", "c0.r3")
    for n, name in ((3, "c"), (2, "b"), (1, "a")):
        script.turn(f"{name}#1", f"c0.r{n - 1}", fails("KeyError", n)).passes(1)
    script.done("c0", "c0.r3", fails("KeyError", got)).settle()
    assert script.judged("A9").verdict == verdict


def test_a_reply_that_a_turn_defers_is_followed_to_the_turn_that_has_it() -> None:
    """A wrong answer behind a reply that was returned un-awaited is blamed where it arose."""
    deferring = program(
        actor("a", 0, Deferred(Ask("b", Msg()))),
        actor("b", 1, Apply("g", (Ask("c", Msg()),))),
        actor("c", 0, Msg()),
        thread("c0", AskOp("r0", "a", 10), Result("r0")),
    )
    script = (
        Script(deferring, EVERYTHING)
        .ask("c0", "c0.r0", "a", 10)
        .wait("c0", "c0.r0")
        .begin("a#1", "c0.r0")
        .ask("a#1", "a#1.1", "b", 10)
        .end("a#1", "c0.r0", None, detail="deferred a#1.1")
        .begin("b#1", "a#1.1")
        .ask("b#1", "b#1.1", "c", 10)
        .wait("b#1", "b#1.1")
        .turn("c#1", "b#1.1", gives(10))
        .done("b#1", "b#1.1", gives(None))
        .end("b#1", "a#1.1", gives(term("g", None)))
        .done("c0", "c0.r0", gives(term("g", None)))
        .settle()
    )
    assert fallen(script) == {"A1": "b#1.1: None"}
