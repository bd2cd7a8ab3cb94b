"""Clauses L1 to L7: each falls on a history that violates it, and alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.clauses.script import (
    CHAIN,
    Script,
    actor,
    assert_falls,
    fails,
    fallen,
    gives,
    program,
    term,
    thread,
    whole_chain,
)

from askance.history import Deadlock, Outcome, Waiting
from askance.program import (
    Apply,
    Ask,
    AskOp,
    Err,
    Msg,
    Raise,
    Result,
    Settle,
    Sleep,
    Spawn,
    Stop,
    StopOp,
    StopSelf,
    TellOp,
)

STOPPED = Outcome("stopped")

AFTERWARDS = program(
    actor("a", 0, Apply("f", (Msg(),))),
    thread("c0", StopOp("a"), Settle(), AskOp("r0", "a", 1), Result("r0"), TellOp("a", 2)),
)


def stopped() -> Script:
    """a has been stopped, and nothing moves any more."""
    return Script(AFTERWARDS).add("stop", "c0", actor="a").settle()


# ---------------------------------------------------------------- L1


def test_l1_falls_on_a_stopped_actor_that_answers() -> None:
    """A message that is handled by an actor which had stopped before it was sent violates L1 alone."""
    script = (
        stopped().ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").turn("a#1", "c0.r0", gives(term("f", 1)))
    )
    script.done("c0", "c0.r0", gives(term("f", 1))).settle()
    assert_falls(script.judged("L1"), "a had stopped when it was sent", "a handled it, in a#1")
    assert list(fallen(script)) == ["L1"]


def test_l1_passes_on_an_ask_that_fails_at_once() -> None:
    """An ask that fails because the actor has stopped satisfies L1."""
    script = stopped().ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").done("c0", "c0.r0", STOPPED).settle()
    assert script.judged("L1").verdict == "pass"


def test_l1_falls_on_an_ask_that_hangs_or_takes_its_time() -> None:
    """An ask of a stopped actor that waits, for ever or for seconds, violates L1 alone."""
    waiting = stopped().ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0")
    assert_falls(waiting.judged("L1", "deadlock"), "fails at once", "c0 waits for c0.r0 for ever")
    assert list(fallen(waiting, "deadlock")) == ["L1"]
    waiting.passes(2).done("c0", "c0.r0", STOPPED).settle()
    assert_falls(waiting.judged("L1"), "c0.r0 = ask a(1) fails at once", "it took 2 seconds")


def test_l1_falls_on_a_tell_that_goes_nowhere_in_silence() -> None:
    """A tell to a stopped actor that returns as if all were well violates L1 alone."""
    script = stopped().tell("c0", "c0.1", "a", 2)
    assert_falls(script.settle().judged("L1"), "c0.1 = tell a(2) raises", "the message went nowhere")
    assert list(fallen(script)) == ["L1"]
    script = stopped().tell("c0", "c0.1", "a", 2)
    script.add("done", "c0", actor="a", message="c0.1", detail="tell", outcome=STOPPED).settle()
    assert script.judged("L1").verdict == "pass"


# ---------------------------------------------------------------- L2

MEANWHILE = program(
    actor("a", 0, Apply("f", (Msg(),))),
    actor("b", 0, Msg()),
    thread("c0", AskOp("r0", "a", 1), Result("r0")),
    thread("c1", StopOp("a")),
)


def stopped_meanwhile() -> Script:
    """a is stopped while c0's ask is in its mailbox; its loop goes on."""
    script = Script(MEANWHILE).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").add("stop", "c1", actor="a")
    return script.tell("c1", "c1.0", "b", 2).turn("b#1", "c1.0", gives(2))


def test_l2_falls_on_a_pending_ask_that_hangs() -> None:
    """An ask in the mailbox of an actor that stops, which nobody answers or fails, violates L2 alone."""
    script = stopped_meanwhile()
    assert_falls(script.judged("L2", "deadlock"), "or fails because its actor stopped", "a was stopped")
    assert list(fallen(script, "deadlock")) == ["L2"]
    script.done("c0", "c0.r0", STOPPED).settle()
    assert script.judged("L2").verdict == "pass"


