"""Dask's actors, unmodified, in one process: a local cluster of workers on threads, two at least.

A method of an actor is called through its proxy, which gives an ActorFuture at once. Handlers are plain functions; a
worker runs them on its one thread for actors; an ask of an actor on the same worker is a call, and is over when `ask`
returns. Dask's loops are its own and Tornado's, with real sockets: it runs on the live engine only.
"""

from __future__ import annotations

import itertools
import pickle
from typing import Any, ClassVar

from askance.adapter import BaseAdapter, Handler, System

try:
    import dask
    import distributed
except ImportError:  # an extra; `open` says so
    distributed = None

__all__ = ["adapter"]


class HandlerActor:
    """What a worker holds: it finds its handler by number, because what it is made with may be pickled."""

    handlers: ClassVar[dict[int, Handler]] = {}

    def __init__(self, number: int) -> None:
        self.handler = self.handlers[number]

    def handle(self, message: Any) -> Any:
        """Run one turn."""
        return self.handler(message)


class ClusterSystem(System):
    """A local cluster and its client."""

    numbers = itertools.count()

    def __init__(self, loops: int) -> None:
        with dask.config.set({"distributed.worker.daemon": True}):
            self.cluster = distributed.LocalCluster(
                n_workers=max(2, loops), threads_per_worker=1, processes=False, dashboard_address=None
            )
        self.client = distributed.Client(self.cluster)
        self.futures: list[Any] = []

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        number = next(self.numbers)
        HandlerActor.handlers[number] = handler
        future = self.client.submit(HandlerActor, number, actor=True, pure=False)
        self.futures.append(future)  # who forgets it ends the actor
        return future.result()

    def ask(self, ref: Any, message: Any) -> Any:
        try:
            distributed.get_worker()
        except ValueError:
            return ref.handle(message)
        # In a task a proxy belongs to the task's worker; it travels there by pickle, as here.
        return pickle.loads(pickle.dumps(ref)).handle(message)

    def tell(self, ref: Any, message: Any) -> None:
        self.ask(ref, message)

    def result(self, reply: Any, timeout: float | None = None) -> Any:
        return reply.result() if timeout is None else reply.result(timeout)

    def close(self) -> None:
        self.futures.clear()
        self.client.close()
        self.cluster.close()


class ClusterAdapter(BaseAdapter):
    """Opens ClusterSystems; an actor lives as long as somebody has its future, so "stop" is not declared."""

    name = "dask"
    capabilities = frozenset({"result", "timeout"})
    versions = ("distributed", "dask")
    engines = frozenset({"live"})
    if distributed is not None:
        nested = (distributed.ActorFuture,) if hasattr(distributed, "ActorFuture") else ()

    def open(self, loops: int) -> System:
        """Start a cluster. Raises ImportError if Dask's distributed is not installed."""
        if distributed is None:
            raise ImportError("distributed is not installed: pip install 'askance[dask]'")
        return ClusterSystem(loops)


adapter = ClusterAdapter()
"""What the entry point `dask` gives."""
