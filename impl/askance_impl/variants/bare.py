"""The fewest promises: a thread for each actor, one queue, and a plain thread that blocks on what an ask gives."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "BareAdapter", "BareSystem", "adapter"]


class Actor:
    """A function, and the thread that calls it with one message after the other until it is closed."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.mailbox: queue.SimpleQueue[tuple[Any, Future[Any]] | None] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.closed = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def send(self, message: Any) -> Future[Any]:
        """Put the message into the mailbox; what it comes to."""
        answer: Future[Any] = Future()
        with self.lock:
            if self.closed:
                answer.set_exception(RuntimeError("the system is closed"))
            else:
                self.mailbox.put((message, answer))
        return answer

    def close(self) -> None:
        """Take no more messages; the thread ends when it has handled those that are there."""
        with self.lock:
            if not self.closed:
                self.closed = True
                self.mailbox.put(None)

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
        return ref.send(message)

    def tell(self, ref: Actor, message: Any) -> None:
        ref.send(message)

    def close(self) -> None:
        for actor in self.actors:
            actor.close()
        for actor in self.actors:  # a handler in progress may spawn some more
            actor.close()
            actor.thread.join()


class BareAdapter(BaseAdapter):
    """Promises one thing."""

    name = "variant-bare"
    capabilities = frozenset({"result"})

    def open(self, loops: int) -> System:
        """Start with no actors."""
        return BareSystem()


adapter = BareAdapter()
