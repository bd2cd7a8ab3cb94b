"""Thespian's `simpleSystemBase`, unmodified: all actors run in the one thread that owns the actor system.

Thespian's actors send and never wait: `ask` is for code outside of actors, so handlers here only tell
("handlers-only-tell"). Its documentation lets one thread call a simple system, so a gateway thread does, and matches
answers to asks by number. Of failures Thespian promises something of its own: a message whose handler raises is
delivered again, twice, and then its sender gets a PoisonMessage; what is sent to an actor that has exited is a dead
letter, of which the sender hears nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from askance.adapter import BaseAdapter, Handler, System

try:
    from thespian import actors  # type: ignore[import-untyped, unused-ignore]
except ImportError:  # an extra; `open` says so
    actors = None

__all__ = ["Poisoned", "adapter"]


class Poisoned(RuntimeError):
    """Thespian gave a PoisonMessage for an answer."""


@dataclass(frozen=True)
class Told:
    """A message for an actor; with a number, one that wants an answer of that number."""

    message: Any
    number: int | None = None


@dataclass(frozen=True)
class Become:
    """An actor's first message: what it shall do."""

    handler: Handler


class SimpleSystem(System):
    """An actor system, and the only thread that calls it."""

    def __init__(self) -> None:
        class HandlerActor(actors.Actor):  # type: ignore[misc, unused-ignore]
            def receiveMessage(actor, message: Any, sender: Any) -> None:  # `self` is the system
                if isinstance(message, Become):
                    actor.handler = message.handler
                elif isinstance(message, Told):
                    self.current = actor
                    answer = actor.handler(message.message)
                    if message.number is not None:
                        actor.send(sender, (message.number, answer))

        self.actor_class = HandlerActor
        self.current: Any = None
        self.numbers = itertools.count()
        self.pending: dict[int, Future[Any]] = {}
        self.requests: queue.Queue[tuple[Callable[[Any], None], int | None] | None] = queue.Queue()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        """The gateway: call the actor system for everybody, until None comes."""
        system = actors.ActorSystem("simpleSystemBase", logDefs=False, transientUnique=True)
        while (item := self.requests.get()) is not None:
            request, number = item
            try:
                request(system)
                while (answer := system.listen(0)) is not None:
                    self.answered(answer)
            except BaseException as error:
                # What is no Exception leaves Thespian through whoever calls it: here in an asker's place.
                if number in self.pending:
                    self.pending.pop(number).set_exception(error)
        system.shutdown()

    def answered(self, answer: Any) -> None:
        """Complete the reply that the answer, or the poison, is for."""
        if isinstance(answer, tuple):
            number, value = answer
            self.pending.pop(number).set_result(value)
        elif isinstance(answer, actors.PoisonMessage) and answer.poisonMessage.number is not None:
            self.pending.pop(answer.poisonMessage.number).set_exception(Poisoned(last_line(answer)))

    def send(self, ref: Any, message: Any) -> None:
        """As an actor's code does inside of an actor, else through the gateway."""
        if threading.current_thread() is self.thread:
            self.current.send(ref, message)
        else:
            self.requests.put((lambda system: system.tell(ref, message), getattr(message, "number", None)))

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        created: Future[Any] = Future()
        self.requests.put((lambda system: created.set_result(system.createActor(self.actor_class)), None))
        self.send(created.result(), Become(handler))
        return created.result()

    def ask(self, ref: Any, message: Any) -> Future[Any]:
        number = next(self.numbers)
        reply = self.pending[number] = Future()
        self.send(ref, Told(message, number))
        return reply

    def tell(self, ref: Any, message: Any) -> None:
        self.send(ref, Told(message))

    def stop(self, ref: Any) -> None:
        self.send(ref, actors.ActorExitRequest())

    def awaitable(self, reply: Future[Any]) -> Awaitable[Any]:
        return asyncio.wrap_future(reply)

    def close(self) -> None:
        self.requests.put(None)
        self.thread.join()


def last_line(poison: Any) -> str:
    """What a PoisonMessage says of the exception (its details are a traceback as text)."""
    return str(getattr(poison, "details", None) or "PoisonMessage").strip().splitlines()[-1]


class SimpleAdapter(BaseAdapter):
    """Opens SimpleSystems."""

    name = "thespian-simple"
    capabilities = frozenset({"handlers-only-tell", "await", "result", "stop"})
    versions = ("thespian",)

    def open(self, loops: int) -> System:
        """Start a system with no actors. Raises ImportError if Thespian is not installed."""
        if actors is None:
            raise ImportError("Thespian is not installed: pip install 'askance[thespian]'")
        return SimpleSystem()


adapter = SimpleAdapter()
"""What the entry point `thespian-simple` gives."""
