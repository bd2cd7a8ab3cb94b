"""A thread for each actor, and handlers that block on replies of this module's own kind.

A stopping actor handles what is in its mailbox and takes no more. A handler that returns a reply is done with it: its
actor goes on, and the reply's outcome goes to the asker when it is there.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any, NamedTuple

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "Reply", "ThreadsAdapter", "ThreadsSystem", "adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Outcome(NamedTuple):
    """What a reply came to: the value, unless there is an error."""

    value: Any = None
    error: BaseException | None = None


class Reply:
    """An outcome, once it is there; `parts` are the replies that it is made of, which are cancelled with it."""

    def __init__(self, *parts: Reply) -> None:
        self.changed = threading.Condition()
        self.outcome: Outcome | None = None
        self.parts = parts
        self.watchers: list[Callable[[Outcome], object]] = []

    def complete(self, outcome: Outcome) -> bool:
        """Tell all who wait; False if there is an outcome already."""
        with self.changed:
            if self.outcome is not None:
                return False
            self.outcome = outcome
            watchers, self.watchers = self.watchers, []
            self.changed.notify_all()
        for watcher in watchers:
            watcher(outcome)
        return True

    def settle(self, value: Any) -> None:
        """Complete with the value; with the outcome of the reply, if it is one."""
        if not isinstance(value, Reply):
            self.complete(Outcome(value))
            return
        self.parts = (*self.parts, value)
        value.watch(self.complete)
        if self.outcome is not None:
            value.cancel()

    def watch(self, watcher: Callable[[Outcome], object]) -> None:
        """Call `watcher` with the outcome, once: now, or when it is there."""
        with self.changed:
            outcome = self.outcome
            if outcome is None:
                self.watchers.append(watcher)
        if outcome is not None:
            watcher(outcome)

    def result(self, timeout: float | None = None) -> Any:
        """Block until the outcome is there; raises TimeoutError after `timeout` seconds."""
        turn: Turn | None = getattr(here, "turn", None)
        if turn is not None:
            turn.wait_for(self)
        with self.changed:
            if not self.changed.wait_for(lambda: self.outcome is not None, timeout):
                raise TimeoutError("no reply in time")
        assert self.outcome is not None
        if self.outcome.error is not None:
            raise self.outcome.error
        return self.outcome.value

    def cancel(self) -> None:
        """Complete with CancelledError, and so all that this reply is made of."""
        if self.complete(Outcome(error=CancelledError())):
            for part in self.parts:
                part.cancel()


class Turn:
    """A message that an actor handles: its reply, if one is wanted, and the reply that its handler waits for."""

    def __init__(self, reply: Reply | None) -> None:
        self.reply = reply
        self.waits: Reply | None = None
        if reply is not None:
            reply.watch(self.ended)

    def wait_for(self, reply: Reply) -> None:
        """The handler is about to wait; of a reply that is cancelled already the handler's wait is cancelled too."""
        self.waits = reply
        if self.reply is not None and self.reply.outcome is not None:
            reply.cancel()

    def ended(self, outcome: Outcome) -> None:
        """The reply is complete. If the handler still waits for something, somebody has cancelled it."""
        if self.waits is not None:
            self.waits.cancel()


here = threading.local()
"""`here.turn` is the turn that this thread is in."""


class Actor:
    """A handler, its mailbox, and its thread, which starts with the first message."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.mailbox: queue.Queue[tuple[Any, Reply | None] | None] = queue.Queue()
        self.lock = threading.Lock()
        self.stopped = False
        self.thread: threading.Thread | None = None

    def send(self, message: Any, reply: Reply | None) -> bool:
        """Put the message into the mailbox; False if the actor has stopped."""
        with self.lock:
            if self.stopped:
                return False
            self.mailbox.put((message, reply))
            if self.thread is None:
                self.thread = threading.Thread(target=self.run)
                self.thread.start()
        return True

    def stop(self) -> None:
        """Take no more messages."""
        with self.lock:
            if not self.stopped:
                self.stopped = True
                self.mailbox.put(None)

    def run(self) -> None:
        """The thread's body."""
        while (taken := self.mailbox.get()) is not None:
            self.handle(*taken)

    def handle(self, message: Any, reply: Reply | None) -> None:
        """One turn, unless its ask was cancelled before it began."""
        if reply is not None and reply.outcome is not None:
            return
        here.turn = turn = Turn(reply)
        try:
            value = self.handler(message)
        except BaseException as error:
            turn.waits = None
            if reply is not None:
                reply.complete(Outcome(error=error))
        else:
            turn.waits = None
            if reply is not None:
                reply.settle(value)
        here.turn = None


class ThreadsSystem(System):
    """Actors on threads."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler)
        self.actors.append(actor)
        return actor

    def ask(self, ref: Actor, message: Any) -> Reply:
        reply = Reply()
        if not ref.send(message, reply):
            reply.complete(Outcome(error=ActorStopped("the actor has stopped")))
        return reply

    def tell(self, ref: Actor, message: Any) -> None:
        if not ref.send(message, None):
            raise ActorStopped("the actor has stopped")

    def stop(self, ref: Actor) -> None:
        ref.stop()

    def close(self) -> None:
        for actor in self.actors:
            actor.stop()
        for actor in self.actors:  # and those that handlers in progress spawn meanwhile
            actor.stop()
            if actor.thread is not None:
                actor.thread.join()

    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        mapped = Reply(reply)

        def apply(outcome: Outcome) -> None:
            if outcome.error is not None:
                mapped.complete(outcome)
                return
            try:
                value = function(outcome.value)
            except BaseException as error:
                mapped.complete(Outcome(error=error))
            else:
                mapped.settle(value)

        reply.watch(apply)
        return mapped

    def gather(self, replies: Sequence[Reply]) -> Reply:
        whole = Reply(*replies)
        lock = threading.Lock()
        missing = set(range(len(replies)))
        values: list[Any] = [None] * len(replies)

        def arrive(place: int, outcome: Outcome) -> None:
            if outcome.error is not None:
                whole.complete(outcome)
                return
            with lock:
                values[place] = outcome.value
                missing.discard(place)
                complete = not missing
            if complete:
                whole.complete(Outcome(values))

        for place, reply in enumerate(replies):
            reply.watch(lambda outcome, place=place: arrive(place, outcome))  # type: ignore[misc]
        if not replies:
            whole.complete(Outcome([]))
        return whole


class ThreadsAdapter(BaseAdapter):
    """What threads that block can promise."""

    name = "variant-threads"
    capabilities = frozenset({"result", "then", "gather", "deferred", "timeout", "cancel", "stop", "spawn"})
    stopped = (ActorStopped,)
    nested = (Reply,)

    def open(self, loops: int) -> System:
        """Start with no actors."""
        return ThreadsSystem()


adapter = ThreadsAdapter()
