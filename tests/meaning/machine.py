"""An abstract actor system that makes every choice at random: what it does, a correct implementation may do.

It is the oracle's opposite number: it knows mailboxes, turns and waits, and computes one run; the oracle knows sets and
computes all. Whatever a run of the machine gives must be in the oracle's sets. It refuses asks that close a cycle,
through the graph of waits or already through the chain of askers; its stops, cancellations and timeouts take effect
when chance has it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from random import Random
from typing import Any

from tests.meaning.machine_parts import (
    CANCELLED,
    CYCLE,
    STOPPED,
    Actor,
    Endless,
    Failure,
    Message,
    Reply,
    TimedOut,
    Turn,
    reaches,
)

from askance.errors import is_caught
from askance.history import Outcome
from askance.program import (
    Apply,
    Ask,
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    Const,
    Deferred,
    Err,
    Expression,
    Fail,
    Gather,
    GatherOp,
    Msg,
    Program,
    Raise,
    Result,
    Settle,
    Sleep,
    SleepOp,
    Spawn,
    State,
    Stop,
    StopOp,
    StopSelf,
    Tell,
    TellOp,
    Term,
    Then,
    Try,
    Update,
    Value,
    Within,
    reply_key,
)


class Machine:
    """One run of a program."""

    def __init__(self, program: Program, random: Random) -> None:
        self.random = random
        self.refuses_early = random.random() < 0.5
        self.actors = {one.name: Actor(one.name, one.behaviour) for one in program.actors}
        self.every = list(self.actors.values())
        self.clients = [(client, self.operations(client)) for client in program.clients]
        self.replies: dict[str, Reply] = {}
        """The replies that clients have made, by their names in the program."""
        self.unmade: dict[str, str] = {}
        """The clients that wait for another to make a reply, and that reply."""
        self.composed: list[Reply] = []
        self.settling: set[str] = set()
        self.blocked: dict[str, Reply] = {}
        self.effects: list[Any] = []
        """Stops and cancellations that have been asked for and have not taken effect."""
        self.waits: list[tuple[str, Outcome]] = []
        """What the clients' waits gave: "client.reply" and the outcome."""
        self.turns: list[tuple[str, Value, Outcome]] = []
        """What the turns of named actors gave: the actor, the message's value and the outcome."""

    def chance(self) -> bool:
        """One of two ways, at random."""
        return self.random.random() < 0.5

    def run(self, most: int = 1000) -> None:
        """Take steps until every client is done and nothing moves."""
        for _ in range(most):
            self.resolve()
            steps = list(self.enabled())
            if not steps and self.settling:
                self.settling.clear()
            elif not steps:
                assert not self.clients, "the machine itself has hung"
                return
            else:
                step = self.random.choice(steps)
                step()
        raise Endless

    def enabled(self) -> Iterator[Any]:
        """The steps that may be taken now."""
        for effect in self.effects:
            yield lambda effect=effect: (self.effects.remove(effect), effect())
        for actor in self.every:
            if actor.turn is None and actor.mailbox:
                yield lambda actor=actor: self.begin(actor)
            elif actor.turn is not None:
                turn = actor.turn
                outcomes = [reply.outcome for reply in turn.waiting]
                if None not in outcomes or any(one is not None and one.kind != "value" for one in outcomes):
                    yield lambda turn=turn: self.advance(turn)
                if turn.timed:
                    yield lambda turn=turn: self.advance(turn, TimedOut())
        for entry in self.clients:
            name = entry[0].name
            if (
                name not in self.settling
                and (name not in self.blocked or self.blocked[name].outcome is not None)
                and (name not in self.unmade or self.unmade[name] in self.replies)
            ):
                yield lambda entry=entry: self.advance_client(entry)

    def resolve(self) -> None:
        """Composed and linked replies are done when what they are made of is."""
        moved = True
        while moved:
            moved = False
            for reply in self.composed:
                if reply.outcome is None and (moving := self.composition(reply)) is not None:
                    reply.outcome, moved = moving, True

    def composition(self, reply: Reply) -> Outcome | None:
        """What the parts of the reply make of it, if they are far enough."""
        outcomes = [part.outcome for part in reply.parts]
        failed = [one for one in outcomes if one is not None and one.kind != "value"]
        if failed:
            return self.random.choice(failed)
        if None in outcomes:
            return None
        values = tuple(part.value() for part in reply.parts)
        if reply.symbol is None:
            return Outcome("value", values)
        return Outcome("value", Term(reply.symbol, values) if reply.symbol else values[0])

    def begin(self, actor: Actor) -> None:
        message = actor.mailbox.pop(0)
        actor.turn = message.turn = turn = Turn(actor, message)
        turn.steps = self.evaluate(actor.behaviour, turn)

    def advance(self, turn: Turn, thrown: Exception | None = None) -> None:
        turn.waiting, turn.timed = (), False
        try:
            wait = turn.steps.throw(thrown) if thrown else next(turn.steps)
        except StopIteration as end:
            if isinstance(end.value, Reply):
                self.link(turn, end.value)
            else:
                self.end(turn, Outcome("value", end.value))
        except Failure as failure:
            self.end(turn, failure.outcome)
        else:
            if wait is not None:
                turn.waiting, turn.timed = wait
                closing = [reply for reply in turn.waiting if reaches((reply,), turn)]
                if closing:
                    self.withdraw(closing)
                    self.advance(turn, Failure(CYCLE))

    def end(self, turn: Turn, outcome: Outcome) -> None:
        if turn.actor.name:
            self.turns.append((turn.actor.name, turn.message.value, outcome))
        turn.actor.turn = None
        if turn.message.reply is not None and turn.message.reply.outcome is None:
            turn.message.reply.outcome = outcome

    def link(self, turn: Turn, deferred: Reply) -> None:
        """The turn has returned a reply, which becomes its own; refused if somebody then waits for itself."""
        turn.actor.turn = None
        reply = turn.message.reply
        if reply is None or reply.outcome is not None:
            return
        reply.parts, reply.symbol, reply.message = (deferred,), "", None
        self.composed.append(reply)
        waiters = [one.turn for one in self.every if one.turn is not None and one.turn.waiting]
        if any(reaches(waiter.waiting, waiter) for waiter in waiters):
            self.withdraw([deferred])
            reply.outcome = CYCLE

    def withdraw(self, replies: list[Reply]) -> None:
        """Take refused asks out of their mailboxes: handled after all, they would ask again, without end."""
        for reply in replies:
            if reply.message is not None and reply.message in reply.message.actor.mailbox:
                reply.message.actor.mailbox.remove(reply.message)

    def ask(self, sender: Turn | None, actor: Actor, value: Value) -> Reply:
        reply = Reply()
        if actor.stopped:
            reply.outcome = STOPPED
            return reply
        above = sender
        while above is not None and self.refuses_early:
            if above.actor is actor:
                reply.outcome = CYCLE
                return reply
            above = above.message.sender if above.message.reply is not None else None
        reply.message = Message(actor, value, reply, sender)
        actor.mailbox.append(reply.message)
        return reply

    def tell(self, sender: Turn | None, actor: Actor, value: Value) -> None:
        if not actor.stopped:
            actor.mailbox.append(Message(actor, value, None, sender))
        elif sender is not None and self.chance():
            raise Failure(STOPPED)

    def evaluate(self, expression: Expression, turn: Turn) -> Generator[Any, None, Any]:
        """The behaviour as a generator: it yields None to be switched out, or the replies to wait for, and a mark."""
        yield
        match expression:
            case Msg():
                return turn.message.value
            case Const(value):
                return value
            case Apply(symbol, args):
                values = []
                for arg in args:
                    values.append((yield from self.evaluate(arg, turn)))
                return Term(symbol, tuple(values))
            case Ask(actor, message):
                reply = self.ask(turn, self.actors[actor], (yield from self.evaluate(message, turn)))
                yield ((reply,), False)
                return reply.value()
            case Then(ask, symbol):
                return Term(symbol, ((yield from self.evaluate(ask, turn)),))
            case Gather(asks):
                values = []
                for ask in asks:
                    values.append((yield from self.evaluate(ask.message, turn)))
                replies = [self.ask(turn, self.actors[a.actor], v) for a, v in zip(asks, values, strict=True)]
                yield (tuple(replies), False)
                failed = [one for one in replies if one.outcome and one.outcome.kind != "value"]
                if failed and self.chance():
                    self.effects += [lambda one=one: self.cancel(one) for one in replies]
                return self.random.choice(failed).value() if failed else tuple(one.value() for one in replies)
            case Deferred(Ask(actor, message)):
                return self.ask(turn, self.actors[actor], (yield from self.evaluate(message, turn)))
            case Tell(actor, message, then):
                self.tell(turn, self.actors[actor], (yield from self.evaluate(message, turn)))
                return (yield from self.evaluate(then, turn))
            case State():
                return turn.message.actor.state
            case Update(symbol, argument):
                before = turn.message.actor.state
                turn.message.actor.state = Term(symbol, (before, (yield from self.evaluate(argument, turn))))
                return turn.message.actor.state
            case Raise(error):
                raise Failure(Outcome("error", error=error))
            case Fail(kind, argument):
                made = yield from self.evaluate(argument, turn)
                raise Failure(Outcome("error", error=Err(kind, made)))
            case Try(body, handler):
                try:
                    return (yield from self.evaluate(body, turn))
                except Failure as failure:
                    if not self.caught(failure.outcome):
                        raise
                return (yield from self.evaluate(handler, turn))
            case Sleep(_, then):
                return (yield from self.evaluate(then, turn))
            case Within(_, Ask(actor, message), fallback):
                reply = self.ask(turn, self.actors[actor], (yield from self.evaluate(message, turn)))
                try:
                    yield ((reply,), True)
                    return reply.value()
                except TimedOut:
                    if self.chance():
                        self.effects.append(lambda: self.cancel(reply))
                return (yield from self.evaluate(fallback, turn))
            case Spawn(behaviour, _, message):
                child = Actor("", behaviour)
                self.every.append(child)
                reply = self.ask(turn, child, (yield from self.evaluate(message, turn)))
                yield ((reply,), False)
                return reply.value()
            case StopSelf(then):
                self.stop(turn.actor, turn)
                return (yield from self.evaluate(then, turn))
            case Stop(actor, then):
                self.stop(self.actors[actor], turn)
                return (yield from self.evaluate(then, turn))

    def caught(self, outcome: Outcome) -> bool:
        if outcome.kind == "error" and outcome.error is not None:
            return is_caught(outcome.error)
        return outcome.kind != "cancelled" or self.chance()

    def stop(self, actor: Actor, by: Turn | None) -> None:
        """The actor is stopped when chance has it: its mailbox fails; a turn of its own that stopped it goes on."""

        def take_effect() -> None:
            actor.stopped = True
            for message in actor.mailbox:
                if message.reply is not None and message.reply.outcome is None:
                    message.reply.outcome = STOPPED
            actor.mailbox.clear()
            turn = actor.turn
            if turn is not None and turn is not by and self.chance():
                self.interrupt(turn, STOPPED)

        self.effects.append(take_effect)

    def interrupt(self, turn: Turn, outcome: Outcome) -> None:
        """End the turn where it is; or fail its wait, which it may recover from."""
        if turn.waiting and self.chance():
            self.effects += [lambda one=one: self.cancel(one) for one in turn.waiting if self.chance()]
            self.advance(turn, Failure(outcome))
        else:
            turn.steps.close()
            self.end(turn, CANCELLED)
            if turn.message.reply is not None and turn.message.reply.outcome == CANCELLED:
                turn.message.reply.outcome = outcome

    def cancel(self, reply: Reply) -> None:
        """The reply is cancelled, and perhaps what it waits for."""
        if reply.outcome is not None:
            return
        for part in reply.parts:
            self.cancel(part)
        turn = reply.message.turn if reply.message is not None else None
        if turn is not None and turn.actor.turn is turn and self.chance():
            reply.outcome = CANCELLED
            self.interrupt(turn, CANCELLED)
        reply.outcome = reply.outcome or CANCELLED

    def operations(self, client: Client) -> Generator[Reply | None, None, None]:
        replies, key = self.replies, partial(reply_key, client)
        for operation in client.operations:
            if isinstance(operation, Result | Await | Cancel) and key(operation.reply) not in replies:
                self.unmade[client.name] = key(operation.reply)
                yield None
            match operation:
                case AskOp(name, actor, message):
                    replies[key(name)] = self.ask(None, self.actors[actor], message)
                case TellOp(actor, message):
                    self.tell(None, self.actors[actor], message)
                case Compose(name, reply, symbol):
                    replies[key(name)] = Reply(parts=(replies[key(reply)],), symbol=symbol)
                    self.composed.append(replies[key(name)])
                case GatherOp(name, names):
                    replies[key(name)] = Reply(parts=tuple(replies[key(one)] for one in names))
                    self.composed.append(replies[key(name)])
                case Cancel(name):
                    self.effects.append(partial(self.cancel, replies[key(name)]))
                case StopOp(actor):
                    self.stop(self.actors[actor], None)
                case Settle():
                    self.settling.add(client.name)
                case SleepOp():
                    pass
                case Result(name) if client.where != "thread" and replies[key(name)].outcome is None:
                    self.waits.append((key(name), Outcome("refused")))
                case Result(name) | Await(name):
                    yield replies[key(name)]
                    outcome = replies[key(name)].outcome
                    assert outcome is not None
                    self.waits.append((key(name), outcome))
            yield None

    def advance_client(self, entry: tuple[Client, Generator[Reply | None, None, None]]) -> None:
        client, steps = entry
        self.blocked.pop(client.name, None)
        self.unmade.pop(client.name, None)
        try:
            reply = next(steps)
        except StopIteration:
            self.clients.remove(entry)
        else:
            if reply is not None:
                self.blocked[client.name] = reply