def test_l2_falls_on_another_error() -> None:
    """An ask that fails otherwise than the adapter declares, because its actor stopped, violates L2 alone."""
    script = stopped_meanwhile().done("c0", "c0.r0", Outcome("error", detail="queue.ShutDown")).settle()
    assert_falls(script.judged("L2"), "f(1) or raises ActorStopped", "queue.ShutDown")
    assert list(fallen(script)) == ["L2"]


# ---------------------------------------------------------------- L3


def test_l3_falls_on_a_second_stop_that_raises() -> None:
    """Stopping an actor again, or from its own handler, must not raise."""
    twice = stopped().add("stop", "c0", actor="a")
    assert twice.settle().judged("L3").verdict == "pass"
    twice.add("done", "c0", actor="a", detail="stop", outcome=STOPPED)
    assert_falls(twice.judged("L3"), "c0 stops a, again", "raises ActorStopped")
    assert list(fallen(twice)) == ["L3"]
    own = program(actor("a", 0, StopSelf(Msg())), thread("c0", TellOp("a", 1)))
    script = Script(own).tell("c0", "c0.0", "a", 1).begin("a#1", "c0.0").add("stop", "a#1", actor="a")
    failed = Outcome("error", detail="RuntimeError: cannot join current thread")
    script.add("done", "a#1", actor="a", detail="stop", outcome=failed)
    assert_falls(script.settle().judged("L3"), "from its own handler", "cannot join current thread")


OWN_STOP = program(
    actor("a", 0, StopSelf(Apply("f", (Msg(),)))), thread("c0", AskOp("r0", "a", 1), Result("r0"))
)


def test_l3_falls_on_a_handler_whose_own_stop_costs_its_answer() -> None:
    """An asker that gets nothing, or something else, from a turn that stopped its own actor: L3, not A1 or D1."""
    script = Script(OWN_STOP).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.add("stop", "a#1", actor="a").end("a#1", "c0.r0", gives(term("f", 1)))
    assert_falls(script.judged("L3", "deadlock"), "though its own handler stops the actor", "for ever")
    assert list(fallen(script, "deadlock")) == ["L3"]
    script.done("c0", "c0.r0", gives(None)).settle()
    assert_falls(script.judged("L3"), "c0.r0: f(1)", "c0.r0: None")
    assert list(fallen(script)) == ["L3"]


def test_l2_falls_on_an_answer_that_is_lost_because_another_stops_the_actor() -> None:
    """An answer that does not come from a turn in the course of which somebody stopped the actor violates L2 alone."""
    script = Script(MEANWHILE).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.add("stop", "c1", actor="a").end("a#1", "c0.r0", gives(term("f", 1)))
    assert list(fallen(script, "deadlock")) == ["L2"]


# ---------------------------------------------------------------- L4


def test_l4_falls_on_what_is_left_after_closing() -> None:
    """A thread, loop or task that is left when all is over violates L4 alone."""
    script = whole_chain().add("closed")
    assert script.judged("L4").verdict == "untested"
    script.add("leaked", detail="task Task-3 is pending on loop 1").add(
        "leaked", detail="loop 1 is not closed"
    )
    assert_falls(script.judged("L4"), "Task-3 is pending", "loop 1 is not closed")
    assert list(fallen(script)) == ["L4"]


def test_l4_falls_on_an_exception_that_nobody_heard() -> None:
    """An unretrieved exception violates L4; a report that a told handler failed does not."""
    script = (
        whole_chain()
        .add("uncaught", detail="Task exception was never retrieved: KeyError('x')")
        .add("closed")
    )
    assert_falls(script.judged("L4"), "never retrieved")
    assert list(fallen(script)) == ["L4"]
    failing = program(actor("a", 0, Raise(Err("KeyError", "x"))), thread("c0", TellOp("a", 1)))
    script = Script(failing).tell("c0", "c0.0", "a", 1).turn("a#1", "c0.0", fails("KeyError", "x")).settle()
    script.add("uncaught", detail="actor a failed: KeyError('x')").add("closed")
    assert script.judged("L4").verdict == "untested"


# ---------------------------------------------------------------- L5

