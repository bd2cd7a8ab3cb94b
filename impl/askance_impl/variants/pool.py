"""Actors without a thread of their own: a pool gives each turn whichever thread is idle, and starts one if none is.

An actor is a queue of messages and a mark whether it is being run; it is given to the pool when a message finds it
idle, and again after each turn that leaves messages. So no two turns of it overlap, on whatever threads they are, and a
handler that blocks keeps nobody else from a thread.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from concurrent.futures import Future
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "Pool", "PoolAdapter", "PoolSystem", "adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Pool:
    """Threads that run one actor's turn after another's, as many as are busy at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.idle = 0
        self.turns = 0
        self.quiet = threading.Condition(self.lock)
        self.work: queue.Queue[Actor | None] = queue.Queue()
        self.threads: list[threading.Thread] = []

    def run(self, actor: Actor) -> None:
        """Have a thread run one turn of the actor."""
        with self.lock:
            self.turns += 1
            if self.idle:
                self.idle -= 1
            else:
                thread = threading.Thread(target=self.serve)
                self.threads.append(thread)
                thread.start()
        self.work.put(actor)

    def serve(self) -> None:
        """A thread's body."""
        while (actor := self.work.get()) is not None:
            again = actor.turn()
            if again:
                self.run(actor)
            with self.lock:
                self.idle += 1
                self.turns -= 1
                self.quiet.notify_all()

    def close(self) -> None:
        """End all threads, when nothing is left to run: nothing new may come."""
        with self.lock:
            self.quiet.wait_for(lambda: not self.turns)
        for _ in self.threads:
            self.work.put(None)
        for thread in self.threads:
            thread.join()


class Actor:
    """A function and its messages."""

    def __init__(self, handler: Handler, pool: Pool) -> None:
        self.handler = handler
        self.pool = pool
        self.lock = threading.Lock()
        self.mailbox: deque[tuple[Any, Future[Any]]] = deque()
        self.running = False
        self.stopped = False

    def send(self, message: Any) -> Future[Any]:
        """Put the message into the mailbox; raises ActorStopped."""
        reply: Future[Any] = Future()
        with self.lock:
            if self.stopped:
                raise ActorStopped("the actor has stopped")
            self.mailbox.append((message, reply))
            begin, self.running = not self.running, True
        if begin:
            self.pool.run(self)
        return reply

    def turn(self) -> bool:
        """Handle one message; whether more wait."""
        with self.lock:
            if not self.mailbox:
                self.running = False
                return False
            message, reply = self.mailbox.popleft()
        if reply.set_running_or_notify_cancel():
            try:
                value = self.handler(message)
            except BaseException as error:
                reply.set_exception(error)
            else:
                reply.set_result(value)
        with self.lock:
            self.running = bool(self.mailbox)
            return self.running

    def stop(self) -> None:
        """Take no more messages, and refuse those that wait."""
        with self.lock:
            self.stopped = True
            refused = [reply for _, reply in self.mailbox if reply.set_running_or_notify_cancel()]
            self.mailbox.clear()
        for reply in refused:
            reply.set_exception(ActorStopped("the actor has stopped"))


class PoolSystem(System):
    """One pool for all actors."""

    def __init__(self) -> None:
        self.pool = Pool()
        self.actors: list[Actor] = []
        self.closing = False

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        actor = Actor(handler, self.pool)
        self.actors.append(actor)
        if self.closing:
            actor.stop()
        return actor

    def ask(self, ref: Actor, message: Any) -> Future[Any]:
        return ref.send(message)

    def tell(self, ref: Actor, message: Any) -> None:
        ref.send(message)

    def stop(self, ref: Actor) -> None:
        ref.stop()

    def close(self) -> None:
        self.closing = True
        for actor in self.actors:
            actor.stop()
        self.pool.close()


class PoolAdapter(BaseAdapter):
    """Promises no thread to anybody."""

    name = "variant-pool"
    capabilities = frozenset({"result", "timeout", "stop", "spawn"})
    stopped = (ActorStopped,)
    any_thread = True

    def open(self, loops: int) -> System:
        """Start with no threads."""
        return PoolSystem()


adapter = PoolAdapter()
