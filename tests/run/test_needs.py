"""What a program needs of an implementation is known before it runs."""

from __future__ import annotations

from typing import Any

import pytest
from tests.run.libraries import Loops, Threads, actor, program, scene

from askance.program import (
    Ask,
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    Const,
    Deferred,
    Err,
    Expression,
    Gather,
    GatherOp,
    Msg,
    Operation,
    Program,
    Raise,
    Result,
    Spawn,
    Stop,
    StopOp,
    StopSelf,
    Tell,
    Then,
    Try,
    Within,
)
from askance.run import ask_cycle, lacking, needs, uses

ASK = Ask("b", Msg())


@pytest.mark.parametrize(
    ("behaviour", "capabilities"),
    [
        (Msg(), set()),
        (ASK, set()),
        (Deferred(ASK), {"deferred"}),
        (Within(1, ASK, Const(0)), {"timeout"}),
        (Spawn(Msg(), 0, Msg()), {"spawn"}),
        (Spawn(Deferred(ASK), 0, Msg()), {"spawn", "deferred"}),
        (Stop("b", Msg()), {"stop"}),
        (Try(StopSelf(Msg()), Msg()), {"stop"}),
        (Ask("a", Msg()), {"cycles-refused"}),
    ],
)
def test_behaviour_needs(behaviour: Expression, capabilities: set[str]) -> None:
    """An expression anywhere in a behaviour brings its capability."""
    client = Client("c0", "thread", ())
    assert needs(Program(1, (actor("a", behaviour), actor("b", Msg())), (client,))) == capabilities


@pytest.mark.parametrize(
    ("where", "operation", "capabilities"),
    [
        ("thread", Result("r0"), {"result"}),
        ("loop", Await("r0"), {"await"}),
        ("loop", Result("r0"), {"result", "blocking-refused"}),
        (0, Await("r0"), {"await", "loops", "async-handlers"}),
        ("thread", Cancel("r0"), {"cancel"}),
        ("thread", StopOp("a"), {"stop"}),
    ],
)
def test_client_needs(where: Any, operation: Operation, capabilities: set[str]) -> None:
    """A client's place and operations bring their capabilities."""
    assert (
        needs(program(actor("a", Msg()), operations=(AskOp("r0", "a", 1), operation), where=where))
        == capabilities
    )


def test_operators_are_used_but_not_needed() -> None:
    """A program that composes runs without the library's own operators, but it does use them."""
    composing = program(
        actor("a", Then(ASK, "f")),
        actor("b", Msg()),
        operations=(AskOp("r0", "a", 1), Compose("r1", "r0", "g")),
    )
    gathering = program(
        actor("a", Gather((ASK,))),
        actor("b", Msg()),
        operations=(AskOp("r0", "a", 1), GatherOp("r1", ("r0",))),
    )
    assert (needs(composing), uses(composing)) == (frozenset(), {"then"})
    assert (needs(gathering), uses(gathering)) == (frozenset(), {"gather"})


def test_cycle_of_asks_is_named() -> None:
    """The first cycle is found through every kind of ask; a tell closes none."""
    a = actor("a", Gather((Ask("b", Msg()), Ask("c", Msg()))))
    b = actor("b", Tell("a", Msg(), Msg()))
    c = actor("c", Spawn(Then(Ask("d", Msg()), "f"), 0, Msg()))
    d = actor("d", Within(1, Ask("c", Msg()), Const(0)))
    assert ask_cycle(Program(1, (a, b, c, d))) == ("c", "d")
    assert ask_cycle(Program(1, (a, b, c, actor("d", Msg())))) == ()


def test_lacking_capability_is_said() -> None:
    """Each reason is a sentence that names what is lacking and the adapter."""
    client = program(actor("a", Stop("a", Ask("a", Msg()))), where=0)
    assert lacking(client, Threads()) == (
        'it needs "async-handlers", which threads does not declare',
        'it needs "cycles-refused", which threads does not declare',
        'it needs "loops", which threads does not declare',
    )
    assert lacking(scene(actor("a", Msg())), Threads()) == ()


def test_handlers_that_ask_must_be_able_to_wait() -> None:
    """A program whose handlers ask needs the way of waiting that the adapter's kind of handler has."""

    class Unawaitable(Loops):
        capabilities = Loops.capabilities - {"await"}

    asking = scene(actor("a", ASK), actor("b", Msg()))
    assert lacking(asking, Unawaitable()) == (
        'its handlers ask, which takes "await" in the handlers of loops',
    )
    assert lacking(asking, Loops()) == ()


def test_stop_iteration_cannot_leave_a_coroutine() -> None:
    """A program that raises StopIteration runs only where neither handlers nor clients are coroutines."""
    raising = scene(actor("a", Raise(Err("StopIteration", 1))))
    assert lacking(raising, Loops()) == ("it raises StopIteration, which cannot leave a coroutine (PEP 479)",)
    assert lacking(raising, Threads()) == ()
    awaiting = program(actor("a", Raise(Err("StopIteration", 1))), where="loop")
    assert lacking(awaiting, Threads()) == lacking(raising, Loops())
