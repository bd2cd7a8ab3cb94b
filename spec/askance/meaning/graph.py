"""Who sends to whom: the graph of a program's sends, its cycles, its shape, and how many messages it may take.

The oracle reads cycles and counts here; generators read shapes, for their statistics and to avoid programs that
never end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from askance.program import (
    Ask,
    AskOp,
    Deferred,
    Expression,
    Gather,
    Operation,
    Program,
    Spawn,
    Tell,
    TellOp,
    Then,
    Within,
)

__all__ = ["Edge", "Graph", "Shape", "ask_graph", "cyclic_actors", "endless_actors", "shape"]

EdgeKind = Literal["ask", "gather", "then", "defer", "within", "tell"]
ShapeKind = Literal["flat", "chain", "fan-out", "tree", "diamond", "cycle"]

MOST_MESSAGES = 10_000
"""Messages are counted up to this many."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One place in the behaviour of `source` that sends to `target`; every kind but "tell" wants a reply."""

    source: str
    target: str
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Shape:
    """What a program's ask graph looks like.

    `depth`: the longest chain of asks, counted in actors (a client's ask of an actor that asks nobody is 1; a cycle
    counts each actor once). `messages`: how many messages one performance may send, at most 10,000. `cross_loop`:
    the share (0 to 1) of the asks between actors on known loops that cross from one loop to another.
    """

    kind: ShapeKind
    depth: int
    messages: int
    cross_loop: float


def ask_graph(program: Program) -> tuple[Edge, ...]:
    """An edge for each place in a behaviour that sends, in the order written.

    The sends of an actor that a turn spawns count as the spawning actor's, which waits for them meanwhile.
    """
    return tuple(
        Edge(actor.name, to, kind) for actor in program.actors for to, kind in _sends(actor.behaviour)
    )


def _sends(expression: Expression, spawned: bool = False) -> Iterator[tuple[str, EdgeKind]]:
    match expression:
        case Ask(actor, message):
            yield actor, "ask"
            yield from _sends(message, spawned)
        case Gather(asks):
            for ask in asks:
                yield ask.actor, "gather"
                yield from _sends(ask.message, spawned)
        case Then(ask, _):
            yield ask.actor, "then"
            yield from _sends(ask.message, spawned)
        case Deferred(ask):
            # The turn that spawned waits for what the spawned actor's turn does not.
            yield ask.actor, "ask" if spawned else "defer"
            yield from _sends(ask.message, spawned)
        case Within(_, ask, fallback):
            yield ask.actor, "within"
            yield from _sends(ask.message, spawned)
            yield from _sends(fallback, spawned)
        case Tell(actor, message, then):
            yield actor, "tell"
            yield from _sends(message, spawned)
            yield from _sends(then, spawned)
        case Spawn(behaviour, _, message):
            yield from _sends(message, spawned)
            yield from _sends(behaviour, True)
        case _:
            for child in children(expression):
                yield from _sends(child, spawned)


def children(expression: Expression) -> Iterator[Expression]:
    """The expressions directly inside this one, in the order of its fields."""
    for part in fields(expression):
        inner: Any = getattr(expression, part.name)
        for one in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(one, Expression):
                yield one


_ASKS: frozenset[EdgeKind] = frozenset({"ask", "gather", "then", "defer", "within"})
_SENDS: frozenset[EdgeKind] = _ASKS | {"tell"}


