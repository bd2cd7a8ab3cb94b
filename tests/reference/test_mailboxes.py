"""Mailboxes: order, one message at a time, each exactly once, on the actor's own loop."""

from __future__ import annotations

import asyncio
import itertools
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from askance_impl.reference import Actor, System


@pytest.mark.parametrize("loop", [0, 1])
def test_messages_of_each_sender_are_handled_in_the_order_sent(system: System, loop: int) -> None:
    """Three threads and three handlers on both loops send to one actor, by ask and by tell."""
    handled: list[tuple[int, int]] = []

    async def record(message: tuple[int, int]) -> None:
        handled.append(message)

    async def send(sender: int) -> None:
        for number in range(200):
            if number % 2:
                recorder.tell((sender, number))
            else:
                recorder.ask((sender, number))
            if number % 7 == 0:
                await asyncio.sleep(0)

    def send_from_thread(sender: int) -> None:
        for number in range(200):
            recorder.tell((sender, number))

    recorder = system.spawn(record, loop)
    threads = [threading.Thread(target=send_from_thread, args=(sender,)) for sender in range(3)]
    for thread in threads:
        thread.start()
    asking = [system.spawn(send, sender % 2).ask(sender) for sender in range(3, 6)]
    for thread in threads:
        thread.join(10)
    for reply in asking:
        reply.result(10)
    recorder.ask((6, 0)).result(10)
    assert len(handled) == 6 * 200 + 1
    for sender in range(6):
        assert [number for who, number in handled if who == sender] == list(range(200))


def test_an_actor_handles_one_message_at_a_time(system: System) -> None:
    """Though its handler awaits, and others send meanwhile."""
    running = 0
    most = 0

    async def handle(_: Any) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    actor = system.spawn(handle)
    for reply in [actor.ask(None) for _ in range(50)]:
        reply.result(10)
    assert most == 1


def test_a_reentrant_actor_begins_the_next_message_while_it_waits(system: System) -> None:
    """The first message waits for what the second brings."""
    arrived: asyncio.Event = asyncio.Event()

    async def handle(message: str) -> str:
        if message == "second":
            arrived.set()
        await arrived.wait()
        return message

    actor = system.spawn(handle, reentrant=True)
    replies = [actor.ask("first"), actor.ask("second")]
    assert [reply.result(10) for reply in replies] == ["first", "second"]


def test_a_handler_always_runs_on_the_thread_of_its_loop(system: System) -> None:
    """Asked from a thread, from its own loop and from the other."""

    async def where(_: Any) -> tuple[int, Any]:
        return threading.get_ident(), asyncio.get_running_loop()

    async def ask(actor: Actor) -> Any:
        return await actor.ask(None)

    askers = [system.spawn(ask, loop) for loop in (0, 1)]
    seen = []
    for loop in (0, 1):
        actor = system.spawn(where, loop)
        places = {actor.ask(None).result(10), *[asker.ask(actor).result(10) for asker in askers]}
        assert len(places) == 1
        seen += places
    assert seen[0][0] != seen[1][0]
    assert [loop for _, loop in seen] == [one.loop for one in system.loops]


def test_no_actor_starves_beside_one_that_never_runs_out_of_messages(system: System) -> None:
    """An actor that tells itself for ever leaves its neighbour on the loop its turns."""
    stopping = threading.Event()

    async def busy(_: Any) -> None:
        if not stopping.is_set():
            actor.tell(None)

    actor = system.spawn(busy, 0)
    actor.tell(None)
    neighbour = system.spawn(lambda x: x, 0)
    assert [neighbour.ask(number).result(10) for number in range(20)] == list(range(20))
    stopping.set()


def test_asks_on_one_actor_are_linearizable(system: System) -> None:
    """A counter that awaits between reading and writing loses no increment."""
    count = 0

    async def increase(_: Any) -> int:
        nonlocal count
        seen = count
        await asyncio.sleep(0)
        count = seen + 1
        return count

    async def ask_often(_: Any) -> list[int]:
        return [await counter.ask(None) for _ in range(50)]

    counter = system.spawn(increase, 0)
    replies = [system.spawn(ask_often, number % 2).ask(None) for number in range(4)]
    results = [reply.result(10) for reply in replies]
    assert sorted(itertools.chain.from_iterable(results)) == list(range(1, 201))
    assert all(result == sorted(result) for result in results)


def test_context_variables_of_one_message_are_not_seen_by_the_next(system: System) -> None:
    """Each turn has a context of its own."""
    variable: ContextVar[int] = ContextVar("variable", default=0)

    async def handle(value: int) -> int:
        seen = variable.get()
        variable.set(value)
        return seen

    actor = system.spawn(handle)
    assert [actor.ask(number).result(10) for number in (1, 2, 3)] == [0, 0, 0]
