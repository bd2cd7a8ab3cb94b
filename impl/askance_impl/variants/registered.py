"""Whatever is in progress stands in a set, and closing goes through the sets: turns, unanswered asks, waiters, actors.

The sets hold tasks made with `asyncio.Task(...)`, futures made with `asyncio.Future()`, and actors, weakly. Each loop's
sets are touched by its own thread alone. A reply is an event for threads, and a set of futures for coroutines.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections import deque
from collections.abc import Awaitable
from typing import Any, NamedTuple

from askance.adapter import BaseAdapter, Handler, System

__all__ = ["Actor", "ActorStopped", "Home", "RegisteredAdapter", "RegisteredSystem", "Reply", "adapter"]


class ActorStopped(RuntimeError):
    """The actor takes no more messages."""


class Outcome(NamedTuple):
    """A value and an error, of which the error counts unless it is None."""

    value: Any = None
    error: BaseException | None = None


REFUSED = Outcome(error=ActorStopped("the actor has stopped"))
Question = asyncio.Future[Outcome]
"""An ask on the loop of the actor that must answer it."""


def decide(question: Question, outcome: Outcome) -> None:
    """Answer the question, unless it is answered."""
    if not question.done():
        question.set_result(outcome)


class Home:
    """An event loop on a thread, and what is in progress there."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.turns: set[asyncio.Task[None]] = set()
        self.questions: set[Question] = set()
        self.actors: weakref.WeakSet[Actor] = weakref.WeakSet()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        """The thread's body."""
        self.loop.run_forever()
        self.loop.run_until_complete(self.end())
        self.loop.close()

    async def quiet(self) -> None:
        """Stop all actors, and answer what nobody will."""
        for actor in set(self.actors):
            actor.stop()
        for question in self.questions:
            decide(question, REFUSED)

    async def end(self) -> None:
        """Until nothing is in progress."""
        while self.turns or self.questions:
            await self.quiet()
            for task in self.turns:
                task.cancel()
            await asyncio.sleep(0)


class Actor:
    """A coroutine function and its mailbox. Lives on its home's thread alone."""

    def __init__(self, handler: Handler, home: Home) -> None:
        self.handler = handler
        self.home = home
        self.mailbox: deque[tuple[Any, Question]] = deque()
        self.turn: asyncio.Task[None] | None = None
        self.stopped = False

    def post(self, message: Any, reply: Reply) -> None:
        """Put the message into the mailbox."""
        question = Question(loop=self.home.loop)
        self.home.questions.add(question)
        question.add_done_callback(self.home.questions.discard)
        question.add_done_callback(lambda _: reply.complete(question.result()))
        reply.question = question
        if reply.outcome is not None:
            decide(question, reply.outcome)
        elif self.stopped:
            decide(question, REFUSED)
        else:
            self.mailbox.append((message, question))
            self.next()

    def next(self) -> None:
        """Begin the next message that nobody has decided, unless one is being handled."""
        while self.mailbox and self.turn is None:
            message, question = self.mailbox.popleft()
            if not question.done():
                self.turn = task = asyncio.Task(self.handle(message, question), loop=self.home.loop)
                self.home.turns.add(task)
                task.add_done_callback(self.home.turns.discard)
                task.add_done_callback(self.ended)
                question.add_done_callback(lambda _, task=task: task.cancel())  # type: ignore[misc]

    async def handle(self, message: Any, question: Question) -> None:
        """One turn; nothing that a handler raises ends the loop."""
        try:
            outcome = Outcome(await self.handler(message))
        except BaseException as error:
            outcome = Outcome(error=error)
        decide(question, outcome)

    def ended(self, _: object) -> None:
        """The turn is over."""
        self.turn = None
        self.next()

    def stop(self) -> None:
        """Take no more messages, and refuse those that wait."""
        self.stopped = True
        while self.mailbox:
            decide(self.mailbox.popleft()[1], REFUSED)


