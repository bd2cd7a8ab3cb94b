"""asgiref, unmodified: an ask goes through `sync_to_async`, a blocking wait through `async_to_sync`.

Handlers are plain functions. Each actor has an executor of one worker, which `sync_to_async` gives the handler to
(`thread_sensitive=False`, as its documentation demands of a call with an executor of one's own); the coroutine runs on
one loop for all. A handler or a plain thread that waits for a reply waits in `async_to_sync`, which runs its coroutine
on the loop of the call that it is part of, or on a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

try:
    from asgiref import sync
except ImportError:  # an extra; `open` says so
    sync = None  # type: ignore[assignment]

__all__ = ["adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Actor:
    """A handler that can be awaited, and the executor that runs it."""

    def __init__(self, handler: Handler) -> None:
        self.pool = ThreadPoolExecutor(max_workers=1)
        self.handle = sync.sync_to_async(handler, thread_sensitive=False, executor=self.pool)
        self.stopped = False


class BridgeSystem(System):
    """One loop on a thread, and an executor for each actor."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.ended = False
        self.actors: list[Actor] = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Run the loop, which a SystemExit in a task leaves, until the system closes."""
        while not self.ended:
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                self.loop.run_forever()

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler)
        self.actors.append(actor)
        return actor

    def ask(self, ref: Actor, message: Any) -> Future[Any]:
        if ref.stopped:
            raise ActorStopped("the actor has stopped")
        return asyncio.run_coroutine_threadsafe(ref.handle(message), self.loop)

    def tell(self, ref: Actor, message: Any) -> None:
        self.ask(ref, message)

    def stop(self, ref: Actor) -> None:
        ref.stopped = True

    def result(self, reply: Future[Any], timeout: float | None = None) -> Any:
        return sync.async_to_sync(wait)(reply, timeout)

    def awaitable(self, reply: Future[Any]) -> Awaitable[Any]:
        return asyncio.wrap_future(reply)

    def end(self) -> None:
        """Leave `run_forever` for good; on the loop's thread."""
        self.ended = True
        self.loop.stop()

    def close(self) -> None:
        for actor in self.actors:
            actor.stopped = True
        asyncio.run_coroutine_threadsafe(all_ended(), self.loop).result()
        for actor in self.actors:
            actor.pool.shutdown()
        self.loop.call_soon_threadsafe(self.end)
        self.thread.join()
        self.loop.close()


async def all_ended() -> None:
    """Wait until the calls in progress, and those that have been submitted, have ended."""
    await asyncio.sleep(0)
    while calls := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
        await asyncio.gather(*calls, return_exceptions=True)


async def wait(reply: Future[Any], timeout: float | None) -> Any:
    """The reply's value; the call goes on if it takes longer (seconds)."""
    return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(reply)), timeout)


class BridgeAdapter(BaseAdapter):
    """Opens BridgeSystems; a call that runs in an executor cannot be cancelled, so "cancel" is not declared."""

    name = "asgiref"
    capabilities = frozenset({"await", "result", "timeout", "stop", "spawn"})
    stopped = (ActorStopped,)
    versions = ("asgiref",)

    def open(self, loops: int) -> System:
        """Start with no actors; all share one loop. Raises ImportError if asgiref is not installed."""
        if sync is None:
            raise ImportError("asgiref is not installed: pip install 'askance[asgiref]'")
        return BridgeSystem()


adapter = BridgeAdapter()
"""What the entry point `asgiref` gives."""
