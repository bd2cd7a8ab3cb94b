"""Short ways to write programs, for the tests of the oracle."""

from __future__ import annotations

from askance.adapter import CAPABILITIES
from askance.history import Outcome
from askance.meaning import Meaning, meaning
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Client,
    Err,
    Expression,
    Msg,
    Operation,
    Program,
    Result,
    Term,
    Value,
)

M = Msg()
REFUSING = frozenset(CAPABILITIES) - {"reentrant", "handlers-only-tell"}
HANGING = frozenset({"async-handlers", "result", "await"})

STOPPED = Outcome("stopped")
CYCLE = Outcome("cycle")
CANCELLED = Outcome("cancelled")


def value(result: Value) -> Outcome:
    """The outcome of a wait that gives the value."""
    return Outcome("value", result)


def raises(kind: str, argument: Value = "") -> Outcome:
    """The outcome of a wait that raises the error."""
    return Outcome("error", error=Err(kind, argument))


def f(*args: Value) -> Term:
    """The term f(args)."""
    return Term("f", args)


def g(*args: Value) -> Term:
    """The term g(args)."""
    return Term("g", args)


def ask(actor: str, message: Expression = M) -> Ask:
    """Ask the actor, with the message of the turn by default."""
    return Ask(actor, message)


def call(symbol: str, *args: Expression) -> Apply:
    """The symbol applied to the expressions."""
    return Apply(symbol, args)


def asking(actor: str, *others: Operation) -> tuple[Operation, ...]:
    """`r0 = ask actor(1); result r0`, and then the others."""
    return (AskOp("r0", actor, 1), Result("r0"), *others)


def awaiting(actor: str) -> tuple[Operation, ...]:
    """`r0 = ask actor(1); await r0`."""
    return (AskOp("r0", actor, 1), Await("r0"))


def program(behaviours: dict[str, Expression], *clients: tuple[Operation, ...]) -> Program:
    """A program of actors by name, all on one loop, and clients c0, c1... on threads of their own."""
    return Program(
        1,
        tuple(Actor(name, 0, behaviour) for name, behaviour in behaviours.items()),
        tuple(Client(f"c{number}", "thread", operations) for number, operations in enumerate(clients)),
    )


def outcomes(
    behaviours: dict[str, Expression],
    *clients: tuple[Operation, ...],
    reply: str = "c0.r0",
    capabilities: frozenset[str] = REFUSING,
) -> set[Outcome]:
    """What a wait on the reply may give."""
    return set(meaning(program(behaviours, *clients), capabilities).operations[reply])


def meaning_of(
    behaviours: dict[str, Expression],
    *clients: tuple[Operation, ...],
    capabilities: frozenset[str] = REFUSING,
) -> Meaning:
    """The meaning of the program of these actors and clients."""
    return meaning(program(behaviours, *clients), capabilities)