SPAWNING = program(
    actor("a", 0, Spawn(Apply("g", (Msg(),)), 1, Msg())), thread("c0", AskOp("r0", "a", 1), Result("r0"))
)


def spawning() -> Script:
    """a spawns an actor and asks it."""
    script = Script(SPAWNING).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    script.add("spawn", "a#1", actor="a#1/1")
    script.homes["a#1/1"] = ("strand-1", 1)
    return script.ask("a#1", "a#1.1", "a#1/1", 1).wait("a#1", "a#1.1")


def spawned(got: Outcome) -> Script:
    """The spawned actor answers, and its spawner gets this."""
    script = spawning().begin("a#1/1#1", "a#1.1", strand="strand-1", loop=1)
    script.end("a#1/1#1", "a#1.1", gives(term("g", 1)), strand="strand-1", loop=1)
    answer = got if got.kind == "value" else fails("KeyError")
    return script.done("a#1", "a#1.1", got).end("a#1", "c0.r0", answer).done("c0", "c0.r0", answer).settle()


def test_l5_falls_on_a_spawned_actor_that_is_not_heard() -> None:
    """A spawned actor whose answer does not reach its spawner, in time or as it is, violates L5."""
    assert spawned(gives(term("g", 1))).judged("L5").verdict == "pass"
    assert_falls(spawned(gives(None)).judged("L5"), "a#1.1: g(1), as a#1/1#1 did", "a#1.1: None")
    hanging = spawning().add("apply", "c0", op="c0.x", strand="strand-1")
    hanging.program = replace(
        SPAWNING, actors=(*SPAWNING.actors, actor("z", 1, Msg())), clients=(*SPAWNING.clients, thread("c1"))
    )
    assert hanging.judged("L5", "deadlock").verdict in ("fail", "blocked")


def test_l5_falls_on_a_spawned_actor_that_is_said_to_have_stopped() -> None:
    """Nobody has a reference to it but its spawner, which only asked it."""
    script = spawning().done("a#1", "a#1.1", STOPPED).end("a#1", "c0.r0", STOPPED)
    script.done("c0", "c0.r0", STOPPED).settle()
    assert_falls(script.judged("L5"), "nobody stops it", "a#1.1: raises ActorStopped")


PASSING_ON = program(
    actor("a", 0, Spawn(Ask("b", Msg()), 1, Msg())),
    actor("b", 1, Msg()),
    thread("c0", StopOp("b"), Settle(), AskOp("r0", "a", 1), Result("r0")),
)


@pytest.mark.parametrize("deferred", [False, True])
def test_l5_lets_a_spawned_actor_pass_on_that_another_has_stopped(deferred: bool) -> None:
    """It asks b, which has stopped: waiting for that reply, or returning it as it is."""
    script = Script(PASSING_ON).add("stop", "c0", actor="b").settle().ask("c0", "c0.r0", "a", 1)
    script.wait("c0", "c0.r0").begin("a#1", "c0.r0").add("spawn", "a#1", actor="a#1/1")
    script.homes["a#1/1"] = ("strand-1", 1)
    script.ask("a#1", "a#1.1", "a#1/1", 1).wait("a#1", "a#1.1").begin("a#1/1#1", "a#1.1")
    script.ask("a#1/1#1", "a#1/1#1.1", "b", 1)
    if deferred:
        script.end("a#1/1#1", "a#1.1", None, detail="deferred a#1/1#1.1")
    else:
        script.wait("a#1/1#1", "a#1/1#1.1").done("a#1/1#1", "a#1/1#1.1", STOPPED)
        script.end("a#1/1#1", "a#1.1", STOPPED)
    script.done("a#1", "a#1.1", STOPPED).end("a#1", "c0.r0", STOPPED).done("c0", "c0.r0", STOPPED).settle()
    assert script.judged("L5").verdict == "pass"
    assert fallen(script) == {}


def test_l5_falls_on_a_handler_that_cannot_spawn() -> None:
    """A turn that fails with the library's own error where it spawned violates L5."""
    script = Script(SPAWNING).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0").begin("a#1", "c0.r0")
    failed = Outcome("error", detail="RuntimeError: not from a running loop")
    script.add("spawn", "a#1", actor="a#1/1").end("a#1", "c0.r0", failed).done("c0", "c0.r0", failed).settle()
    assert_falls(script.judged("L5"), "a#1 spawns a#1/1 and asks it", "not from a running loop")


