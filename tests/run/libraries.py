"""Two actor libraries of a few lines each, one of coroutines and one of threads, for the tests of the runner.

They are as small as they can be; that an actor of `Loops` handles several messages at once is no concern here.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import queue
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

from askance.adapter import BaseAdapter, Handler, System
from askance.history import Event, History, Outcome
from askance.program import Actor, AskOp, Await, Client, Expression, Operation, Program, Result, Value
from askance.run import execute
from askance.world import World


class ActorGone(Exception):
    """Raised by both libraries for a message to a stopped actor."""


class WrongThread(Exception):
    """Raised by `Loops` when a thread that runs a loop would block."""


class ThreadsSystem(System):
    """A thread and a queue for each actor; handlers block."""

    def __init__(self) -> None:
        self.actors: list[tuple[queue.Queue[Any], threading.Thread, list[bool]]] = []
        self.numbers = itertools.count()

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        inbox: queue.Queue[Any] = queue.Queue()
        thread = threading.Thread(
            target=self.serve, args=(handler, inbox), name=f"actor-{next(self.numbers)}"
        )
        ref = (inbox, thread, [False])
        self.actors.append(ref)
        thread.start()
        return ref

    @staticmethod
    def serve(handler: Handler, inbox: queue.Queue[Any]) -> None:
        while (item := inbox.get()) is not None:
            message, reply = item
            try:
                value = handler(message)
                if isinstance(value, concurrent.futures.Future):
                    value = value.result()
            except BaseException as error:
                reply.set_exception(error)
            else:
                reply.set_result(value)

    def ask(self, ref: Any, message: Any) -> Any:
        if ref[2][0]:
            raise ActorGone("this actor has gone")
        reply: concurrent.futures.Future[Any] = concurrent.futures.Future()
        ref[0].put((message, reply))
        return reply

    def tell(self, ref: Any, message: Any) -> None:
        self.ask(ref, message)

    def stop(self, ref: Any) -> None:
        ref[2][0] = True

    def awaitable(self, reply: Any) -> Any:
        return asyncio.wrap_future(reply)

    def close(self) -> None:
        for inbox, thread, _ in self.actors:
            inbox.put(None)
            thread.join()


class Threads(BaseAdapter):
    """The adapter of the library of threads."""

    name = "threads"
    capabilities = frozenset(["await", "result", "deferred", "timeout", "cancel", "stop", "spawn"])
    stopped = (ActorGone,)

    def open(self, loops: int) -> System:
        return ThreadsSystem()


class ComposingThreadsSystem(ThreadsSystem):
    """The same with composition operators of its own."""

    def then(self, reply: Any, function: Callable[[Any], Any]) -> Any:
        return in_a_thread(lambda: function(reply.result()))

    def gather(self, replies: Sequence[Any]) -> Any:
        return in_a_thread(lambda: [reply.result() for reply in replies])


def in_a_thread(compute: Callable[[], Any]) -> Any:
    """A future of what a thread computes."""
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def work() -> None:
        try:
            value = compute()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(value)

    threading.Thread(target=work).start()
    return future


class ComposingThreads(Threads):
    """The adapter of the library of threads that compose."""

    name = "composing-threads"
    capabilities = Threads.capabilities | {"then", "gather"}

    def open(self, loops: int) -> System:
        return ComposingThreadsSystem()


class LoopsSystem(System):
    """Event loops on threads; each message is a coroutine on its actor's loop."""

    def __init__(self, loops: int) -> None:
        self.loops = [asyncio.new_event_loop() for _ in range(loops)]
        self.threads = [
            threading.Thread(target=loop.run_forever, name=f"loop-{index}")
            for index, loop in enumerate(self.loops)
        ]
        self.stopped: list[Any] = []
        for thread in self.threads:
            thread.start()

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        return handler, self.loops[loop or 0]

    def ask(self, ref: Any, message: Any) -> concurrent.futures.Future[Any]:
        if ref in self.stopped:
            raise ActorGone("this actor has gone")
        handler, loop = ref
        return asyncio.run_coroutine_threadsafe(self.settled(handler, message), loop)

    @staticmethod
    async def settled(handler: Handler, message: Any) -> Any:
        result = await handler(message)
        return await asyncio.wrap_future(result) if isinstance(result, concurrent.futures.Future) else result

    def tell(self, ref: Any, message: Any) -> None:
        self.ask(ref, message)

    def stop(self, ref: Any) -> None:
        self.stopped.append(ref)

    def result(self, reply: Any, timeout: float | None = None) -> Any:
        if asyncio._get_running_loop() is not None:
            raise WrongThread("await it instead")
        return reply.result(timeout)

    def awaitable(self, reply: Any) -> Any:
        return asyncio.wrap_future(reply)

    def close(self) -> None:
        for loop, thread in zip(self.loops, self.threads, strict=True):
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


