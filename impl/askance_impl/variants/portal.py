"""One face for threads and coroutines: an ask can be awaited on any loop and blocked on from any thread but a loop's.

Each loop runs in `asyncio.run`, on a thread of its own. A message is a task there from the beginning, and an actor is a
lock that its tasks take in turn (asyncio's are first come, first served). Context variables of the sender go with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Generator
from concurrent.futures import Future, InvalidStateError
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "Ask", "Portal", "PortalAdapter", "PortalSystem", "WouldBlock", "adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class WouldBlock(RuntimeError):
    """The reply is not there yet, and its loop may be the one that must make it."""


def runs_a_loop() -> bool:
    """Whether this thread is an event loop's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Ask:
    """A reply: `await` it, or call `result()`."""

    def __init__(self, future: Future[Any]) -> None:
        self.future = future

    def __await__(self) -> Generator[Any, None, Any]:
        return asyncio.wrap_future(self.future).__await__()

    def result(self, timeout: float | None = None) -> Any:
        """Block until it is there; raises WouldBlock on the thread of a loop, TimeoutError after `timeout` seconds."""
        if not self.future.done() and runs_a_loop():
            raise WouldBlock("await the reply: this thread runs an event loop")
        return self.future.result(timeout)

    def cancel(self) -> None:
        """Do without it."""
        self.future.cancel()


class Portal:
    """The way to an event loop on another thread."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self.open = True
        started: Future[asyncio.AbstractEventLoop] = Future()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve(started)))
        self.thread.start()
        self.loop = started.result()

    async def serve(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        """Until the portal is closed; then cancel what is in progress."""
        self.closed = asyncio.Event()
        started.set_result(asyncio.get_running_loop())
        await self.closed.wait()
        self.open = False
        while self.tasks:
            for task in self.tasks:
                task.cancel()
            await asyncio.wait(self.tasks)

    def begin(self, actor: Actor, message: Any, reply: Future[Any], context: contextvars.Context) -> None:
        """On the loop: a task for the message, which ends when the reply is cancelled."""
        if not self.open:
            fail(reply, ActorStopped("the system is closed"))
            return
        task = self.loop.create_task(actor.turn(message, reply), context=context)
        self.tasks.add(task)

        def over(_: object) -> None:
            self.tasks.discard(task)
            fail(reply, ActorStopped("the system is closed"))  # unless it is complete, as it mostly is

        def unwanted(_: object) -> None:
            if reply.cancelled():
                with contextlib.suppress(RuntimeError):  # the loop has closed
                    self.loop.call_soon_threadsafe(task.cancel)

        task.add_done_callback(over)
        reply.add_done_callback(unwanted)

    def close(self) -> None:
        """Begin to end the loop."""
        self.loop.call_soon_threadsafe(self.closed.set)


def fail(reply: Future[Any], error: BaseException) -> None:
    """Complete the reply with an error, if it is not complete."""
    with contextlib.suppress(InvalidStateError):
        reply.set_exception(error)


class Actor:
    """A coroutine function, and the lock that lets one message at a time to it."""

    def __init__(self, handler: Handler, portal: Portal) -> None:
        self.handler = handler
        self.portal = portal
        self.sending = threading.Lock()
        self.stopped = False
        self.one = asyncio.Lock()
        self.waiting: dict[asyncio.Task[Any] | None, Future[Any]] = {}

    def send(self, message: Any) -> Future[Any]:
        """From any thread: the reply. Raises ActorStopped."""
        reply: Future[Any] = Future()
        with self.sending:
            if self.stopped:
                raise ActorStopped("the actor has stopped")
            context = contextvars.copy_context()
            self.portal.loop.call_soon_threadsafe(self.portal.begin, self, message, reply, context)
        return reply

    async def turn(self, message: Any, reply: Future[Any]) -> None:
        """Wait for those that came before, and handle the message."""
        this = asyncio.current_task()
        self.waiting[this] = reply
        try:
            await self.one.acquire()
        finally:
            del self.waiting[this]
        try:
            value = await self.handler(message)
        except BaseException as error:
            if this is not None and this.cancelling():
                raise
            fail(reply, error)
        else:
            with contextlib.suppress(InvalidStateError):
                reply.set_result(value)
        finally:
            self.one.release()

    def stop(self) -> None:
        """From any thread: take no more messages, and refuse those that wait."""
        with self.sending:
            if not self.stopped:
                self.stopped = True
                self.portal.loop.call_soon_threadsafe(self.refuse)

    def refuse(self) -> None:
        """On the loop."""
        for task, reply in self.waiting.items():
            fail(reply, ActorStopped("the actor has stopped"))
            if task is not None:
                task.cancel()


class PortalSystem(System):
    """Portals to as many loops."""

    def __init__(self, loops: int) -> None:
        self.portals = [Portal() for _ in range(loops)]
        self.lock = threading.Lock()
        self.actors: list[Actor] = []
        self.closing = False

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler, self.portals[loop or 0])
        with self.lock:
            self.actors.append(actor)
            actor.stopped = self.closing
        return actor

    def ask(self, ref: Actor, message: Any) -> Ask:
        try:
            return Ask(ref.send(message))
        except ActorStopped as error:
            reply: Future[Any] = Future()
            reply.set_exception(error)
            return Ask(reply)

    def tell(self, ref: Actor, message: Any) -> None:
        ref.send(message)

    def stop(self, ref: Actor) -> None:
        ref.stop()

    def close(self) -> None:
        with self.lock:
            self.closing = True
        for actor in self.actors:
            actor.stop()
        for portal in self.portals:
            portal.close()
        for portal in self.portals:
            portal.thread.join()


class PortalAdapter(BaseAdapter):
    """Promises both faces, and that the wrong one is refused."""

    name = "variant-portal"
    capabilities = frozenset(
        {
            "async-handlers",
            "loops",
            "await",
            "result",
            "timeout",
            "cancel",
            "stop",
            "spawn",
            "blocking-refused",
        }
    )
    stopped = (ActorStopped,)
    refused = (WouldBlock,)
    nested = (Ask,)

    def open(self, loops: int) -> System:
        """Start that many loops."""
        return PortalSystem(loops)


adapter = PortalAdapter()
