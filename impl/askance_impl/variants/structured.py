"""Structured concurrency: who is cancelled ends first, and is reported then.

A cancellation is a request. A message that waits in a mailbox is given up at once, but the reply of a turn in progress
is complete only when its handler has ended, with whatever came of it. Who waits for a reply and is cancelled, or has
waited long enough, requests the same of the reply and goes on when that has ended. A gather which fails cancels the
parts that are still going on, and reports the failure when they have ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "Reply", "StructuredAdapter", "StructuredSystem", "adapter"]

Outcome = tuple[Any, BaseException | None]
"""A value and an error, of which the error counts unless it is None."""


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Reply:
    """The outcome of something on a loop, and how to request there that it should end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, request: Callable[[Reply], object]) -> None:
        self.loop = loop
        self.request = request
        self.unwanted = False
        self.future: Future[Outcome] = Future()

    def cancel(self) -> None:
        """Request the end; from any thread."""
        self.unwanted = True
        with contextlib.suppress(RuntimeError):  # the loop has closed
            self.loop.call_soon_threadsafe(self.request, self)

    async def get(self) -> Any:
        """The value, or the error raised; if this is cancelled, it is when what it waits for has ended."""
        arrival = asyncio.wrap_future(self.future)
        try:
            value, error = await asyncio.shield(arrival)
        except asyncio.CancelledError:
            if not arrival.done():
                self.cancel()
                await asyncio.wait([arrival])
            raise
        if error is not None:
            raise error
        return value


async def outcome(work: Callable[[], Awaitable[Any]]) -> Outcome:
    """What the work gives and what it raises; nothing that it raises ends the loop."""
    try:
        return await work(), None
    except BaseException as error:
        return None, error


class Actor:
    """A coroutine function with a mailbox. All but `handler` and `loop` lives on the loop's thread."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop) -> None:
        self.handler = handler
        self.loop = loop
        self.mailbox: deque[tuple[Any, Reply]] = deque()
        self.turn: tuple[Reply, asyncio.Task[Outcome]] | None = None
        self.stopped = False

    def post(self, message: Any, reply: Reply) -> None:
        """Put the message into the mailbox, and begin it if the actor is idle."""
        if self.stopped:
            reply.future.set_result((None, ActorStopped("the actor has stopped")))
        else:
            self.mailbox.append((message, reply))
            self.next()

    def next(self) -> None:
        """Begin the next message that is still wanted, unless there is a turn in progress."""
        while self.mailbox and self.turn is None:
            message, reply = self.mailbox.popleft()
            if reply.unwanted:
                reply.future.set_result((None, asyncio.CancelledError()))
                continue
            task = self.loop.create_task(outcome(functools.partial(self.handler, message)))
            self.turn = reply, task
            task.add_done_callback(self.ended)

    def ended(self, task: asyncio.Task[Outcome]) -> None:
        """The turn is over: only now does anybody hear of it."""
        assert self.turn is not None
        reply, _ = self.turn
        self.turn = None
        reply.future.set_result((None, asyncio.CancelledError()) if task.cancelled() else task.result())
        self.next()

    def cut(self, reply: Reply) -> None:
        """The end of that reply is requested."""
        if self.turn is not None and self.turn[0] is reply:
            self.turn[1].cancel()
        for waiting in [one for one in self.mailbox if one[1] is reply]:
            self.mailbox.remove(waiting)
            reply.future.set_result((None, asyncio.CancelledError()))

    def stop(self) -> None:
        """Take no more messages, and refuse those that wait."""
        self.stopped = True
        while self.mailbox:
            self.mailbox.popleft()[1].future.set_result((None, ActorStopped("the actor has stopped")))


class StructuredSystem(System):
    """Event loops on threads."""

    def __init__(self, loops: int) -> None:
        self.actors: list[Actor] = []
        self.closing = False
        self.loops = [asyncio.new_event_loop() for _ in range(loops)]
        self.threads = [threading.Thread(target=self.run, args=(loop,)) for loop in self.loops]
        for thread in self.threads:
            thread.start()

    def run(self, loop: asyncio.AbstractEventLoop) -> None:
        """A thread's body."""
        loop.run_forever()
        loop.close()

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler, self.loops[0 if loop is None else loop])
        self.actors.append(actor)
        actor.stopped = self.closing
        return actor

    def ask(self, ref: Actor, message: Any) -> Reply:
        reply = Reply(ref.loop, ref.cut)
        ref.loop.call_soon_threadsafe(ref.post, message, reply)
        return reply

    def tell(self, ref: Actor, message: Any) -> None:
        if ref.stopped:
            raise ActorStopped("the actor has stopped")
        self.ask(ref, message)

    def stop(self, ref: Actor) -> None:
        ref.loop.call_soon_threadsafe(ref.stop)

    def awaitable(self, reply: Reply) -> Awaitable[Any]:
        return reply.get()

    def begin(self, work: Callable[[], Awaitable[Any]]) -> Reply:
        """Work on the first loop; its reply."""
        started: list[asyncio.Task[Outcome]] = []
        reply = Reply(self.loops[0], lambda _: started[0].cancel())

        def ended(task: asyncio.Task[Outcome]) -> None:
            reply.future.set_result((None, asyncio.CancelledError()) if task.cancelled() else task.result())

        def start() -> None:
            started.append(reply.loop.create_task(outcome(work)))
            started[0].add_done_callback(ended)

        reply.loop.call_soon_threadsafe(start)
        return reply

    def gather(self, replies: Sequence[Reply]) -> Reply:
        return self.begin(lambda: together(replies))

    def close(self) -> None:
        self.closing = True
        # What ends on one loop may have sent to another that has been seen to; the second time there is nobody left.
        for loop in self.loops * 2:
            asyncio.run_coroutine_threadsafe(self.end(loop), loop).result()
        for loop in self.loops:
            loop.call_soon_threadsafe(loop.stop)
        for thread in self.threads:
            thread.join()

    async def end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop the actors of the running loop, and cancel all other tasks there, until there are none."""
        for actor in self.actors:
            if actor.loop is loop:
                actor.stop()
        while tasks := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
            tasks.sort(key=lambda task: (len(task.get_name()), task.get_name()))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def together(replies: Sequence[Reply]) -> list[Any]:
    """The values of all; at the first failure the others are cancelled, and their end is waited for."""
    parts = [asyncio.ensure_future(outcome(reply.get)) for reply in replies]
    failures: list[BaseException] = []
    try:
        for part in asyncio.as_completed(parts):
            _, error = await part
            if error is not None:
                failures.append(error)
                break
    finally:
        for one in parts:
            one.cancel()
        await asyncio.wait(parts)
    if failures:
        raise failures[0]
    return [part.result()[0] for part in parts]


class StructuredAdapter(BaseAdapter):
    """Promises coroutines that end before anybody hears of it; no thread blocks on them."""

    name = "variant-structured"
    capabilities = frozenset(
        {"async-handlers", "loops", "await", "gather", "timeout", "cancel", "stop", "spawn"}
    )
    stopped = (ActorStopped,)
    nested = (Reply,)

    def open(self, loops: int) -> System:
        """Start that many loops."""
        return StructuredSystem(loops)


adapter = StructuredAdapter()
