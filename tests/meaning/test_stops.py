"""What stopping and cancelling do to the outcomes of asks: nothing where it comes too late, else one more outcome."""

from __future__ import annotations

import pytest
from tests.meaning.programs import (
    CANCELLED,
    STOPPED,
    M,
    ask,
    asking,
    awaiting,
    call,
    f,
    meaning_of,
    outcomes,
    program,
    raises,
    value,
)

from askance.adapter import CAPABILITIES
from askance.meaning import meaning
from askance.program import (
    AskOp,
    Cancel,
    Compose,
    Const,
    Err,
    Expression,
    Gather,
    GatherOp,
    Operation,
    Raise,
    Result,
    Settle,
    Spawn,
    Stop,
    StopOp,
    StopSelf,
    Tell,
    TellOp,
    Try,
    Within,
)

A: dict[str, Expression] = {"a": call("f", M)}
STOP = StopOp("a")


@pytest.mark.parametrize(
    ("clients", "expected"),
    [
        ([(*asking("a"), STOP)], {value(f(1))}),
        ([(AskOp("r0", "a", 1), STOP, Result("r0"))], {value(f(1)), STOPPED}),
        ([(STOP, *asking("a"))], {value(f(1)), STOPPED}),
        ([asking("a"), (STOP,)], {value(f(1)), STOPPED}),
        ([(STOP, Settle(), *asking("a"))], {STOPPED}),
        ([(Settle(), *asking("a")), (STOP,)], {STOPPED}),
        ([asking("a"), (Settle(), STOP)], {value(f(1))}),
        ([(AskOp("r0", "a", 1), Compose("r1", "r0", "g"), Result("r1"), STOP)], {value(f(1))}),
        ([(AskOp("r0", "a", 1), GatherOp("r1", ("r0",)), Result("r1"), STOP)], {value(f(1)), STOPPED}),
    ],
    ids=[
        "waited before",
        "not waited before",
        "stopped first",
        "another client",
        "settled",
        "another client, settled",
        "a later phase",
        "waited through a composition",
        "a gather proves nothing",
    ],
)
def test_stop_by_a_client(clients: list[tuple[Operation, ...]], expected: set[object]) -> None:
    """An ask may be stopped if it races the stop, is stopped for certain after a barrier, and is not if it is over."""
    assert outcomes(A, *clients) == expected


def test_stop_by_a_turn() -> None:
    """A turn that stops an actor races the asks to it that are not over, whoever sent the turn's message."""
    actors: dict[str, Expression] = {**A, "b": Stop("a", M)}
    assert outcomes(actors, asking("a"), asking("b")) == {value(f(1)), STOPPED}
    assert outcomes(actors, asking("a", TellOp("b", 1))) == {value(f(1))}
    assert outcomes(actors, (TellOp("b", 1), *asking("a"))) == {value(f(1)), STOPPED}
    assert outcomes({**actors, "c": Tell("b", M, M)}, asking("a"), asking("c")) == {value(f(1)), STOPPED}


def test_stop_by_a_turn_is_certain_after_a_barrier() -> None:
    """What a turn stops for certain is stopped in the next phase; what it may stop may be."""
    later = (Settle(), AskOp("r1", "a", 1), Result("r1"))
    for behaviour in (Stop("a", M), call("f", Stop("a", M), M), Try(Stop("a", Raise(Err("Boom"))), M)):
        assert outcomes({**A, "b": behaviour}, asking("b", *later), reply="c0.r1") == {STOPPED}
    unsure = Try(Gather((ask("boom"),)), Stop("a", M))
    unsure_actors: dict[str, Expression] = {**A, "b": Within(1, ask("c"), M), "c": Stop("a", M)}
    assert outcomes(unsure_actors, asking("b", *later), reply="c0.r1") == {value(f(1)), STOPPED}
    certain: dict[str, Expression] = {**A, "b": unsure, "boom": Raise(Err("Boom"))}
    assert outcomes(certain, asking("b", *later), reply="c0.r1") == {STOPPED}
    never = {**certain, "boom": M}
    assert outcomes(never, asking("b", *later), reply="c0.r1") == {value(f(1)), STOPPED}


def test_a_gather_that_fails_may_cut_its_other_parts_short() -> None:
    """What a part of a failing gather would stop is stopped perhaps: the part may have been cancelled."""
    actors: dict[str, Expression] = {
        **A,
        "b": Try(Gather((ask("stops"), ask("boom"))), M),
        "stops": Stop("a", M),
        "boom": Raise(Err("Boom")),
    }
    later = (Settle(), AskOp("r1", "a", 1), Result("r1"))
    assert outcomes(actors, asking("b", *later), reply="c0.r1") == {value(f(1)), STOPPED}
    assert outcomes({**actors, "boom": M}, asking("b", *later), reply="c0.r1") == {STOPPED}


