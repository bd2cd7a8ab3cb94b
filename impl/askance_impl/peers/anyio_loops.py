"""AnyIO's blocking portals as bridges between loops: an ask is `portal.start_task_soon`, from wherever it comes.

A portal's documentation speaks of threads, and promises them a concurrent future for the task. People call it from
coroutines too. Then it refuses its own loop (clause A7), and any other loop it blocks until the portal's has begun the
task: two loops that ask each other wait for ever (clauses D4 and D2). `anyio` has it right.
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
except ImportError:  # an extra; `open` says so
    anyio = None  # type: ignore[assignment]

__all__ = ["adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Actor:
    """A handler on a portal."""

    def __init__(self, handler: Handler, portal: Any) -> None:
        self.handler = handler
        self.portal = portal
        self.stopped = False
        self.lock: Any = None

    async def handle(self, message: Any) -> Any:
        """Wait for the messages before this one, then handle it; the portal runs this on its loop."""
        if self.lock is None:  # before AnyIO 4.5 a lock could only be made on a loop
            self.lock = anyio.Lock()
        async with self.lock:
            self.check()
            return await self.handler(message)

    def check(self) -> None:
        """Raise ActorStopped if it has."""
        if self.stopped:
            raise ActorStopped("the actor has stopped")


class PortalSystem(System):
    """Blocking portals, each with a loop on a thread of its own."""

    def __init__(self, loops: int) -> None:
        self.stack = contextlib.ExitStack()
        start = anyio.from_thread.start_blocking_portal
        self.portals = [self.stack.enter_context(start()) for _ in range(loops)]
        self.spawned = 0

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        self.spawned += 1
        return Actor(handler, self.portals[self.spawned % len(self.portals) if loop is None else loop])

    def ask(self, ref: Actor, message: Any) -> Future[Any]:
        ref.check()
        future: Future[Any] = ref.portal.start_task_soon(ref.handle, message)
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
    """Opens PortalSystems."""

    name = "anyio-loops"
    capabilities = frozenset(
        {"async-handlers", "loops", "await", "result", "timeout", "cancel", "stop", "spawn"}
    )
    stopped = (ActorStopped,)
    versions = ("anyio",)

    def open(self, loops: int) -> System:
        """Start so many portals. Raises ImportError if AnyIO is not installed."""
        if anyio is None:
            raise ImportError("AnyIO is not installed: pip install 'askance[anyio]'")
        return PortalSystem(loops)


adapter = PortalAdapter()
"""What the entry point `anyio-loops` gives."""
