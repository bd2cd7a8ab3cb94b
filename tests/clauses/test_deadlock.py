"""Clauses D1 to D5: every hang has one root, which says which clause falls; and others are served meanwhile."""

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

from askance.clauses import judge_all
from askance.history import BLOCKING, Deadlock, Outcome, Waiting
from askance.program import (
    Ask,
    AskOp,
    Await,
    Client,
    Const,
    Deferred,
    Err,
    Gather,
    Msg,
    Result,
    Sleep,
    TellOp,
    Try,
)

# ---------------------------------------------------------------- D1


def lost_message() -> Script:
    """b is idle, and never begins a's message."""
    script = chain()
    script.events.pop()
    return script


def lost_wakeup() -> Script:
    """b has answered, and a is not told."""
    return chain().end("b#1", "a#1.1", gives(term("g", 10)))


def forgotten_turn() -> Script:
    """b began a's message, waits for nothing, and never ends."""
    return chain()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (lost_message(), "b is idle and never began it"),
        (lost_wakeup(), "b#1 handled it and g(10); a#1 was not woken"),
        (forgotten_turn(), "b#1 began it and never ended"),
    ],
)
def test_d1_falls_on_a_wait_that_nobody_is_left_to_end(script: Script, words: str) -> None:
    """A lost message, wakeup or turn violates D1 alone, told from the client down to the reply that is forgotten."""
    judgement = script.judged("D1", "deadlock")
    assert_falls(
        judgement, "c0 waits for c0.r0", "nobody is left to complete a#1.1", words, "a#1.1 = ask b(10)"
    )
    assert list(fallen(script, "deadlock")) == ["D1"]
    assert script.judged("A1", "deadlock").blocked_by == "D1"


def test_d1_names_the_source_line_that_the_engine_knows() -> None:
    """Where the engine knows at which line a strand waits, the violation says so."""
    deadlock = Deadlock((Waiting("c0", "c0", "c0.r0", "client.py:12 in wait"),))
    assert_falls(lost_message().judged("D1", "deadlock", deadlock=deadlock), "c0 (at client.py:12 in wait)")


def test_d1_falls_at_a_standstill_that_later_messages_end() -> None:
    """A turn that waits when nothing can move was forgotten, even if a later message happens to wake its loop."""
    told = program(*CHAIN.actors, thread("c0", TellOp("a", 10)))
    script = Script(told).tell("c0", "c0.0", "a", 10).begin("a#1", "c0.0")
    script.ask("a#1", "a#1.1", "b", 10).wait("a#1", "a#1.1").settle()
    script.turn("b#1", "a#1.1", gives(term("g", 10))).done("a#1", "a#1.1", gives(term("g", 10)))
    script.end("a#1", "c0.0", gives(term("f", term("g", 10)))).settle()
    assert_falls(script.judged("D1"), "a#1 waits for a#1.1", "b is idle and never began it")
    assert list(fallen(script)) == ["D1"]


def test_d1_falls_on_a_message_that_nobody_waits_for() -> None:
    """A message that an idle actor has not begun was lost, its loop's wakeup or its mailbox's: the text says so."""
    script = (
        Script(program(*CHAIN.actors, thread("c0", TellOp("b", 10)))).tell("c0", "c0.0", "b", 10).settle()
    )
    assert_falls(script.judged("D1"), "b has not begun it", "wake b: its loop, or what waits there for its")
    assert list(fallen(script)) == ["D1"]


def test_d1_falls_on_an_operation_that_never_returns() -> None:
    """A client that is stuck in the library without waiting for a reply violates D1."""
    script = Script(CHAIN).add("client-begin", "c0").ask("c0", "c0.r0", "a", 10)
    deadlock = Deadlock((Waiting("", "strand 'c0'", "a lock", "library.py:3 in ask"),))
    judgement = script.judged("D1", "deadlock", deadlock=deadlock)
    assert judgement.verdict == "fail" and judgement.violation is not None
    assert "an operation of c0 has not returned" in judgement.violation.actual
    assert judgement.violation.detail == "strand 'c0' waits for a lock at library.py:3 in ask"
    blocked = Deadlock((Waiting("", "strand 'loop-0'", "a lock", "library.py:3 in run"),))
    judgement = script.judged("D1", "deadlock", deadlock=blocked)
    assert judgement.violation is not None
    assert judgement.violation.detail == "strand 'loop-0' waits for a lock at library.py:3 in run"


