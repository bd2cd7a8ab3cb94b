"""Which operations of a program may come before or beside which others, and what that does to an ask.

Phases lie between the barriers (`Settle`); within a phase clients run at the same time, and a client's own
operations in order. An ask is over for certain when its client has waited for it, so what the client does after
that cannot touch it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from askance.meaning.graph import Graph, children
from askance.program import (
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    Expression,
    GatherOp,
    Operation,
    Program,
    Result,
    Settle,
    Spawn,
    Stop,
    StopOp,
    StopSelf,
    TellOp,
    reply_key,
    walk,
)

__all__ = ["Step", "Timeline"]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation at its place: its client, its index there, and its phase.

    `over`: the index of the client's operation after which the reply made here is complete for certain, or None.
    """

    client: Client
    index: int
    phase: int
    operation: Operation
    over: int | None = None

    @property
    def key(self) -> str:
        """The name of the reply that the operation makes, "client.reply"."""
        assert isinstance(self.operation, AskOp | Compose | GatherOp)
        return f"{self.client.name}.{self.operation.name}"


class Timeline:
    """All operations of a program, in the order of phases, and what they may do to each other."""

    def __init__(self, program: Program, graph: Graph, failing_ends: frozenset[str]) -> None:
        """`failing_ends`: actors that a failing turn of their own may end."""
        self._graph = graph
        self._behaviours = {actor.name: actor.behaviour for actor in program.actors}
        self._failing_ends = failing_ends
        self._cancels = frozenset(
            reply_key(client, operation.reply)
            for client in program.clients
            for operation in client.operations
            if isinstance(operation, Cancel)
        )
        steps = [step for client in program.clients for step in _steps(client, self._cancels)]
        self.steps = sorted(steps, key=lambda step: step.phase)

    def around(self, step: Step) -> list[Step]:
        """The steps that may come before the ask of `step` is over, itself included."""
        return [
            other
            for other in self.steps
            if other.phase < step.phase
            or (
                other.phase == step.phase
                and (other.client.name != step.client.name or not _is_after(other, step))
            )
        ]

    def beside(self, step: Step) -> list[Step]:
        """The steps whose turns may run at the same time as those of the ask of `step`, itself included."""
        return [
            other
            for other in self.around(step)
            if other.phase == step.phase
            and not (
                other.client.name == step.client.name
                and _is_after(step, other)
                and self._leaves_nothing(other)
            )
        ]

    def _leaves_nothing(self, step: Step) -> bool:
        """Whether no turn goes on when the reply of the step is complete."""
        if _makes(step) and step.key in self._cancels:
            return False
        reached = self._graph.reached([step.operation])
        return not any(
            edge.kind in ("tell", "within", "gather")
            for name in reached
            for edge in self._graph.outgoing[name]
        )

    def may_stop(self, steps: Iterable[Step]) -> frozenset[str]:
        """The actors that an ask may find stopped, or that may stop while it waits, because of the steps.

        An actor that only its own turns stop is none of them where it has one turn at most: that turn goes on.
        """
        operations = [step.operation for step in steps]
        reached = self._graph.reached(operations)
        stopped = {operation.actor for operation in operations if isinstance(operation, StopOp)}
        for name in reached:
            stopped |= {part.actor for part in walk(self._behaviours[name]) if isinstance(part, Stop)}
        turns = self._graph.turns(operations)
        for name in reached:
            if turns[name] > 1 and (name in self._failing_ends or _stops_itself(self._behaviours[name])):
                stopped.add(name)
        return frozenset(stopped)

    def crowded(self, steps: Iterable[Step]) -> frozenset[str]:
        """The actors on cycles of asks that more than one chain of asks may be on at a time, because of the steps."""
        operations = [step.operation for step in steps]
        turns = self._graph.turns(operations)
        found: set[str] = set()
        for actor in self._graph.outgoing:
            cycle = self._graph.component(actor)
            if not cycle or actor in found:
                continue
            entries = sum(isinstance(one, AskOp | TellOp) and one.actor in cycle for one in operations) + sum(
                turns[edge.source]
                for edge in self._graph.edges
                if edge.target in cycle and (edge.source not in cycle or edge.kind == "tell")
            )
            # A turn that gives up, gathers or defers leaves a chain behind it that goes on without it.
            leaves = any(
                edge.kind in ("within", "gather", "defer")
                for edge in self._graph.edges
                if edge.source in cycle and edge.target in cycle
            )
            if entries > 1 or (entries and leaves):
                found |= cycle
        return frozenset(found)

    def cancelled(self, settled: bool) -> frozenset[str]:
        """The replies, "client.reply", that a `Cancel` may reach before they are complete.

        It reaches what the cancelled reply is made of (clause C2). `settled`: a barrier completes every reply made
        before it, which is so where none may hang.
        """
        made = {step.key: step for step in self.steps if _makes(step)}
        found: set[str] = set()
        for step in self.steps:
            if isinstance(step.operation, Cancel):
                rest = [reply_key(step.client, step.operation.reply)]
                while rest:
                    reply = made[rest.pop()]
                    mine = reply.client.name == step.client.name
                    if not ((mine and _is_after(step, reply)) or (settled and reply.phase < step.phase)):
                        found.add(reply.key)
                        rest += [reply_key(reply.client, one) for one in _sources(reply.operation)]
        return frozenset(found)

    def cancellable(self, cancelled: frozenset[str], stopped: frozenset[str]) -> frozenset[str]:
        """The actors whose turns may be cancelled, or cut short when the system closes.

        That is: asked by a reply that is cancelled or that nobody has waited for, told, given up or gathered with
        others, or stopped; and whom such a turn asks in turn.
        """
        starts = set(stopped)
        for step in self.steps:
            match step.operation:
                case TellOp(actor, _):
                    starts.add(actor)
                case AskOp(_, actor, _) if step.over is None or step.key in cancelled:
                    starts.add(actor)
                case _:
                    pass
        starts |= {edge.target for edge in self._graph.edges if edge.kind in ("tell", "within", "gather")}
        return frozenset(starts).union(*(self._graph.asked[start] for start in starts))


