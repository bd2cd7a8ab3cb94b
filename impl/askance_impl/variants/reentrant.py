"""Actors without mailboxes: each message is a task on the actor's loop, and turns interleave wherever they await.

A message from another thread begins in its turn among the calls of `call_soon_threadsafe`; one from the actor's own
loop becomes a task at once, and from Python 3.12 on, where tasks may be eager, its handler runs up to its first await
before `ask` returns. An actor that has stopped still handles what it was sent before. A reply is a concurrent future;
composing two is a task as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import Any, NamedTuple

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "ReentrantAdapter", "ReentrantSystem", "Reply", "WouldBlock", "adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class WouldBlock(RuntimeError):
    """A blocking wait on the thread of an event loop."""


Outcome = tuple[Any, BaseException | None]
"""A value and an error, of which the error counts unless it is None."""


class Reply(NamedTuple):
    """What a task on a loop comes to."""

    future: Future[Outcome]

    async def get(self) -> Any:
        """The value, or the error raised; a cancellation is passed on to the task."""
        value, error = await asyncio.wrap_future(self.future)
        if error is not None:
            raise error
        return value


class Actor(NamedTuple):
    """A handler and its loop; `stopped` is set when it takes no more messages."""

    handler: Handler
    loop: asyncio.AbstractEventLoop
    stopped: threading.Event


async def outcome(work: Callable[[], Awaitable[Any]]) -> Outcome:
    """What it gives and what it raises, as a pair: a SystemExit would end the loop. Replies are waited for."""
    try:
        value = await work()
        while isinstance(value, Reply):
            value = await value.get()
        return value, None
    except BaseException as error:
        return None, error


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs on this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def cancel_all() -> None:
    """Cancel all other tasks of the running loop, until there are none."""
    while tasks := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
        tasks.sort(key=lambda task: (len(task.get_name()), task.get_name()))
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


class ReentrantSystem(System):
    """Event loops on threads."""

    def __init__(self, loops: int) -> None:
        self.closing = False
        self.loops = [asyncio.new_event_loop() for _ in range(loops)]
        self.threads = [threading.Thread(target=self.run, args=(loop,)) for loop in self.loops]
        for thread in self.threads:
            thread.start()

    def run(self, loop: asyncio.AbstractEventLoop) -> None:
        """A thread's body."""
        if sys.version_info >= (3, 12):
            loop.set_task_factory(asyncio.eager_task_factory)
        loop.run_forever()
        loop.close()

    def begin(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[Any]]) -> Reply:
        """A task on the loop, from any thread; at once from its own."""
        future: Future[Outcome] = Future()

        def start() -> None:
            task = loop.create_task(outcome(work))
            task.add_done_callback(ended)
            future.add_done_callback(lambda _: cancelled(task))

        def ended(task: asyncio.Task[Outcome]) -> None:
            with contextlib.suppress(InvalidStateError):  # it was cancelled
                future.set_result((None, CancelledError()) if task.cancelled() else task.result())

        def cancelled(task: asyncio.Task[Outcome]) -> None:
            if future.cancelled():
                with contextlib.suppress(RuntimeError):  # the loop has closed
                    loop.call_soon_threadsafe(task.cancel)

        if running_loop() is loop:
            start()
        else:
            loop.call_soon_threadsafe(start)
        return Reply(future)

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        return Actor(handler, self.loops[-1 if loop is None else loop], threading.Event())

    def ask(self, ref: Actor, message: Any) -> Reply:
        if self.closing or ref.stopped.is_set():
            refused: Future[Any] = Future()
            refused.set_result((None, ActorStopped("the actor has stopped")))
            return Reply(refused)
        return self.begin(ref.loop, lambda: ref.handler(message))

    def tell(self, ref: Actor, message: Any) -> None:
        if self.closing or ref.stopped.is_set():
            raise ActorStopped("the actor has stopped")
        self.begin(ref.loop, lambda: ref.handler(message))

    def stop(self, ref: Actor) -> None:
        ref.stopped.set()

    def result(self, reply: Reply, timeout: float | None = None) -> Any:
        if running_loop() is not None:
            raise WouldBlock("await the reply")
        value, error = reply.future.result(timeout)
        if error is not None:
            raise error
        return value

    def awaitable(self, reply: Reply) -> Awaitable[Any]:
        return reply.get()

    def cancel(self, reply: Reply) -> None:
        reply.future.cancel()

    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        async def mapped() -> Any:
            return function(await reply.get())

        return self.begin(self.loops[0], mapped)

    def gather(self, replies: Sequence[Reply]) -> Reply:
        async def gathered() -> Any:
            pairs = await asyncio.gather(*(asyncio.wrap_future(reply.future) for reply in replies))
            for _, error in pairs:
                if error is not None:
                    raise error
            return [value for value, _ in pairs]

        return self.begin(self.loops[0], gathered)

    def close(self) -> None:
        self.closing = True
        # What ends on one loop may have sent to another that has been seen to; the second time there is nobody left.
        for loop in self.loops * 2:
            asyncio.run_coroutine_threadsafe(cancel_all(), loop).result()
        for loop in self.loops:
            loop.call_soon_threadsafe(loop.stop)
        for thread in self.threads:
            thread.join()


class ReentrantAdapter(BaseAdapter):
    """Promises all but to refuse cycles of asks: here they run."""

    name = "variant-reentrant"
    capabilities = frozenset(
        {
            "async-handlers",
            "loops",
            "await",
            "result",
            "then",
            "gather",
            "deferred",
            "timeout",
            "cancel",
            "stop",
            "spawn",
            "reentrant",
            "blocking-refused",
        }
    )
    stopped = (ActorStopped,)
    refused = (WouldBlock,)
    nested = (Reply,)

    def open(self, loops: int) -> System:
        """Start that many loops."""
        return ReentrantSystem(loops)


adapter = ReentrantAdapter()