# ---------------------------------------------------------------- L6

FAILING = program(
    actor("a", 0, Raise(Err("KeyError", "x"))),
    actor("b", 0, Msg()),
    thread("c0", AskOp("r0", "a", 1), Result("r0"), AskOp("r1", "a", 2), Result("r1")),
)


def failed() -> Script:
    """a's handler has failed, its asker knows, and asks again; the loop goes on."""
    script = Script(FAILING).ask("c0", "c0.r0", "a", 1).wait("c0", "c0.r0")
    script.turn("a#1", "c0.r0", fails("KeyError", "x")).done("c0", "c0.r0", fails("KeyError", "x"))
    script.ask("c0", "c0.r1", "a", 2).wait("c0", "c0.r1").tell("c0", "c0.9", "b", 3)
    return script.turn("b#1", "c0.9", gives(3))


def test_l6_falls_on_an_actor_that_a_failure_ended() -> None:
    """An actor that handles nothing more since its handler failed, while its loop goes on, violates L6 alone."""
    assert_falls(
        failed().judged("L6", "deadlock"), "a failing handler does not end its actor", "c0.r1 for ever"
    )
    assert list(fallen(failed(), "deadlock")) == ["L6"]
    script = failed().done("c0", "c0.r1", STOPPED).settle()
    assert_falls(script.judged("L6"), "c0.r1: raises KeyError('x')", "ActorStopped")
    assert list(fallen(script)) == ["L6"]
    script = failed().turn("a#2", "c0.r1", fails("KeyError", "x")).done("c0", "c0.r1", fails("KeyError", "x"))
    assert script.settle().judged("L6").verdict == "pass"


def test_l6_falls_on_an_actor_whose_thread_a_failure_ended() -> None:
    """Another turn that waits for it does not hold what must run it, as it may (D2) where the thread goes on."""
    asking = program(
        actor("a", 0, Ask("b", Msg())),
        actor("b", 1, Raise(Err("KeyError", "x"))),
        thread("c0", AskOp("r0", "b", 1), AskOp("r1", "a", 2), Result("r1")),
    )
    script = Script(asking, frozenset({"result"})).ask("c0", "c0.r0", "b", 1)
    script.turn("b#1", "c0.r0", fails("KeyError", "x"))
    script.ask("c0", "c0.r1", "a", 2).wait("c0", "c0.r1").begin("a#1", "c0.r1")
    script.ask("a#1", "a#1.1", "b", 2).wait("a#1", "a#1.1")
    assert list(fallen(script, "deadlock")) == ["D2"]
    script.add("uncaught", detail="strand-1: KeyError: x", strand="strand-1")
    assert_falls(script.judged("L6", "deadlock"), "b#1, let an exception end its thread")
    assert list(fallen(script, "deadlock")) == ["L6"]


def test_l6_leaves_a_loop_that_sleeps_to_d1() -> None:
    """Where nothing happened on the loop since the message was sent, the loop was not woken."""
    script = failed()
    script.events = script.events[:-2]
    assert list(fallen(script, "deadlock")) == ["D1"]


def test_l6_falls_on_a_loop_that_a_failure_ended() -> None:
    """Where the last turn raised SystemExit, a loop on which nothing happens any more has ended, and is not asleep."""
    exiting = program(
        actor("a", 0, Raise(Err("SystemExit", 1))), thread("c0", AskOp("r0", "a", 1), TellOp("a", 2))
    )
    script = Script(exiting).ask("c0", "c0.r0", "a", 1).turn("a#1", "c0.r0", fails("SystemExit", 1))
    assert list(fallen(script.tell("c0", "c0.1", "a", 2).settle())) == ["L6"]


def test_l6_lets_an_adapter_declare_that_failure_ends_an_actor() -> None:
    """Then the asker must be told that the actor has stopped (L1, L2), and no more."""
    script = failed().done("c0", "c0.r1", STOPPED).settle()
    assert script.judged("L6", failing_handler_ends_actor=True).verdict != "fail"


