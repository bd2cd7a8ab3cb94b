"""Clauses M1 to M4: order, once, one at a time, and at home; each falls on a history that violates it."""

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

from askance.clauses import ALL, judge
from askance.history import Outcome
from askance.program import Ask, AskOp, Deferred, Err, Msg, Raise, Result, Sleep, StopOp, Tell, TellOp

TOLD = program(
    actor("a", 0, Msg()), thread("c0", TellOp("a", 1), TellOp("a", 2)), thread("c1", TellOp("a", 3))
)


def told(*order: str) -> Script:
    """c0 tells a twice, c1 once; a handles these messages in this order."""
    script = Script(TOLD).tell("c0", "c0.0", "a", 1).tell("c0", "c0.1", "a", 2).tell("c1", "c1.0", "a", 3)
    script.add("client-end", "c0").add("client-end", "c1")
    for number, message in enumerate(order, 1):
        script.turn(f"a#{number}", message, gives(script.messages[message][1]))
    return script.settle()


# ---------------------------------------------------------------- M1


def test_m1_falls_on_messages_that_overtake() -> None:
    """Two messages of one sender handled in the other order violate M1 alone."""
    script = told("c0.1", "c0.0", "c1.0")
    assert_falls(
        script.judged("M1"), "c0.0 = tell a(1) before c0.1 = tell a(2)", "c0 sent them", "a#1 on strand"
    )
    assert list(fallen(script)) == ["M1"]


def test_m1_promises_nothing_between_senders() -> None:
    """Another sender's message may come anywhere between."""
    for order in (("c1.0", "c0.0", "c0.1"), ("c0.0", "c1.0", "c0.1"), ("c0.0", "c0.1", "c1.0")):
        assert told(*order).judged("M1").verdict == "pass"


def test_m1_takes_an_actor_for_one_sender_across_its_turns() -> None:
    """What an actor sends in one turn comes before what it sends in its next."""
    sending = program(
        actor("a", 0, Tell("b", Msg(), Msg())),
        actor("b", 1, Msg()),
        thread("c0", *TOLD.clients[0].operations),
    )
    script = Script(sending).tell("c0", "c0.0", "a", 1).tell("c0", "c0.1", "a", 2)
    for number in (1, 2):
        script.begin(f"a#{number}", f"c0.{number - 1}").tell(f"a#{number}", f"a#{number}.1", "b", number)
        script.end(f"a#{number}", f"c0.{number - 1}", gives(number))
    script.turn("b#1", "a#2.1", gives(2)).turn("b#2", "a#1.1", gives(1)).settle()
    assert_falls(script.judged("M1"), "a#1.1 = tell b(1) before a#2.1 = tell b(2)", "a sent them")


def test_m1_is_untested_without_a_second_message() -> None:
    """One message from each sender says nothing about order."""
    assert whole_chain().judged("M1").verdict == "untested"


# ---------------------------------------------------------------- M2


def test_m2_falls_on_a_message_that_is_lost() -> None:
    """A message that was never begun when nothing could move any more violates M2 alone."""
    script = told("c0.0", "c1.0")
    assert_falls(script.judged("M2"), "c0.1 = tell a(2)", "a never began it", "strand c0")
    assert list(fallen(script)) == ["M2"]
    assert told("c0.0", "c0.1", "c1.0").judged("M2").verdict == "pass"


def test_m2_says_how_often_a_message_was_handled() -> None:
    """The first two turns are named, and the number is that of all."""
    script = told("c0.0", "c0.0", "c0.0", "c0.1", "c1.0")
    assert_falls(script.judged("M2"), "c0.0 = tell a(1) is handled once", "3 times, first as a#1 and a#2")


def test_m2_falls_on_a_message_that_is_handled_twice() -> None:
    """A message that was begun twice violates M2 alone."""
    script = told("c0.0", "c0.0", "c0.1", "c1.0")
    assert_falls(script.judged("M2"), "c0.0 = tell a(1) is handled once", "2 times: a#1 and a#2")
    assert list(fallen(script)) == ["M2"]


def test_m2_owes_nothing_to_a_stopped_actor() -> None:
    """An actor that was asked to stop need not handle what it was sent."""
    stopping = program(*TOLD.actors, *TOLD.clients, thread("c2", StopOp("a")))
    script = Script(stopping).tell("c0", "c0.0", "a", 1).add("stop", "c2", actor="a").settle()
    assert script.judged("M2").verdict == "untested"


def test_m2_owes_nothing_to_an_actor_that_a_failure_ended() -> None:
    """Where a failing handler ends its actor, the messages behind it are not lost; elsewhere the actor is (L6)."""
    failing = program(
        actor("a", 0, Raise(Err("ValueError", "x"))), thread("c0", TellOp("a", 1), TellOp("a", 2))
    )
    script = Script(failing).tell("c0", "c0.0", "a", 1).tell("c0", "c0.1", "a", 2)
    script.add("client-end", "c0").turn("a#1", "c0.0", fails("ValueError", "x")).settle()
    assert script.judged("M2", failing_handler_ends_actor=True).verdict != "fail"
    assert list(fallen(script)) == ["L6"]


