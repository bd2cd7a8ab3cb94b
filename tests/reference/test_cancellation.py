"""Giving up: cancellation reaches what the cancelled ask waits for, and leaves the actors as they were."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import Any

import pytest
from tests.reference.conftest import Gate

from askance_impl.reference import AskCancelled, System, gather


class Held:
    """A handler that stays at a gate, and notes when it is cancelled there."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.begun: list[Any] = []
        self.cancelled = threading.Event()

    async def handle(self, message: Any) -> Any:
        self.begun.append(message)
        try:
            await self.gate()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return message


@pytest.fixture
def held() -> Held:
    """A handler that stays at its gate."""
    return Held()


def test_a_cancelled_ask_raises_the_cancellation_of_both_worlds(system: System, held: Held) -> None:
    """Blocking threads expect the one of concurrent.futures, coroutines that of asyncio."""
    reply = system.spawn(held.handle).ask(1)
    held.gate.wait_until_reached()
    assert reply.cancel()
    assert reply.cancelled()
    with pytest.raises(concurrent.futures.CancelledError):
        reply.result(10)

    async def awaiting() -> None:
        await reply

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(awaiting())


def test_cancelling_wakes_those_who_wait(system: System, held: Held, gate: Gate) -> None:
    """A handler that awaits a cancelled reply gets an error that it can catch, and is not cancelled itself."""

    async def wait(_: Any) -> str:
        gate.reached.set()
        try:
            await reply
        except Exception as error:
            return type(error).__name__
        return "a value"

    reply = system.spawn(held.handle, 0).ask(1)
    held.gate.wait_until_reached()
    waiting = system.spawn(wait, 1).ask(None)
    gate.wait_until_reached()
    reply.cancel()
    assert waiting.result(10) == "AskCancelled"


def test_cancelling_reaches_the_asks_that_the_cancelled_one_waits_for(system: System, held: Held) -> None:
    """Through two handlers in between, one of which gathers and one of which composes, on two loops."""

    async def composing(x: Any) -> Any:
        return await held_actor.ask(x).then(str).then(str)

    async def gathering(x: Any) -> Any:
        return await gather(composing_actor.ask(x))

    held_actor = system.spawn(held.handle, 0)
    composing_actor = system.spawn(composing, 1)
    reply = system.spawn(gathering, 0).ask(1)
    held.gate.wait_until_reached()
    reply.cancel()
    assert held.cancelled.wait(10)


def test_cancelling_reaches_an_ask_that_a_handler_returned(system: System, held: Held) -> None:
    """Returned or awaited makes no difference."""
    held_actor = system.spawn(held.handle, 0)
    reply = system.spawn(lambda x: held_actor.ask(x), 1).ask(1)
    held.gate.wait_until_reached()
    reply.cancel()
    assert held.cancelled.wait(10)


def test_cancelling_a_composed_reply_reaches_its_parts(system: System, held: Held) -> None:
    """The parts that nobody else waits for."""
    part = system.spawn(held.handle, 0).ask(1)
    other = system.spawn(lambda x: x, 1).ask(1)
    other.result(10)
    held.gate.wait_until_reached()
    gather(other, part.then(str)).cancel()
    assert held.cancelled.wait(10)
    assert part.cancelled()
    assert other.result(10) == 1


def test_cancelling_a_composed_reply_reaches_the_ask_that_its_function_gave(
    system: System, held: Held
) -> None:
    """The source is complete, and the composed reply waits for what came of it."""
    held_actor = system.spawn(held.handle, 0)
    reply = system.spawn(lambda x: x, 1).ask(1).then(held_actor.ask)
    held.gate.wait_until_reached()
    reply.cancel()
    assert held.cancelled.wait(10)


def test_cancelling_a_composed_reply_reaches_the_coroutine_that_its_function_gave(
    system: System, held: Held
) -> None:
    """The task that awaits it is cancelled."""
    reply = system.spawn(lambda x: x, 1).ask(1).then(held.handle)
    held.gate.wait_until_reached()
    reply.cancel()
    assert held.cancelled.wait(10)


def test_cancelling_while_the_function_runs_reaches_the_ask_that_it_gives(system: System, held: Held) -> None:
    """The function cancels the very reply that it completes; what it gave is cancelled too."""

    async def compose(_: Any) -> bool:
        def function(x: Any) -> Any:
            composed[0].cancel()
            given.append(held_actor.ask(x))
            return given[0]

        source = echo.ask(1)
        composed = [source.then(lambda x: source.then(function))]
        with pytest.raises(AskCancelled):
            await composed[0]
        return bool(given[0].cancelled())

    given: list[Any] = []
    echo = system.spawn(
        lambda x: x, 0
    )  # on the loop of the handler: it cannot answer before the handler waits
    held_actor = system.spawn(held.handle, 1)
    assert system.spawn(compose, 0).ask(None).result(10)


def test_cancelling_the_task_of_a_composed_coroutine_before_its_first_step_cancels_the_reply(
    system: System,
) -> None:
    """As a loop does with its tasks when it ends."""

    async def coroutine(_: Any) -> int:
        return 1

    async def main() -> None:
        source = system.spawn(lambda x: x).ask(1)
        await source
        composed = source.then(coroutine)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        async with asyncio.timeout(10):
            with pytest.raises(AskCancelled):
                await composed

    asyncio.run(main())


