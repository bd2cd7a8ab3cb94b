"""Actors of nothing but asyncio: each loop on a thread, each actor a coroutine function behind a lock.

An ask is `run_coroutine_threadsafe`, which gives a concurrent future: a plain thread blocks on it, a coroutine wraps
it with `wrap_future`. Done with care at every call, this is correct; what asyncio does not have, it does not declare:
cycles of asks deadlock, a blocking wait on a loop's own thread too, and a future that a handler returns stays one.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "AsyncioSystem", "adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


@dataclass(eq=False)
class Actor:
    """A handler on a loop; the lock, which is fair, makes it take one message at a time, in order."""

    handler: Handler
    loop: asyncio.AbstractEventLoop
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    stopped: bool = False

    async def handle(self, message: Any) -> Any:
        """Wait for the messages before this one, then handle it."""
        async with self.lock:
            self.check()
            return await self.handler(message)

    def check(self) -> None:
        """Raise ActorStopped if it has."""
        if self.stopped:
            raise ActorStopped("the actor has stopped")


class AsyncioSystem(System):
    """Event loops on threads."""

    def __init__(self, loops: int) -> None:
        self.loops = [asyncio.new_event_loop() for _ in range(loops)]
        self.threads = [threading.Thread(target=self.run, args=(loop,), daemon=True) for loop in self.loops]
        self.closing = False
        self.ended: set[asyncio.AbstractEventLoop] = set()
        self.all_quiet = threading.Barrier(loops)
        self.spawned = 0
        for thread in self.threads:
            thread.start()

    def run(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the loop, which a SystemExit in a task leaves, until the system closes; then cancel what is left."""
        while loop not in self.ended:
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                loop.run_forever()
        for _ in range(2):
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                loop.run_until_complete(cancel_all())
            # A handler that was ended on another loop may have sent to this one a moment before.
            self.all_quiet.wait()

    def submit(self, coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Any:
        """Run the coroutine on the loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, loop)

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        self.spawned += 1
        return Actor(handler, self.loops[self.spawned % len(self.loops) if loop is None else loop])

    def ask(self, ref: Actor, message: Any) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        if not (ref.stopped or self.closing):
            future = self.submit(ref.handle(message), ref.loop)
        else:
            future.set_exception(ActorStopped("the actor has stopped"))
        return future

    def tell(self, ref: Actor, message: Any) -> None:
        ref.check()
        if self.closing:
            raise ActorStopped("the system is closing")
        self.submit(ref.handle(message), ref.loop)

    def stop(self, ref: Actor) -> None:
        ref.stopped = True

    def awaitable(self, reply: concurrent.futures.Future[Any]) -> Awaitable[Any]:
        return asyncio.wrap_future(reply)

    def on_own_loop(self) -> bool:
        """Whether the calling code runs on a loop of this system: in a handler."""
        try:
            return asyncio.get_running_loop() in self.loops
        except RuntimeError:
            return False

    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the loop itself, so that one whose thread has just begun runs until it has heard of it."""
        self.ended.add(loop)
        loop.stop()

    def close(self) -> None:
        self.closing = True
        for loop in self.loops:
            loop.call_soon_threadsafe(self.end, loop)
        for thread in self.threads:
            thread.join()
        for loop in self.loops:
            loop.close()


async def cancel_all() -> None:
    """Cancel every other task of the running loop, in the order made, and wait until they have ended."""
    while tasks := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
        tasks.sort(key=lambda task: (len(task.get_name()), task.get_name()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class AsyncioAdapter(BaseAdapter):
    """Opens AsyncioSystems."""

    name = "asyncio-bare"
    capabilities = frozenset(
        {"async-handlers", "loops", "await", "result", "timeout", "cancel", "stop", "spawn"}
    )
    stopped = (ActorStopped,)

    def open(self, loops: int) -> System:
        """Start a system with that many event loops."""
        return AsyncioSystem(loops)


adapter = AsyncioAdapter()
"""What the entry point `asyncio-bare` gives."""
