"""The race that a failure shows: the one that decides, in words, and what is honestly known of it."""

from __future__ import annotations

import pytest
from tests.report.failures import failure, found

from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program, Result, Spawn, TellOp
from askance.report.racing import Turned
from askance.report.seen import seen_again
from askance.report.words import failure_text, step_number
from askance.run import load_adapter
from askance.suite.counterexample import replay

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

F = Apply("f", (Msg(),))
LOST = Program(1, (Actor("a", 0, F),), (Client("c0", "thread", (AskOp("r0", "a", 10), Result("r0"))),))
"""A message to an idle loop."""
SPAWNING = Program(2, (Actor("a", 0, Spawn(F, None, Msg())),), (Client("c1", 1, (AskOp("r0", "a", 11),)),))
"""Two messages may be lost: the client's to a, after which nothing is asked of the spawned actor, and a's to that."""
TOLD = Program(2, (Actor("b", 0, Spawn(F, None, Msg())),), (Client("c0", 1, (TellOp("b", 10),)),))


AGAIN = Program(
    1,
    (Actor("a", 0, F),),
    (Client("c0", "thread", (AskOp("r0", "a", 10), Result("r0"), AskOp("r1", "a", 11))),),
)
CROSSING = Program(
    2,
    (
        Actor("a", 0, Ask("b", Msg())),
        Actor("b", 1, F),
        Actor("c", 0, Ask("d", Msg())),
        Actor("d", 1, Ask("e", Msg())),
        Actor("e", 0, F),
    ),
    (Client("c0", "thread", (AskOp("r0", "a", 10),)), Client("c1", "thread", (AskOp("r0", "c", 11),))),
)
MUTANTS = "askance_impl.mutants:"


def shown(clause: str, program: Program, implementation: str = "naive-call-soon") -> str:
    """The failure as text, wide enough for no line to be folded."""
    return failure_text(failure(implementation, clause, program), 400)


def test_without_a_pair_the_very_same_execution_follows() -> None:
    """The order of an execution's operations is all that is needed to make it again, without its choices."""
    adapter = load_adapter("naive-call-soon")
    counterexample = found("naive-call-soon", "L5", SPAWNING)
    sight = seen_again(counterexample, adapter)
    order = {address: position for position, address in enumerate(sight.watch.addresses)}
    again = replay(counterexample, adapter, lambda _: Turned(order))
    assert again.history == sight.history
    backwards = {address: -position for address, position in order.items()}
    assert replay(counterexample, adapter, lambda _: Turned(backwards)).history != sight.history


def test_a_bystander_is_not_shown() -> None:
    """Two pairs pass in the other order; the one with which the rest of the failure happens as before is shown.

    Turning round the client's message and its loop's look passes, too, but only because a does not begin any more.
    """
    race = failure("naive-call-soon", "L5", SPAWNING)["race"]
    assert race["passed"] == 2
    steps = [(race[which]["operation"], race[which]["object"]) for which in ("first", "second")]
    assert steps == [("round", "loop#1"), ("call-soon", "loop#1")]
    assert "1 more passes, but this one changes least of what led to the failure" in shown("L5", SPAWNING)


def test_a_race_is_told_in_words() -> None:
    """Loops have their numbers in the program, operations are verbs, and the line of the implementation is shown."""
    lines = [line.strip() for line in shown("D1", LOST).splitlines()]
    at = lines.index("a race whose other order passes:")
    assert lines[at + 1] == "loop 0 looks whether its event loop has a callback to run (step 4)"
    assert lines[at + 2].startswith(
        "then c0 gives loop 0 a callback, without waking it (call_soon) (step 6) at "
    )
    assert lines[at + 3].startswith("loop.call_soon(start)")
    assert lines[at + 4] == "tried: with c0 first, and all else in the same order as far as can be, D1 holds"


def test_a_clause_that_falls_in_its_place_is_told() -> None:
    """An order in which another clause falls instead is said to be no more than that."""
    race = failure("naive-call-soon", "L4", TOLD)["race"]
    assert race["fell"] == ["L5"]
    assert "L4 holds (L5 then falls)" in shown("L4", TOLD)


def test_where_no_order_passes_the_order_seems_not_to_matter() -> None:
    """A handler that blocks its own loop does so in every order, and the report says that it tried."""
    told = failure()
    assert told["race"]["first"] is None and told["race"]["tried"] == 1
    assert (
        "does the order of steps matter:\n"
        "    it seems not: with the one pair of racing steps in the other order D2 does not hold, either"
        in failure_text(told, 400)
    )


def test_a_switch_is_shown_where_plain_variables_race() -> None:
    """An actor that falls asleep after it looked: no object is shared, and the line where it was left is shown."""
    text = shown("D1", AGAIN, MUTANTS + "contention_lost_wakeup")
    lines = [line.strip() for line in text.splitlines()]
    at = lines.index("a switch without which D1 holds:")
    assert lines[at + 1].startswith("c0 goes on after waiting for Event#1 ")
    (before,) = [line for line in lines if line.startswith("before loop 0 ")]
    assert "acquires Lock#2 " in before and before.endswith(" in _FallsAsleepLate._run")


def test_two_that_cross_are_shown_at_their_locks() -> None:
    """Locks that are taken in two orders race at their acquires, which a release stands between."""
    race = failure(MUTANTS + "locks_in_two_orders", "D2", CROSSING)["race"]
    assert {race[which]["operation"] for which in ("first", "second")} == {"acquire"}
    assert race["first"]["object"] == race["second"]["object"]
    assert not race["switch"]
    for which in ("first", "second"):
        assert "locks.enter_context(" in race[which]["line"]


def test_a_step_that_never_was_has_no_number() -> None:
    """What a strand waits for to the end is told so."""
    assert step_number({"step": 0}) == "for which it still waits"
    assert step_number({"step": 7}) == "step 7"


def test_an_order_in_which_nothing_arises_is_no_failure() -> None:
    """Where nobody waits, a message that arrives leaves the clause nothing to judge: that is told as it is."""
    program = Program(1, LOST.actors, (Client("c0", "thread", (AskOp("r0", "a", 10),)),))
    implementation = MUTANTS + "message_without_waking"
    race = failure(implementation, "D1", program)["race"]
    assert (race["second"]["operation"], race["arose"]) == ("call-soon", False)
    assert "D1 does not fall (its situation does not arise)" in shown("D1", program, implementation)
