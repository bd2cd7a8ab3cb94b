"""What cannot be performed is refused with what and where; what can be performed is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from tests.meaning.strategies import programs

from askance.errors import ProgramError
from askance.program import (
    Actor,
    Apply,
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
    Fail,
    Gather,
    GatherOp,
    Msg,
    Operation,
    Program,
    Raise,
    Result,
    Settle,
    Sleep,
    SleepOp,
    Spawn,
    StopOp,
    StopSelf,
    Tell,
    TellOp,
    Term,
    Then,
    Try,
    Update,
    Within,
)
from askance.program_rules import validate

M = Msg()
DEFERRED = Deferred(Ask("b", M))
FIRST = "clients[0].operations[0]"
SECOND = "clients[0].operations[1]"
NOT_MADE = "the client has not made a reply 'r0' before this operation"
NOT_A_NAME = "must be a name of letters, digits, _ and -, not"
NO_AWAIT = "is a plain thread, which cannot await; use result, or put the client on a loop"
NO_VALUE = "must be None, a bool, int, str, term, error or tuple of these, not"
NOT_TAIL = "an un-awaited reply can only be what a turn returns; use ask here instead of defer"


def behaving(behaviour: Any) -> Program:
    """A program of two actors, the first with the behaviour."""
    return Program(2, (Actor("a", 0, behaviour), Actor("b", 1, M)))


def operating(*operations: Any, where: Any = "thread") -> Program:
    """A program of one client with the operations."""
    return Program(2, (Actor("a", 0, M),), (Client("c0", where, operations),))


def refusal(program: Program) -> str:
    """The message with which the program is refused."""
    with pytest.raises(ProgramError) as refused:
        validate(program)
    return str(refused.value)


@settings(deadline=None)
@given(programs())
def test_generated_programs_are_valid(program: Program) -> None:
    """Whatever the tests' strategies draw can be performed."""
    validate(program)


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (Ask("z", M), "actors[0].behaviour.actor: there is no actor 'z'; the actors are a, b"),
        (
            Apply("f", (M, Tell("z", M, M))),
            "actors[0].behaviour.args[1].actor: there is no actor 'z'; the actors are a, b",
        ),
        (Apply("f(", ()), "actors[0].behaviour.symbol: must be a name of letters, digits, _ and -, not 'f('"),
        (Apply("f", (DEFERRED,)), f"actors[0].behaviour.args[0]: {NOT_TAIL}"),
        (Ask("b", DEFERRED), f"actors[0].behaviour.message: {NOT_TAIL}"),
        (Try(DEFERRED, M), f"actors[0].behaviour.body: {NOT_TAIL}"),
        (Tell("b", DEFERRED, M), f"actors[0].behaviour.message: {NOT_TAIL}"),
        (Update("f", DEFERRED), f"actors[0].behaviour.argument: {NOT_TAIL}"),
        (Spawn(M, None, DEFERRED), f"actors[0].behaviour.message: {NOT_TAIL}"),
        (Gather(()), "actors[0].behaviour: a gather of nothing"),
        (Gather((M,)), "actors[0].behaviour.asks[0]: must be Ask, not Msg"),  # type: ignore[arg-type]
        (Then(M, "f"), "actors[0].behaviour.ask: must be an ask, not Msg"),  # type: ignore[arg-type]
        (Sleep(-1, M), "actors[0].behaviour.seconds must be a whole number, 0 or more, not -1"),
        (
            Within(True, Ask("b", M), M),
            "actors[0].behaviour.seconds must be a whole number, 0 or more, not True",
        ),
        (Spawn(M, 2, M), "actors[0].behaviour.loop: there is no loop 2; the loops are 0 to 1"),
        (Const(1.5), f"actors[0].behaviour.value: {NO_VALUE} float"),  # type: ignore[arg-type]
        (Const(Term("f g", ())), f"actors[0].behaviour.value.symbol: {NOT_A_NAME} 'f g'"),
        (None, "actors[0].behaviour: not an expression but NoneType"),
    ],
)  # fmt: skip
def test_behaviour(behaviour: Expression, message: str) -> None:
    """A behaviour that cannot be run is refused at its place."""
    assert refusal(behaving(behaviour)) == message


@pytest.mark.parametrize(
    "behaviour",
    [
        DEFERRED,
        Tell("b", M, DEFERRED),
        Sleep(0, DEFERRED),
        StopSelf(DEFERRED),
        Try(M, DEFERRED),
        Within(1, Ask("b", M), DEFERRED),
        Apply("f", (Spawn(DEFERRED, 0, M),)),
    ],
)
def test_deferred_in_tail_position(behaviour: Expression) -> None:
    """An un-awaited reply may be returned wherever nothing waits around it, from a spawned actor's turn too."""
    validate(behaving(behaviour))


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ([AskOp("r0", "z", 1)], "clients[0].operations[0].actor: there is no actor 'z'; the actors are a"),
        ([TellOp("z", 1)], "clients[0].operations[0].actor: there is no actor 'z'; the actors are a"),
        ([StopOp("c0")], "clients[0].operations[0].actor: there is no actor 'c0'; the actors are a"),
        ([Result("r0")], f"{FIRST}.reply: {NOT_MADE}"),
        ([Cancel("r0"), AskOp("r0", "a", 1)], f"{FIRST}.reply: {NOT_MADE}"),
        ([Compose("r0", "r0", "f")], f"{FIRST}.reply: {NOT_MADE}"),
        ([AskOp("r0", "a", 1), AskOp("r0", "a", 2)], f"{SECOND}.name: the client already has a reply 'r0'"),
        ([AskOp("r0", "a", 1), Await("r0")], f"{SECOND}: client c0 {NO_AWAIT}"),
        ([GatherOp("r0", ())], "clients[0].operations[0]: a gather of nothing"),
        ([AskOp("a b", "a", 1)], f"{FIRST}.name: {NOT_A_NAME} 'a b'"),
        ([SleepOp(-1)], "clients[0].operations[0].seconds must be a whole number, 0 or more, not -1"),
        ([M], "clients[0].operations[0]: not an operation but Msg"),
    ],
)  # fmt: skip
def test_operations(operations: list[Operation], message: str) -> None:
    """An operation that cannot be performed is refused at its place."""
    assert refusal(operating(*operations)) == message


