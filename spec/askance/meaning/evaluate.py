"""The evaluator: what a turn may come to, by structural recursion over its behaviour.

It knows of the rest of the program only its `Surroundings`: who may be stopped or cancelled meanwhile, and which
cycles of asks others enter at the same time. It follows asks as calls, and carries the chain of turns above it, so
an ask of an actor that waits further up is seen as what closes a cycle.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

from askance.history import Outcome
from askance.meaning.graph import Graph
from askance.meaning.possible import (
    CANCELLED,
    CYCLE,
    HANGS,
    STOPPED,
    UNLISTED,
    Possible,
    either,
    exact,
    failing,
    gathered,
    in_order,
    then,
    trying,
    value,
)
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
    Program,
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
    Value,
    Within,
    mapped,
)

__all__ = ["Cycles", "Evaluator", "Frame", "Surroundings"]

Cycles = Literal["refused", "reentrant", "hang"]
"""What an ask that closes a cycle does: it fails, it is taken by the waiting actor meanwhile, or nobody answers it."""

MOST_TURNS = 20_000
"""An evaluator that has evaluated this many turns lists no more outcomes."""
MOST_UNFOLDINGS = 3
"""A chain of asks that comes to one actor more often than this has no end."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A turn further up the chain of asks; `waits` is False where it has ended, and returned the reply un-awaited.

    The actor of a spawned turn has no name: nobody can ask it, so it closes no cycle.
    """

    actor: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What happens around an evaluation.

    `may_stop`: actors that may be stopped before it ends. `stopped`: actors stopped for certain before it begins.
    `crowded`: actors on cycles of asks that several chains may be on at the same time, so that any ask between
    them may be the one that closes a cycle. `cancellable`: actors whose turns may be cancelled.
    """

    may_stop: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()
    crowded: frozenset[str] = frozenset()
    cancellable: frozenset[str] = frozenset()


class Evaluator:
    """Evaluates asks and turns of one program in one set of surroundings; remembers what it has evaluated."""

    def __init__(self, program: Program, graph: Graph, surroundings: Surroundings, cycles: Cycles):
        self._behaviours = {actor.name: actor.behaviour for actor in program.actors}
        self._graph = graph
        self._around = surroundings
        self._cycles = cycles
        self._known: dict[tuple[str, Hashable, tuple[Frame, ...]], Possible] = {}
        self._closing = HANGS if cycles == "hang" else failing(CYCLE)

    def ask(self, actor: str, message: Value, above: tuple[Frame, ...] = ()) -> Possible:
        """What a reply to the message may be; `above` is the chain of turns that ask, outermost first."""
        if actor in self._around.stopped:
            return failing(STOPPED)
        earlier = [frame for frame in above if frame.actor == actor]
        # An actor above that has ended its turn with an un-awaited reply is free to take the message. An implementation
        # may refuse that as a cycle all the same; its turn comes to the same end, as it leads to who waits below it.
        if earlier and earlier[-1].waits and self._cycles != "reentrant":
            reply = self._closing
        elif len(earlier) >= MOST_UNFOLDINGS:
            reply = UNLISTED
        else:
            reply = self.turn(actor, message, above)
        if self._is_crowded(actor, above):
            reply = either([reply, self._closing])
        return reply.or_else(STOPPED) if actor in self._around.may_stop else reply

    def _is_crowded(self, actor: str, above: tuple[Frame, ...]) -> bool:
        if self._cycles == "reentrant" or actor not in self._around.crowded:
            return False
        sender = next((frame.actor for frame in reversed(above) if frame.actor), None)
        return sender is not None and sender in self._graph.component(actor)

    def turn(self, actor: str, message: Value, above: tuple[Frame, ...] = ()) -> Possible:
        """What a turn of the actor on the message may come to."""
        reach = self._graph.asked[actor]
        chain = above if any(frame.actor in reach or frame.actor == actor for frame in above) else ()
        key = (actor, exact(message), chain)
        if key not in self._known:
            if len(self._known) >= MOST_TURNS:
                return UNLISTED
            self._known[key] = self.evaluate(self._behaviours[actor], message, actor, chain)
        return self._known[key]

    def evaluate(
        self, expression: Expression, message: Value, actor: str, above: tuple[Frame, ...]
    ) -> Possible:
        """What the expression may come to, in a turn of `actor` on `message` below the chain `above`."""

        def inner(part: Expression) -> Possible:
            return self.evaluate(part, message, actor, above)

        match expression:
            case Msg():
                return value(message)
            case Const(constant):
                return value(constant)
            case Apply(symbol, args):
                return in_order(map(inner, args), lambda values: Term(symbol, values))
            case Ask():
                return self._wait([expression], message, actor, above)
            case Gather(asks):
                return self._wait(asks, message, actor, above, gather=True)
            case Then(ask, symbol):
                return then(inner(ask), lambda result: value(mapped(symbol, result)))
            case Deferred(ask):
                return self._wait([ask], message, actor, above, waits=False)
            case Tell(target, content, rest):
                told = in_order([inner(content)], lambda values: None)
                after = then(told, lambda _: inner(rest))
                stoppable = self._around.may_stop | self._around.stopped
                return after.or_else(STOPPED) if target in stoppable and told.values else after
            case Raise(error):
                return failing(Outcome("error", error=error))
            case Fail(kind, argument):
                return then(inner(argument), lambda made: failing(Outcome("error", error=Err(kind, made))))
            case Try(body, handler):
                return trying(inner(body), lambda: inner(handler))
            case Sleep(_, rest):
                return inner(rest)
            case Within(_, ask, fallback):
                # Timers may be early, so either comes; the ask given up may also be cancelled, so it stops nothing
                # for certain.
                instead = inner(fallback)
                reply = inner(ask)
                return either([Possible(reply.outcomes, unlisted=reply.unlisted), Possible(), instead])
            case Spawn(behaviour, _, content):
                chain = (*above, Frame(actor, True))
                return self._interrupted(
                    then(inner(content), lambda sent: self.evaluate(behaviour, sent, "", chain)), actor
                )
            case StopSelf(rest):
                return inner(rest).stopping(*([actor] if actor else []))
            case Stop(target, rest):
                return inner(rest).stopping(target)
            case State() | Update():
                return UNLISTED  # What `states` knows of a state is told before anything is evaluated.

    def _wait(
        self,
        asks: Iterable[Ask],
        message: Value,
        actor: str,
        above: tuple[Frame, ...],
        *,
        waits: bool = True,
        gather: bool = False,
    ) -> Possible:
        """The messages in order, then the asks at once."""
        targets = [ask.actor for ask in asks]
        chain = (*above, Frame(actor, waits))
        sent = in_order(
            (self.evaluate(ask.message, message, actor, above) for ask in asks), lambda values: values
        )

        def reply(contents: Value) -> Possible:
            assert isinstance(contents, tuple)
            parts = [self.ask(to, content, chain) for to, content in zip(targets, contents, strict=True)]
            return gathered(parts) if gather else parts[0]

        return self._interrupted(then(sent, reply), actor)

    def _interrupted(self, waited: Possible, actor: str) -> Possible:
        """A wait of the actor, which may itself be stopped or cancelled while it waits."""
        if actor in self._around.may_stop:
            waited = waited.or_else(STOPPED)
        return waited.or_else(CANCELLED) if actor in self._around.cancellable else waited