def test_d1_follows_the_pending_part_of_a_gather() -> None:
    """A gather hangs because of the part that nobody completes, which the violation names."""
    gathering = program(
        actor("a", 0, Gather((Ask("b", Const(1)), Ask("c", Const(2))))),
        actor("b", 1, Msg()),
        actor("c", 1, Msg()),
        thread("c0", AskOp("r0", "a", 0), Result("r0")),
    )
    script = Script(gathering).ask("c0", "c0.r0", "a", 0).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.ask("a#1", "a#1.1", "b", 1).ask("a#1", "a#1.2", "c", 2)
    script.add("compose", "a#1", op="a#1.3", detail="gather a#1.1 a#1.2").wait("a#1", "a#1.3")
    script.turn("b#1", "a#1.1", gives(1))
    assert_falls(script.judged("D1", "deadlock"), "nobody is left to complete a#1.2", "c is idle")
    script.turn("c#1", "a#1.2", gives(2))
    assert_falls(script.judged("D1", "deadlock"), "nobody is left to complete a#1.3")


def test_d1_follows_a_reply_that_was_returned_unawaited() -> None:
    """Behind a reply that a turn returned un-awaited, the one who owes it is found."""
    deferring = program(actor("a", 0, Deferred(Ask("b", Msg()))), *CHAIN.actors[1:], *CHAIN.clients)
    script = Script(deferring).ask("c0", "c0.r0", "a", 10).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.ask("a#1", "a#1.1", "b", 10).end("a#1", "c0.r0", None, detail="deferred a#1.1")
    assert_falls(
        script.judged("D1", "deadlock"), "a#1 answered with the un-awaited reply a#1.1", "complete a#1.1"
    )


def test_d1_waits_behind_a_busy_actor() -> None:
    """A message that nobody began because its actor is busy leads on to what that turn waits for."""
    script = lost_message().ask("c0", "c0.r9", "a", 3).wait("c0", "c0.r9")
    case = script.case("deadlock")
    judgement = judge_all(case)["D1"]
    assert judgement.violation is not None and "a#1.1" in judgement.violation.actual
    assert list(fallen(script, "deadlock")) == ["D1"]


def test_d1_passes_when_every_wait_ended() -> None:
    """A history in which every wait ended satisfies D1."""
    assert whole_chain().judged("D1").verdict == "pass"


# ---------------------------------------------------------------- D2 and D4: blocked loops


def blocked_own_loop() -> Script:
    """a blocks its loop while it waits for b, which lives there too."""
    script = chain(OWN_CHAIN)
    script.events.pop()
    return script.add(
        "loop-blocked", "", strand="strand-0", detail="strand-0 blocked on wait at naive.py:7 in result"
    )


def test_d2_and_d4_fall_together_on_a_blocked_loop() -> None:
    """A loop that blocks on what it must run itself violates D4 and D2, and nothing else."""
    script = blocked_own_loop()
    assert_falls(
        script.judged("D4", "deadlock"), "strand strand-0 blocked", "naive.py:7", "a#1.1 = ask b(10)", "a#1"
    )
    assert_falls(
        script.judged("D2", "deadlock"), "a thread that must run an event loop is blocked", "naive.py:7"
    )
    assert list(fallen(script, "deadlock")) == ["D2", "D4"]
    assert script.judged("D1", "deadlock").blocked_by in ("D2", "D4")