class Reply:
    """An outcome, once it is there, and who waits for it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.question: Question | None = None
        self.lock = threading.Lock()
        self.outcome: Outcome | None = None
        self.there = threading.Event()
        self.waiters: set[asyncio.Future[None]] = set()

    def complete(self, outcome: Outcome) -> None:
        """Tell all who wait, the first time; from any thread."""
        with self.lock:
            if self.outcome is not None:
                return
            self.outcome = outcome
            waiters, self.waiters = self.waiters, set()
        self.there.set()
        for waiter in waiters:
            with contextlib.suppress(RuntimeError):  # its loop has closed
                waiter.get_loop().call_soon_threadsafe(wake, waiter)

    def get(self) -> Any:
        """The value, or the error raised."""
        assert self.outcome is not None
        if self.outcome.error is not None:
            raise self.outcome.error
        return self.outcome.value

    def result(self, timeout: float | None = None) -> Any:
        """Block until it is there; raises TimeoutError after `timeout` seconds."""
        if not self.there.wait(timeout):
            raise TimeoutError("no reply in time")
        return self.get()

    async def arrival(self) -> Any:
        """The value; who is cancelled here cancels the ask."""
        waiter: asyncio.Future[None] = asyncio.Future()
        with self.lock:
            if self.outcome is None:
                self.waiters.add(waiter)
            else:
                waiter.set_result(None)
        try:
            await waiter
        except asyncio.CancelledError:
            self.cancel()
            raise
        return self.get()

    def cancel(self) -> None:
        """Do without it, and let the actor know; from any thread."""
        self.complete(Outcome(error=asyncio.CancelledError()))
        with contextlib.suppress(RuntimeError):  # the loop has closed
            self.home.loop.call_soon_threadsafe(self.unwanted)

    def unwanted(self) -> None:
        """On the actor's loop."""
        if self.question is not None and self.outcome is not None:
            decide(self.question, self.outcome)


def wake(waiter: asyncio.Future[None]) -> None:
    """On the loop of the one who waits, if it still does."""
    if not waiter.done():
        waiter.set_result(None)


class RegisteredSystem(System):
    """Homes for as many loops."""

    def __init__(self, loops: int) -> None:
        self.homes = [Home() for _ in range(loops)]
        self.closing = False

    def spawn(self, handler: Handler, loop: int | None) -> Actor:
        home = self.homes[loop or 0]
        actor = Actor(handler, home)
        actor.stopped = self.closing
        home.loop.call_soon_threadsafe(home.actors.add, actor)
        return actor

    def ask(self, ref: Actor, message: Any) -> Reply:
        reply = Reply(ref.home)
        if ref.stopped:
            reply.complete(REFUSED)
        else:
            ref.home.loop.call_soon_threadsafe(ref.post, message, reply)
        return reply

    def tell(self, ref: Actor, message: Any) -> None:
        if ref.stopped:
            raise ActorStopped("the actor has stopped")
        self.ask(ref, message)

    def stop(self, ref: Actor) -> None:
        ref.home.loop.call_soon_threadsafe(ref.stop)

    def awaitable(self, reply: Reply) -> Awaitable[Any]:
        return reply.arrival()

    def close(self) -> None:
        self.closing = True
        # What ends on one loop may have sent to another that has been seen to; the second time there is nobody left.
        for home in self.homes * 2:
            asyncio.run_coroutine_threadsafe(home.quiet(), home.loop).result()
        for home in self.homes:
            home.loop.call_soon_threadsafe(home.loop.stop)
        for home in self.homes:
            home.thread.join()


class RegisteredAdapter(BaseAdapter):
    """Promises both kinds of waiting, on loops that are told apart."""

    name = "variant-registered"
    capabilities = frozenset(
        {"async-handlers", "loops", "await", "result", "timeout", "cancel", "stop", "spawn"}
    )
    stopped = (ActorStopped,)
    nested = (Reply,)

    def open(self, loops: int) -> System:
        """Start that many loops."""
        return RegisteredSystem(loops)


adapter = RegisteredAdapter()
