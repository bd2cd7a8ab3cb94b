"""What actors that keep a state may answer: exact where nothing races, all orders where something does."""

from __future__ import annotations

import pytest

from askance.adapter import CAPABILITIES
from askance.history import Outcome
from askance.meaning import Anything, Meaning, meaning
from askance.meaning.states import is_sequential, keeps_state, transition
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Cancel,
    Client,
    Const,
    Err,
    Expression,
    Fail,
    Msg,
    Operation,
    Program,
    Raise,
    Result,
    Settle,
    Sleep,
    State,
    StopOp,
    TellOp,
    Term,
    Try,
    Update,
    Value,
)

U = Update("f", Msg())
ASKED = (AskOp("r0", "a", 1), Result("r0"))


def f(*args: Value) -> Term:
    """A term of f."""
    return Term("f", args)


def means(behaviour: Expression, *clients: tuple[Operation, ...], others: tuple[Actor, ...] = ()) -> Meaning:
    """The meaning of clients c0, c1, ... on threads, and of actor a."""
    parts = tuple(Client(f"c{at}", "thread", operations) for at, operations in enumerate(clients))
    program = Program(1, (Actor("a", 0, behaviour), *others), parts)
    return meaning(program, frozenset(CAPABILITIES) - {"reentrant"})


def values(denoted: Meaning, reply: str) -> set[Value]:
    """The values that the reply may have; nothing else is possible."""
    outcomes = denoted.operations[reply]
    assert outcomes and all(outcome.kind == "value" for outcome in outcomes)
    return {outcome.value for outcome in outcomes}


@pytest.mark.parametrize(
    ("behaviour", "outcome", "state"),
    [
        (State(), Outcome("value", 0), 0),
        (U, Outcome("value", f(0, 1)), f(0, 1)),
        (Apply("g", (State(), U, State())), Outcome("value", Term("g", (0, f(0, 1), f(0, 1)))), f(0, 1)),
        (Update("f", Update("f", Msg())), Outcome("value", f(0, f(0, 1))), f(0, f(0, 1))),
        (Apply("g", (U, Raise(Err("Boom")))), Outcome("error", error=Err("Boom")), f(0, 1)),
        (Try(Apply("g", (U, Raise(Err("Boom")))), State()), Outcome("value", f(0, 1)), f(0, 1)),
        (Try(Raise(Err("SystemExit")), State()), Outcome("error", error=Err("SystemExit")), 0),
        (Fail("Boom", U), Outcome("error", error=Err("Boom", f(0, 1))), f(0, 1)),
        (Fail("Boom", Update("f", Raise(Err("Boom")))), Outcome("error", error=Err("Boom")), 0),
        (Sleep(1, Const(None)), Outcome("value", None), 0),
    ],
)
def test_a_turn_is_one_step(behaviour: Expression, outcome: Outcome, state: Value) -> None:
    """From state 0 and message 1 to an outcome and a state, which a failure does not undo."""
    assert transition(behaviour, 1, 0) == (outcome, state)


def test_what_asks_others_is_no_single_step() -> None:
    """Such a turn is refused, and so is one that waits where turns interleave."""
    asking = Update("f", Ask("b", Msg()))
    assert keeps_state(asking) and not is_sequential(asking)
    with pytest.raises(ValueError, match="a turn of Ask depends on more"):
        transition(asking, 1, None)
    assert is_sequential(Sleep(1, U)) and not is_sequential(Sleep(1, U), waiting=False)
    assert not keeps_state(Msg())


def test_one_client_after_the_other_is_exact() -> None:
    """Each message finds the state that those before it left; a tell counts too."""
    denoted = means(U, (*ASKED, TellOp("a", 2), AskOp("r1", "a", 3), Result("r1")))
    assert values(denoted, "c0.r0") == {f(None, 1)}
    assert values(denoted, "c0.r1") == {f(f(f(None, 1), 2), 3)}


def test_two_clients_come_in_all_orders() -> None:
    """A race has a set of outcomes; a client's own messages keep their order."""
    denoted = means(U, ASKED, (AskOp("r0", "a", 2), AskOp("r1", "a", 3), Result("r1")))
    assert values(denoted, "c0.r0") == {f(None, 1), f(f(None, 2), 1), f(f(f(None, 2), 3), 1)}
    assert values(denoted, "c1.r0") == {f(None, 2), f(f(None, 1), 2)}


def test_a_barrier_ends_the_race() -> None:
    """What was sent before it has been handled."""
    denoted = means(U, (*ASKED, Settle()), (Settle(), AskOp("r0", "a", 2), Result("r0")))
    assert values(denoted, "c0.r0") == {f(None, 1)}
    assert values(denoted, "c1.r0") == {f(f(None, 1), 2)}


@pytest.mark.parametrize(
    ("clients", "others"),
    [
        ((ASKED, (StopOp("a"),)), ()),
        ((ASKED, (AskOp("r0", "a", 2), Cancel("r0"))), ()),
        ((ASKED, (AskOp("r0", "b", 2),)), (Actor("b", 0, Ask("a", Msg())),)),
        (([ASKED[0]] * 1 + [Result("r0")], *[tuple(TellOp("a", n) for n in range(9))] * 4), ()),
    ],
    ids=["stopped", "cancelled", "asked-by-an-actor", "too-many"],
)
def test_what_cannot_be_told_is_anything(
    clients: tuple[tuple[Operation, ...], ...], others: tuple[Actor, ...]
) -> None:
    """Then no answer is called wrong here."""
    denoted = means(U, *map(tuple, clients), others=others)
    assert isinstance(denoted.operations["c0.r0"], Anything)
