"""One event loop on one thread for all actors; a failure ends its actor, and a stop cuts short what it is doing.

An actor is a task that handles one message after the other, each in a task of its own so that it can be cut short.
Actors form a tree: who stops takes those along that it has spawned. The asker of a message that is cut short, or that
nobody comes to, is told that the actor has stopped. Only a turn that stops its own actor is finished.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Awaitable
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextvars import ContextVar
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "OneLoopAdapter", "OneLoopSystem", "adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


current: ContextVar[Actor | None] = ContextVar("current", default=None)
"""The actor whose handler this is."""


def end(reply: Future[Any], value: Any = None, error: BaseException | None = None) -> None:
    """Complete the reply, unless it was cancelled."""
    with contextlib.suppress(InvalidStateError):
        if error is None:
            reply.set_result(value)
        else:
            reply.set_exception(error)


class Actor:
    """A coroutine function, its mailbox, and the actors that it has spawned. Lives on the loop's thread alone."""

    def __init__(self, handler: Handler, loop: asyncio.AbstractEventLoop) -> None:
        self.handler = handler
        self.loop = loop
        self.mailbox: deque[tuple[Any, Future[Any]]] = deque()
        self.news = asyncio.Event()
        self.turn: asyncio.Task[Any] | None = None
        self.stopped = False
        self.children: list[Actor] = []
        self.life: asyncio.Task[None] | None = None

    def post(self, message: Any, reply: Future[Any]) -> None:
        """Put the message into the mailbox."""
        if self.stopped:
            end(reply, error=ActorStopped("the actor has stopped"))
            return
        self.mailbox.append((message, reply))
        self.news.set()
        if self.life is None:
            self.life = self.loop.create_task(self.live())

    async def live(self) -> None:
        """Handle messages until the actor stops."""
        while not self.stopped:
            if not self.mailbox:
                self.news.clear()
                await self.news.wait()
                continue
            message, reply = self.mailbox.popleft()
            if reply.cancelled():
                continue
            await self.handle(message, reply)
            del message, reply

    async def handle(self, message: Any, reply: Future[Any]) -> None:
        """One turn; its failure is the end of the actor."""
        self.turn = turn = self.loop.create_task(self.outcome(message))
        reply.add_done_callback(self.let_go)
        await asyncio.wait([turn])
        self.turn = None
        value, error = (None, CancelledError()) if turn.cancelled() else turn.result()
        if reply.cancelled():
            return
        cut_short = self.stopped and isinstance(error, asyncio.CancelledError | CancelledError)
        if error is not None and not cut_short:
            self.stop()
        if cut_short:
            error = ActorStopped("the actor was stopped")
        end(reply, value, error)

    async def outcome(self, message: Any) -> tuple[Any, BaseException | None]:
        """What the handler returns, and what it raises: no exception ends the loop that all share."""
        current.set(self)
        try:
            return await self.handler(message), None
        except BaseException as error:
            return None, error

    def let_go(self, reply: Future[Any]) -> None:
        """The reply is complete; if that is because it was cancelled, its turn is of no use. From any thread."""
        if reply.cancelled():
            with contextlib.suppress(RuntimeError):  # the loop has closed
                self.loop.call_soon_threadsafe(self.cut, self.turn)

    def cut(self, turn: asyncio.Task[Any] | None) -> None:
        """Cancel the turn, if it is still the one in progress."""
        if turn is not None and turn is self.turn:
            turn.cancel()

    def stop(self) -> None:
        """Stop, with all that this actor has spawned."""
        if self.stopped:
            return
        self.stopped = True
        self.news.set()
        while self.mailbox:
            end(self.mailbox.popleft()[1], error=ActorStopped("the actor has stopped"))
        if self.turn is not None and current.get() is not self:
            self.turn.cancel()
        for child in self.children:
            child.stop()


class OneLoopSystem(System):
    """The loop and its thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.actors: list[Actor] = []
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def here(self) -> bool:
        """Whether the calling code runs on the loop."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    def call(self, function: Any, *arguments: Any) -> None:
        """Call the function on the loop: at once if this is it."""
        if self.here():
            function(*arguments)
        else:
            self.loop.call_soon_threadsafe(function, *arguments)

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler, self.loop)
        self.actors.append(actor)
        parent = current.get()
        if parent is not None and self.here() and not parent.stopped:
            parent.children.append(actor)
        return actor

    def ask(self, ref: Actor, message: Any) -> Future[Any]:
        reply: Future[Any] = Future()
        self.call(ref.post, message, reply)
        return reply

    def tell(self, ref: Actor, message: Any) -> None:
        if ref.stopped:
            raise ActorStopped("the actor has stopped")
        self.call(ref.post, message, Future())

    def stop(self, ref: Actor) -> None:
        self.call(ref.stop)

    def awaitable(self, reply: Future[Any]) -> Awaitable[Any]:
        return asyncio.wrap_future(reply)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def end(self) -> None:
        """Stop all actors, and wait until their tasks have ended."""
        for actor in self.actors:
            actor.stop()
        await asyncio.gather(*(actor.life for actor in self.actors if actor.life is not None))


class OneLoopAdapter(BaseAdapter):
    """Promises nothing about loops: there is one."""

    name = "variant-one-loop"
    capabilities = frozenset({"async-handlers", "await", "result", "timeout", "cancel", "stop", "spawn"})
    stopped = (ActorStopped,)
    failing_handler_ends_actor = True

    def open(self, loops: int) -> System:
        """Start the loop."""
        return OneLoopSystem()


adapter = OneLoopAdapter()
