"""A deadlock is told in the words of the program: which turn waits for which ask, where, and why it never comes."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import Any

from tests.run.libraries import (
    Composing,
    ComposingSystem,
    Loops,
    LoopsSystem,
    Steadily,
    Threads,
    actor,
    events,
    program,
    scene,
)

from askance.adapter import Handler, System
from askance.history import Deadlock, Event, History, Waiting
from askance.program import (
    Apply,
    Ask,
    AskOp,
    Await,
    Client,
    Compose,
    Const,
    Deferred,
    Gather,
    GatherOp,
    Msg,
    Program,
    Result,
)
from askance.run import execute
from askance.run.stuck import explained
from askance.world import World


class OneAtATime(LoopsSystem):
    """Each actor handles one message at a time, and nobody looks for cycles."""

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        lock = asyncio.Lock()

        async def locked(message: Any) -> Any:
            async with lock:
                return await handler(message)

        return locked, self.loops[loop or 0]


class Cycling(Loops):
    """The adapter of the library that does not look for cycles."""

    def open(self, loops: int) -> System:
        return OneAtATime(loops)


class BlockingInLoops(LoopsSystem):
    """Awaiting blocks the loop."""

    def awaitable(self, reply: Any) -> Any:
        async def blocked() -> Any:
            return reply.result()

        return blocked()


class Blocking(Loops):
    """The adapter of the library that blocks its loops."""

    def open(self, loops: int) -> System:
        return BlockingInLoops(loops)


class ForgettingSystem(Loops):
    """The adapter of a library that forgets to complete its replies."""

    def open(self, loops: int) -> System:
        class Forgetting(LoopsSystem):
            def ask(self, ref: Any, message: Any) -> Any:
                super().ask(ref, message)
                return concurrent.futures.Future()

        return Forgetting(loops)


def stuck(program: Program, adapter: Any) -> History:
    """One execution, which must deadlock."""
    history = execute(program, adapter, World(Steadily()))
    assert history.ending == "deadlock", history.error
    return history


def deadlock(program: Program, adapter: Any) -> Deadlock:
    """Why the execution of the program, which must deadlock, does."""
    found = stuck(program, adapter).deadlock
    assert found is not None
    return found


def test_cycle_of_asks_is_the_cycle_of_their_turns() -> None:
    """Two actors that wait for each other are named by their turns, and nothing is called forgotten."""
    found = deadlock(scene(actor("a", Ask("b", Msg())), actor("b", Ask("a", Msg()), 1)), Cycling())
    assert found.cycle == ("a#1", "b#1", "a, which is busy")
    assert found.forgotten == ()


def test_every_open_wait_is_told_with_its_line() -> None:
    """Clients and turns come first, each with the ask it waits for and the line it waits at."""
    found = deadlock(scene(actor("a", Ask("b", Msg())), actor("b", Ask("a", Msg()), 1)), Cycling())
    assert [(w.who, w.on) for w in found.waiting[:3]] == [
        ("c0", "c0.r0 (the ask c0.0 to a)"),
        ("a#1", "a#1.1 (the ask to b)"),
        ("b#1", "b#1.1 (the ask to a)"),
    ]
    assert "LoopsSystem.result" in found.waiting[0].where
    assert found.waiting[1].where == "", "no line of the harness's is shown"


def test_harness_is_not_told() -> None:
    """The main strand waits for the clients, which is no part of the program."""
    found = deadlock(scene(actor("a", Ask("a", Msg()))), Cycling())
    assert not [w for w in found.waiting if "main" in w.strand]


class NeverClosing(Loops):
    """The adapter of a library whose close() waits for what never comes."""

    def open(self, loops: int) -> System:
        class Waiting(LoopsSystem):
            def close(self) -> None:
                threading.Event().wait()

        return Waiting(loops)


def test_a_close_that_never_returns_is_told_with_its_line() -> None:
    """There the main strand is in the implementation, and nothing else says where."""
    found = deadlock(scene(actor("a", Msg())), NeverClosing())
    (main,) = [waiting for waiting in found.waiting if "main" in waiting.strand]
    assert main.who == "" and "Waiting.close" in main.where


def test_actor_whose_loop_is_blocked_closes_the_cycle() -> None:
    """A turn that blocks its loop waits for an actor which needs that loop: the cycle says so."""
    history = stuck(scene(actor("a", Ask("b", Msg())), actor("b", Msg())), Blocking())
    assert history.deadlock is not None
    assert history.deadlock.cycle == ("a#1", "b, whose loop is blocked")
    (blocked,) = [w for w in history.deadlock.waiting if w.who == "a#1"]
    assert "BlockingInLoops.awaitable.<locals>.blocked" in blocked.where


def test_blocked_loop_is_an_event_of_its_turn() -> None:
    """The moment in which a turn blocks its loop is recorded with the turn, the ask and the source line."""
    history = stuck(scene(actor("a", Ask("b", Msg())), actor("b", Msg())), Blocking())
    (event,) = events(history, "loop-blocked")
    assert (event.who, event.op, event.strand) == ("a#1", "a#1.1", "loop-0")
    assert "BlockingInLoops.awaitable.<locals>.blocked" in event.detail


def test_reply_that_nobody_completes_is_forgotten() -> None:
    """Where the asked turn has ended and its reply has not come, the reply is forgotten."""
    found = deadlock(scene(actor("a", Msg())), ForgettingSystem())
    assert found.forgotten == ("c0.r0 (the ask c0.0 to a, whose turn a#1 has ended)",)
    assert found.cycle == ()


def test_message_that_is_never_taken_up_is_forgotten() -> None:
    """Where the asked actor is idle and never began, the lost message is named."""

    class Losing(Threads):
        def open(self, loops: int) -> System:
            system = super().open(loops)
            system.ask = lambda ref, message: concurrent.futures.Future()  # type: ignore[method-assign]
            return system

    found = deadlock(scene(actor("a", Msg())), Losing())
    assert found.forgotten == ("c0.r0 (the ask c0.0 to a, which a never took up)",)


def test_parts_of_a_composition_are_looked_through() -> None:
    """A wait for a composed reply waits for its parts, and for a deferred reply behind them."""
    operations = (
        AskOp("r0", "a", 1),
        AskOp("r1", "c", 1),
        Compose("r2", "r0", "h"),
        GatherOp("r3", ("r1", "r2")),
        Await("r3"),
    )
    actors = (
        actor("a", Deferred(Ask("b", Msg()))),
        actor("b", Apply("g", (Gather((Ask("b", Const(1)),)),)), 1),
        actor("c", Msg()),
    )

    class CyclingComposing(Composing):
        def open(self, loops: int) -> System:
            return OneAtATimeComposing(loops)

    class OneAtATimeComposing(OneAtATime, ComposingSystem):
        pass

    found = deadlock(program(*actors, operations=operations, where="loop"), CyclingComposing())
    assert found.waiting[0].on == "c0.r3 (made of c0.r1, c0.r2)"
    assert found.cycle == ("b#1", "b, which is busy")
    assert found.forgotten == ()


def test_engine_is_believed_where_the_turns_show_nothing() -> None:
    """A deadlock in which no ask is waited for is told as the engine found it."""
    engine = Deadlock((Waiting("", "strand 'x'", "a lock", "m.py:1"),), ("strand 'x'",), ("a queue",))
    assert explained([Event("client-begin", "c0")], engine) == engine


def test_client_on_a_loop_of_the_system_is_named() -> None:
    """A coroutine client is told as the client that it is."""
    asks = (AskOp("r0", "a", 1), Await("r0"))
    clients = (Client("c0", 0, asks), Client("c1", "thread", (AskOp("r0", "a", 1), Result("r0"))))
    found = deadlock(Program(1, (actor("a", Ask("a", Msg())),), clients), Cycling())
    assert {w.who for w in found.waiting} >= {"c0", "c1", "a#1"}
    assert found.cycle == ("a#1", "a, which is busy")
