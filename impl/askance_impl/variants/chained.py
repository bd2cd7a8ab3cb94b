"""No mailbox and no queue: each message is a future that begins when the one before it is done.

An actor knows the end of its chain and nothing else. Whoever sends puts a new end there; a turn, on a thread of its
own, begins in a callback of the turn before it. What handlers return, replies are mapped to and gathered into are
futures too, chained by the same means.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "ChainedAdapter", "ChainedSystem", "adapter"]

Reply = Future[Any]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


def complete(reply: Reply, value: Any = None, error: BaseException | None = None) -> None:
    """Give the reply its outcome, unless it has one or was cancelled."""
    with contextlib.suppress(InvalidStateError):
        if error is None:
            reply.set_result(value)
        else:
            reply.set_exception(error)


def settle(reply: Reply, make: Callable[[], Any]) -> None:
    """Complete the reply with what `make` gives or raises; with what that comes to in the end, if it is a reply."""
    try:
        value = make()
    except BaseException as error:
        complete(reply, error=error)
        return
    if isinstance(value, Future):
        cancel_with(reply, [value])
        value.add_done_callback(lambda _: settle(reply, value.result))
    else:
        complete(reply, value)


def cancel_with(whole: Reply, parts: Sequence[Reply]) -> None:
    """When the whole is cancelled its parts are."""

    def done(_: Reply) -> None:
        if whole.cancelled():
            for part in parts:
                part.cancel()

    whole.add_done_callback(done)


class Actor:
    """A function, and the end of the chain of its turns."""

    def __init__(self, handler: Handler, system: ChainedSystem) -> None:
        self.handler = handler
        self.system = system
        self.lock = threading.Lock()
        self.stopped = False
        self.last: Future[None] = Future()
        self.last.set_result(None)

    def send(self, message: Any) -> Reply:
        """A new end of the chain; its reply. Raises ActorStopped."""
        reply, over = Reply(), Future[None]()
        with self.lock:
            if self.stopped:
                raise ActorStopped("the actor has stopped")
            before, self.last = self.last, over
        before.add_done_callback(lambda _: self.system.run(lambda: self.turn(message, reply, over)))
        return reply

    def turn(self, message: Any, reply: Reply, over: Future[None]) -> None:
        """Handle the message, unless nobody wants that any more; then the next turn begins."""
        if self.stopped:
            complete(reply, error=ActorStopped("the actor has stopped"))
        elif not reply.cancelled():
            settle(reply, lambda: self.handler(message))
        over.set_result(None)

    def stop(self) -> None:
        """Begin no more turns."""
        with self.lock:
            self.stopped = True


class ChainedSystem(System):
    """Threads, each for one turn."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []
        self.closing = False
        self.lock = threading.Lock()
        self.fewer = threading.Condition(self.lock)
        self.running: dict[threading.Thread, None] = {}

    def run(self, work: Callable[[], None]) -> None:
        """Do the work on a new thread."""

        def body() -> None:
            work()
            with self.lock:
                del self.running[threading.current_thread()]
                self.fewer.notify_all()

        thread = threading.Thread(target=body)
        with self.lock:
            self.running[thread] = None
        thread.start()

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler, self)
        with self.lock:
            self.actors.append(actor)
            actor.stopped = self.closing
        return actor

    def ask(self, ref: Actor, message: Any) -> Reply:
        try:
            return ref.send(message)
        except ActorStopped as error:
            reply = Reply()
            reply.set_exception(error)
            return reply

    def tell(self, ref: Actor, message: Any) -> None:
        ref.send(message)

    def stop(self, ref: Actor) -> None:
        ref.stop()

    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        mapped = Reply()
        cancel_with(mapped, [reply])
        reply.add_done_callback(lambda _: settle(mapped, lambda: function(reply.result())))
        return mapped

    def gather(self, replies: Sequence[Reply]) -> Reply:
        whole = Reply()
        cancel_with(whole, replies)
        lock = threading.Lock()
        missing = len(replies)

        def arrived(part: Reply) -> None:
            nonlocal missing
            error = CancelledError() if part.cancelled() else part.exception()
            if error is not None:
                complete(whole, error=error)
                return
            with lock:
                missing -= 1
                last = not missing
            if last:
                complete(whole, [one.result() for one in replies])

        for reply in replies:
            reply.add_done_callback(arrived)
        if not replies:
            complete(whole, [])
        return whole

    def close(self) -> None:
        with self.lock:
            self.closing = True
        for actor in self.actors:
            actor.stop()
        with self.lock:
            self.fewer.wait_for(lambda: not self.running)


class ChainedAdapter(BaseAdapter):
    """What threads that block can promise, but none of their own."""

    name = "variant-chained"
    capabilities = frozenset({"result", "then", "gather", "deferred", "timeout", "cancel", "stop", "spawn"})
    stopped = (ActorStopped,)
    any_thread = True

    def open(self, loops: int) -> System:
        """Start with no threads."""
        return ChainedSystem()


adapter = ChainedAdapter()
