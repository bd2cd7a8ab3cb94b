"""What a strand does to another's loop, past `call_soon_threadsafe`: exhaustive search sees all that may come of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import askance

Body = Callable[[Any], object]


def a_loop() -> Any:
    """A loop with two callbacks, the first of several steps, and a task that waits for a future."""
    loop = asyncio.new_event_loop()
    shared = SimpleNamespace(loop=loop, future=loop.create_future(), value=askance.Shared(0), log=[])

    def begin() -> None:
        shared.value.get()
        shared.log.append("begun")

    async def wait() -> None:
        shared.value.get()
        try:
            shared.log.append(await shared.future)
        except (KeyError, asyncio.CancelledError) as exception:
            shared.log.append(type(exception).__name__)

    loop.call_soon(begin)
    shared.handle = loop.call_soon(shared.log.append, "handled")
    shared.task = loop.create_task(wait())
    return shared


def run(shared: Any) -> None:
    """Run the loop until it is stopped."""
    shared.loop.run_forever()
    shared.log.append("ended")


def complete(shared: Any) -> None:
    """Run the loop until its task is done, which waits for what the loop does itself."""

    def do() -> None:
        shared.value.get()
        shared.future.set_result("completed")
        shared.value.get()

    shared.loop.call_soon(do)
    shared.loop.run_until_complete(shared.task)


def awaits(shared: Any) -> None:
    """Await the loop's future, as far as that goes outside of it: one that is done gives its result at once."""
    try:
        next(shared.future.__await__())
        shared.log.append("not done")
    except StopIteration as done:
        shared.log.append(done.value)


ACTS: dict[str, tuple[Body, Body]] = {
    "complete": (run, lambda shared: shared.future.set_result(1)),
    "fail": (run, lambda shared: shared.future.set_exception(KeyError())),
    "cancel a future": (run, lambda shared: shared.future.cancel()),
    "cancel a task": (run, lambda shared: shared.task.cancel()),
    "cancel a handle": (run, lambda shared: shared.handle.cancel()),
    "call later": (run, lambda shared: shared.loop.call_later(0, shared.log.append, "called")),
    "stop": (run, lambda shared: shared.loop.stop()),
    "done": (complete, lambda shared: shared.log.append(shared.future.done())),
    "add a callback": (
        complete,
        lambda shared: shared.future.add_done_callback(lambda _: shared.log.append("back")),
    ),
    "await": (complete, awaits),
    "is running": (complete, lambda shared: shared.log.append(shared.loop.is_running())),
}


def outcomes(bodies: list[Body], strategy: str) -> tuple[int, set[str]]:
    """How many interleavings there are, and what the log may be in the end."""
    logs: list[Any] = []

    def setup() -> Any:
        shared = a_loop()
        logs.append(shared.log)
        return shared

    result = askance.explore(
        askance.Strands(setup, bodies), strategy=strategy, executions=20_000, keep_going=True, warm_up=False
    )
    assert result.complete
    assert not result.redundant
    return result.interleavings, {repr(log) for log in logs}


@pytest.mark.parametrize("act", ACTS)
def test_what_is_done_to_a_loop_from_outside_may_be_done_between_any_steps_of_its_strand(act: str) -> None:
    """Before the loop runs, in the middle of a callback, while it is idle: DPOR finds what depth-first search does."""
    runs, does = ACTS[act]

    def outside(shared: Any) -> None:
        shared.value.get()
        does(shared)

    every, possible = outcomes([runs, outside], "dfs")
    assert len(possible) > 1
    assert outcomes([runs, outside], "dpor") == (every, possible)


def test_a_future_that_another_thread_completes_may_be_late() -> None:
    """Between what a thread does before and the completion is a scheduling point: the loop may fall asleep there."""

    def main() -> None:
        loop = asyncio.new_event_loop()
        future = loop.create_future()

        async def wait() -> None:
            await future

        thread = threading.Thread(target=lambda: loop.run_until_complete(wait()))
        thread.start()
        future.set_result(1)
        thread.join()

    result = askance.explore(main, strategy="dpor", keep_going=True)
    assert result.complete
    assert 0 < result.failed < result.executions
    assert {failure.kind for failure in result.failures} == {"deadlock"}


def call(loop: Any) -> str:
    """Call a loop that may be closed."""
    try:
        loop.call_soon_threadsafe(print)
        return "called"
    except RuntimeError:
        return "refused"


@pytest.mark.parametrize(
    ("ask", "answers"), [(call, {"called", "refused"}), (lambda loop: loop.is_closed(), {True, False})]
)
def test_a_loop_may_be_closed_before_or_after_it_is_called(ask: Body, answers: set[object]) -> None:
    """To be refused is found as well as to be called in vain."""
    given = set()

    def outside(loop: Any) -> None:
        loop.is_running()
        given.add(ask(loop))

    program = askance.Strands(asyncio.new_event_loop, [lambda loop: loop.close(), outside])
    assert askance.explore(program, strategy="dpor", warm_up=False).complete
    assert given == answers


async def wait_for_event(shared: Any) -> None:
    """Wait until the event is set."""
    await shared.event.wait()


async def get_item(shared: Any) -> None:
    """Get an item from the queue."""
    await shared.queue.get()


async def take_permit(shared: Any) -> None:
    """Take the semaphore, which somebody else has."""
    await shared.semaphore.acquire()


async def look_at_event(shared: Any) -> None:
    """Look whether the event is set."""
    shared.log.append(shared.event.is_set())


async def look_at_queue(shared: Any) -> None:
    """Look how many items there are."""
    shared.log.append(shared.queue.qsize())


MISUSED: list[tuple[Callable[[Any], Any], Body]] = [
    (wait_for_event, lambda shared: shared.event.set()),
    (get_item, lambda shared: shared.queue.put_nowait(1)),
    (take_permit, lambda shared: shared.semaphore.release()),
    (look_at_event, lambda shared: shared.event.set()),
    (look_at_queue, lambda shared: shared.queue.put_nowait(1)),
]


@pytest.mark.parametrize(("work", "does"), MISUSED)
@pytest.mark.parametrize("first", ["loop", "outside"])
def test_asyncio_primitives_in_the_hands_of_a_plain_thread_may_be_early_or_late(
    work: Callable[[Any], Any], does: Body, first: str
) -> None:
    """Whoever is tried first: DPOR finds that the coroutine sees the change, and that nobody wakes it."""
    logs: list[Any] = []

    def setup() -> Any:
        shared = SimpleNamespace(loop=asyncio.new_event_loop(), value=askance.Shared(0), log=[])
        shared.event, shared.queue, shared.semaphore = asyncio.Event(), asyncio.Queue(), asyncio.Semaphore(0)
        logs.append(shared.log)
        return shared

    def loop(shared: Any) -> None:
        async def main() -> None:
            shared.value.get()
            await work(shared)
            shared.log.append("went on")

        shared.loop.run_until_complete(main())

    def outside(shared: Any) -> None:
        shared.value.get()
        does(shared)

    bodies = [loop, outside] if first == "loop" else [outside, loop]
    found = set()
    for strategy in ("dfs", "dpor"):
        logs.clear()
        result = askance.explore(
            askance.Strands(setup, bodies),
            strategy=strategy,
            executions=10_000,
            keep_going=True,
            warm_up=False,
        )
        assert result.complete
        found.add((result.interleavings, frozenset(map(str, logs))))
    assert len(found) == 1
    assert len(next(iter(found))[1]) == 2
