"""Xoscar, unmodified, in one process: an actor pool on one loop, whose actors are called through their refs.

Handlers are coroutine functions, which Xoscar runs one at a time for each actor. A ref is called on the pool's loop, so
an ask from anywhere is `run_coroutine_threadsafe` of the call. Its pool listens on a socket, which no world simulates:
it runs on the live engine only.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Awaitable
from concurrent.futures import Future
from typing import Any, ClassVar

from askance.adapter import BaseAdapter, Handler, System
from askance_impl.peers.asyncio_bare import cancel_all

try:
    import xoscar
except ImportError:  # an extra; `open` says so
    xoscar = None

__all__ = ["adapter"]


class PoolSystem(System):
    """A main pool without further processes."""

    handlers: ClassVar[dict[int, Handler]] = {}
    """Handlers by number: actors are in this process, but what they are made with may be pickled."""
    numbers = itertools.count()

    def __init__(self) -> None:
        class HandlerActor(xoscar.Actor):  # type: ignore[misc, unused-ignore]
            def __init__(actor, number: int) -> None:  # `self` is the system
                super().__init__()
                actor.handler = PoolSystem.handlers[number]

            async def handle(actor, message: Any) -> Any:
                return await actor.handler(message)

        self.actor_class = HandlerActor
        self.closing = False
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.pool: Any = self.submit(self.begin()).result()

    def run(self) -> None:
        """Run the loop, which a SystemExit in a task leaves, until the system closes; then end it."""
        while not self.closing:
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                self.loop.run_forever()
        self.loop.run_until_complete(cancel_all())

    async def begin(self) -> Any:
        """Start the pool at a port that is free."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        pool = await xoscar.create_actor_pool(f"127.0.0.1:{port}", n_process=0)
        await pool.start()
        return pool

    def submit(self, call: Any) -> Future[Any]:
        """Run the call on the pool's loop."""
        return asyncio.run_coroutine_threadsafe(call, self.loop)

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        number = next(self.numbers)
        self.handlers[number] = handler
        created = xoscar.create_actor(self.actor_class, number, address=self.pool.external_address)
        return self.submit(created).result()

    def ask(self, ref: Any, message: Any) -> Future[Any]:
        async def call() -> Any:
            return await ref.handle(message)

        return self.submit(call())

    def tell(self, ref: Any, message: Any) -> None:
        async def call() -> None:
            await ref.handle.tell(message)

        self.submit(call())

    def stop(self, ref: Any) -> None:
        async def destroy() -> None:
            await xoscar.destroy_actor(ref)

        self.submit(destroy())

    def awaitable(self, reply: Future[Any]) -> Awaitable[Any]:
        return asyncio.wrap_future(reply)

    def close(self) -> None:
        self.submit(self.pool.stop()).result()
        self.closing = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class PoolAdapter(BaseAdapter):
    """Opens PoolSystems; a pool has one loop, so actors cannot be placed, and handlers cannot wait for a new actor."""

    name = "xoscar"
    capabilities = frozenset({"async-handlers", "await", "result", "timeout", "stop"})
    versions = ("xoscar",)
    engines = frozenset({"live"})
    if xoscar is not None:
        stopped = (xoscar.ActorNotExist,)

    def open(self, loops: int) -> System:
        """Start a pool with no actors. Raises ImportError if Xoscar is not installed."""
        if xoscar is None:
            raise ImportError("Xoscar is not installed: pip install 'askance[xoscar]'")
        return PoolSystem()


adapter = PoolAdapter()
"""What the entry point `xoscar` gives."""
