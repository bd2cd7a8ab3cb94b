"""The fewest promises with coroutines: asks are sent from event loops, and replies are only to be awaited.

Each actor is one task, which takes messages out of a queue for as long as its loop runs. Whoever awaits a reply has a
future on a loop of its own for it, and is woken there by `call_soon_threadsafe`, the one thing that another thread may
call.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable
from typing import Any, NamedTuple

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "AwaitOnlyAdapter", "AwaitOnlySystem", "Loop", "Reply", "adapter"]


class Answer(NamedTuple):
    """What a handler gave, or raised: a future of asyncio's complains of an exception that nobody retrieves."""

    value: Any = None
    error: BaseException | None = None


class Reply:
    """An answer, once it is there, and the futures of those who await it, each on its own loop."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.answer: Answer | None = None
        self.waiters: list[asyncio.Future[None]] = []

    def give(self, answer: Answer) -> None:
        """Wake all who wait; from any thread."""
        with self.lock:
            self.answer = answer
            waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            with contextlib.suppress(RuntimeError):  # its loop has closed
                waiter.get_loop().call_soon_threadsafe(wake, waiter)

    async def get(self) -> Any:
        """The value, or the error raised."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self.lock:
            if self.answer is None:
                self.waiters.append(waiter)
            else:
                wake(waiter)
        await waiter
        assert self.answer is not None
        if self.answer.error is not None:
            raise self.answer.error
        return self.answer.value


def wake(waiter: asyncio.Future[None]) -> None:
    """On the loop of the one who waits, if it still does."""
    if not waiter.done():
        waiter.set_result(None)


class Loop:
    """An event loop on a thread, until it is told to stop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.tasks: list[asyncio.Task[None]] = []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        """The thread's body."""
        self.loop.run_forever()
        self.loop.run_until_complete(self.end())
        self.loop.close()

    async def end(self) -> None:
        """End the actors' tasks."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class Actor:
    """A coroutine function, and a queue that lives on its loop."""

    def __init__(self, handler: Handler, home: Loop) -> None:
        self.handler = handler
        self.home = home
        self.mailbox: asyncio.Queue[tuple[Any, Reply | None]] = asyncio.Queue()
        home.loop.call_soon_threadsafe(self.start)

    def start(self) -> None:
        """On the loop: begin to take messages."""
        self.home.tasks.append(self.home.loop.create_task(self.run()))

    def send(self, message: Any, reply: Reply | None) -> None:
        """From any thread."""
        self.home.loop.call_soon_threadsafe(self.mailbox.put_nowait, (message, reply))

    async def run(self) -> None:
        """Handle one message after the other; nothing that a handler raises ends this."""
        while True:
            message, reply = await self.mailbox.get()
            try:
                answer = Answer(await self.handler(message))
            except BaseException as error:
                answer = Answer(error=error)
            if reply is not None:
                reply.give(answer)
            del message, reply, answer
            this = asyncio.current_task()
            if this is not None and this.cancelling():
                return


class AwaitOnlySystem(System):
    """Event loops on threads, and actors that live as long as these."""

    def __init__(self, loops: int) -> None:
        self.loops = [Loop() for _ in range(loops)]

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        return Actor(handler, self.loops[loop or 0])

    def ask(self, ref: Actor, message: Any) -> Reply:
        asyncio.get_running_loop()  # it is on one that a reply is awaited
        reply = Reply()
        ref.send(message, reply)
        return reply

    def tell(self, ref: Actor, message: Any) -> None:
        ref.send(message, None)

    def awaitable(self, reply: Reply) -> Awaitable[Any]:
        return reply.get()

    def close(self) -> None:
        for one in self.loops:
            one.loop.call_soon_threadsafe(one.loop.stop)
        for one in self.loops:
            one.thread.join()


class AwaitOnlyAdapter(BaseAdapter):
    """Promises coroutines, loops, and `await`."""

    name = "variant-await-only"
    capabilities = frozenset({"async-handlers", "loops", "await"})
    nested = (Reply,)

    def open(self, loops: int) -> System:
        """Start that many loops."""
        return AwaitOnlySystem(loops)


adapter = AwaitOnlyAdapter()
