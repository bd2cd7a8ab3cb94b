"""Composing replies: then, map and gather; and that whatever a handler or a function returns arrives flat."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import types
from collections.abc import Callable, Generator
from typing import Any

import pytest

from askance_impl.reference import Actor, AskCancelled, System, gather


@pytest.fixture
def g(system: System) -> Actor:
    """An actor on loop 1 that doubles."""

    async def double(x: Any) -> Any:
        return x * 2

    return system.spawn(double, 1, name="g")


@pytest.fixture
def failing(system: System) -> Actor:
    """An actor on loop 0 that raises its message."""

    async def fail(error: BaseException) -> Any:
        raise error

    return system.spawn(fail, 0, name="failing")


def test_then_gives_the_function_of_the_value(g: Actor) -> None:
    """`then` with a plain function maps."""
    assert g.ask(2).then(str).result(10) == "4"


def test_then_flattens_the_reply_that_its_function_gives(g: Actor) -> None:
    """`then` with a function that asks composes asks."""
    assert g.ask(2).then(g.ask).result(10) == 8


def test_then_obeys_the_laws_of_composition(g: Actor) -> None:
    """Left identity, right identity, associativity."""

    def increase(x: int) -> Any:
        return g.ask(x).then(lambda y: y + 1)

    assert g.ask(3).then(lambda x: x).result(10) == g.ask(3).result(10)
    assert g.ask(3).then(increase).result(10) == increase(6).result(10)
    one = g.ask(3).then(increase).then(g.ask)
    other = g.ask(3).then(lambda x: increase(x).then(g.ask))
    assert one.result(10) == other.result(10) == 26


def test_a_composed_function_runs_exactly_once(g: Actor) -> None:
    """However often the result is read, and even if it is None."""
    calls: list[int] = []
    reply = g.ask(1).then(calls.append)
    assert [reply.result(10), reply.result(10)] == [None, None]
    assert calls == [2]


def test_an_error_passes_through_then_without_calling_the_function(failing: Actor) -> None:
    """The function of a failed reply never runs, and the error is the same object."""
    error = ValueError("x")
    calls: list[Any] = []
    with pytest.raises(ValueError, match="x") as caught:
        failing.ask(error).then(calls.append).then(calls.append).result(10)
    assert caught.value is error
    assert calls == []


def test_an_error_of_the_function_is_the_outcome(g: Actor) -> None:
    """What the function raises is what the composed reply raises, an exit too."""
    error = SystemExit(3)

    def fail(_: Any) -> None:
        raise error

    with pytest.raises(SystemExit) as caught:
        g.ask(1).then(fail).result(10)
    assert caught.value is error


def test_in_a_handler_the_function_runs_on_the_loop_of_the_handler(system: System, gate: Any) -> None:
    """A function that touches the state of its actor runs on that actor's thread, wherever the reply comes from."""

    async def slow(_: Any) -> None:
        await gate()

    async def f(_: Any) -> bool:
        composed = slow_actor.ask(None).then(lambda _: threading.get_ident())
        gate.open()
        return bool(await composed == threading.get_ident())

    slow_actor = system.spawn(slow, 1)
    assert system.spawn(f, 0).ask(1).result(10)


def test_a_composition_of_ten_thousand_steps_completes(g: Actor, gate: Any, system: System) -> None:
    """Completing a long composition does not recurse, and cancelling one does not either."""

    async def held(x: int) -> int:
        await gate()
        return x

    held_actor = system.spawn(held, 0)
    reply: Any = held_actor.ask(0)
    cancelled: Any = held_actor.ask(0)
    for _ in range(10_000):
        reply = reply.then(lambda x: x + 1)
        cancelled = cancelled.then(lambda x: x + 1)
    assert cancelled.cancel()
    gate.open()
    assert reply.result(10) == 10_000


def test_gather_keeps_the_order_of_its_parts(system: System, gate: Any) -> None:
    """The values come in the order written, whichever comes first."""

    async def slow(x: Any) -> Any:
        await gate()
        return x

    quick = system.spawn(lambda x: x, 1)
    last = quick.ask(2)
    together = gather(system.spawn(slow, 0).ask(1), last)
    last.result(10)
    gate.open()
    assert together.result(10) == [1, 2]


def test_gather_of_nothing_is_an_empty_list() -> None:
    """There is nothing to wait for."""
    assert gather().result(10) == []


def test_gather_may_hold_the_same_reply_twice(g: Actor) -> None:
    """Each place has its value."""
    reply = g.ask(1)
    assert gather(reply, reply).result(10) == [2, 2]


