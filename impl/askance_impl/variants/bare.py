"""The fewest promises: a thread for each actor, one queue, and a plain thread that blocks on what an ask gives."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "BareAdapter", "BareSystem", "adapter"]


class Actor:
    """A function, and the thread that calls it with one message after the other until it is given None."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.mailbox: queue.SimpleQueue[tuple[Any, Future[Any]] | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        """The thread's body."""
        while (taken := self.mailbox.get()) is not None:
            message, answer = taken
            try:
                value = self.handler(message)
            except BaseException as error:
                answer.set_exception(error)
            else:
                answer.set_result(value)
            del message, answer, taken


class BareSystem(System):
    """Actors that live until the system closes."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler)
        self.actors.append(actor)
        return actor

    def ask(self, ref: Actor, message: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        ref.mailbox.put((message, answer))
        return answer

    def tell(self, ref: Actor, message: Any) -> None:
        self.ask(ref, message)

    def close(self) -> None:
        for actor in self.actors:
            actor.mailbox.put(None)
        for actor in self.actors:
            actor.thread.join()


class BareAdapter(BaseAdapter):
    """Promises one thing."""

    name = "variant-bare"
    capabilities = frozenset({"result"})

    def open(self, loops: int) -> System:
        """Start with no actors."""
        return BareSystem()


adapter = BareAdapter()
