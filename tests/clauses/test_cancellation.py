"""Clauses C1 to C5: each falls on a history that violates it, and alone; asks that were let go are let alone."""

from __future__ import annotations

import pytest
from tests.clauses.script import (
    Script,
    actor,
    assert_falls,
    fallen,
    gives,
    program,
    term,
    thread,
)

from askance.history import Outcome
from askance.program import (
    Apply,
    Ask,
    AskOp,
    Cancel,
    Client,
    Compose,
    Const,
    Msg,
    Result,
    Sleep,
    SleepOp,
    TellOp,
    Within,
)

CANCELLED = Outcome("cancelled")

SLEEPING = program(
    actor("a", 0, Sleep(3, Apply("f", (Msg(),)))),
    thread("c0", AskOp("r0", "a", 1), SleepOp(1), Cancel("r0"), Result("r0"), Result("r0"), TellOp("a", 2)),
)


def cancelled_ask(*outcomes: Outcome, late: bool = True) -> Script:
    """c0 asks a, cancels after a second, and waits; a ends two seconds later, or in the same second."""
    script = Script(SLEEPING).ask("c0", "c0.r0", "a", 1).begin("a#1", "c0.r0").passes(1)
    script.add("cancel", "c0", op="c0.r0").wait("c0", "c0.r0")
    if outcomes:
        if outcomes[0].kind == "value":
            script.passes(2 if late else 0).end("a#1", "c0.r0", gives(term("f", 1)))
        else:
            script.end("a#1", "c0.r0", CANCELLED)
        script.done("c0", "c0.r0", outcomes[0])
    for outcome in outcomes[1:]:
        script.wait("c0", "c0.r0").done("c0", "c0.r0", outcome)
    return script


# ---------------------------------------------------------------- C1


def test_c1_falls_on_a_value_that_came_after_the_cancellation() -> None:
    """A cancelled ask that gives a value from a later second violates C1 alone."""
    script = cancelled_ask(gives(term("f", 1))).settle()
    assert_falls(
        script.judged("C1"), "c0.r0 is cancelled", "second 1", "c0.r0: f(1), which a#1 gave in second 3"
    )
    assert list(fallen(script)) == ["C1"]
    assert cancelled_ask(CANCELLED).settle().judged("C1").verdict == "pass"


def test_c1_lets_completion_win_a_race() -> None:
    """A value that was given in the second of the cancellation may have come first."""
    assert "C1" not in fallen(cancelled_ask(gives(term("f", 1)), late=False).settle())
    assert "C1" not in fallen(cancelled_ask(gives(term("f", 1))).settle(), timers_raced=True)


def test_c1_falls_on_a_cancelled_reply_that_gives_something_else() -> None:
    """A reply that was cancelled ends so, or as its turn does; anything else violates C1 and not A1."""
    script = cancelled_ask().done("c0", "c0.r0", gives(None)).settle()
    assert_falls(script.judged("C1"), "is cancelled", "c0.r0: None")
    assert list(fallen(script)) == ["C1"]


def test_c1_falls_on_a_waiter_for_what_is_made_of_a_cancelled_reply() -> None:
    """A wait for a mapped reply that nobody ends, because the one that it is made of was cancelled, is C1's."""
    mapped = program(
        actor("a", 0, Msg()),
        thread("c0", AskOp("r0", "a", 1), Compose("r1", "r0", "m"), Cancel("r0"), Result("r1")),
    )
    script = Script(mapped).ask("c0", "c0.r0", "a", 1).add("compose", "c0", op="c0.r1", detail="then m c0.r0")
    script.add("cancel", "c0", op="c0.r0").wait("c0", "c0.r1")
    assert_falls(script.judged("C1", "deadlock"), "c0.r1 is cancelled", "it waits for ever")
    assert list(fallen(script, "deadlock")) == ["C1"]