def test_d4_falls_on_a_loop_that_blocked_though_it_went_on() -> None:
    """Blocking a loop is wrong even where the answer comes from elsewhere and nothing deadlocks."""
    script = whole_chain()
    script.events.insert(
        5, Script(CHAIN).add("loop-blocked", "", strand="strand-0", detail="at x.py:1").events[0]
    )
    assert list(fallen(script)) == ["D4"]
    assert script.judged("A1").blocked_by == "D4"


def test_d2_falls_on_an_actor_that_its_askers_loop_does_not_run() -> None:
    """An own-loop ask that is never begun, without any wakeup that could be lost, is held by its asker."""
    script = chain(OWN_CHAIN)
    script.events.pop()
    assert_falls(script.judged("D2", "deadlock"), "held by a turn that waits", "a#1 holds what would run it")
    assert list(fallen(script, "deadlock")) == ["D2"]


def test_d2_falls_on_a_pool_that_waiting_turns_have_used_up() -> None:
    """Where handlers block threads, an idle actor that is never run is held by those that wait."""
    script = chain(CHAIN, frozenset({"result"}))
    script.events.pop()
    assert list(fallen(script, "deadlock")) == ["D2"]


def test_d2_falls_on_a_thread_of_a_pool_that_an_ask_further_up_holds() -> None:
    """Where turns wait for each other's asks and a thread that is nobody's is blocked, that is no lost wakeup.

    The thread of an actor that waits for its next message is no such thread.
    """
    nested = program(
        actor("a", 0, Ask("b", Msg())),
        actor("b", 1, Ask("c", Msg())),
        actor("c", 0, Msg()),
        thread("c0", AskOp("r0", "a", 1), Result("r0")),
    )
    script = Script(nested).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.ask("a#1", "a#1.1", "b", 1).wait("a#1", "a#1.1").begin("b#1", "a#1.1")
    script.ask("b#1", "b#1.1", "c", 1).wait("b#1", "b#1.1").turn("c#1", "b#1.1", gives(1))
    assert list(fallen(script, "deadlock")) == ["D1"]
    held = Deadlock((Waiting("", "strand 'pool-0'", "an Event", "bridge.py:7 in wait"),))
    assert_falls(
        script.judged("D2", "deadlock", deadlock=held), "strand 'pool-0', a thread of the implementation's"
    )
    assert list(fallen(script, "deadlock", deadlock=held)) == ["D2"]
    idle = Deadlock((Waiting("", "strand 'strand-0'", "a Queue", "library.py:9 in run"),))
    assert list(fallen(script, "deadlock", deadlock=idle)) == ["D1"]


def test_d2_passes_on_a_nested_ask_that_ends() -> None:
    """A turn that waited for another actor, and went on, satisfies D2."""
    assert whole_chain().judged("D2").verdict == "pass"


OWN_RESULT = program(actor("a", 0, Sleep(1, Msg())), Client("c0", 1, (AskOp("r0", "a", 1), Result("r0"))))


def own_result(got: Outcome, seconds: float = 0) -> Script:
    """A client on loop 1 blocks on a reply, and gets this outcome after that time."""
    script = Script(OWN_RESULT).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0", detail=BLOCKING)
    script.begin("a#1", "c0.r0").passes(seconds).end("a#1", "c0.r0", gives(1))
    return script.done("c0", "c0.r0", got).settle()


def test_d4_falls_on_a_blocking_wait_that_is_not_refused() -> None:
    """A blocking wait on a loop that takes its time and returns violates D4 alone."""
    script = own_result(gives(1), seconds=1)
    assert_falls(script.judged("D4"), "blocking on c0.r0 raises at once", "c0.r0: 1")
    assert list(fallen(script)) == ["D4"]
    assert own_result(Outcome("refused")).judged("D4").verdict == "pass"


def test_d4_falls_on_a_refusal_by_another_error() -> None:
    """An error that the adapter does not declare as the refusal is none."""
    script = own_result(Outcome("error", detail="AssertionError: in loop"))
    assert_falls(script.judged("D4"), "AssertionError")
    assert list(fallen(script)) == ["D4"]