def test_stops_behind_a_possible_failure_are_not_certain() -> None:
    """What stands behind something that may fail, or that may not, is stopped perhaps."""
    actors: dict[str, Expression] = {**A, "stops": Stop("a", M), "boom": Raise(Err("Boom"))}
    later = (Settle(), AskOp("r1", "a", 1), Result("r1"))
    unsure = Within(1, ask("boom"), M)
    for behaviour in (
        Try(ask("stops", unsure), M),
        Try(call("f", unsure, Stop("a", M)), M),
        Try(unsure, Stop("a", M)),
    ):
        assert outcomes({**actors, "b": behaviour}, asking("b", *later), reply="c0.r1") == {
            value(f(1)),
            STOPPED,
        }


def test_stop_by_a_told_turn() -> None:
    """A tell whose turn stops an actor has stopped it after the barrier."""
    actors: dict[str, Expression] = {**A, "b": Stop("a", M)}
    assert outcomes(actors, (TellOp("b", 1), Settle(), *asking("a"))) == {STOPPED}


def test_stop_self_lets_the_turn_go_on() -> None:
    """The turn that stops its own actor gives its value; a later ask may be stopped, and is after a barrier."""
    actors: dict[str, Expression] = {"a": StopSelf(call("f", ask("b"))), "b": M}
    more = (AskOp("r1", "a", 1), Result("r1"))
    assert outcomes(actors, asking("a")) == {value(f(1))}
    assert outcomes(actors, asking("a", *more)) == {value(f(1))}
    assert outcomes(actors, asking("a", *more), reply="c0.r1") == {value(f(1)), STOPPED}
    assert outcomes(actors, asking("a", Settle(), *more), reply="c0.r1") == {STOPPED}
    assert outcomes(actors, asking("a"), asking("a")) == {value(f(1)), STOPPED}


def test_a_spawned_actor_stops_only_itself() -> None:
    """`StopSelf` in a spawned behaviour is the spawned actor's."""
    actors: dict[str, Expression] = {"a": Spawn(StopSelf(M), None, call("f", M))}
    assert outcomes(actors, asking("a"), asking("a")) == {value(f(1))}


def test_an_actor_stopped_while_it_waits() -> None:
    """A turn whose actor is stopped may see that in its own waits, and recover from it."""
    actors: dict[str, Expression] = {"a": Try(ask("b"), Const(0)), "b": M}
    assert outcomes(actors, asking("a"), (STOP,)) == {value(1), value(0), STOPPED}


def test_tell_to_a_stopped_actor() -> None:
    """A tell to an actor that is stopped is dropped, or fails."""
    actors: dict[str, Expression] = {**A, "b": Tell("a", M, M)}
    assert outcomes(actors, asking("b")) == {value(1)}
    assert outcomes(actors, asking("b"), (STOP,)) == {value(1), STOPPED}
    assert outcomes(actors, (STOP, Settle(), *asking("b"))) == {value(1), STOPPED}


def test_stopped_is_caught() -> None:
    """`Try` recovers from the error of an ask to a stopped actor."""
    actors: dict[str, Expression] = {**A, "b": Try(ask("a"), Const(0))}
    assert outcomes(actors, (STOP, Settle(), *asking("b"))) == {value(0)}


def test_other_actors_are_not_stopped() -> None:
    """A stop touches the asks that reach the stopped actor, and no others."""
    actors: dict[str, Expression] = {**A, "b": M, "c": call("f", ask("a"))}
    assert outcomes(actors, asking("b"), (STOP,)) == {value(1)}
    assert outcomes(actors, asking("c"), (STOP,)) == {value(f(f(1))), STOPPED}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ((AskOp("r0", "a", 1), Cancel("r0"), Result("r0")), {value(f(1)), CANCELLED}),
        ((AskOp("r0", "a", 1), Result("r0"), Cancel("r0")), {value(f(1))}),
        ((AskOp("r0", "a", 1), Settle(), Cancel("r0"), Result("r0")), {value(f(1))}),
        (
            (AskOp("r0", "a", 1), Compose("r1", "r0", "g"), Cancel("r1"), Result("r0")),
            {value(f(1)), CANCELLED},
        ),
        ((AskOp("r0", "a", 1), AskOp("r1", "a", 1), Cancel("r1"), Result("r0")), {value(f(1))}),
    ],
    ids=["before the wait", "after the wait", "after a barrier", "what it is made of", "another"],
)
def test_cancel(operations: tuple[Operation, ...], expected: set[object]) -> None:
    """A cancelled reply is cancelled or has its value; so has what it is made of, unless that is complete."""
    assert outcomes(A, operations) == expected


