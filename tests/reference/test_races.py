"""Races: every statement of the reference may be where another thread comes in between.

Nothing in the reference takes a lock across two statements. These explorations run it in the deterministic world with
its own statements as scheduling points, so that each "write first, then look" is cut in two on some schedule.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import askance
from askance.preempt import instrumented
from askance_impl.reference import (
    ActorStopped,
    AskCancelled,
    AskCycle,
    Reply,
    System,
    SystemClosed,
    gather,
)

MODULES = [
    f"askance_impl.reference.{name}" for name in ("actor", "composition", "loops", "reply", "wait_for")
]


@pytest.fixture(autouse=True, scope="module")
def statements() -> Iterator[None]:
    """The statements of the reference are scheduling points."""
    with instrumented(MODULES):
        yield


def in_threads(*functions: Callable[[], object]) -> None:
    """Call each in a thread of its own, and wait for all."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def outcome(reply: Reply) -> Any:
    """The value, or the type of the error."""
    try:
        return reply.result()
    except (ActorStopped, AskCancelled, AskCycle) as error:
        return type(error)


def two_threads_ask() -> None:
    """An actor that falls asleep after one message sees the next."""
    with System() as system:
        actor = system.spawn(lambda x: x)
        seen: list[Any] = []
        in_threads(*[lambda x=x: seen.append(outcome(actor.ask(x))) for x in (1, 2)])
        assert sorted(seen) == [1, 2]


def ask_and_stop() -> None:
    """Each message is handled or failed."""
    with System() as system:
        actor = system.spawn(lambda x: x)
        seen: list[Any] = []
        in_threads(lambda: seen.extend([outcome(actor.ask(x)) for x in (1, 2)]), actor.stop)
        assert seen in ([1, 2], [1, ActorStopped], [ActorStopped, ActorStopped])


def ask_and_close_at_once() -> None:
    """The message is answered or failed, even if it comes after the loop has ended."""
    system = System()
    actor = system.spawn(lambda x: x)
    seen: list[Any] = []
    in_threads(lambda: seen.append(outcome(actor.ask(1))), system.close)
    assert seen in ([1], [SystemClosed])


def ask_and_close() -> None:
    """Each message is answered or failed, and the close returns."""
    system = System(2)
    inner = system.spawn(lambda x: x, 0)
    outer = system.spawn(inner.ask, 1)
    seen: list[Any] = []
    in_threads(lambda: seen.extend([outcome(outer.ask(x)) for x in (1, 2)]), system.close)
    assert set(seen) <= {1, 2, SystemClosed, AskCancelled}
    assert len(seen) == 2


def complete_and_cancel() -> None:
    """One of the two wins, and knows it."""
    reply = Reply()
    won: dict[str, bool] = {}
    in_threads(
        lambda: won.update(value=reply._finish(1)),
        lambda: won.update(cancelled=reply.cancel()),
    )
    assert outcome(reply) == (1 if won["value"] else AskCancelled)
    assert won["value"] is not won["cancelled"]


def ask_and_cancel() -> None:
    """One winner, and the actor takes the next message."""
    with System(2) as system:
        inner = system.spawn(lambda x: x, 0)
        outer = system.spawn(inner.ask, 1)
        reply = outer.ask(1)
        won: list[bool] = []
        in_threads(lambda: won.append(reply.cancel()), lambda: outcome(reply))
        assert outcome(reply) == (AskCancelled if won[0] else 1)
        assert outcome(outer.ask(2)) == 2


def compose_and_cancel() -> None:
    """The ask that the function gives is complete or cancelled when the composition is, and no actor is held up."""
    with System(2) as system:
        first, second = system.spawn(lambda x: x, 0), system.spawn(lambda x: x, 1)
        reply = first.ask(1).then(second.ask)
        in_threads(reply.cancel, lambda: outcome(reply))
        assert outcome(reply) in (1, AskCancelled)
        assert [outcome(first.ask(2)), outcome(second.ask(3))] == [2, 3]


def two_parts_arrive() -> None:
    """A gather whose parts come from two loops at the same time completes, once."""
    with System(2) as system:
        both = gather(*[system.spawn(lambda x: x, loop).ask(loop) for loop in (0, 1)])
        calls: list[Any] = []
        assert both.then(calls.append).result() is None
        assert calls == [[0, 1]]


def two_wait() -> None:
    """Both of two threads that wait for a reply wake up, whenever it comes."""
    with System() as system:
        reply = system.spawn(lambda x: x).ask(1)
        seen: list[Any] = []
        in_threads(*[lambda: seen.append(outcome(reply))] * 2)
        assert seen == [1, 1]


def two_close_a_cycle() -> None:
    """a asks b and b asks a, for two clients: nobody hangs, and all are free again."""
    with System(2) as system:

        async def a(deep: bool) -> Any:
            return await b_actor.ask(False) if deep else "a"

        async def b(deep: bool) -> Any:
            return await a_actor.ask(False) if deep else "b"

        a_actor, b_actor = system.spawn(a, 0, name="a"), system.spawn(b, 1, name="b")
        seen: list[Any] = []
        in_threads(
            *[lambda actor=actor: seen.append(outcome(actor.ask(True))) for actor in (a_actor, b_actor)]
        )
        assert set(seen) <= {"a", "b", AskCycle}
        assert len(set(seen)) == 2
        assert [outcome(actor.ask(False)) for actor in (a_actor, b_actor)] == ["a", "b"]


def close_while_a_thread_works() -> None:
    """The close waits for the blocking call that a handler has put into a thread of the loop's."""
    system = System()
    finished: list[bool] = []
    begun, going_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        going_on.wait()
        finished.append(True)

    async def handle(_: Any) -> None:
        try:
            await asyncio.to_thread(work)
        finally:
            going_on.set()

    system.spawn(handle).tell(None)
    begun.wait()
    system.close()
    assert finished == [True]


TARGETS = {
    two_threads_ask: 200,
    ask_and_stop: 50,
    ask_and_close_at_once: 200,
    ask_and_close: 50,
    complete_and_cancel: 100,
    ask_and_cancel: 25,
    compose_and_cancel: 25,
    two_parts_arrive: 25,
    two_wait: 100,
    two_close_a_cycle: 25,
    close_while_a_thread_works: 25,
}
"""With how many schedules: those of which a broken reference has shown that few of them find it get more."""


@pytest.mark.parametrize("strategy", ["pos", "pct:3"])
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_no_schedule_of_the_statements_breaks(target: Callable[[], None], strategy: str) -> None:
    """What the target's own sentence says holds on every schedule tried."""
    result = askance.explore(target, strategy=strategy, executions=TARGETS[target])
    result.assert_ok()
    assert result.interleavings > 2
