"""The second attempt: f takes the future apart where it is, and blocks.

    async def f(x):
        return asyncio.run_coroutine_threadsafe(g(x / 2), loop).result()

As long as f runs, its loop runs nothing else. If g is on the same loop, f waits for ever for what its own waiting
prevents; if g is on another loop and asks back, or a third one does, two loops wait for each other (clauses D4, D2).
All the rest is as in `asyncio_bare`.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Awaitable
from typing import Any

from askance.adapter import System
from askance_impl.peers.asyncio_bare import AsyncioAdapter, AsyncioSystem

__all__ = ["adapter"]


class BlockingSystem(AsyncioSystem):
    """Actors whose handlers block on what they ask."""

    def awaitable(self, reply: concurrent.futures.Future[Any]) -> Awaitable[Any]:
        if not self.on_own_loop():
            return super().awaitable(reply)
        value = reply.result()  # should be: await asyncio.wrap_future(reply)

        async def there() -> Any:
            return value

        return there()


class BlockingAdapter(AsyncioAdapter):
    """Opens BlockingSystems."""

    name = "naive-blocking"

    def open(self, loops: int) -> System:
        """Start a system with that many event loops."""
        return BlockingSystem(loops)


adapter = BlockingAdapter()
"""What the entry point `naive-blocking` gives."""