def test_cancelled_replies_cancel_what_is_composed_of_them() -> None:
    """A reply composed of a cancelled one may be cancelled too."""
    client = (AskOp("r0", "a", 1), AskOp("r1", "a", 2), GatherOp("r2", ("r0", "r1")), Cancel("r1"))
    found = meaning_of(A, client).operations
    assert found["c0.r0"] == {value(f(1))}
    assert found["c0.r1"] == {value(f(2)), CANCELLED}
    assert found["c0.r2"] == {value((f(1), f(2))), CANCELLED}


def test_a_cancelled_composition_of_a_complete_reply() -> None:
    """Cancelling what is composed of a complete reply leaves that reply as it is."""
    client = (*asking("a"), Compose("r1", "r0", "g"), Cancel("r1"))
    found = meaning_of(A, client).operations
    assert found["c0.r0"] == {value(f(1))}
    assert CANCELLED in found["c0.r1"]


def test_cancellation_stops_nothing_for_certain() -> None:
    """A turn that may be cancelled may not come to what it would stop."""
    client = (AskOp("r0", "b", 1), Cancel("r0"), Settle(), AskOp("r1", "a", 1))
    actors: dict[str, Expression] = {**A, "b": Stop("a", M)}
    assert outcomes(actors, client, reply="c0.r1") == {value(f(1)), STOPPED}


def test_turns_that_may_be_cancelled() -> None:
    """A turn may be cancelled where its ask may be, or somebody above gives up; elsewhere it may not."""
    actors: dict[str, Expression] = {"a": call("f", ask("b")), "b": M, "c": M}
    cancelled = meaning_of(actors, (AskOp("r0", "a", 1), Cancel("r0")), asking("c"))
    assert cancelled.turn("a", 1) == {value(f(1)), CANCELLED}
    assert cancelled.turn("b", 1) == {value(1), CANCELLED}
    assert cancelled.turn("c", 1) == {value(1)}


def test_actors_that_failing_ends() -> None:
    """Where a failing handler ends its actor, the asks after a failure may find it stopped."""
    actors: dict[str, Expression] = {"a": ask("b"), "b": Raise(Err("Boom")), "c": M}
    two = (*asking("a"), AskOp("r1", "a", 1), AskOp("r2", "c", 1))
    one = meaning(program(actors, two), frozenset(CAPABILITIES), failing_handler_ends_actor=True)
    assert one.operations["c0.r0"] == {raises("Boom")}
    assert one.operations["c0.r1"] == {raises("Boom"), STOPPED}
    assert one.operations["c0.r2"] == {value(1)}
    assert meaning_of(actors, two).operations["c0.r1"] == {raises("Boom")}


def test_actors_that_end_because_others_have() -> None:
    """An ask of a stopped actor fails, and so ends the asker where failures do; who tells that one fails in turn."""
    actors: dict[str, Expression] = {
        "a": Tell("b", M, call("f", M)),
        "b": ask("c"),
        "c": StopSelf(M),
        "d": Tell("e", M, M),
        "e": M,
    }
    asks = (*asking("b"), AskOp("r1", "b", 1), Result("r1"), AskOp("r2", "a", 1), AskOp("r3", "d", 1))
    found = meaning(program(actors, asks), frozenset(CAPABILITIES), failing_handler_ends_actor=True)
    assert found.operations["c0.r2"] == {value(f(1)), STOPPED}
    assert found.operations["c0.r3"] == {value(1)}
    assert STOPPED not in meaning_of(actors, asks).operations["c0.r2"]


def test_awaits_are_waits() -> None:
    """A client on a loop that has awaited an ask knows it to be over, as a thread does."""
    from askance.program import Actor, Client, Program

    here = Client("c0", "loop", (*awaiting("a"), STOP))
    found = meaning(Program(1, (Actor("a", 0, A["a"]),), (here,)), frozenset(CAPABILITIES))
    assert found.operations["c0.r0"] == {value(f(1))}
    blocking = Client("c0", "loop", (*asking("a"), STOP))
    found = meaning(Program(1, (Actor("a", 0, A["a"]),), (blocking,)), frozenset(CAPABILITIES))
    assert STOPPED in found.operations["c0.r0"]