def test_m2_owes_nothing_to_an_actor_that_the_failure_of_a_deferred_reply_may_have_ended() -> None:
    """Whether a handler has failed that returned a reply which failed later is for the implementation to say."""
    failing = program(
        actor("a", 0, Deferred(Ask("b", Msg()))),
        actor("b", 1, Raise(Err("ValueError", "x"))),
        thread("c0", TellOp("a", 1), TellOp("a", 2)),
    )
    script = Script(failing).tell("c0", "c0.0", "a", 1).tell("c0", "c0.1", "a", 2).add("client-end", "c0")
    script.begin("a#1", "c0.0").ask("a#1", "a#1.1", "b", 1).end("a#1", "c0.0", None, detail="deferred a#1.1")
    script.turn("b#1", "a#1.1", fails("ValueError", "x")).settle()
    assert fallen(script, failing_handler_ends_actor=True) == {}
    assert fallen(script) != {}


def test_m2_owes_nothing_to_an_ask_that_was_refused() -> None:
    """An ask that raised, because it closes a cycle, was never a message."""
    script = Script(TOLD).ask("c0", "c0.r0", "a", 1).done("c0", "c0.r0", Outcome("cycle")).settle()
    assert script.judged("M2").verdict != "fail"


def test_m2_owes_nothing_to_a_deferred_ask_that_closes_a_cycle() -> None:
    """a was told, so nobody waits for the reply that it returned, nor is anybody seen to hear that it was refused."""
    knot = program(
        actor("a", 0, Deferred(Ask("b", Msg()))),
        actor("b", 1, Ask("a", Msg())),
        thread("c0", TellOp("b", 1), TellOp("a", 2)),
    )
    cycle = Outcome("cycle")
    script = Script(knot).tell("c0", "c0.0", "b", 1).tell("c0", "c0.1", "a", 2).add("client-end", "c0")
    script.begin("b#1", "c0.0").ask("b#1", "b#1.1", "a", 1).wait("b#1", "b#1.1")
    script.begin("a#1", "c0.1").ask("a#1", "a#1.1", "b", 2).end("a#1", "c0.1", None, detail="deferred a#1.1")
    script.begin("a#2", "b#1.1").ask("a#2", "a#2.1", "b", 1).end(
        "a#2", "b#1.1", None, detail="deferred a#2.1"
    )
    script.done("b#1", "b#1.1", cycle).end("b#1", "c0.0", cycle).settle()
    assert script.judged("M2").verdict == "pass"
    assert fallen(script) == {}


def test_m2_is_owed_a_deferred_ask_that_closes_none() -> None:
    """A reply that is returned un-awaited and that nobody waits for is owed as any other."""
    line = program(
        actor("a", 0, Deferred(Ask("b", Msg()))), actor("b", 0, Msg()), thread("c0", TellOp("a", 1))
    )
    script = Script(line).tell("c0", "c0.0", "a", 1).add("client-end", "c0")
    script.begin("a#1", "c0.0").ask("a#1", "a#1.1", "b", 1).end("a#1", "c0.0", None, detail="deferred a#1.1")
    assert list(fallen(script.settle())) == ["M2"]


def test_m2_is_blocked_where_something_hangs() -> None:
    """A message behind a hanging turn is a consequence, not a loss."""
    script = chain().tell("c0", "c0.5", "a", 1)
    judgement = script.judged("M2", "deadlock")
    assert (judgement.verdict, judgement.blocked_by) == ("blocked", "D1")


def test_m2_is_silent_behind_a_turn_that_a_lost_error_keeps() -> None:
    """A message to an actor whose turn waits for an error that was lost is not itself lost."""
    raising = program(CHAIN.actors[0], actor("b", 1, Raise(Err("SystemExit", 3))), *CHAIN.clients)
    script = chain(raising).ask("c0", "c0.r9", "a", 11).end("b#1", "a#1.1", fails("SystemExit", 3))
    assert list(fallen(script, "deadlock")) == ["A4"]


# ---------------------------------------------------------------- M3


def overlapping(capabilities: frozenset[str] = EVERYTHING, strand: str = "strand-0") -> Script:
    """a begins a second turn before its first has ended."""
    script = Script(TOLD, capabilities).tell("c0", "c0.0", "a", 1).tell("c0", "c0.1", "a", 2)
    script.begin("a#1", "c0.0").begin("a#2", "c0.1", strand=strand)
    return script.end("a#2", "c0.1", gives(2), strand=strand).end("a#1", "c0.0", gives(1)).settle()


