"""Two threads to which actors are dealt out, and handlers that only tell: an ask is for clients.

An actor keeps a queue for each sender, and takes the next message of the sender that sent last: fair to nobody, and
still in the order of each sender. A handler that fails ends its actor; what waits there is told so. A composition is
computed by the first who wants to know its value.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "ShardsAdapter", "ShardsSystem", "adapter"]

SHARDS = 2


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class NotYet(TimeoutError):
    """The reply was not there in time; it may be later."""


class Outcome(NamedTuple):
    """What a message came to."""

    value: Any = None
    error: BaseException | None = None


class Reply:
    """A place for one outcome, which stays there."""

    def __init__(self) -> None:
        self.place: queue.Queue[Outcome] = queue.Queue(1)

    def result(self, timeout: float | None = None) -> Any:
        """Block until the outcome is there; raises NotYet after `timeout` seconds."""
        try:
            outcome = self.place.get(timeout=timeout)
        except queue.Empty:
            raise NotYet from None
        self.place.put(outcome)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value


class Lazy:
    """A composition: `compute` runs on the thread of the first who waits, once, and the others get the same."""

    def __init__(self, parts: Sequence[Reply | Lazy], compute: Callable[[list[Any]], Any]) -> None:
        self.parts = parts
        self.compute = compute
        self.lock = threading.Lock()
        self.outcome: Outcome | None = None

    def result(self, timeout: float | None = None) -> Any:
        """Block until the parts are there; raises NotYet after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        values: list[Any] = []
        failure: BaseException | None = None
        for part in self.parts:
            try:
                values.append(part.result(None if end is None else max(0.0, end - time.monotonic())))
            except NotYet:
                raise
            except BaseException as error:
                failure = error
                break
        with self.lock:
            if self.outcome is None:
                self.outcome = self.made(values, failure)
        if self.outcome.error is not None:
            raise self.outcome.error
        return self.outcome.value

    def made(self, values: list[Any], failure: BaseException | None) -> Outcome:
        """What came of the parts."""
        if failure is not None:
            return Outcome(error=failure)
        try:
            return Outcome(self.compute(values))
        except BaseException as error:
            return Outcome(error=error)


here = threading.local()
"""`here.actor` is the actor whose handler runs on this thread."""


class Actor:
    """A function, the shard that calls it, and the messages of each sender; the last to have sent comes last."""

    def __init__(self, handler: Handler, shard: Shard) -> None:
        self.handler = handler
        self.shard = shard
        self.lock = threading.Lock()
        self.waiting: dict[object, deque[tuple[Any, Reply]]] = {}
        self.stopped = False

    def send(self, message: Any) -> Reply:
        """Put the message at the end of its sender's; raises ActorStopped."""
        sender = getattr(here, "actor", None) or threading.get_ident()
        reply = Reply()
        with self.lock:
            if self.stopped:
                raise ActorStopped("the actor has stopped")
            messages = self.waiting.pop(sender, None) or deque()
            messages.append((message, reply))
            self.waiting[sender] = messages
        self.shard.work.put(self)
        return reply

    def take(self) -> tuple[Any, Reply] | None:
        """The next message; None if all were refused."""
        with self.lock:
            if not self.waiting:
                return None
            sender, messages = self.waiting.popitem()
            taken = messages.popleft()
            if messages:
                self.waiting[sender] = messages
            return taken

    def stop(self) -> None:
        """Take no more messages, and refuse those that wait."""
        with self.lock:
            self.stopped = True
            refused = [reply for messages in self.waiting.values() for _, reply in messages]
            self.waiting.clear()
        for reply in refused:
            reply.place.put(Outcome(error=ActorStopped("the actor has stopped")))

    def turn(self) -> None:
        """On the shard's thread: handle one message."""
        taken = self.take()
        if taken is None:
            return
        message, reply = taken
        here.actor = self
        try:
            outcome = Outcome(self.handler(message))
        except BaseException as error:
            self.stop()
            outcome = Outcome(error=error)
        here.actor = None
        reply.place.put(outcome)


class Shard:
    """A thread, and the actors with something to do, once for each message."""

    def __init__(self) -> None:
        self.work: queue.Queue[Actor | None] = queue.Queue()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        """The thread's body."""
        while (actor := self.work.get()) is not None:
            actor.turn()


class ShardsSystem(System):
    """The shards; actors are dealt out in turn."""

    def __init__(self) -> None:
        self.shards = [Shard() for _ in range(SHARDS)]
        self.numbers = itertools.count()

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        return Actor(handler, self.shards[next(self.numbers) % SHARDS])

    def ask(self, ref: Actor, message: Any) -> Reply:
        return ref.send(message)

    def tell(self, ref: Actor, message: Any) -> None:
        ref.send(message)

    def stop(self, ref: Actor) -> None:
        ref.stop()

    def then(self, reply: Reply | Lazy, function: Callable[[Any], Any]) -> Lazy:
        return Lazy([reply], lambda values: function(values[0]))

    def gather(self, replies: Sequence[Reply | Lazy]) -> Lazy:
        return Lazy(list(replies), list)

    def close(self) -> None:
        for shard in self.shards:
            shard.work.put(None)
        for shard in self.shards:
            shard.thread.join()


class ShardsAdapter(BaseAdapter):
    """Promises what can be had where no handler waits."""

    name = "variant-shards"
    capabilities = frozenset({"result", "then", "gather", "stop", "handlers-only-tell"})
    stopped = (ActorStopped,)
    failing_handler_ends_actor = True
    nested = (Reply, Lazy)

    def open(self, loops: int) -> System:
        """Start the threads."""
        return ShardsSystem()


adapter = ShardsAdapter()
