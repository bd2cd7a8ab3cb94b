"""The first attempt of everybody: f calls `run_coroutine_threadsafe` for g, and returns what it gets.

    async def f(x):
        return asyncio.run_coroutine_threadsafe(g(x / 2), loop)

What it gets is a concurrent future. In a coroutine it cannot be awaited, so it is not, and the asker of f has a
future in a future: `future.result().result()` is 10.0, and `future.result()` is not (clause A3). All the rest is as in
`asyncio_bare`, which has the one line that is missing here.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Awaitable
from typing import Any

from askance.adapter import System
from askance_impl.peers.asyncio_bare import AsyncioAdapter, AsyncioSystem

__all__ = ["adapter"]


class NestedSystem(AsyncioSystem):
    """Actors whose handlers do not wait for what they ask."""

    def awaitable(self, reply: concurrent.futures.Future[Any]) -> Awaitable[Any]:
        if not self.on_own_loop():
            return super().awaitable(reply)

        async def not_awaited() -> Any:
            return reply  # should be: await asyncio.wrap_future(reply)

        return not_awaited()


class NestedAdapter(AsyncioAdapter):
    """Opens NestedSystems."""

    name = "naive-nested"

    def open(self, loops: int) -> System:
        """Start a system with that many event loops."""
        return NestedSystem(loops)


adapter = NestedAdapter()
"""What the entry point `naive-nested` gives."""