def test_m3_falls_on_turns_that_overlap() -> None:
    """A turn that begins before the actor's last one has ended violates M3 alone."""
    script = overlapping()
    assert_falls(
        script.judged("M3"), "a ends a#1 before it begins a#2", "a#2 began while a#1 was going on", "c0.1"
    )
    assert list(fallen(script)) == ["M3"]
    assert told("c0.0", "c0.1", "c1.0").judged("M3").verdict == "pass"


def test_m3_lets_a_reentrant_actor_interleave_on_its_own_thread() -> None:
    """A reentrant actor may begin another turn, but not on another thread."""
    reentrant = EVERYTHING - {"cycles-refused"} | {"reentrant"}
    assert overlapping(reentrant).judged("M3").verdict == "pass"
    assert_falls(overlapping(reentrant, "strand-9").judged("M3"), "on another thread", "strand-9")


# ---------------------------------------------------------------- M4


def elsewhere(**where: object) -> Script:
    """The chain, with b's turn ending as usual and beginning elsewhere."""
    script = chain()
    script.events.pop()
    return (
        script.begin("b#1", "a#1.1", **where)
        .end("b#1", "a#1.1", gives(term("g", 10)), **where)
        .done("a#1", "a#1.1", gives(term("g", 10)))
        .end("a#1", "c0.r0", gives(term("f", term("g", 10))))
        .done("c0", "c0.r0", gives(term("f", term("g", 10))))
        .settle()
    )


def test_m4_falls_on_a_handler_that_runs_on_the_askers_thread() -> None:
    """Two actors on different loops that run on one thread violate M4 alone."""
    script = elsewhere(strand="strand-0", loop=0)
    assert_falls(
        script.judged("M4"), "a on loop 0", "b on loop 1", "both run on strand strand-0, event loop 0"
    )
    assert list(fallen(script)) == ["M4"]
    assert whole_chain().judged("M4").verdict == "pass"


def test_m4_falls_on_a_turn_that_ends_on_another_thread() -> None:
    """A turn that ends elsewhere than it began violates M4."""
    script = told("c0.0", "c0.1", "c1.0")
    moved = Script(TOLD)
    moved.messages = script.messages
    moved.end("a#3", "c1.0", gives(3), strand="strand-7")
    script.events[-2] = moved.events[0]
    assert_falls(
        script.judged("M4"),
        "every turn of a begins and ends on strand strand-0",
        "a#3 ended on strand strand-7",
    )


def test_m4_falls_on_a_second_turn_elsewhere() -> None:
    """An actor whose turns run on two threads violates M4, wherever it was placed."""
    nowhere = program(actor("a", None, Msg()), thread("c0", AskOp("r0", "a", 1), Result("r0")))
    script = Script(nowhere).tell("c0", "c0.0", "a", 1).tell("c0", "c0.1", "a", 2)
    script.turn("a#1", "c0.0", gives(1))
    script.begin("a#2", "c0.1", strand="pool-1", loop=None)
    assert_falls(script.settle().judged("M4"), "a#2 began on strand pool-1 without an event loop")


def test_m4_is_not_claimed_where_actors_have_no_thread() -> None:
    """An adapter that declares `any_thread` may run each turn anywhere; the same history is no violation."""
    script = Script(TOLD).tell("c0", "c0.0", "a", 1).tell("c0", "c0.1", "a", 2)
    script.turn("a#1", "c0.0", gives(1))
    script.begin("a#2", "c0.1", strand="pool-1").end("a#2", "c0.1", gives(2), strand="pool-1").settle()
    case = script.case()
    assert judge(ALL["M4"], case).verdict == "fail"
    case = script.case()
    case.adapter.any_thread = True  # type: ignore[attr-defined]
    assert judge(ALL["M4"], case).verdict == "unsupported"


def test_m4_falls_on_actors_of_one_loop_on_two_threads() -> None:
    """Two actors placed on one loop that run on two threads violate M4, where the implementation places actors."""
    split = whole_chain(OWN_CHAIN)
    for at, event in enumerate(split.events):
        if event.who == "b#1":
            script = Script(OWN_CHAIN).add(event.kind, "b#1", strand="strand-9", loop=9)
            split.events[at] = type(event)(
                event.kind, "b#1", "b", event.message, event.op, event.outcome, value=event.value,
                strand=script.events[0].strand, loop=9,
            )  # fmt: skip
    assert_falls(split.judged("M4"), "a and b, both placed on loop 0", "strand-0", "strand-9")
    split.capabilities = EVERYTHING - {"loops"}
    assert split.judged("M4").verdict == "pass"


# ---------------------------------------------------------------- M6


NEIGHBOURS = program(
    actor("a", 0, Sleep(1, Msg())),
    actor("b", 0, Msg()),
    thread("c0", TellOp("a", 1), TellOp("a", 2), TellOp("b", 3)),
)