def test_c1_falls_on_a_waiter_that_is_not_told() -> None:
    """A wait for a cancelled reply that never ends violates C1 alone."""
    script = cancelled_ask().end("a#1", "c0.r0", CANCELLED)
    assert_falls(script.judged("C1", "deadlock"), "c0 is told that c0.r0 is cancelled", "waits for ever")
    assert list(fallen(script, "deadlock")) == ["C1"]


# ---------------------------------------------------------------- C2

NESTED = program(
    actor("a", 0, Ask("b", Msg())),
    actor("b", 1, Sleep(3, Msg())),
    thread("c0", AskOp("r0", "a", 1), SleepOp(1), Cancel("r0"), Result("r0")),
)


def cancelled_chain(inner: Outcome, seconds: int) -> Script:
    """c0 cancels its ask of a, which waits for b; b ends in this way that many seconds later."""
    script = Script(NESTED).ask("c0", "c0.r0", "a", 1).begin("a#1", "c0.r0")
    script.ask("a#1", "a#1.1", "b", 1).wait("a#1", "a#1.1").begin("b#1", "a#1.1").passes(1)
    script.add("cancel", "c0", op="c0.r0").wait("c0", "c0.r0").done("c0", "c0.r0", CANCELLED)
    script.done("a#1", "a#1.1", CANCELLED).end("a#1", "c0.r0", CANCELLED)
    return script.passes(seconds).end("b#1", "a#1.1", inner).settle()


def test_c2_falls_on_an_inner_ask_that_goes_on() -> None:
    """A turn that runs to its end seconds after its asker was cancelled violates C2 alone."""
    script = cancelled_chain(gives(1), 2)
    assert_falls(
        script.judged("C2"), "b#1 is cancelled in second 1", "b#1 went on, and in second 3", "asked by a#1"
    )
    assert list(fallen(script)) == ["C2"]
    assert cancelled_chain(CANCELLED, 0).judged("C2").verdict == "pass"
    assert "C2" not in fallen(cancelled_chain(gives(1), 0))


ASKS_ON = program(
    actor("a", 0, Ask("c", Ask("b", Msg()))),
    actor("b", 1, Msg()),
    actor("c", 1, Sleep(3, Msg())),
    thread("c0", AskOp("r0", "a", 1), Cancel("r0"), Result("r0")),
)


def test_c2_falls_on_a_handler_that_goes_on_asking() -> None:
    """A turn that was cancelled and asks another, which is not cancelled either, violates C2 alone."""
    script = Script(ASKS_ON).ask("c0", "c0.r0", "a", 1).begin("a#1", "c0.r0").ask("a#1", "a#1.1", "b", 1)
    script.wait("a#1", "a#1.1").turn("b#1", "a#1.1", gives(1)).add("cancel", "c0", op="c0.r0")
    script.wait("c0", "c0.r0").done("c0", "c0.r0", CANCELLED).done("a#1", "a#1.1", gives(1))
    script.ask("a#1", "a#1.2", "c", 1).wait("a#1", "a#1.2").begin("c#1", "a#1.2").passes(3)
    script.end("c#1", "a#1.2", gives(1)).done("a#1", "a#1.2", gives(1)).end("a#1", "c0.r0", gives(1)).settle()
    assert_falls(script.judged("C2"), "c#1 is cancelled in second 0", "c#1 went on", "asked by a#1")
    assert list(fallen(script)) == ["C2"]


def test_c2_lets_a_handler_that_blocks_its_thread_go_on() -> None:
    """Nobody can interrupt b while it sleeps on a thread of its own, nor a while it blocks on b."""
    script = Script(NESTED, frozenset({"result", "cancel"})).ask("c0", "c0.r0", "a", 1).begin("a#1", "c0.r0")
    script.ask("a#1", "a#1.1", "b", 1).wait("a#1", "a#1.1").begin("b#1", "a#1.1").passes(1)
    script.add("cancel", "c0", op="c0.r0").wait("c0", "c0.r0").done("c0", "c0.r0", CANCELLED).passes(2)
    script.end("b#1", "a#1.1", gives(1)).done("a#1", "a#1.1", gives(1)).end("a#1", "c0.r0", gives(1)).settle()
    assert script.judged("C2").verdict == "unsupported"
    assert fallen(script) == {}


