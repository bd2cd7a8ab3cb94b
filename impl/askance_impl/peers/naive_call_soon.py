"""The third attempt: hand the work to the loop with `call_soon`, from whatever thread.

    loop.call_soon(start)

It puts the callback into the loop's queue, and if the loop happens to be busy, or something else wakes it, all is well.
An idle loop sleeps in its selector, and `call_soon` does not wake it (`call_soon_threadsafe` does): the message lies
there, and nobody is left to complete its reply (clause D1). All the rest is as in `asyncio_bare`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from typing import Any

from askance.adapter import System
from askance_impl.peers.asyncio_bare import AsyncioAdapter, AsyncioSystem

__all__ = ["adapter"]


class CallSoonSystem(AsyncioSystem):
    """Actors whose messages do not wake their loop."""

    def submit(self, coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Any:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def start() -> None:
            loop.create_task(complete(future, coroutine))

        loop.call_soon(start)  # should be: loop.call_soon_threadsafe(start)
        return future


async def complete(future: concurrent.futures.Future[Any], coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run the coroutine, and give the future its outcome."""
    if not future.set_running_or_notify_cancel():
        coroutine.close()
        return
    try:
        value = await coroutine
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(value)


class CallSoonAdapter(AsyncioAdapter):
    """Opens CallSoonSystems. The future is no chain to the task, so an ask that has begun cannot be cancelled."""

    name = "naive-call-soon"
    capabilities = AsyncioAdapter.capabilities - {"cancel"}

    def open(self, loops: int) -> System:
        """Start a system with that many event loops."""
        return CallSoonSystem(loops)


adapter = CallSoonAdapter()
"""What the entry point `naive-call-soon` gives."""