# ---------------------------------------------------------------- L7


def test_l7_falls_on_a_close_that_never_returns() -> None:
    """A system that does not close when every client is done violates L7 alone."""
    script = Script(CHAIN).add("client-begin", "c0").add("client-end", "c0").settle()
    deadlock = Deadlock(
        (Waiting("", "strand 'main'", "the end of strand 'loop-0'", "library.py:9 in close"),)
    )
    judgement = script.judged("L7", "deadlock", deadlock=deadlock)
    assert_falls(judgement, "closing the system returns", "it never returned", "library.py:9 in close")
    assert list(fallen(script, "deadlock")) == ["L7"]


def test_l7_falls_on_a_close_or_stop_that_waits() -> None:
    """A close, or a stop, that takes seconds while nothing else does violates L7 alone."""
    late = whole_chain().passes(5).add("closed")
    assert_falls(late.judged("L7"), "closes at once", "it closed in second 5")
    assert list(fallen(late)) == ["L7"]
    sleeping = program(actor("a", 0, Sleep(3, Msg())), thread("c0", TellOp("a", 1), StopOp("a")))
    script = Script(sleeping).tell("c0", "c0.0", "a", 1).begin("a#1", "c0.0").add("stop", "c0", actor="a")
    script.passes(3).end("a#1", "c0.0", gives(1)).add("client-end", "c0").settle()
    assert_falls(script.judged("L7"), "c0 asks a to stop in second 0, and goes on at once", "in second 3")
    assert script.judged("L7", timers_raced=True).verdict != "fail"


def at_work() -> Script:
    """a sleeps over a message that it was told, and the system begins to close."""
    sleeping = program(actor("a", 0, Sleep(3, Msg())), thread("c0", TellOp("a", 1)))
    script = Script(sleeping).add("client-begin", "c0").tell("c0", "c0.0", "a", 1).begin("a#1", "c0.0")
    return script.add("client-end", "c0").add("closing")


def test_l4_and_l7_pass_where_actors_were_at_work() -> None:
    """What turns do once the system closes is no matter, nor how long they take; idle actors say nothing."""
    script = at_work().passes(3).end("a#1", "c0.0", Outcome("cancelled")).add("closed")
    assert script.judged("L4").verdict == script.judged("L7").verdict == "pass"
    assert list(fallen(script)) == []
    idle = whole_chain().add("closed")
    assert idle.judged("L4").verdict == idle.judged("L7").verdict == "untested"


def test_l7_falls_on_a_close_that_waits_for_a_handler_for_ever() -> None:
    """A close that never returns, while a turn goes on that nobody will end, violates L7 alone."""
    kit = Waiting("a#1", "strand 'loop-0'", "a#1.1 (the ask to b)", "")
    deadlock = Deadlock((Waiting("", "strand 'main'", "an Event", "library.py:9 in close"), kit))
    judgement = at_work().judged("L7", "deadlock", deadlock=deadlock)
    assert_falls(judgement, "it never returned", "library.py:9")
    assert judgement.violation is not None
    assert judgement.violation.detail.endswith("\na#1 waits for a#1.1 (the ask to b)")
    assert list(fallen(at_work(), "deadlock", deadlock=deadlock)) == ["L7"]


def test_l7_falls_on_a_handler_that_blocks_in_stopping_another() -> None:
    """A stop that waits on the thread of a loop violates L7, one of the own actor L3, and neither D4."""
    stopping = program(
        actor("a", 0, Stop("b", Msg())),
        actor("b", 0, StopSelf(Msg())),
        thread("c0", AskOp("r0", "a", 1), Result("r0")),
    )
    for stopper, clause in (("a", "L7"), ("b", "L3")):
        script = (
            Script(stopping).ask("c0", "c0.r0", stopper, 1).wait("c0", "c0.r0").begin(f"{stopper}#1", "c0.r0")
        )
        script.add("stop", f"{stopper}#1", actor="b").add("loop-blocked", f"{stopper}#1", detail="in stop")
        assert list(fallen(script, "deadlock")) == [clause]
