"""Pykka, unmodified: each actor on a thread of its own, handlers that block.

Pykka has no event loops, so its handlers are plain functions, and blocking in them holds up one actor only. Its futures
can be awaited, as far as Python is concerned, but awaiting blocks the loop: "await" is not declared. A future that
a handler returns stays one, so "deferred" is not declared either.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

try:
    import pykka
except ImportError:  # an extra; `open` says so
    pykka = None  # type: ignore[assignment]

__all__ = ["adapter"]


class PykkaSystem(System):
    """Pykka actors of one class, each with a handler of its own."""

    def __init__(self) -> None:
        threads: list[threading.Thread] = []

        class HandlerActor(pykka.ThreadingActor):
            def __init__(self, handler: Handler) -> None:
                super().__init__()
                self.handler = handler

            def on_start(self) -> None:
                threads.append(threading.current_thread())

            def on_receive(self, message: Any) -> Any:
                return self.handler(message["message"])

        self.actor_class = HandlerActor
        self.threads = threads
        self.refs: list[Any] = []

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        ref = self.actor_class.start(handler)
        self.refs.append(ref)
        return ref

    def ask(self, ref: Any, message: Any) -> Any:
        return ref.ask({"message": message}, block=False)  # a dict: before 2.0 nothing else would do

    def tell(self, ref: Any, message: Any) -> None:
        ref.tell({"message": message})

    def stop(self, ref: Any) -> None:
        ref.stop(block=False)

    def result(self, reply: Any, timeout: float | None = None) -> Any:
        return reply.get(timeout=timeout)

    def then(self, reply: Any, function: Callable[[Any], Any]) -> Any:
        return reply.map(function)

    def gather(self, replies: Sequence[Any]) -> Any:
        return replies[0].join(*replies[1:])

    def close(self) -> None:
        while self.refs:  # a handler in progress may spawn some more
            refs, self.refs = self.refs, []
            for future in [ref.stop(block=False) for ref in refs]:
                future.get()
        for thread in self.threads:
            thread.join()


class PykkaAdapter(BaseAdapter):
    """Opens PykkaSystems. A handler that fails on a told message ends its actor, one that fails on an ask does not."""

    name = "pykka"
    capabilities = frozenset({"result", "then", "gather", "timeout", "stop", "spawn"})
    failing_handler_ends_actor = True
    versions = ("pykka",)
    if pykka is not None:
        stopped = (pykka.ActorDeadError,)
        timed_out = (pykka.Timeout,)
        nested = (pykka.Future,)

    def open(self, loops: int) -> System:
        """Start with no actors; `loops` means nothing to Pykka. Raises ImportError if Pykka is not installed."""
        if pykka is None:
            raise ImportError("Pykka is not installed: pip install 'askance[pykka]'")
        # Pykka's list of all actors is the process's: actors that died in an earlier execution are not there any more.
        getattr(pykka.ActorRegistry, "_actor_refs", []).clear()
        return PykkaSystem()


adapter = PykkaAdapter()
"""What the entry point `pykka` gives."""
