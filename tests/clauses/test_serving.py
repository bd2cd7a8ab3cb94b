"""Clause D5: while somebody waits on a loop, its other actors are served; lateness has one clause."""

from __future__ import annotations

from dataclasses import replace

from tests.clauses.script import (
    Script,
    actor,
    assert_falls,
    chain,
    fallen,
    gives,
    program,
    thread,
)

from askance.program import (
    Ask,
    AskOp,
    Await,
    Client,
    Msg,
    Result,
    Sleep,
    SleepOp,
)

# ---------------------------------------------------------------- D5


BYSTANDER = program(
    actor("a", 0, Ask("b", Msg())),
    actor("b", 1, Sleep(3, Msg())),
    actor("z", 0, Msg()),
    thread("c0", AskOp("r0", "a", 10), Result("r0")),
    Client("c1", 0, (SleepOp(1), AskOp("r0", "z", 1), Await("r0"))),
)


def bystander(late: float) -> Script:
    """z, on a's loop, is asked in second 1 while a waits until second 3; it begins that many seconds late."""
    script = chain(BYSTANDER).passes(1).ask("c1", "c1.r0", "z", 1).wait("c1", "c1.r0").passes(late)
    script.turn("z#1", "c1.r0", gives(1)).done("c1", "c1.r0", gives(1)).passes(2 - late)
    script.end("b#1", "a#1.1", gives(10)).done("a#1", "a#1.1", gives(10))
    return script.end("a#1", "c0.r0", gives(10)).done("c0", "c0.r0", gives(10)).settle()


def test_d5_falls_on_a_neighbour_that_is_served_late() -> None:
    """An idle actor that begins its message only when a neighbour's ask is over violates D5 alone."""
    script = bystander(late=2)
    assert_falls(
        script.judged("D5"), "z begins c1.r0 at once (second 1)", "a#1 waits for a#1.1", "second 3, 2 seconds"
    )
    assert list(fallen(script)) == ["D5"]
    assert bystander(late=0).judged("D5").verdict == "pass"


def test_d5_leaves_a_loop_that_was_not_woken_to_d1() -> None:
    """Where nothing happened on the loop until something else woke it, the message did not wake it."""
    foreign = program(
        *BYSTANDER.actors, BYSTANDER.clients[0], thread("c1", *BYSTANDER.clients[1].operations[:2])
    )
    script = bystander(late=2)
    moved = Script(foreign)
    moved.events = [
        replace(event, strand="c1", loop=None) if event.who == "c1" else event for event in script.events
    ]
    assert_falls(
        moved.judged("D1"), "c1.r0 = ask z(1) is begun at once (second 1)", "second 3", "was not woken"
    )
    assert list(fallen(moved)) == ["D1"]


def test_d5_says_nothing_where_timers_raced() -> None:
    """Where time passed although something could run, lateness is the schedule's."""
    assert bystander(late=2).judged("D5", timers_raced=True).verdict == "untested"


def test_d5_lets_a_busy_actor_be_late() -> None:
    """An actor that is busy with its last message begins the next one when it is free."""
    script = chain(BYSTANDER).passes(1).ask("c1", "c1.r0", "z", 1).ask("c1", "c1.r1", "z", 2)
    script.begin("z#1", "c1.r0").passes(2).end("z#1", "c1.r0", gives(1)).turn("z#2", "c1.r1", gives(2))
    assert script.settle().judged("D5").verdict != "fail"


def test_d5_is_blocked_by_a_blocked_loop() -> None:
    """A loop that blocks serves nobody; that is D4's."""
    script = bystander(late=2).add("loop-blocked", "", strand="strand-0", detail="at x.py:1")
    assert script.judged("D5").blocked_by == "D4"
