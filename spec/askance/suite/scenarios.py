"""The scenarios behind askance, by name: the question's wrong turns, the answers' right ones, and a chat server.

`askance run NAME` runs one under many schedules: literal asyncio code as a plain function, or, where it is an ask
graph, the same as a program on any implementation (`--impl`). The wrong ones fail with their diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Client,
    Const,
    Deferred,
    Gather,
    Msg,
    Program,
    Result,
    Settle,
    Sleep,
    Spawn,
    Stop,
    Tell,
    TellOp,
    Try,
)
from askance.suite import scenarios_plain as plain

__all__ = ["SCENARIOS", "Scenario"]


@dataclass(frozen=True)
class Scenario:
    """One scenario: as a plain function, as a program, or both; `wrong` ones must fail as plain functions."""

    name: str
    summary: str
    function: Callable[[], object] | None = None
    program: Program | None = None
    wrong: bool = False


F = Apply("f", (Msg(),))
G = Apply("g", (Msg(),))
F_OF_B = Apply("f", (Ask("b", Msg()),))
ASK = Client("c0", "thread", (AskOp("r0", "a", 10), Result("r0")))


def _two(here: int, there: int) -> Program:
    """a asks b, wherever they live; one wait on a plain thread."""
    actors = (Actor("a", here, F_OF_B), Actor("b", there, G))
    return Program(max(here, there) + 1, actors, (ASK,))


NESTED = Program(1, (Actor("a", 0, Deferred(Ask("b", Msg()))), Actor("b", 0, G)), (ASK,))

WRAPPED_TWICE = Program(
    1,
    (
        Actor("a", 0, F_OF_B),
        Actor("b", 0, Apply("g", (Ask("c", Msg()),))),
        Actor("c", 0, Apply("h", (Msg(),))),
    ),
    (ASK, Client("c1", 0, (AskOp("r0", "a", 11), Await("r0")))),
)

BLOCK_OWN_LOOP = Program(
    1, (Actor("a", 0, F),), (Client("c0", 0, (AskOp("r0", "a", 10), Result("r0"), Await("r0"))),)
)

BLOCK_EACH_OTHER = Program(
    2,
    (Actor("a", 0, F_OF_B), Actor("b", 1, Apply("g", (Ask("a", Msg()),)))),
    (ASK, Client("c1", "thread", (AskOp("r0", "b", 11), Result("r0")))),
)

CHAT_SERVER = Program(
    3,
    (
        # A room asks everybody in it, wherever they are; who has left is passed over.
        Actor("room", 0, Gather((Ask("ann", Msg()), Ask("bob", Msg()), Ask("guest", Apply("to", (Msg(),)))))),
        Actor("ann", 0, Apply("ann", (Ask("bob", Msg()),))),
        Actor("bob", 1, Apply("bob", (Ask("cid", Msg()),))),
        Actor("cid", 2, Sleep(1, Apply("cid", (Msg(),)))),
        Actor("guest", 1, Try(Apply("guest", (Ask("dan", Msg()),)), Const("gone"))),
        Actor("dan", 2, Apply("dan", (Msg(),))),
        # Joining: a new user on the spot. Leaving: while messages fly.
        Actor("door", 1, Apply("joined", (Spawn(Apply("eve", (Msg(),)), 2, Msg()),))),
        Actor("exit", 0, Stop("dan", Tell("ann", Msg(), Const("left")))),
    ),
    (
        Client(
            "c0",
            "thread",
            (AskOp("r0", "room", 10), Result("r0"), Settle(), AskOp("r1", "room", 11), Result("r1")),
        ),
        Client("c1", "loop", (AskOp("r0", "ann", 12), AskOp("r1", "door", 13), Await("r1"), Await("r0"))),
        Client("c2", 2, (TellOp("bob", 14), AskOp("r0", "exit", 15), Await("r0"))),
        Client("c3", 1, (AskOp("r0", "cid", 16), Await("r0"))),
    ),
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            Scenario(
                "await-same-loop",
                "f awaits g on one loop on a thread; one wait gives f(g(x))",
                plain.await_same_loop,
                _two(0, 0),
            ),
            Scenario(
                "nested-future",
                "f returns the concurrent future of g: a future inside a future",
                plain.nested_future,
                NESTED,
                wrong=True,
            ),
            Scenario(
                "asyncio-with-asyncio",
                "two asyncio futures of one loop compose: in sequence, and gathered",
                plain.asyncio_with_asyncio,
            ),
            Scenario(
                "concurrent-with-concurrent",
                "two concurrent futures compose: in a pool, and chained by callbacks",
                plain.concurrent_with_concurrent,
            ),
            Scenario(
                "wrap-other-loop",
                "f awaits the wrapped future of g on another loop",
                plain.wrap_other_loop,
                _two(0, 1),
            ),
            Scenario(
                "wrap-same-loop",
                "the same with its own loop: the chain of three layers completes",
                plain.wrap_same_loop,
                WRAPPED_TWICE,
            ),
            Scenario(
                "executor",
                "f awaits blocking code in an executor, which waits for g on the loop",
                plain.executor,
            ),
            Scenario(
                "block-own-loop",
                "f blocks on .result() in its own loop: nobody can run g",
                plain.block_own_loop,
                BLOCK_OWN_LOOP,
                wrong=True,
            ),
            Scenario(
                "block-each-other",
                "coroutines on two loops block on each other: a cycle",
                plain.block_each_other,
                BLOCK_EACH_OTHER,
                wrong=True,
            ),
            Scenario(
                "chat-server",
                "users on a pool of loops wait for each other, join and leave while messages fly",
                plain.chat_server,
                CHAT_SERVER,
            ),
        )
    }
)
"""Every scenario by its name."""