def test_d4_lets_a_complete_reply_be_read() -> None:
    """A reply that was complete when the wait began has nothing to block on."""
    script = Script(OWN_RESULT).ask("c0", "c0.r0", "a", 1).turn("a#1", "c0.r0", gives(1)).passes(1)
    script.wait("c0", "c0.r0", detail=BLOCKING).done("c0", "c0.r0", gives(1)).settle()
    assert script.judged("D4").verdict == "untested"


@pytest.mark.parametrize("ending", [gives(1), Outcome("error", error=Err("ValueError", "g"))], ids=str)
def test_d4_lets_a_refused_reply_be_awaited(ending: Outcome) -> None:
    """Of the waits for one reply only those that block are refused; one that is awaited takes its time."""
    script = Script(OWN_RESULT).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0", detail=BLOCKING)
    script.done("c0", "c0.r0", Outcome("refused")).wait("c0", "c0.r0").begin("a#1", "c0.r0").passes(1)
    script.end("a#1", "c0.r0", ending).done("c0", "c0.r0", ending).settle()
    assert script.judged("D4").verdict == "pass"


def test_d4_lets_a_reply_be_read_that_failed_meanwhile() -> None:
    """Between the ask and the look the handler may have raised on another loop: its error is no wrong refusal."""
    failed = Outcome("error", error=Err("ValueError", "g"))
    script = Script(OWN_RESULT).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0", detail=BLOCKING)
    script.turn("a#1", "c0.r0", failed).done("c0", "c0.r0", failed).settle()
    assert script.judged("D4").violation is None


def test_d4_falls_on_a_plain_thread_that_is_refused() -> None:
    """Refusing a plain thread is as wrong as not refusing a loop's."""
    script = whole_chain()
    script.events[-2] = Script(CHAIN).done("c0", "c0.r0", Outcome("refused")).events[0]
    assert_falls(script.judged("D4"), "f(g(10))", "refuses to block")
    assert list(fallen(script)) == ["D4"]


# ---------------------------------------------------------------- D3


CYCLE = program(
    actor("a", 0, Ask("b", Msg())),
    actor("b", 1, Ask("a", Msg())),
    thread("c0", AskOp("r0", "a", 10), Result("r0")),
)


def cycle() -> Script:
    """a waits for b, which waits for a."""
    return chain(CYCLE).ask("b#1", "b#1.1", "a", 10).wait("b#1", "b#1.1")


def test_d3_falls_on_a_cycle_that_hangs() -> None:
    """A cycle of asks that hangs violates D3 alone, and is named."""
    script = cycle()
    assert_falls(
        script.judged("D3", "deadlock"), "a -> b -> a", "a has not begun it: it is busy with a#1", "for ever"
    )
    assert list(fallen(script, "deadlock")) == ["D3"]
    assert script.judged("D1", "deadlock").blocked_by == "D3"


def test_d3_falls_on_a_cycle_through_a_reply_that_was_returned_unawaited() -> None:
    """An actor that returned an un-awaited reply may be kept until it is there, and so be part of a cycle."""
    deferring = program(actor("a", 0, Deferred(Ask("b", Msg()))), *CYCLE.actors[1:], *CYCLE.clients)
    script = Script(deferring).ask("c0", "c0.r0", "a", 10).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.ask("a#1", "a#1.1", "b", 10).end("a#1", "c0.r0", None, detail="deferred a#1.1")
    script.begin("b#1", "a#1.1").ask("b#1", "b#1.1", "a", 10).wait("b#1", "b#1.1")
    assert_falls(script.judged("D3", "deadlock"), "a -> b -> a", "un-awaited reply a#1.1", "busy with a#1")
    assert list(fallen(script, "deadlock")) == ["D3"]


def test_d3_passes_on_a_cycle_that_is_refused() -> None:
    """The ask that closes the cycle fails, and its asker with it."""
    script = cycle().done("b#1", "b#1.1", Outcome("cycle")).end("b#1", "a#1.1", Outcome("cycle"))
    script.done("a#1", "a#1.1", Outcome("cycle")).end("a#1", "c0.r0", Outcome("cycle"))
    script.done("c0", "c0.r0", Outcome("cycle")).settle()
    assert script.judged("D3").verdict == "pass"
    assert list(fallen(script)) == []


