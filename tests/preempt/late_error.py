"""A library of threads whose replies wake their waiters before they hold the error: a race of two statements."""

from __future__ import annotations

import queue
import threading
from typing import Any

from askance.adapter import BaseAdapter, Handler, System


class LateReply:
    """Done when `done` is set; the error is written after that."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None

    def settle(self, value: Any, error: BaseException | None) -> None:
        """Called once, on the actor's thread."""
        self.value = value
        self.done.set()
        self.error = error

    def result(self, timeout: float | None) -> Any:
        """The value, or the error if it is there by now."""
        self.done.wait(timeout)
        if self.error is not None:
            raise self.error
        return self.value


class LateSystem(System):
    """A thread and a queue for each actor."""

    def __init__(self) -> None:
        self.actors: list[tuple[queue.Queue[Any], threading.Thread]] = []

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        mailbox: queue.Queue[Any] = queue.Queue()
        thread = threading.Thread(target=self.serve, args=(handler, mailbox))
        self.actors.append((mailbox, thread))
        thread.start()
        return mailbox

    def serve(self, handler: Handler, mailbox: queue.Queue[Any]) -> None:
        """An actor's thread."""
        while (item := mailbox.get()) is not None:
            message, reply = item
            value, error = None, None
            try:
                value = handler(message)
            except BaseException as raised:
                error = raised
            if reply is not None:
                reply.settle(value, error)

    def ask(self, ref: Any, message: Any) -> LateReply:
        reply = LateReply()
        ref.put((message, reply))
        return reply

    def tell(self, ref: Any, message: Any) -> None:
        ref.put((message, None))

    def close(self) -> None:
        for mailbox, _ in self.actors:
            mailbox.put(None)
        for _, thread in self.actors:
            thread.join()


class LateAdapter(BaseAdapter):
    """Opens LateSystems."""

    name = "late-error"
    capabilities = frozenset({"result"})

    def open(self, loops: int) -> System:
        """Start with no actors."""
        return LateSystem()


adapter = LateAdapter()