# ---------------------------------------------------------------- C3


def test_c3_falls_on_an_actor_that_a_cancellation_ended() -> None:
    """A message that is never begun after another was cancelled, while the loop goes on, violates C3 alone."""
    script = cancelled_ask(CANCELLED).tell("c0", "c0.9", "a", 2).add("client-end", "c0")
    script.add("apply", "c0", op="c0.x", strand="strand-0").settle()
    assert_falls(script.judged("C3"), "c0.9 = tell a(2) is handled", "a never began it")
    assert list(fallen(script)) == ["C3"]
    script = (
        cancelled_ask(CANCELLED).tell("c0", "c0.9", "a", 2).turn("a#2", "c0.9", gives(term("f", 2))).settle()
    )
    assert script.judged("C3").verdict == "pass"


def test_c3_falls_on_an_ask_that_hangs_after_another_was_cancelled() -> None:
    """An ask of an actor that handles nothing more since a cancellation violates C3, not D1."""
    script = cancelled_ask(CANCELLED).ask("c0", "c0.r1", "a", 2).wait("c0", "c0.r1")
    script.add("apply", "c0", op="c0.x", strand="strand-0")
    assert_falls(script.judged("C3", "deadlock"), "live on", "c0.r1 = ask a(2)", "waits for c0.r1 for ever")
    assert list(fallen(script, "deadlock")) == ["C3"]


def test_c3_falls_on_a_cancellation_that_hits_another_ask() -> None:
    """An ask that ends as cancelled though nobody cancelled it violates C3 alone."""
    other = program(*SLEEPING.actors, *SLEEPING.clients, thread("c1", AskOp("r0", "a", 2), Result("r0")))
    script = cancelled_ask(CANCELLED)
    leaked = Script(other).ask("c1", "c1.r0", "a", 2).wait("c1", "c1.r0").done("c1", "c1.r0", CANCELLED)
    leaked.events = script.events + leaked.events
    leaked.settle()
    assert_falls(leaked.judged("C3"), "c1.r0: f(2)", "c1.r0: is cancelled")
    assert list(fallen(leaked)) == ["C3"]


def test_c3_falls_on_a_lost_message_from_the_actors_own_loop() -> None:
    """A sender on the very loop of the actor has kept it awake: what it sent was not forgotten for want of a wakeup."""
    inside = program(
        actor("a", 0, Apply("f", (Msg(),))),
        Client("c0", 0, (AskOp("r0", "a", 1), Cancel("r0"), TellOp("a", 2))),
    )
    script = Script(inside).ask("c0", "c0.r0", "a", 1).add("cancel", "c0", op="c0.r0")
    script.tell("c0", "c0.1", "a", 2).settle()
    assert list(fallen(script)) == ["C3"]


# ---------------------------------------------------------------- C4

BOUNDED = program(
    actor("a", 0, Within(2, Ask("b", Msg()), Const("late"))),
    actor("b", 1, Sleep(5, Apply("g", (Msg(),)))),
    thread("c0", AskOp("r0", "a", 1), Result("r0")),
)


def bounded(seconds: float, outcome: Outcome) -> Script:
    """a waits for b no longer than two seconds; the wait ends after this time in this way."""
    script = Script(BOUNDED).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.ask("a#1", "a#1.1", "b", 1).wait("a#1", "a#1.1").begin("b#1", "a#1.1").passes(seconds)
    answer = gives("late") if outcome.kind == "timeout" else outcome
    script.done("a#1", "a#1.1", outcome).end("a#1", "c0.r0", answer).done("c0", "c0.r0", answer)
    return script.passes(5 - seconds).end("b#1", "a#1.1", gives(term("g", 1))).settle()


