"""Thespian's `multiprocTCPBase`, unmodified: a process for each actor, and one more that starts them.

As in the simple system handlers only tell, and a gateway thread calls the actor system for everybody. Handlers are
pickled into their actors' processes. Thespian's promises are those told of in `thespian_simple`, but that a message
whose handler raises is delivered again once. It runs on the live engine only.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import socket
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

from askance.adapter import BaseAdapter, Handler, System
from askance_impl.peers.thespian_simple import Become, Poisoned, Told, last_line

try:
    from thespian import actors  # type: ignore[import-untyped, unused-ignore]
except ImportError:  # an extra; `open` says so
    actors = None

__all__ = ["adapter"]

QUIET = {"version": 1, "root": {"level": "CRITICAL"}}
"""How the processes log: what they have to say of failures comes as messages."""
POLL = timedelta(milliseconds=2)
"""For so long the gateway listens for answers before it looks whether there is something to send."""


class HandlerActor(actors.Actor if actors is not None else object):  # type: ignore[misc, unused-ignore]
    """What runs in a process of its own."""

    current: Any = None
    """The actor of this process that is running a turn."""

    def receiveMessage(self, message: Any, sender: Any) -> None:
        """Run one turn."""
        if isinstance(message, Become):
            self.handler = message.handler
        elif isinstance(message, Told):
            HandlerActor.current = self
            answer = self.handler(message.message)
            if message.number is not None:
                self.send(sender, (message.number, answer))


class Inside:
    """The system as a handler has it, in its actor's process."""

    def tell(self, ref: Any, message: Any) -> None:
        """Send, as an actor does."""
        HandlerActor.current.send(ref, Told(message))

    def stop(self, ref: Any) -> None:
        """Ask the actor to exit."""
        HandlerActor.current.send(ref, actors.ActorExitRequest())


class TCPSystem(System):
    """An actor system at a port of its own, and the only thread that calls it."""

    def __init__(self) -> None:
        self.numbers = itertools.count()
        self.pending: dict[int, Future[Any]] = {}
        self.requests: queue.SimpleQueue[Callable[[Any], None] | None] = queue.SimpleQueue()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        """The gateway: call the actor system for everybody, until None comes."""
        capabilities = {"Admin Port": self.port, "Convention Address.IPv4": None}
        system = actors.ActorSystem("multiprocTCPBase", capabilities, logDefs=QUIET, transientUnique=True)
        while True:
            while not self.requests.empty():
                request = self.requests.get()
                if request is None:
                    system.shutdown()
                    return
                request(system)
            self.answered(system.listen(POLL))

    def answered(self, answer: Any) -> None:
        """Complete the reply that the answer, or the poison, is for."""
        if isinstance(answer, tuple):
            number, value = answer
            self.pending.pop(number).set_result(value)
        elif isinstance(answer, actors.PoisonMessage) and answer.poisonMessage.number is not None:
            self.pending.pop(answer.poisonMessage.number).set_exception(Poisoned(last_line(answer)))

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        created: Future[Any] = Future()

        def create(system: Any) -> None:
            try:
                ref = system.createActor(HandlerActor)
                system.tell(ref, Become(handler))
            except BaseException as error:
                created.set_exception(error)
            else:
                created.set_result(ref)

        self.requests.put(create)
        return created.result()

    def ask(self, ref: Any, message: Any) -> Future[Any]:
        number = next(self.numbers)
        reply = self.pending[number] = Future()
        self.requests.put(lambda system: system.tell(ref, Told(message, number)))
        return reply

    def tell(self, ref: Any, message: Any) -> None:
        self.requests.put(lambda system: system.tell(ref, Told(message)))

    def stop(self, ref: Any) -> None:
        self.requests.put(lambda system: system.tell(ref, actors.ActorExitRequest()))

    def awaitable(self, reply: Future[Any]) -> Awaitable[Any]:
        return asyncio.wrap_future(reply)

    def elsewhere(self) -> Any:
        return Inside()

    def close(self) -> None:
        self.requests.put(None)
        self.thread.join()


class TCPAdapter(BaseAdapter):
    """Opens TCPSystems."""

    name = "thespian-tcp"
    capabilities = frozenset({"handlers-only-tell", "await", "result", "stop"})
    versions = ("thespian",)
    engines = frozenset({"live"})

    def open(self, loops: int) -> System:
        """Start a system with no actors. Raises ImportError if Thespian is not installed."""
        if actors is None:
            raise ImportError("Thespian is not installed: pip install 'askance[thespian]'")
        return TCPSystem()


adapter = TCPAdapter()
"""What the entry point `thespian-tcp` gives."""
