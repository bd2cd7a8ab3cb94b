"""The race that a failure shows: the one that decides, in words, and what is honestly known of it."""

from __future__ import annotations

import pytest
from tests.report.failures import failure, found

from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program, Result, Spawn
from askance.report.racing import Turned
from askance.report.seen import fallen, seen_again
from askance.report.words import failure_text, race_outcome, step_number
from askance.run import load_adapter
from askance.suite.counterexample import replay

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

F = Apply("f", (Msg(),))
LOST = Program(1, (Actor("a", 0, F),), (Client("c0", "thread", (AskOp("r0", "a", 10), Result("r0"))),))
"""A message to an idle loop."""
SPAWNING = Program(2, (Actor("a", 0, Spawn(F, None, Msg())),), (Client("c1", 1, (AskOp("r0", "a", 11),)),))
"""Two messages may be lost: the client's to a, after which nothing is asked of the spawned actor, and a's to that."""
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


def test_the_race_that_decides_is_shown() -> None:
    """Of several races the last message's: the asker's call, and the look of the loop that it does not wake."""
    race = failure("naive-call-soon", "L5", SPAWNING)["race"]
    assert race["tried"] > 1
    steps = [(race[which]["operation"], race[which]["object"]) for which in ("first", "second")]
    assert steps == [("round", "loop#1"), ("call-soon", "loop#1")]


def test_a_race_is_told_in_words() -> None:
    """Loops have their numbers in the program, operations are verbs, and the line of the implementation is shown."""
    lines = [line.strip() for line in shown("D1", LOST).splitlines()]
    at = lines.index("a race whose other order passes:")
    assert lines[at + 1] == "loop 0 looks whether its event loop has a callback to run (step 4)"
    assert lines[at + 2].startswith(
        "then c0 gives loop 0 a callback, without waking it (call_soon) (step 6) at "
    )
    assert lines[at + 3].startswith("loop.call_soon(start)")
    tried = "tried: with c0 first, and all else in the same order as far as can be, D1 holds"
    assert lines[at + 4].startswith(tried)


def test_a_clause_that_falls_in_its_place_is_told() -> None:
    """An order in which another clause falls instead is said to be no more than that."""
    step = {"step": 3, "strand": "c0", "operation": "get", "object": "Queue#1", "where": "", "line": ""}
    race = {"first": step, "second": step, "tried": 1, "passed": 1, "fell": ["L5", "D1"], "arose": True}
    words = {"clause": "L4", "race": race, "strands": {}}
    assert "L4 holds (L5 and D1 then fall)" in race_outcome(words)
    assert "L4 holds (L5 then falls)" in race_outcome({**words, "race": {**race, "fell": ["L5"]}})


def test_what_falls_in_an_execution_is_asked_of_every_clause() -> None:
    """A handler that blocks its loop violates what says so, and that nothing deadlocks."""
    adapter = load_adapter("naive-blocking")
    counterexample = found("naive-blocking", "D4")
    assert fallen(replay(counterexample, adapter), adapter) == ["D2", "D4"]


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
    """An actor that falls asleep after it looked: no object is shared, and the line where it was left is shown.

    With the client's first message before the loop begins all goes well, too: that pair is a bystander, since the loop
    falls asleep in another way then.
    """
    text = shown("D1", AGAIN, MUTANTS + "contention_lost_wakeup")
    lines = [line.strip() for line in text.splitlines()]
    at = lines.index("a switch without which D1 holds:")
    assert lines[at + 1].startswith("c0 ")
    (before,) = [line for line in lines if line.startswith("before loop 0 ")]
    assert "acquires Lock#3 " in before and before.endswith(" in _FallsAsleepLate._run")
    assert "1 more passes, but this one is closest to what led to the failure" in text


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