class Loops(BaseAdapter):
    """The adapter of the library of coroutines."""

    name = "loops"
    capabilities = Threads.capabilities | {"async-handlers", "loops", "blocking-refused"}
    stopped = (ActorGone,)
    refused = (WrongThread,)

    def open(self, loops: int) -> System:
        return LoopsSystem(loops)


class ComposingSystem(LoopsSystem):
    """The same with composition operators of its own."""

    def then(self, reply: Any, function: Callable[[Any], Any]) -> Any:
        async def mapped() -> Any:
            return function(await asyncio.wrap_future(reply))

        return asyncio.run_coroutine_threadsafe(mapped(), self.loops[0])

    def gather(self, replies: Sequence[Any]) -> Any:
        async def gathered() -> Any:
            return await asyncio.gather(*map(asyncio.wrap_future, replies))

        return asyncio.run_coroutine_threadsafe(gathered(), self.loops[0])


class Composing(Loops):
    """The adapter of the library of coroutines that compose."""

    name = "composing"
    capabilities = Loops.capabilities | {"then", "gather"}

    def open(self, loops: int) -> System:
        return ComposingSystem(loops)


def replaced(adapter: Any, method: str, function: Any) -> Any:
    """An adapter like that one, whose System has the method replaced by a function without `self`."""

    class Replaced(type(adapter)):  # type: ignore[misc]
        def open(self, loops: int) -> System:
            system: System = super().open(loops)
            setattr(system, method, function)
            return system

    return Replaced()


def refusing(*arguments: Any) -> Any:
    """A method that the library refuses to perform."""
    raise ActorGone("not now")


class Randomly:
    """A strategy that picks by a seeded random walk; of the tests' own, so that they need no search."""

    observes = False

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)

    def begin(self) -> None:
        pass

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        return runnable[int(self.random.random() * len(runnable))]

    def stepped(self, strand: Any) -> None:
        pass


class Steadily(Randomly):
    """A strategy that lets the current strand go on as long as it can, and the clock last."""

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        return current if current in runnable else min(runnable, key=lambda strand: strand.number or 1000)


def run(program: Program, adapter: Any, strategy: Any = None) -> History:
    """One execution of the program in a fresh world; it must end well."""
    history = execute(program, adapter, World(strategy or Steadily()))
    assert history.ending == "done", (history.error, str(history.deadlock))
    return history


def scene(*actors: Actor, ask: Value = 10, of: str = "a", loops: int = 2) -> Program:
    """A program in which a client on a plain thread asks one actor one thing and waits for it."""
    return program(*actors, operations=(AskOp("r0", of, ask), Result("r0")), loops=loops)


def program(
    *actors: Actor, operations: Sequence[Operation] = (), where: Any = "thread", loops: int = 2
) -> Program:
    """A program of these actors and one client, c0."""
    return Program(loops, actors, (Client("c0", where, tuple(operations)),))


def actor(name: str, behaviour: Expression, loop: int | None = 0) -> Actor:
    """An actor, on loop 0 unless said otherwise."""
    return Actor(name, loop, behaviour)


def outcomes(history: History, who: str = "c0") -> list[Outcome]:
    """How the waits of a client or a turn ended, in order."""
    return [e.outcome for e in history.events if e.kind == "done" and e.who == who and e.op and e.outcome]


def events(history: History, kind: str, who: str | None = None) -> list[Event]:
    """The events of that kind, of that client or turn if one is given."""
    return [e for e in history.events if e.kind == kind and who in (None, e.who)]


def waiting(where: Any, reply: str) -> Operation:
    """The operation by which a client at that place waits."""
    return Result(reply) if where == "thread" else Await(reply)
