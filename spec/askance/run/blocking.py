"""The interpreter of behaviours for implementations whose handlers are plain functions that block.

`BlockingHandler.handle` is what an adapter's `spawn` gets. Its twin for coroutine functions is
`askance.run.asynchronous`; the two differ in how they wait, and in nothing else.
"""

from __future__ import annotations

import time
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
from askance.run.turns import Directory, Envelope, Pending, Turn

__all__ = ["BlockingHandler", "BlockingTurn"]


class BlockingHandler:
    """One actor: `handle` is a plain function of one message that runs the behaviour and records the turn."""

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
        return BlockingHandler, (self.actor, self.behaviour, self.directory, self.state)

    def handle(self, envelope: Envelope) -> Any:
        """Run one turn; returns or raises what the behaviour gives."""
        turn = BlockingTurn(self.directory, self.actor, self.next_turn(), envelope, self.state)
        try:
            value = turn.evaluate(self.behaviour)
        except BaseException as error:
            turn.fail(envelope, error)
            raise
        return turn.end(envelope, value)


class BlockingTurn(Turn):
    """A turn that blocks its thread on replies."""

    __slots__ = ()

    def evaluate(self, expression: Expression) -> Any:
        """The value of the expression in this turn; raises what the expression, or an ask in it, raises."""
        match expression:
            case Msg():
                return self.message
            case Const(value):
                return value
            case Apply(symbol, args):
                return Term(symbol, tuple([self.evaluate(argument) for argument in args]))
            case Ask(actor, message):
                return self.wait(*self.ask(actor, self.evaluate(message)))
            case Gather(asks):
                return self.gather(asks)
            case Then(ask, symbol):
                return self.then(ask, symbol)
            case Deferred(Ask(actor, message)):
                return Pending(*self.ask(actor, self.evaluate(message)))
            case Tell(actor, message, then):
                self.tell(actor, self.evaluate(message))
                return self.evaluate(then)
            case Raise(error):
                raise make(error)
            case Fail(kind, argument):
                raise make(Err(kind, self.evaluate(argument)))
            case Try(body, handler):
                try:
                    return self.evaluate(body)
                except Exception:
                    pass
                return self.evaluate(handler)
            case Sleep(seconds, then):
                time.sleep(seconds * self.directory.second)
                return self.evaluate(then)
            case Within():
                return self.within(expression)
            case Spawn(_, _, message):
                value = self.evaluate(message)
                return self.wait(*self.ask(self.spawn(expression), value))
            case StopSelf(then):
                self.stop(self.actor)
                return self.evaluate(then)
            case Stop(actor, then):
                self.stop(actor)
                return self.evaluate(then)
            case State():
                return self.state.get()
            case Update(symbol, argument):
                before = self.state.get()
                after = Term(symbol, (before, self.evaluate(argument)))
                self.state.set(after)
                return after

    def wait(self, op: str, reply: Any, gathered: bool = False) -> Any:
        """Block on the reply as the library's users do, and record how the wait ended."""
        directory = self.directory
        directory.add("wait", self.id, op=op)
        try:
            raw = directory.system.result(reply)
        except BaseException as error:
            directory.failed(self.id, op, error)
            raise
        return directory.arrived(self.id, op, raw, gathered)

    def gather(self, asks: tuple[Ask, ...]) -> Any:
        """Send all, then wait for all: by the library's own operator, or in order where it has none."""
        messages = [self.evaluate(ask.message) for ask in asks]
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
            return self.wait(op, reply, gathered=True)
        values = []
        first: BaseException | None = None
        for op, reply in sent:
            try:
                values.append(self.wait(op, reply))
            except Exception as error:
                first = first or error
        if first is not None or failure is not None:
            raise first or failure  # type: ignore[misc]  # one of them is there
        return tuple(values)

    def then(self, ask: Ask, symbol: str) -> Any:
        """The reply mapped by the library's own operator, or its value by ours where it has none."""
        directory = self.directory
        part, reply = self.ask(ask.actor, self.evaluate(ask.message))
        if not directory.native_then:
            return mapped(symbol, self.wait(part, reply))
        op = self.compose(f"then {symbol}", (part,))
        try:
            composed = directory.system.then(reply, directory.mapped(self.id, op, symbol))
        except BaseException as error:
            directory.failed(self.id, op, error)
            raise
        return self.wait(op, composed)

    def within(self, expression: Within) -> Any:
        """The reply, or the fallback if it does not come in time; the program's own TimeoutError is no timeout."""
        directory = self.directory
        op, reply = self.ask(expression.ask.actor, self.evaluate(expression.ask.message))
        directory.add("wait", self.id, op=op)
        try:
            raw = directory.system.result(reply, expression.seconds * directory.second)
        except BaseException as error:
            directory.failed(self.id, op, error)
            if directory.classifier.exception(error).kind != "timeout":
                raise
        else:
            return directory.arrived(self.id, op, raw)
        return self.evaluate(expression.fallback)
