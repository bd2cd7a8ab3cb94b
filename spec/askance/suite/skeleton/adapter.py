"""The adapter by which askance judges SKELETON.

The upper half is a tiny actor library, a thread for each actor, so that there is a
report from the first minute on. Put an import of your own library in its place; then
let each method of the System below call what your library has for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

# ------------------------------------------------- the library: yours goes here


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Actor:
    """A function that one thread gives one message after another."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.executor = ThreadPoolExecutor(max_workers=1)
        self.lock = threading.Lock()
        self.stopped = False

    def send(self, message: Any) -> Future[Any]:
        """Put the message into the mailbox; its reply. Raises ActorStopped."""
        with self.lock:
            if self.stopped:
                raise ActorStopped("the actor has stopped")
            return self.executor.submit(self.function, message)

    def stop(self, *, wait: bool = False) -> None:
        """Take no more messages; those that are there are still answered."""
        with self.lock:
            self.stopped = True
        self.executor.shutdown(wait=wait)


# ------------------------------------------------- the adapter: what askance calls


class AdaptedSystem(System):
    """One running system, fresh for each execution.

    Nothing is unwrapped here: askance judges what the library itself gives.
    """

    def __init__(self) -> None:
        self.actors: list[Actor] = []

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler)
        self.actors.append(actor)
        return actor

    def ask(self, ref: Actor, message: Any) -> Future[Any]:
        return ref.send(message)

    def tell(self, ref: Actor, message: Any) -> None:
        ref.send(message)

    def stop(self, ref: Actor) -> None:
        ref.stop()

    def close(self) -> None:
        while self.actors:
            self.actors.pop().stop(wait=True)


class Adapter(BaseAdapter):
    """What the library is called, what it promises, and how to start it."""

    name = "SKELETON"
    # Promise what the library does, in the words of askance.adapter.CAPABILITIES.
    capabilities = frozenset({"result", "timeout", "stop", "spawn"})
    stopped = (ActorStopped,)

    def open(self, loops: int) -> System:
        """Start a system; this library has no event loops of its own."""
        return AdaptedSystem()


adapter = Adapter()
