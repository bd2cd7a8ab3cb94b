"""Life and death: stopping actors, closing systems, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import warnings
from typing import Any

import pytest
from tests.reference.conftest import Gate

from askance_impl.reference import ActorStopped, System, SystemClosed, this_actor

# ---------------------------------------------------------------- stopping


def test_an_ask_of_a_stopped_actor_fails_at_once(system: System) -> None:
    """With an error that says so; nothing is waited for."""
    actor = system.spawn(lambda x: x, name="a")
    actor.stop()
    reply = actor.ask(1)
    assert reply.done()
    with pytest.raises(ActorStopped) as caught:
        reply.result(10)
    assert str(caught.value) == "actor a has stopped: it did not handle this message and takes no more"


def test_a_tell_to_a_stopped_actor_is_refused(system: System) -> None:
    """There is no reply that could fail, so the call does."""
    actor = system.spawn(lambda x: x)
    actor.stop()
    with pytest.raises(ActorStopped):
        actor.tell(1)


def test_messages_that_wait_when_an_actor_stops_fail(system: System, gate: Gate) -> None:
    """The one in progress is finished, those behind it are failed at once, and never handled."""
    handled: list[int] = []

    async def handle(x: int) -> int:
        handled.append(x)
        await gate()
        return x

    actor = system.spawn(handle)
    first, *others = (actor.ask(number) for number in range(3))
    gate.wait_until_reached()
    actor.stop()
    for reply in others:
        assert reply.done()
        with pytest.raises(ActorStopped):
            reply.result(10)
    gate.open()
    assert first.result(10) == 0
    assert handled == [0]


def test_stopping_is_idempotent_from_everywhere_at_once(system: System) -> None:
    """Threads, handlers on both loops and the actor itself."""

    async def handle(x: Any) -> Any:
        this_actor().stop()
        this_actor().stop()
        return x

    async def stop(_: Any) -> None:
        actor.stop()

    actor = system.spawn(handle, 0)
    reply = actor.ask(1)
    threads = [threading.Thread(target=actor.stop) for _ in range(3)]
    for thread in threads:
        thread.start()
    for loop in (0, 1):
        system.spawn(stop, loop).ask(None).result(10)
    for thread in threads:
        thread.join(10)
    with contextlib.suppress(ActorStopped):
        assert reply.result(10) == 1
    with pytest.raises(ActorStopped):
        actor.ask(2).result(10)


def test_an_actor_that_stops_itself_finishes_its_turn(system: System) -> None:
    """And takes no further message."""

    async def handle(x: Any) -> Any:
        this_actor().stop()
        await asyncio.sleep(0)
        return x

    actor = system.spawn(handle)
    first, second = actor.ask(1), actor.ask(2)
    assert first.result(10) == 1
    with pytest.raises(ActorStopped):
        second.result(10)


def test_asks_that_race_a_stop_are_answered_or_failed(system: System) -> None:
    """None hangs, on either loop and from a thread."""
    for number in range(200):
        actor = system.spawn(lambda x: x, number % 2)
        stopping = threading.Thread(target=actor.stop)
        stopping.start()
        for one in [actor.ask(number) for _ in range(5)]:
            with contextlib.suppress(ActorStopped):
                assert one.result(10) == number
        stopping.join(10)


def test_a_stopped_actor_is_forgotten_by_its_loop(system: System) -> None:
    """A system that spawns and stops for years does not grow."""

    async def look(_: Any) -> int:
        return len(this_actor().home.actors)

    looking = system.spawn(look, 0)
    for _ in range(10):
        actor = system.spawn(lambda x: x, 0)
        actor.ask(1).result(10)
        actor.stop()
    assert looking.ask(None).result(10) == 1


# ---------------------------------------------------------------- spawning


def test_without_a_loop_actors_are_dealt_out_in_turn(system: System) -> None:
    """Two loops, so every other actor is on the same."""
    actors = [system.spawn(lambda x: x) for _ in range(4)]
    assert [actor.home.number for actor in actors] == [0, 1, 0, 1]


def test_a_loop_that_is_not_there_is_refused(system: System) -> None:
    """The error says which there are."""
    with pytest.raises(IndexError, match="no loop 2: this system has loops 0 to 1"):
        system.spawn(lambda x: x, 2)


def test_a_system_without_loops_is_refused() -> None:
    """At least one."""
    with pytest.raises(ValueError, match="at least one loop, not 0"):
        System(loops=0)


def test_there_is_no_this_actor_outside_of_handlers() -> None:
    """It says so."""
    with pytest.raises(LookupError, match="outside of a handler"):
        this_actor()


# ---------------------------------------------------------------- closing


def test_closing_ends_every_thread_loop_and_task_without_a_word(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """With handlers in progress, messages waiting, tasks and blocking calls of handlers, and failed replies."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _close_in_the_middle()
        gc.collect()
    assert [str(one.message) for one in caught] == []
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def _close_in_the_middle() -> None:
    threads = threading.active_count()
    gate = Gate()
    tasks: list[asyncio.Task[None]] = []

    async def held(_: Any) -> None:
        tasks.append(asyncio.get_running_loop().create_task(gate()))
        await gate()

    async def asking(_: Any) -> Any:
        await asyncio.to_thread(int)
        return await held_actor.ask(None)

    async def fail(_: Any) -> None:
        raise ValueError("x")

    system = System(loops=2)
    held_actor = system.spawn(held, 0)
    replies = [held_actor.ask(None), system.spawn(asking, 1).ask(None)]
    system.spawn(fail, 1).ask(None)
    gate.wait_until_reached()
    system.close()
    for reply in replies:
        with pytest.raises(SystemClosed):
            reply.result(10)
    assert all(one.loop.is_closed() for one in system.loops)
    assert all(task.done() for task in tasks)
    assert threading.active_count() == threads


