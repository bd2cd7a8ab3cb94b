"""Actors of nothing but `concurrent.futures`: each actor is a pool of one worker, an ask is `submit`.

One worker takes one call at a time, in the order submitted, which is all that a mailbox is. What the documentation
does not promise is not declared: `cancel()` stops no call that has begun, futures have no operator that maps or
gathers them, and one that a handler returns stays one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "FuturesAdapter", "FuturesSystem", "adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Actor:
    """A handler, and the pool whose only worker runs it."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.pool = ThreadPoolExecutor(max_workers=1)

    def submit(self, message: Any) -> Future[Any]:
        """Hand the message over; raises ActorStopped for what the pool calls a RuntimeError."""
        try:
            return self.pool.submit(self.handler, message)
        except RuntimeError as error:
            raise ActorStopped("the actor has stopped") from error


class FuturesSystem(System):
    """A pool for each actor."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler)
        self.actors.append(actor)
        return actor

    def ask(self, ref: Actor, message: Any) -> Future[Any]:
        return ref.submit(message)

    def tell(self, ref: Actor, message: Any) -> None:
        ref.submit(message)

    def stop(self, ref: Actor) -> None:
        ref.pool.shutdown(wait=False)

    def awaitable(self, reply: Future[Any]) -> Awaitable[Any]:
        return asyncio.wrap_future(reply)

    def close(self) -> None:
        for actor in self.actors:
            actor.pool.shutdown(wait=True)


class FuturesAdapter(BaseAdapter):
    """Opens FuturesSystems; `loops` means nothing to pools."""

    name = "concurrent-futures"
    capabilities = frozenset({"await", "result", "timeout", "stop", "spawn"})
    stopped = (ActorStopped,)

    def open(self, loops: int) -> System:
        """Start with no actors."""
        return FuturesSystem()


adapter = FuturesAdapter()
"""What the entry point `concurrent-futures` gives."""