NOT_ANOTHERS = (
    "no client before {} has made a reply {!r} by then; a reply of another client is named client.reply, and "
    "made in the same phase or an earlier one"
)


@pytest.mark.parametrize(
    ("operations", "where", "message"),
    [
        ([Result("c9.r0")], "thread", NOT_ANOTHERS.format("c1", "c9.r0")),
        ([Cancel("c0.r9")], "thread", NOT_ANOTHERS.format("c1", "c0.r9")),
        ([Result("c1.r0")], "thread", NOT_ANOTHERS.format("c1", "c1.r0")),
        ([Result("c0.r1")], "thread", NOT_ANOTHERS.format("c1", "c0.r1")),
        ([Compose("r0", "c0.r0", "f")], "thread", NOT_MADE.replace("r0", "c0.r0")),
        ([Await("c0.r0")], 0, "client c1 is a coroutine on loop 0, and waits for no reply of another client; "
                              "put it on a thread, or on a loop of its own"),
    ],
    ids=["no client", "no reply", "itself", "of a later phase", "composed", "inside"],
)  # fmt: skip
def test_replies_of_other_clients(operations: list[Operation], where: Any, message: str) -> None:
    """A client waits for or cancels what a client before it has made, where that cannot hold it up for ever."""
    first = Client("c0", "thread", (AskOp("r0", "a", 1), Settle(), AskOp("r1", "a", 2)))
    actors = (Actor("a", 0, M),)
    told = refusal(Program(1, actors, (first, Client("c1", where, tuple(operations)))))
    assert told == f"clients[1].operations[0].reply: {message}"
    validate(Program(1, actors, (first, Client("c1", "loop", (Await("c0.r0"), Settle(), Cancel("c0.r1"))))))


def test_unknown_error_kind() -> None:
    """An error of no known kind is refused, raised or returned, and the kinds are listed."""
    raised = refusal(behaving(Raise(Err("Oops"))))
    assert raised.startswith(
        "actors[0].behaviour.error: there is no error kind 'Oops'; the kinds are ValueError, "
    )
    assert refusal(behaving(Const((1, Err("Oops"))))).startswith(
        "actors[0].behaviour.value[1]: there is no error"
    )


def test_an_error_made_in_a_turn() -> None:
    """Its kind must be known, and its argument a term, which no library's own error holds."""
    made = Apply("f", (M,))
    assert refusal(behaving(Fail("Oops", made))).startswith(
        "actors[0].behaviour: there is no error kind 'Oops'"
    )
    assert refusal(behaving(Fail("Boom", M))) == (
        "actors[0].behaviour.argument: an error made here holds a term; use raise for a constant one"
    )


def test_abrupt() -> None:
    """Whether the system is closed at once is true or false."""
    assert refusal(Program(1, abrupt=1)) == "abrupt must be true or false, not 1"  # type: ignore[arg-type]


@pytest.mark.parametrize("where", ["somewhere", None, 2, -1, True])
def test_place_of_a_client(where: Any) -> None:
    """A client is on a thread, on a loop of its own, or on one of the program's loops."""
    assert refusal(operating(where=where)).startswith("clients[0].where")


@pytest.mark.parametrize("loops", [0, -1, True, "2", 10**9, None])
def test_loops(loops: Any) -> None:
    """A program has one loop or more, and not absurdly many."""
    assert refusal(Program(loops)) == f"loops must be a whole number from 1 to 256, not {loops!r}"


def test_names_are_unique() -> None:
    """No two actors or clients have one name: events tell them apart by it."""
    message = "[1].name: the name 'a' is taken by another actor or client"
    assert refusal(Program(1, (Actor("a", 0, M), Actor("a", 0, M)))) == f"actors{message}"
    assert refusal(Program(1, (), (Client("a", 0), Client("a", 0)))) == f"clients{message}"
    assert "taken" in refusal(Program(1, (Actor("a", 0, M),), (Client("a", 0),)))


def test_actor_on_a_missing_loop() -> None:
    """An actor is on one of the program's loops, or anywhere."""
    assert (
        refusal(Program(1, (Actor("a", 1, M),))) == "actors[0].loop: there is no loop 1; the loops are 0 to 0"
    )
    validate(Program(1, (Actor("a", None, M),)))


def test_what_is_no_program() -> None:
    """Anything else is refused as well, without a traceback of another kind."""
    assert refusal(None) == "not a program but NoneType"  # type: ignore[arg-type]
    assert refusal(Program(1, [Actor("a", 0, M)])) == "actors must be a tuple, not list"  # type: ignore[arg-type]
    assert refusal(Program(1, (M,))) == "actors[0]: must be Actor, not Msg"  # type: ignore[arg-type]
