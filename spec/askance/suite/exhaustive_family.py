"""The small programs that `askance check NAME --exhaustive` explores to the end, by name.

Each is one way in which asks meet: small enough that all of its interleavings can be executed on most implementations,
and different enough that together they reach most clauses.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Cancel,
    Client,
    Const,
    Deferred,
    Err,
    Expression,
    Gather,
    Msg,
    Program,
    Raise,
    Result,
    Sleep,
    Spawn,
    StopOp,
    TellOp,
    Then,
    Try,
    Within,
)

__all__ = ["FAMILY"]

F = Apply("f", (Msg(),))
G = Apply("g", (Msg(),))
B = Ask("b", Msg())
FB = Apply("f", (B,))


def _asking(name: str, actor: str, message: int) -> Client:
    """A plain thread that asks once and waits."""
    return Client(name, "thread", (AskOp("r0", actor, message), Result("r0")))


ASK = _asking("c0", "a", 10)


def _two(loops: int, outer: Expression, inner: Expression, *clients: Client) -> Program:
    """a with the outer behaviour, b with the inner one, on the last loop; one thread asks a, unless told otherwise."""
    return Program(loops, (Actor("a", 0, outer), Actor("b", loops - 1, inner)), clients or (ASK,))


def _one(*clients: Client, behaviour: Expression = F) -> Program:
    """a alone."""
    return Program(1, (Actor("a", 0, behaviour),), clients)


FAMILY: Mapping[str, Program] = MappingProxyType(
    {
        "one-ask": _one(ASK),
        "awaited-ask": _one(Client("c0", "loop", (AskOp("r0", "a", 10), Await("r0")))),
        "tell-then-ask": _one(
            Client("c0", "thread", (TellOp("a", 9), AskOp("r0", "a", 10), Result("r0"))),
        ),
        "two-asks": _one(
            Client("c0", "thread", (AskOp("r0", "a", 10), AskOp("r1", "a", 11), Result("r1"), Result("r0"))),
        ),
        "two-clients": _one(ASK, _asking("c1", "a", 11)),
        "nested-one-loop": _two(1, FB, G),
        "nested-two-loops": _two(2, FB, G),
        "deferred": _two(2, Deferred(B), G),
        "then": _two(1, Then(B, "f"), G),
        "failing": _two(2, FB, Raise(Err("ValueError", "lost"))),
        "caught": _two(1, Try(FB, Const("caught")), Raise(Err("KeyError", "lost"))),
        "gather": Program(
            2,
            (
                Actor("a", 0, Gather((B, Ask("c", Msg())))),
                Actor("b", 0, F),
                Actor("c", 1, G),
            ),
            (ASK,),
        ),
        "diamond": Program(
            1,
            (
                Actor("a", 0, Apply("f", (B, Ask("c", Msg())))),
                Actor("b", 0, Apply("g", (Ask("d", Msg()),))),
                Actor("c", 0, Apply("h", (Ask("d", Msg()),))),
                Actor("d", 0, Apply("k", (Msg(),))),
            ),
            (ASK,),
        ),
        "spawning": _one(ASK, behaviour=Apply("f", (Spawn(G, 0, Msg()),))),
        "timeout": _two(1, Within(1, B, Const("late")), Sleep(1, G)),
        "ask-racing-stop": _one(ASK, Client("c1", "thread", (StopOp("a"),))),
        "ask-racing-cancel": _one(Client("c0", "thread", (AskOp("r0", "a", 10), Cancel("r0"), Result("r0")))),
        "blocked-own-loop": _one(Client("c0", 0, (AskOp("r0", "a", 10), Result("r0")))),
        "cycle": _two(1, FB, Apply("g", (Ask("a", Msg()),))),
        "cycle-two-askers": _two(1, FB, Apply("g", (Ask("a", Msg()),)), ASK, _asking("c1", "b", 11)),
    }
)
"""Every program by its name, the plainest first."""