def neighbours(seconds: int) -> Script:
    """a is busy for a second with each of two messages; b begins its own so many seconds after it was sent."""
    script = (
        Script(NEIGHBOURS).tell("c0", "c0.0", "a", 1).tell("c0", "c0.1", "a", 2).tell("c0", "c0.2", "b", 3)
    )
    script.add("client-end", "c0")
    if seconds == 0:
        script.turn("b#1", "c0.2", gives(3))
    for number in (1, 2):
        script.begin(f"a#{number}", f"c0.{number - 1}").passes(1).end(
            f"a#{number}", f"c0.{number - 1}", gives(number)
        )
    return (script if seconds == 0 else script.turn("b#1", "c0.2", gives(3))).settle()


def test_m6_falls_on_an_actor_that_waits_for_a_busy_neighbour() -> None:
    """An idle actor whose message is begun only when its neighbour has nothing more to do violates M6 alone."""
    script = neighbours(2)
    assert_falls(
        script.judged("M6"), "b is idle", "c0.2 at once (second 0)", "second 2", "a#1 began on the same loop"
    )
    assert list(fallen(script)) == ["M6"]
    assert neighbours(0).judged("M6").verdict == "pass"
    assert script.judged("M6", timers_raced=True).verdict != "fail"


def test_m6_falls_on_an_actor_that_many_overtake() -> None:
    """An idle actor that begins its message after many which its neighbour was sent later violates M6 alone."""
    script = Script(NEIGHBOURS).tell("c0", "c0.0", "b", 3).add("client-begin", "c0")
    for number in range(1, 11):
        script.tell("c0", f"c0.{number}", "a", number).turn(f"a#{number}", f"c0.{number}", gives(number))
    script.turn("b#1", "c0.0", gives(3)).settle()
    assert_falls(script.judged("M6"), "10 messages that were sent later", "the first of them: a#1")
    assert list(fallen(script)) == ["M6"]


def test_m6_lets_an_actor_be_busy_with_a_reply_that_it_returned() -> None:
    """Until the un-awaited reply is there, an implementation may keep the actor that answered with it."""
    deferring = program(
        actor("a", 0, Msg()),
        actor("b", 0, Deferred(Ask("d", Msg()))),
        actor("d", 0, Sleep(1, Msg())),
        thread("c0", AskOp("r0", "b", 2), AskOp("r1", "b", 3), *(TellOp("a", n) for n in range(10))),
    )
    script = Script(deferring).ask("c0", "c0.r0", "b", 2)
    script.begin("b#1", "c0.r0").ask("b#1", "b#1.1", "d", 2).end(
        "b#1", "c0.r0", None, detail="deferred b#1.1"
    )
    script.begin("d#1", "b#1.1").ask("c0", "c0.r1", "b", 3).add("client-begin", "c0")
    for number in range(10):
        script.tell("c0", f"c0.{number + 2}", "a", number).turn(
            f"a#{number + 1}", f"c0.{number + 2}", gives(number)
        )
    script.passes(1).end("d#1", "b#1.1", gives(2)).begin("b#2", "c0.r1").ask("b#2", "b#2.1", "d", 3)
    script.end("b#2", "c0.r1", None, detail="deferred b#2.1").begin("d#2", "b#2.1").passes(1)
    assert script.end("d#2", "b#2.1", gives(3)).settle().judged("M6").verdict != "fail"


def test_m6_knows_no_neighbours_where_there_are_no_loops() -> None:
    """Actors on threads of their own share none: nobody is overtaken, nor waits for a neighbour."""
    nowhere = frozenset({"result", "stop"})
    threads = {"a": ("thread a", None), "b": ("thread b", None)}
    overtaken = Script(NEIGHBOURS, nowhere)
    overtaken.homes |= threads
    overtaken.tell("c0", "c0.0", "b", 3).add("client-begin", "c0")
    for number in range(1, 11):
        overtaken.tell("c0", f"c0.{number}", "a", number).turn(f"a#{number}", f"c0.{number}", gives(number))
    overtaken.turn("b#1", "c0.0", gives(3)).settle()
    late = Script(NEIGHBOURS, nowhere)
    late.homes |= threads
    late.tell("c0", "c0.0", "b", 3).tell("c0", "c0.1", "a", 1).turn("a#1", "c0.1", gives(1))
    late.passes(2).turn("b#1", "c0.0", gives(3)).settle()
    for script in (overtaken, late):
        assert script.judged("M6").verdict == "unsupported"


@pytest.mark.parametrize("clause", ["M1", "M2", "M3", "M4"])
def test_a_right_history_falls_none_of_them(clause: str) -> None:
    """A history in which all goes as it should violates no clause about mailboxes."""
    assert told("c0.0", "c1.0", "c0.1").judged(clause).verdict == "pass"