def test_closing_is_idempotent_and_may_be_done_by_several_threads() -> None:
    """Each returns when all has ended."""
    system = System(loops=2)
    closing = [threading.Thread(target=system.close) for _ in range(4)]
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join(10)
    system.close()
    assert all(one.loop.is_closed() for one in system.loops)


def test_after_closing_asks_fail_and_spawning_is_refused() -> None:
    """At once, and the error names the actor."""
    system = System()
    actor = system.spawn(lambda x: x, name="a")
    system.close()
    with pytest.raises(SystemClosed, match="the system of actor a is closed"):
        actor.ask(1).result(10)
    with pytest.raises(SystemClosed):
        actor.tell(1)
    with pytest.raises(SystemClosed):
        system.spawn(lambda x: x)


def test_asks_that_race_a_close_are_answered_or_failed() -> None:
    """None hangs, whatever the moment."""
    for _ in range(30):
        system = System(loops=2)
        actor = system.spawn(lambda x: x, 0)
        between = system.spawn(actor.ask, 1)
        closing = threading.Thread(target=system.close)
        replies = [between.ask(number).then(str) for number in range(5)]
        closing.start()
        replies += [between.ask(number).then(str) for number in range(5)]
        for number, reply in enumerate(replies):
            with contextlib.suppress(SystemClosed):
                assert reply.result(10) == str(number % 5)
        closing.join(10)


def test_closing_lets_handlers_clean_up(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    """They get CancelledError where they wait, and may await in their `finally`; nothing of it is logged."""
    cleaned = []

    async def handle(_: Any) -> None:
        try:
            await gate()
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    with System() as system:
        system.spawn(handle).tell(None)
        gate.wait_until_reached()
    assert cleaned == [True]
    assert caplog.records == []


def test_messages_fail_at_once_when_the_system_closes_though_a_handler_takes_its_time(gate: Gate) -> None:
    """The handler in progress cleans up until the message behind it has been failed."""
    cleaning = Gate()

    async def handle(_: Any) -> None:
        try:
            await gate()
        finally:
            await cleaning()

    system = System()
    actor = system.spawn(handle)
    first, second = actor.ask(1), actor.ask(2)
    gate.wait_until_reached()
    closing = threading.Thread(target=system.close)
    closing.start()
    with pytest.raises(SystemClosed):
        second.result(10)
    cleaning.wait_until_reached()
    assert not first.done()
    cleaning.open()
    closing.join(10)
    with pytest.raises(SystemClosed):
        first.result(10)


def test_an_ask_whose_turn_never_began_fails_when_its_loop_ends() -> None:
    """The message was taken out of the mailbox in the last moment of the loop."""
    late: list[Any] = []

    async def handle(_: Any) -> None:
        this_actor().home.close()
        asking = threading.Thread(target=lambda: late.append(actor.ask(1)))
        asking.start()
        asking.join(10)

    system = System()
    actor = system.spawn(lambda x: x)
    system.spawn(handle).ask(None).result(10)
    with pytest.raises(SystemClosed):
        late[0].result(10)
    system.close()


def test_a_handler_cannot_close_its_own_system(system: System) -> None:
    """It would wait for its own end; the error says what to write."""

    async def handle(_: Any) -> None:
        system.close()

    with pytest.raises(RuntimeError, match=r"system.close\(\) in a handler would block") as caught:
        system.spawn(handle).ask(None).result(10)
    assert "right:  actor.stop(), and system.close() in the thread that made the system" in str(caught.value)
    assert system.spawn(lambda x: x).ask(1).result(10) == 1


def test_the_composition_of_a_complete_reply_works_after_closing() -> None:
    """What is there needs no loop."""
    with System() as system:
        reply = system.spawn(lambda x: x).ask(1)
        reply.result(10)
    assert reply.then(str).result(10) == "1"


def test_a_composition_that_needs_a_closed_loop_fails() -> None:
    """And closes the coroutine that will never run, without a warning."""

    async def coroutine(x: Any) -> Any:
        return x

    with System() as system:
        reply = system.spawn(lambda x: x).ask(1)
        reply.result(10)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError, match="closed"):
            reply.then(coroutine).result(10)
        gc.collect()
    assert [str(one.message) for one in caught] == []
