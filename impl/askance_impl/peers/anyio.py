"""AnyIO, unmodified: handlers run in its worker threads, and ask through the blocking portal, as is documented.

Each actor is a handler behind an AnyIO lock, which is fair, and runs in a worker thread by `to_thread.run_sync`. An ask
is `portal.start_task_soon`, called from a thread. Cancelling its future cancels the task, but a worker thread that has
begun goes on (clause C1 wants more), so "cancel" is not declared. See `anyio_loops` for what the portal is not for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from concurrent.futures import Future
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

try:
    import anyio
    import anyio.from_thread
    import anyio.to_thread
except ImportError:  # an extra; `open` says so
    anyio = None  # type: ignore[assignment]

__all__ = ["adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Actor:
    """A handler, and what lets one message at a time at it: made on the portal's loop."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.lock = anyio.Lock()
        self.limiter = anyio.CapacityLimiter(1)
        self.stopped = False

    async def handle(self, message: Any) -> Any:
        """Wait for the messages before this one, then handle it in a worker thread."""
        async with self.lock:
            self.check()
            return await anyio.to_thread.run_sync(self.handler, message, limiter=self.limiter)

    def check(self) -> None:
        """Raise ActorStopped if it has."""
        if self.stopped:
            raise ActorStopped("the actor has stopped")


class PortalSystem(System):
    """One blocking portal, its loop on a thread of its own."""

    def __init__(self) -> None:
        self.stack = contextlib.ExitStack()
        self.portal = self.stack.enter_context(anyio.from_thread.start_blocking_portal())

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        return self.portal.call(Actor, handler)

    def ask(self, ref: Actor, message: Any) -> Future[Any]:
        ref.check()
        future: Future[Any] = self.portal.start_task_soon(ref.handle, message)
        return future

    def tell(self, ref: Actor, message: Any) -> None:
        self.ask(ref, message)

    def stop(self, ref: Actor) -> None:
        ref.stopped = True

    def awaitable(self, reply: Future[Any]) -> Awaitable[Any]:
        return asyncio.wrap_future(reply)

    def close(self) -> None:
        # Before AnyIO 4.5 a portal ends with the SystemExit of a handler, which its asker has been given.
        with contextlib.suppress(SystemExit):
            self.stack.close()


class PortalAdapter(BaseAdapter):
    """Opens PortalSystems: clients on threads, because a portal is called from threads."""

    name = "anyio"
    capabilities = frozenset({"result", "timeout", "stop", "spawn"})
    stopped = (ActorStopped,)
    versions = ("anyio",)

    def open(self, loops: int) -> System:
        """Start a portal. Raises ImportError if AnyIO is not installed."""
        if anyio is None:
            raise ImportError("AnyIO is not installed: pip install 'askance[anyio]'")
        return PortalSystem()


adapter = PortalAdapter()
"""What the entry point `anyio` gives."""