def test_a_reply_that_somebody_else_waits_for_is_not_cancelled_with_a_composed_one(
    system: System, held: Held
) -> None:
    """Cancellation is the end of one's own interest."""
    source = system.spawn(held.handle).ask(1)
    one, other = source.then(str), source.then(repr)
    one.cancel()
    held.gate.open()
    assert other.result(10) == "1"
    assert source.result(10) == 1


def test_a_cancelled_message_in_the_mailbox_is_not_handled(system: System, held: Held) -> None:
    """The messages before and after it are."""
    actor = system.spawn(held.handle)
    first, second, third = (actor.ask(number) for number in (1, 2, 3))
    held.gate.wait_until_reached()
    second.cancel()
    held.gate.open()
    assert first.result(10) == 1
    assert third.result(10) == 3
    assert held.begun == [1, 3]


def test_cancellation_leaves_the_actors_alive_and_their_mailboxes_intact(system: System, held: Held) -> None:
    """Whoever was in between answers the next message."""
    actor = system.spawn(held.handle, 0)
    between = system.spawn(lambda x: actor.ask(x), 1)
    cancelled, later = between.ask(1), between.ask(2)
    held.gate.wait_until_reached()
    cancelled.cancel()
    assert held.cancelled.wait(10)
    held.gate.open()
    assert later.result(10) == 2


def test_the_value_of_a_handler_that_will_not_be_cancelled_is_dropped(system: System) -> None:
    """It swallows the cancellation and goes on; its late value is no one's, without a word."""
    gate, late = Gate(), Gate()

    async def stubborn(_: Any) -> str:
        try:
            await gate()
        except asyncio.CancelledError:
            late.reached.set()
        return "late"

    actor = system.spawn(stubborn)
    reply = actor.ask(None)
    gate.wait_until_reached()
    reply.cancel()
    late.wait_until_reached()
    gate.open()
    assert actor.ask(None).result(10) == "late"
    with pytest.raises(AskCancelled):
        reply.result(10)


def test_a_complete_reply_cannot_be_cancelled(system: System) -> None:
    """Nothing changes."""
    reply = system.spawn(lambda x: x).ask(1)
    assert reply.result(10) == 1
    assert not reply.cancel()
    assert not reply.cancelled()
    assert reply.result(10) == 1


def test_a_handler_that_raises_cancelled_error_has_not_been_cancelled(system: System) -> None:
    """It failed, with that error."""

    async def fail(_: Any) -> None:
        raise asyncio.CancelledError("mine")

    reply = system.spawn(fail).ask(1)
    with pytest.raises(asyncio.CancelledError, match="mine"):
        reply.result(10)
    assert not reply.cancelled()


@pytest.mark.parametrize("how", ["timeout", "wait_for"])
def test_a_timeout_around_an_await_cancels_the_ask(system: System, held: Held, how: str) -> None:
    """asyncio's own timeouts work on a reply, and reach the handler that is given up."""

    async def impatient(_: Any) -> str:
        reply = held_actor.ask(1)
        try:
            if how == "wait_for":
                await asyncio.wait_for(reply, 0.01)
            else:
                async with asyncio.timeout(0.01):
                    await reply
        except TimeoutError:
            return "given up"
        return "a value"

    held_actor = system.spawn(held.handle, 0)
    assert system.spawn(impatient, 1).ask(None).result(10) == "given up"
    assert held.cancelled.wait(10)


def test_a_cancelled_waiter_leaves_the_ask_to_the_others(system: System, held: Held) -> None:
    """Of two tasks that await a reply, one is cancelled; the other gets the value."""

    async def two(_: Any) -> Any:
        reply = held_actor.ask(1)
        tasks = [asyncio.ensure_future(reply) for _ in range(2)]
        await asyncio.to_thread(held.gate.wait_until_reached)
        tasks[0].cancel()
        await asyncio.wait(tasks[:1])
        held.gate.open()
        return await tasks[1]

    held_actor = system.spawn(held.handle, 0)
    assert system.spawn(two, 1).ask(None).result(10) == 1
    assert not held.cancelled.is_set()


def test_of_cancellation_and_completion_one_wins_and_all_agree(system: System) -> None:
    """A thousand races: what `cancel` says is what every reader sees."""
    actor = system.spawn(lambda x: x, 0)
    for number in range(1000):
        reply = actor.ask(number)
        mapped = reply.then(lambda x: x)
        won = reply.cancel()
        for one in (reply, mapped):
            if won:
                with pytest.raises(AskCancelled):
                    one.result(10)
            else:
                assert one.result(10) == number


def test_an_ask_cancelled_while_its_message_begins_ends_for_everybody(system: System) -> None:
    """Cancelled from a thread at any moment, the actor goes on with the next message."""

    async def handle(x: Any) -> Any:
        await asyncio.sleep(0)
        return x

    actor = system.spawn(handle, 0)
    for number in range(300):
        doomed = actor.ask(number)
        following = actor.ask(number)
        doomed.cancel()
        assert following.result(10) == number
