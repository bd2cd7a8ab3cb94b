"""The interpreter of behaviours for implementations whose handlers are coroutine functions.

`AsyncHandler.handle` is what an adapter's `spawn` gets. Its twin for blocking handlers is `askance.run.blocking`;
the two differ in how they wait, and in nothing else.
"""

from __future__ import annotations

import asyncio
from typing import Any

from askance.errors import make
from askance.program import (
    Apply,
    Ask,
    Const,
    Deferred,
    Err,
    Expression,
    Fail,
    Gather,
    Msg,
    Raise,
    Sleep,
    Spawn,
    State,
    Stop,
    StopSelf,
    Tell,
    Term,
    Then,
    Try,
    Update,
    Within,
    mapped,
)
from askance.run.actor_state import ActorState
from askance.run.turns import NOT_AN_OUTCOME, Directory, Envelope, Pending, Turn

__all__ = ["AsyncHandler", "AsyncTurn"]


class AsyncHandler:
    """One actor: `handle` is a coroutine function of one message that runs the behaviour and records the turn."""

    def __init__(
        self, actor: str, behaviour: Expression, directory: Directory, state: ActorState | None = None
    ) -> None:
        self.actor = actor
        self.behaviour = behaviour
        self.directory = directory
        self.next_turn = directory.turns(actor)
        self.state = state or ActorState()

    def __reduce__(self) -> Any:
        """Libraries that run handlers in other processes pickle them."""
        return AsyncHandler, (self.actor, self.behaviour, self.directory, self.state)

    async def handle(self, envelope: Envelope) -> Any:
        """Run one turn; returns or raises what the behaviour gives."""
        turn = AsyncTurn(self.directory, self.actor, self.next_turn(), envelope, self.state)
        try:
            value = await turn.evaluate(self.behaviour)
        except BaseException as error:
            turn.fail(envelope, error)
            raise
        return turn.end(envelope, value)


class AsyncTurn(Turn):
    """A turn that awaits replies."""

    __slots__ = ()

    async def evaluate(self, expression: Expression) -> Any:
        """The value of the expression in this turn; raises what the expression, or an ask in it, raises."""
        match expression:
            case Msg():
                return self.message
            case Const(value):
                return value
            case Apply(symbol, args):
                values = []
                for argument in args:
                    values.append(
                        self.message if type(argument) is Msg else await self.evaluate(argument),
                    )
                return Term(symbol, tuple(values))
            case Ask(actor, message):
                value = self.message if type(message) is Msg else await self.evaluate(message)
                op, reply = self.ask(actor, value)
                return await self.wait(op, reply)
            case Gather(asks):
                return await self.gather(asks)
            case Then(ask, symbol):
                return await self.then(ask, symbol)
            case Deferred(Ask(actor, message)):
                return Pending(*self.ask(actor, await self.evaluate(message)))
            case Tell(actor, message, then):
                self.tell(actor, await self.evaluate(message))
                return await self.evaluate(then)
            case Raise(error):
                raise make(error)
            case Fail(kind, argument):
                raise make(Err(kind, await self.evaluate(argument)))
            case Try(body, handler):
                try:
                    return await self.evaluate(body)
                except Exception:
                    pass
                return await self.evaluate(handler)
            case Sleep(seconds, then):
                await asyncio.sleep(seconds * self.directory.second)
                return await self.evaluate(then)
            case Within():
                return await self.within(expression)
            case Spawn(_, _, message):
                value = await self.evaluate(message)
                return await self.wait(*self.ask(self.spawn(expression), value))
            case StopSelf(then):
                self.stop(self.actor)
                return await self.evaluate(then)
            case Stop(actor, then):
                self.stop(actor)
                return await self.evaluate(then)
            case State():
                return self.state.get()
            case Update(symbol, argument):
                before = self.state.get()
                after = Term(symbol, (before, await self.evaluate(argument)))
                self.state.set(after)
                return after

    async def wait(self, op: str, reply: Any, gathered: bool = False) -> Any:
        """Await the reply as the library's users do, and record how the wait ended."""
        directory = self.directory
        directory.add("wait", self.id, op=op, loop=directory.loop())
        try:
            raw = await directory.system.awaitable(reply)
        except BaseException as error:
            directory.failed(self.id, op, error)
            raise
        return directory.arrived(self.id, op, raw, gathered)

    async def gather(self, asks: tuple[Ask, ...]) -> Any:
        """Send all, then wait for all: by the library's own operator, or in order where it has none."""
        messages = [await self.evaluate(ask.message) for ask in asks]
        sent: list[tuple[str, Any]] = []
        failure: BaseException | None = None
        for ask, message in zip(asks, messages, strict=True):
            try:
                sent.append(self.ask(ask.actor, message))
            except Exception as error:
                failure = error
                break
        if failure is None and self.directory.native_gather:
            op = self.compose("gather", tuple([op for op, _ in sent]))
            try:
                reply = self.directory.system.gather([reply for _, reply in sent])
            except BaseException as error:
                self.directory.failed(self.id, op, error)
                raise
            return await self.wait(op, reply, gathered=True)
        values = []
        first: BaseException | None = None
        for op, reply in sent:
            try:
                values.append(await self.wait(op, reply))
            except Exception as error:
                first = first or error
        if first is not None or failure is not None:
            raise first or failure  # type: ignore[misc]  # one of them is there
        return tuple(values)

    async def then(self, ask: Ask, symbol: str) -> Any:
        """The reply mapped by the library's own operator, or its value by ours where it has none."""
        directory = self.directory
        part, reply = self.ask(ask.actor, await self.evaluate(ask.message))
        if not directory.native_then:
            return mapped(symbol, await self.wait(part, reply))
        op = self.compose(f"then {symbol}", (part,))
        try:
            composed = directory.system.then(reply, directory.mapped(self.id, op, symbol))
        except BaseException as error:
            directory.failed(self.id, op, error)
            raise
        return await self.wait(op, composed)

    async def within(self, expression: Within) -> Any:
        """The reply, or the fallback if it does not come in time; the reply is then left as a user would leave it.

        `asyncio.timeout` waits in the turn's own task, so an implementation that knows its asker by the task, or by
        a context variable, still does; the program's own TimeoutError is no timeout of ours.
        """
        directory = self.directory
        op, reply = self.ask(expression.ask.actor, await self.evaluate(expression.ask.message))
        directory.add("wait", self.id, op=op, loop=directory.loop())
        limit = asyncio.timeout(expression.seconds * directory.second)
        try:
            async with limit:
                raw = await directory.system.awaitable(reply)
        except BaseException as error:
            directory.failed(self.id, op, error)
            if (
                not isinstance(error, TimeoutError)
                or not limit.expired()
                or isinstance(error, NOT_AN_OUTCOME)
            ):
                raise
        else:
            return directory.arrived(self.id, op, raw)
        return await self.evaluate(expression.fallback)
