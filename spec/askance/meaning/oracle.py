"""`meaning`: the outcomes that each reply of a program may have, phase by phase.

The runner's judges read `Meaning`; reports print it. Composed replies follow from those they are made of; asks are
evaluated in the surroundings that the timeline gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from askance.history import Outcome
from askance.meaning.evaluate import Cycles, Evaluator, Surroundings
from askance.meaning.graph import Graph
from askance.meaning.possible import CANCELLED, REFUSED, Possible, gathered, then, value
from askance.meaning.states import states
from askance.meaning.timeline import Step, Timeline
from askance.program import (
    AskOp,
    Compose,
    Fail,
    GatherOp,
    Program,
    Raise,
    Result,
    Stop,
    StopOp,
    StopSelf,
    TellOp,
    Value,
    mapped,
    reply_key,
    walk,
)
from askance.program_rules import validate

__all__ = ["Anything", "Meaning", "meaning"]


class Anything(frozenset[Outcome]):
    """The set of every outcome, for where they cannot be listed: it contains all, and iterates over none."""

    def __contains__(self, outcome: object) -> bool:
        return isinstance(outcome, Outcome)

    def __repr__(self) -> str:
        return "Anything()"


_ANYTHING = Anything()


@dataclass(frozen=True)
class Meaning:
    """What a program may do. Replies are named "client.reply".

    `operations`: the outcomes that a wait on each reply may have. The set is empty where the wait can only hang,
    and `Anything()` where the outcomes cannot be listed (they are too many, or Python cannot tell two of them apart).
    """

    program: Program
    operations: Mapping[str, frozenset[Outcome]]
    _possible: Mapping[str, Possible] = field(repr=False)
    _turns: Evaluator = field(repr=False, compare=False)
    _cancellable: frozenset[str] = field(repr=False)

    def turn(self, actor: str, value: Value) -> frozenset[Outcome]:
        """The outcomes that a turn of the actor on a message of that value may have, whoever sent it and when.

        A turn that returns a reply un-awaited has the outcome of that reply. Raises KeyError for an actor that is
        not the program's (one that a turn spawned has no name of its own).
        """
        possible = self._turns.turn(actor, value)
        return _public(possible.or_else(CANCELLED) if actor in self._cancellable else possible)

    def racing(self, operation: str) -> bool:
        """Whether a wait on the reply may have more than one outcome."""
        return self.unlisted(operation) or len(self.operations[operation]) > 1

    def may_hang(self, operation: str) -> bool:
        """Whether a wait on the reply may never end: only on a cycle of asks that the implementation cannot refuse."""
        return self._possible[operation].hangs

    def unlisted(self, operation: str) -> bool:
        """Whether the outcomes of a wait on the reply cannot be listed, so that none can be called wrong."""
        return isinstance(self.operations[operation], Anything)


def meaning(
    program: Program, capabilities: frozenset[str], *, failing_handler_ends_actor: bool = False
) -> Meaning:
    """The outcomes that the program may have on an implementation with these capabilities.

    `failing_handler_ends_actor`: as the adapter declares it (clause L6). Raises ProgramError if the program cannot
    be performed at all.
    """
    validate(program)
    return _Oracle(program, capabilities, failing_handler_ends_actor).meaning()


class _Oracle:
    """Evaluates the steps of one program in the order of phases."""

    def __init__(self, program: Program, capabilities: frozenset[str], failing_ends: bool) -> None:
        self.program = program
        self.graph = Graph(program)
        self.timeline = Timeline(program, self.graph, self._failing() if failing_ends else frozenset())
        self.cycles: Cycles = "hang"
        if "cycles-refused" in capabilities:
            self.cycles = "refused"
        elif "reentrant" in capabilities:
            self.cycles = "reentrant"
        self._evaluators: dict[Surroundings, Evaluator] = {}

    def _failing(self) -> frozenset[str]:
        """The actors with turns that may fail: that raise, are on a cycle, or send to one that may fail or be stopped.

        Where a failure ends its actor, a tell to one that failed is refused, and fails in turn.
        """
        raising = {
            actor.name
            for actor in self.program.actors
            if self.graph.component(actor.name)
            or any(isinstance(part, Raise | Fail) for part in walk(actor.behaviour))
        }
        parts = [(actor.name, part) for actor in self.program.actors for part in walk(actor.behaviour)]
        stopped = {part.actor for _, part in parts if isinstance(part, Stop)}
        stopped |= {name for name, part in parts if isinstance(part, StopSelf)}
        operations = (operation for client in self.program.clients for operation in client.operations)
        stopped |= {operation.actor for operation in operations if isinstance(operation, StopOp)}
        return frozenset(
            name for name, sent in self.graph.sent.items() if name in raising or sent & (raising | stopped)
        )

    def meaning(self) -> Meaning:
        """The meaning; asks that hang make barriers uncertain, so what they would prove is not relied upon."""
        possible = self._operations(settled=True)
        settled = not any(one.hangs for one in possible.values())
        if not settled:
            possible = self._operations(settled=False)
        stopped = self.timeline.may_stop(self.timeline.steps)
        cancellable = self.timeline.cancellable(self.timeline.cancelled(settled), stopped)
        crowded = frozenset(name for name in self.graph.outgoing if self.graph.component(name))
        turns = self._evaluator(Surroundings(stopped, frozenset(), crowded, cancellable))
        listed = {key: _public(one) for key, one in possible.items()}
        return Meaning(self.program, MappingProxyType(listed), MappingProxyType(possible), turns, cancellable)

    def _evaluator(self, surroundings: Surroundings) -> Evaluator:
        if surroundings not in self._evaluators:
            self._evaluators[surroundings] = Evaluator(self.program, self.graph, surroundings, self.cycles)
        return self._evaluators[surroundings]

    def _operations(self, settled: bool) -> dict[str, Possible]:
        cancelled = self.timeline.cancelled(settled)
        refused = {
            reply_key(step.client, step.operation.reply)
            for step in self.timeline.steps
            if isinstance(step.operation, Result) and step.client.where != "thread"
        }
        touched = self.timeline.may_stop(self.timeline.steps)
        kept = states(self.program, self.graph, self.timeline.steps, touched, cancelled, settled)
        found: dict[str, Possible] = {}
        stops: dict[int, set[str]] = {}
        """What the steps of each phase stop for certain."""
        for step in self.timeline.steps:
            certain = stops.setdefault(step.phase, set())
            match step.operation:
                case StopOp(actor):
                    certain.add(actor)
                case AskOp() | TellOp():
                    before = [stopped for phase, stopped in stops.items() if settled and phase < step.phase]
                    sent = self._send(step, frozenset[str]().union(*before))
                    if isinstance(step.operation, AskOp):
                        sent = kept.get(step.key, sent)
                    if isinstance(step.operation, TellOp):
                        certain |= sent.stops
                    else:
                        found[step.key] = sent.or_else(CANCELLED) if step.key in cancelled else sent
                        certain |= found[step.key].stops
                case Compose(_, reply, symbol):
                    source = found[f"{step.client.name}.{reply}"]
                    found[step.key] = _mapped(source, symbol)
                case GatherOp(_, replies):
                    found[step.key] = _gathered(
                        replies, {one: found[f"{step.client.name}.{one}"] for one in replies}
                    )
                case _:
                    pass
            if isinstance(step.operation, Compose | GatherOp) and step.key in cancelled:
                found[step.key] = found[step.key].or_else(CANCELLED)
        return {key: one.or_else(REFUSED) if key in refused else one for key, one in found.items()}

    def _send(self, step: Step, stopped: frozenset[str]) -> Possible:
        """What the message of an `AskOp` or `TellOp` may come to."""
        assert isinstance(step.operation, AskOp | TellOp)
        surroundings = Surroundings(
            may_stop=self.timeline.may_stop(self.timeline.around(step)),
            stopped=stopped,
            crowded=self.timeline.crowded(self.timeline.beside(step)),
        )
        return self._evaluator(surroundings).ask(step.operation.actor, step.operation.message)


def _mapped(source: Possible, symbol: str) -> Possible:
    return then(source, lambda result: value(mapped(symbol, result)))


def _gathered(replies: tuple[str, ...], possible: Mapping[str, Possible]) -> Possible:
    """The gather of the replies; one that stands in it twice has the same outcome both times."""
    distinct = list(possible)

    def in_places(values: Value) -> Possible:
        assert isinstance(values, tuple)
        return value(tuple(values[distinct.index(reply)] for reply in replies))

    return then(gathered(possible.values()), in_places)


def _public(possible: Possible) -> frozenset[Outcome]:
    listed = frozenset(possible.outcomes)
    # A set cannot hold both True and 1, say: then it cannot list the outcomes.
    return _ANYTHING if possible.unlisted or len(listed) < len(possible.outcomes) else listed
