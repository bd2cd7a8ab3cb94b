"""Asking, awaiting, blocking: one wait gives the composition, wherever the actors and the askers are."""

from __future__ import annotations

import asyncio
import itertools
import threading
from typing import Any

import pytest

from askance_impl.reference import Reply, System, this_actor

PLACEMENTS = list(itertools.product([0, 1], repeat=3))


@pytest.mark.parametrize(("f_loop", "g_loop", "h_loop"), PLACEMENTS)
def test_one_result_gives_a_composition_wherever_its_actors_live(
    system: System, f_loop: int, g_loop: int, h_loop: int
) -> None:
    """The placement of three actors that ask each other in a row makes no difference."""

    async def h(x: Any) -> Any:
        return ("h", x)

    async def g(x: Any) -> Any:
        return ("g", await hs.ask(x))

    async def f(x: Any) -> Any:
        return ("f", await gs.ask(x))

    hs = system.spawn(h, h_loop)
    gs = system.spawn(g, g_loop)
    fs = system.spawn(f, f_loop)
    assert fs.ask(10).result(10) == ("f", ("g", ("h", 10)))


def test_a_reply_can_be_awaited_from_a_loop_that_the_system_does_not_know(system: System) -> None:
    """A coroutine under asyncio.run awaits a reply, and goes on where it was."""

    async def echo(x: Any) -> tuple[Any, int]:
        return x, threading.get_ident()

    async def main() -> tuple[Any, int, int]:
        before = threading.get_ident()
        value, there = await system.spawn(echo).ask(1)
        assert there != before
        return value, before, threading.get_ident()

    value, before, after = asyncio.run(asyncio.wait_for(main(), 10))
    assert value == 1
    assert before == after == threading.get_ident()


def test_a_handler_resumes_on_its_own_loop_after_an_ask_of_another(system: System) -> None:
    """What runs before and after an await runs on the same thread and loop."""

    async def there(_: Any) -> int:
        return threading.get_ident()

    async def here(_: Any) -> tuple[Any, ...]:
        before = threading.get_ident(), asyncio.get_running_loop()
        other = await there_actor.ask(None)
        return before, other, (threading.get_ident(), asyncio.get_running_loop())

    there_actor = system.spawn(there, 1)
    before, other, after = system.spawn(here, 0).ask(None).result(10)
    assert before == after
    assert other != before[0]


@pytest.mark.parametrize("value", [None, False, 0, "", (), ValueError("a value"), NotImplemented])
def test_the_value_of_a_handler_arrives_whatever_it_is(system: System, value: Any) -> None:
    """Falsy values, None and an exception that is returned are values like any other."""

    async def give(_: Any) -> Any:
        return value

    async def through(_: Any) -> Any:
        return await giver.ask(None)

    giver = system.spawn(give, 0)
    assert giver.ask(None).result(10) is value
    assert system.spawn(through, 1).ask(None).result(10) is value


def test_many_waiters_on_threads_and_loops_get_the_same_value(system: System, gate: Any) -> None:
    """A reply that three threads and three tasks on two loops wait for wakes all of them."""
    value = object()

    async def give(_: Any) -> Any:
        await gate()
        return value

    async def wait(_: Any) -> Any:
        return await reply

    reply = system.spawn(give, 0).ask(None)
    gate.wait_until_reached()
    waiting = [system.spawn(wait, number % 2).ask(None) for number in range(3)]
    seen: list[Any] = []
    threads = [threading.Thread(target=lambda: seen.append(reply.result(10))) for _ in range(3)]
    for thread in threads:
        thread.start()
    gate.open()
    for thread in threads:
        thread.join(10)
    seen += [one.result(10) for one in waiting]
    assert seen == [value] * 6


def test_a_reply_can_be_read_again(system: System) -> None:
    """The second result is that of the first."""

    async def give(_: Any) -> Any:
        return object()

    reply = system.spawn(give).ask(None)
    assert reply.result(10) is reply.result(10)


def test_a_plain_function_is_a_handler_too(system: System) -> None:
    """A handler need not be a coroutine function."""
    assert system.spawn(lambda x: x + 1).ask(1).result(10) == 2


def test_an_actor_can_be_asked_in_the_turn_that_spawns_it(system: System) -> None:
    """A handler spawns an actor on the other loop, and on its own, and asks both at once."""

    async def child(x: Any) -> Any:
        return ("child", x)

    async def parent(x: Any) -> Any:
        return [await this_actor().system.spawn(child, loop).ask(x) for loop in (0, 1)]

    assert system.spawn(parent, 0).ask(1).result(10) == [("child", 1), ("child", 1)]


def test_a_handler_that_runs_blocking_code_in_a_thread_may_wait_there(system: System) -> None:
    """In a thread of asyncio's pool a reply may be blocked on, while the handler awaits the thread."""

    async def g(x: Any) -> Any:
        return x * 2

    async def f(x: Any) -> Any:
        return await asyncio.to_thread(lambda: gs.ask(x / 2).result(10))

    gs = system.spawn(g, 0)
    assert system.spawn(f, 0).ask(10).result(10) == 10


def test_while_an_ask_is_pending_the_loop_serves_its_other_actors(system: System, gate: Any) -> None:
    """A handler that waits holds up its actor, not its loop."""

    async def slow(_: Any) -> None:
        await gate()

    async def asker(_: Any) -> None:
        await slow_actor.ask(None)

    async def echo(x: Any) -> Any:
        return x

    slow_actor = system.spawn(slow, 0)
    pending = system.spawn(asker, 0).ask(None)
    gate.wait_until_reached()
    assert system.spawn(echo, 0).ask(1).result(10) == 1
    assert not pending.done()
    gate.open()
    assert pending.result(10) is None


def test_result_gives_up_after_its_timeout_and_can_be_called_again(system: System, gate: Any) -> None:
    """TimeoutError ends the wait, not the ask."""

    async def slow(_: Any) -> int:
        await gate()
        return 1

    reply = system.spawn(slow).ask(None)
    with pytest.raises(TimeoutError, match=r"no reply within 0\.001 seconds"):
        reply.result(0.001)
    gate.open()
    assert reply.result(10) == 1


@pytest.mark.parametrize("complete", [False, True])
def test_blocking_on_the_thread_of_a_loop_is_refused_at_once(system: System, complete: bool) -> None:
    """Whether or not the reply is there, on own loop or other: the error shows the wrong code and the right code."""

    async def g(x: Any) -> Any:
        return x

    async def f(loop: int) -> Any:
        reply: Reply = system.spawn(g, loop).ask(1)
        if complete:
            await reply
        return reply.result()

    for loop in (0, 1):
        with pytest.raises(RuntimeError) as caught:
            system.spawn(f, 0).ask(loop).result(10)
        assert type(caught.value).__name__ == "WouldBlock"
        assert str(caught.value) == (
            "reply.result() would block the thread of a running event loop: all that lives on the loop would stand"
            " still, perhaps the actor that has to answer too\n"
            "  wrong:  value = actor.ask(x).result()\n"
            "  right:  value = await actor.ask(x)"
        )


def test_blocking_is_refused_on_a_loop_that_the_system_does_not_know(system: System) -> None:
    """A coroutine under asyncio.run may not block either."""

    async def main() -> None:
        system.spawn(lambda x: x).ask(1).result()

    with pytest.raises(RuntimeError, match="would block"):
        asyncio.run(main())