def test_c4_falls_on_a_wait_that_is_not_given_up_in_time() -> None:
    """A bounded wait that goes on beyond its bound violates C4 alone."""
    script = bounded(5, gives(term("g", 1)))
    assert_falls(script.judged("C4"), "a#1 gives up a#1.1 after 2 seconds", "it waited 5 seconds")
    assert list(fallen(script)) == ["C4"]
    for seconds in (2, 2 + 1e-9):
        assert bounded(seconds, Outcome("timeout")).judged("C4").verdict == "pass"


def test_c4_falls_on_a_late_reply_that_makes_noise() -> None:
    """An exception that nobody caught, after an ask was given up, is the noise of its late reply."""
    script = bounded(2, Outcome("timeout")).add("uncaught", detail="InvalidStateError: invalid state")
    assert_falls(script.judged("C4"), "dropped without noise", "InvalidStateError")
    assert list(fallen(script)) == ["C4"]


def test_c4_falls_on_a_late_reply_that_reaches_the_next_ask() -> None:
    """A value that is the late answer to an ask which was given up violates C4, not A1."""
    script = bounded(2, Outcome("timeout"))
    script.ask("c0", "c0.r1", "b", 7).wait("c0", "c0.r1").begin("b#2", "c0.r1")
    script.done("c0", "c0.r1", gives(term("g", 1))).end("b#2", "c0.r1", gives(term("g", 7))).settle()
    assert_falls(script.judged("C4"), "c0.r1: g(7)", "c0.r1: g(1)")
    assert list(fallen(script)) == ["C4"]


def test_c4_falls_on_an_actor_that_ends_with_an_ask_that_was_given_up() -> None:
    """An actor that handles nothing more since a wait for it was given up, while its loop goes on: C4, not M2."""
    script = bounded(2, Outcome("timeout")).ask("c0", "c0.r1", "b", 7).wait("c0", "c0.r1")
    script.add("apply", "c0", op="c0.x", strand="strand-1")
    assert_falls(script.judged("C4", "deadlock"), "without effect on the actor", "c0.r1 = ask b(7)")
    assert list(fallen(script, "deadlock")) == ["C4"]
    told = bounded(2, Outcome("timeout")).tell("c0", "c0.9", "b", 7)
    told.add("apply", "c0", op="c0.x", strand="strand-1").settle()
    assert_falls(told.judged("C4"), "c0.9 = tell b(7) is handled")
    assert list(fallen(told)) == ["C4"]


# ---------------------------------------------------------------- C5


@pytest.mark.parametrize("outcomes", [(CANCELLED, gives(term("f", 1))), (gives(term("f", 1)), CANCELLED)])
def test_c5_falls_on_waits_that_do_not_agree(outcomes: tuple[Outcome, ...]) -> None:
    """Two waits for a cancelled reply of which one has the value violate C5, not A2."""
    script = cancelled_ask(*outcomes, late=False).settle()
    assert_falls(script.judged("C5"), "every wait agrees", "c0 saw", "cancelled", "f(1)")
    assert list(fallen(script)) == ["C5"]
    agreed = cancelled_ask(gives(term("f", 1)), gives(term("f", 1)), late=False).settle()
    assert agreed.judged("C5").verdict == "pass"


def test_c5_falls_on_a_completion_that_collides() -> None:
    """An InvalidStateError where something was cancelled is a completion that came second."""
    script = cancelled_ask(CANCELLED).settle().add("uncaught", detail="InvalidStateError: CANCELLED")
    assert_falls(script.judged("C5"), "comes second", "InvalidStateError")
    assert list(fallen(script)) == ["C5"]


def test_c5_is_tested_by_a_race_only() -> None:
    """A cancellation that comes seconds before the turn's end, or after its answer was seen, races nothing."""
    assert cancelled_ask(gives(term("f", 1)), late=False).settle().judged("C5").verdict == "pass"
    assert cancelled_ask(CANCELLED).settle().judged("C5").verdict == "untested"