def test_gather_reports_the_first_failure_in_the_order_written(
    system: System, failing: Actor, gate: Any
) -> None:
    """Not the first in time, and only when all parts have ended."""

    async def slow(error: BaseException) -> Any:
        await gate()
        raise error

    first, second = KeyError("first"), KeyError("second")
    quick = failing.ask(second)
    together = gather(system.spawn(lambda x: x, 0).ask(1), system.spawn(slow, 1).ask(first), quick)
    with pytest.raises(KeyError, match="second"):
        quick.result(10)
    assert not together.done()
    gate.open()
    with pytest.raises(KeyError) as caught:
        together.result(10)
    assert caught.value is first


def test_gather_in_a_handler_waits_for_asks_on_several_loops(system: System, g: Actor) -> None:
    """One await for both, by gather and by asyncio's own."""

    async def f(x: int) -> Any:
        here = system.spawn(lambda y: ("here", y), 0)
        return await gather(g.ask(x), here.ask(x)), await asyncio.gather(g.ask(x), here.ask(x))

    assert system.spawn(f, 0).ask(1).result(10) == ([2, ("here", 1)], [2, ("here", 1)])


# ---------------------------------------------------------------- arriving flat


async def _coroutine(value: Any) -> Any:
    return value


@types.coroutine
def _generator_coroutine(g: Actor) -> Generator[Any, Any, Any]:
    return (yield from g.ask(1).__await__())


def _task(g: Actor) -> Any:
    return asyncio.get_running_loop().create_task(_coroutine(g.ask(1)))


def _asyncio_future(g: Actor) -> Any:
    future = asyncio.get_running_loop().create_future()
    future.set_result(g.ask(1))
    return future


def _concurrent_future(g: Actor) -> Any:
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    threading.Thread(target=lambda: future.set_result(g.ask(1))).start()
    return future


def _other_loop(g: Actor) -> Any:
    return asyncio.run_coroutine_threadsafe(_coroutine(g.ask(1)), g.home.loop)


def _future_of_other_loop(g: Actor) -> Any:
    future: asyncio.Future[Any] = g.home.loop.create_future()
    g.home.loop.call_soon_threadsafe(future.set_result, 2)
    return future


AWAITABLES: dict[str, Callable[[Actor], Any]] = {
    "a reply": lambda g: g.ask(1),
    "a mapped reply": lambda g: g.ask(0).then(lambda x: x + 2),
    "a coroutine": lambda g: _coroutine(2),
    "a coroutine of a coroutine of a reply": lambda g: _coroutine(_coroutine(g.ask(1))),
    "a coroutine made of a generator": _generator_coroutine,
    "a task of a reply": _task,
    "an asyncio future of a reply": _asyncio_future,
    "a concurrent future of a reply": _concurrent_future,
    "a concurrent future of a coroutine on another loop": _other_loop,
    "an asyncio future of another loop": _future_of_other_loop,
    "a coroutine of a concurrent future": lambda g: _coroutine(_concurrent_future(g)),
}


@pytest.mark.parametrize("kind", AWAITABLES)
def test_an_awaitable_that_a_handler_returns_arrives_flat(system: System, g: Actor, kind: str) -> None:
    """No future, task, coroutine or reply is ever the value of a reply."""

    async def f(_: Any) -> Any:
        return AWAITABLES[kind](g)

    assert system.spawn(f, 0).ask(None).result(10) == 2


@pytest.mark.parametrize("kind", AWAITABLES)
@pytest.mark.parametrize("complete", [False, True])
def test_an_awaitable_that_a_composed_function_gives_arrives_flat(
    system: System, g: Actor, gate: Any, kind: str, complete: bool
) -> None:
    """From a handler; `complete` is whether the source of the composition is there already."""

    async def f(_: Any) -> Any:
        source = g.ask(0)
        if complete:
            await source
        return await source.then(lambda _: AWAITABLES[kind](g))

    assert system.spawn(f, 0).ask(None).result(10) == 2


@pytest.mark.parametrize("kind", ["a reply", "a coroutine", "a concurrent future of a reply"])
def test_a_plain_thread_may_compose_with_a_function_that_gives_an_awaitable(
    system: System, g: Actor, kind: str
) -> None:
    """Though the thread has no loop, what the function gives is awaited on one, source complete or not."""
    source = g.ask(0)
    assert source.then(lambda _: AWAITABLES[kind](g)).result(10) == 2
    assert source.then(lambda _: AWAITABLES[kind](g)).result(10) == 2


def test_the_error_of_a_returned_concurrent_future_arrives_even_if_it_is_a_stop_iteration(
    system: System,
) -> None:
    """asyncio.wrap_future would never complete."""
    error = StopIteration(1)
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    future.set_exception(error)
    with pytest.raises(StopIteration) as caught:
        system.spawn(lambda _: future).ask(None).result(10)
    assert caught.value is error


def test_a_returned_concurrent_future_that_is_cancelled_cancels_the_reply(system: System) -> None:
    """A cancelled future is a cancellation for the asker."""
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    future.cancel()
    with pytest.raises(AskCancelled):
        system.spawn(lambda _: future).ask(None).result(10)