class Graph:
    """The edges of one program with what follows from them, computed once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.edges = ask_graph(program)
        self.outgoing: dict[str, list[Edge]] = {actor.name: [] for actor in program.actors}
        for edge in self.edges:
            self.outgoing[edge.source].append(edge)
        self.asked = {name: self.reach(name, _ASKS) for name in self.outgoing}
        """For each actor, the actors that it asks, or asks through others, or may ask so."""
        self.sent = {name: self.reach(name, _SENDS) for name in self.outgoing}
        """The same, with tells."""

    def reach(self, start: str, kinds: frozenset[EdgeKind]) -> frozenset[str]:
        """The actors at the ends of the paths of such edges that begin at `start`, which is one only on a cycle."""
        found: set[str] = set()
        rest = [start]
        while rest:
            for edge in self.outgoing[rest.pop()]:
                if edge.kind in kinds and edge.target not in found:
                    found.add(edge.target)
                    rest.append(edge.target)
        return frozenset(found)

    def component(self, actor: str) -> frozenset[str]:
        """The actors on cycles of asks with this one; empty if it is on none."""
        return frozenset(other for other in self.asked[actor] if actor in self.asked[other])

    def reached(self, operations: Iterable[Operation]) -> frozenset[str]:
        """The actors that may have a turn because of the operations."""
        starts = [operation.actor for operation in operations if isinstance(operation, AskOp | TellOp)]
        return frozenset(starts).union(*(self.sent[start] for start in starts))

    def turns(self, operations: Iterable[Operation]) -> Mapping[str, float]:
        """At most how many turns each actor may have because of the operations; infinite on and behind a cycle."""
        counts = dict.fromkeys(self.outgoing, 0.0)
        for operation in operations:
            if isinstance(operation, AskOp | TellOp):
                counts[operation.actor] += 1
        # Who reaches more actors stands before those that it reaches; only on a cycle they reach equally many.
        for name in sorted(self.outgoing, key=lambda name: -len(self.sent[name] | {name})):
            if counts[name] and name in self.sent[name]:
                counts.update(dict.fromkeys(self.sent[name], math.inf))
            for edge in self.outgoing[name] if counts[name] < math.inf else ():
                counts[edge.target] += counts[name]
        return counts


def cyclic_actors(program: Program) -> frozenset[str]:
    """The actors that lie on a cycle of asks (tells wait for nothing, and make no cycle)."""
    graph = Graph(program)
    return frozenset(name for name in graph.outgoing if name in graph.asked[name])


def endless_actors(program: Program) -> frozenset[str]:
    """The actors whose sends lead back to them without anything waiting: once begun, they may never come to rest.

    Such a cycle goes through a tell, or is of deferred replies only. A performance of it ends at the step limit,
    which says nothing about an implementation.
    """
    graph = Graph(program)
    deferring = {name for name in graph.outgoing if name in graph.reach(name, frozenset({"defer"}))}
    through = {
        edge.source
        for edge in graph.edges
        if edge.kind == "tell" and (edge.source == edge.target or edge.source in graph.sent[edge.target])
    }
    return frozenset(through | deferring)


# ---------------------------------------------------------------- shapes


def shape(program: Program) -> Shape:
    """The shape of the asks that the clients' asks and tells set off."""
    graph = Graph(program)
    operations = [operation for client in program.clients for operation in client.operations]
    reached = graph.reached(operations)
    asks = [edge for edge in graph.edges if edge.source in reached and edge.kind != "tell"]
    starts = [operation.actor for operation in operations if isinstance(operation, AskOp | TellOp)]
    loops = {actor.name: actor.loop for actor in program.actors}
    known = [(loops[edge.source], loops[edge.target]) for edge in asks]
    placed = [(here, there) for here, there in known if here is not None and there is not None]
    return Shape(
        kind=_kind(graph, asks),
        depth=max((_depth(graph, start, ()) for start in starts), default=0),
        messages=min(MOST_MESSAGES, sum(_messages(graph, start, (), [MOST_MESSAGES]) for start in starts)),
        cross_loop=sum(here != there for here, there in placed) / len(placed) if placed else 0.0,
    )


def _kind(graph: Graph, asks: list[Edge]) -> ShapeKind:
    pairs = {(edge.source, edge.target) for edge in asks}
    out = [source for source, _ in pairs]
    into = [target for _, target in pairs]
    if any(source == target or source in graph.asked[target] for source, target in pairs):
        return "cycle"
    if not pairs:
        return "flat"
    if any(into.count(target) > 1 for target in into):
        return "diamond"
    if all(out.count(source) == 1 for source in out):
        return "chain"
    return "fan-out" if not set(out) & set(into) else "tree"


def _depth(graph: Graph, actor: str, above: tuple[str, ...]) -> int:
    if actor in above:
        return 0
    asked = dict.fromkeys(edge.target for edge in graph.outgoing[actor] if edge.kind != "tell")
    return 1 + max((_depth(graph, target, (*above, actor)) for target in asked), default=0)


def _messages(graph: Graph, actor: str, above: tuple[str, ...], left: list[int]) -> int:
    """Messages set off by one to the actor, itself included; a message that closes a cycle sets off nothing."""
    left[0] -= 1
    if left[0] <= 0:
        return MOST_MESSAGES
    if actor in above:
        return 1
    return 1 + sum(_messages(graph, edge.target, (*above, actor), left) for edge in graph.outgoing[actor])