def _steps(client: Client, cancelled: frozenset[str]) -> Iterator[Step]:
    over = _completions(client, cancelled)
    phase = 0
    for index, operation in enumerate(client.operations):
        made = operation.name if isinstance(operation, AskOp | Compose | GatherOp) else ""
        yield Step(client, index, phase, operation, over.get(made))
        phase += isinstance(operation, Settle)


def _completions(client: Client, cancelled: frozenset[str]) -> dict[str, int]:
    """For each reply that is waited for, the index of the first wait after which it is complete for certain.

    A wait for a composed reply completes what it is composed of; a gather may fail before its other parts are
    complete, and a blocking wait on a loop is refused. `cancelled`: the replies that any client cancels.
    """
    over: dict[str, int] = {}
    composed = {op.name: op.reply for op in client.operations if isinstance(op, Compose)}
    for index, operation in enumerate(client.operations):
        if isinstance(operation, Await) or (isinstance(operation, Result) and client.where == "thread"):
            reply: str | None = operation.reply
            while reply is not None:
                over.setdefault(reply, index)
                reply = composed.get(reply) if reply_key(client, reply) not in cancelled else None
    return over


def _is_after(later: Step, earlier: Step) -> bool:
    """Whether `later` begins when the reply of `earlier`, of the same client, is complete."""
    return earlier.over is not None and earlier.over < later.index


def _makes(step: Step) -> bool:
    return isinstance(step.operation, AskOp | Compose | GatherOp)


def _sources(operation: Operation) -> tuple[str, ...]:
    match operation:
        case Compose(_, reply, _):
            return (reply,)
        case GatherOp(_, replies):
            return replies
    return ()


def _stops_itself(expression: Expression) -> bool:
    """Whether the behaviour stops its own actor (in what it spawns, `StopSelf` is the spawned actor's)."""
    if isinstance(expression, Spawn):
        return _stops_itself(expression.message)
    return isinstance(expression, StopSelf) or any(map(_stops_itself, children(expression)))