def test_d3_falls_on_a_cycle_error_where_there_is_none() -> None:
    """A cycle error for an ask that closes no cycle violates D3 alone."""
    script = chain().done("a#1", "a#1.1", Outcome("cycle", detail="b waits for b"))
    script.end("a#1", "c0.r0", Outcome("cycle")).done("c0", "c0.r0", Outcome("cycle"))
    script.end("b#1", "a#1.1", gives(term("g", 10))).settle()
    assert_falls(script.judged("D3"), "this ask closes no cycle", "a cycle error", "a#1.1 = ask b(10)")
    assert list(fallen(script)) == ["D3"]


def test_d3_is_not_asked_of_one_who_claims_nothing_but_shows_if_it_hangs() -> None:
    """Without the claim to refuse cycles D3 is unsupported; a program that hangs in one falls it all the same."""
    silent = EVERYTHING - {"cycles-refused"}
    assert whole_chain(CHAIN, silent).judged("D3").verdict == "unsupported"
    hanging = chain(CYCLE, silent).ask("b#1", "b#1.1", "a", 10).wait("b#1", "b#1.1")
    assert hanging.judged("D3", "deadlock").verdict == "fail"


def test_d3_is_reached_by_a_turn_that_its_own_actor_waits_for() -> None:
    """A reentrant actor that takes the message of its own ask has shown what D3 asks."""
    reentrant = EVERYTHING - {"cycles-refused"} | {"reentrant"}
    script = cycle()
    script.capabilities = reentrant | {"cycles-refused"}
    script.begin("a#2", "b#1.1")
    assert script.judged("D3", "done").verdict == "pass"


def test_an_ask_that_a_try_catches_may_hide_a_cycle_error() -> None:
    """A handler may recover from the cycle error: what it then answers is no wrong answer."""
    recovering = program(
        actor("a", 0, Try(Ask("b", Msg()), Const("none"))), *CYCLE.actors[1:], *CYCLE.clients
    )
    script = Script(recovering).ask("c0", "c0.r0", "a", 10).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.ask("a#1", "a#1.1", "b", 10).wait("a#1", "a#1.1").begin("b#1", "a#1.1")
    script.ask("b#1", "b#1.1", "a", 10).wait("b#1", "b#1.1").done("b#1", "b#1.1", Outcome("cycle"))
    script.end("b#1", "a#1.1", Outcome("cycle")).done("a#1", "a#1.1", Outcome("cycle"))
    script.end("a#1", "c0.r0", gives("none")).done("c0", "c0.r0", gives("none")).settle()
    assert list(fallen(script)) == []


# ---------------------------------------------------------------- all of them


def test_an_execution_that_did_not_end_by_itself_is_inconclusive() -> None:
    """At the step limit, or after an error of the engine's, no clause is judged."""
    for ending in ("steps", "error"):
        assert {one.verdict for one in judge_all(chain().case(ending)).values()} == {"inconclusive"}


def test_a_hang_always_falls_some_clause() -> None:
    """Whatever its root, a hang is reported by a clause of chapter D or by A2 or A4."""
    awaiting = Client("c1", "loop", (AskOp("r0", "a", 10), Await("r0")))
    scripts = [lost_message(), lost_wakeup(), forgotten_turn(), blocked_own_loop(), cycle()]
    scripts.append(Script(program(*CHAIN.actors, awaiting)).ask("c1", "c1.r0", "a", 10).wait("c1", "c1.r0"))
    stopped = lost_message()
    stopped.events.insert(4, Script(CHAIN).add("stop", "c0", actor="b").events[0])
    cancelled = lost_message()
    cancelled.add("cancel", "c0", op="c0.r0")
    failed = chain().end("b#1", "a#1.1", fails("KeyError", "k"))
    for script in (*scripts, stopped, cancelled, failed):
        assert fallen(script, "deadlock")
