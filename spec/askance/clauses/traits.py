"""What the checks ask of a program, whatever happened: computed once for all the schedules it is judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from askance.clauses.facts import Composed
from askance.meaning.graph import Graph
from askance.program import (
    Compose,
    GatherOp,
    Program,
    Result,
    State,
    Stop,
    StopOp,
    StopSelf,
    Update,
    Within,
    reply_key,
    walk,
)


@dataclass(frozen=True, slots=True)
class Traits:
    """A program's traits.

    `loops`: where each actor is placed. `asked`: for each actor, those that it asks, directly or through others.
    `cyclic`: the actors whose asks lead back to themselves. `stopped`: the actors that some operation or behaviour
    stops. `stateful`: the actors that keep a state. `gives_up`: whether some behaviour has a `Within`. `threads`: the
    clients on plain threads. `blocked_on`: the replies that clients on loops block on. `composed`: the replies that
    clients compose, by name.
    """

    program: Program
    loops: Mapping[str, int | None]
    asked: Mapping[str, frozenset[str]]
    cyclic: frozenset[str]
    stopped: frozenset[str]
    stateful: frozenset[str]
    gives_up: bool
    threads: frozenset[str]
    blocked_on: frozenset[str]
    composed: Mapping[str, Composed]

    def leads_to_a_cycle(self, actor: str) -> bool:
        """Whether the actor is on a cycle of asks, or asks its way to one."""
        return actor in self.cyclic or not self.cyclic.isdisjoint(self.asked.get(actor, ()))


_latest: list[Traits] = []


def traits_of(program: Program) -> Traits:
    """The program's traits; remembers the latest program's, by identity, since hashing one costs as much."""
    if not _latest or _latest[0].program is not program:
        _latest[:] = [_traits(program)]
    return _latest[0]


def _traits(program: Program) -> Traits:
    graph = Graph(program)
    stopped: set[str] = set()
    stateful: set[str] = set()
    gives_up = False
    for actor in program.actors:
        for part in walk(actor.behaviour):
            if isinstance(part, Stop):
                stopped.add(part.actor)
            elif isinstance(part, StopSelf):
                stopped.add(actor.name)
            elif isinstance(part, State | Update):
                stateful.add(actor.name)
            gives_up = gives_up or isinstance(part, Within)
    composed: dict[str, Composed] = {}
    blocked_on: set[str] = set()
    for client in program.clients:
        for operation in client.operations:
            match operation:
                case StopOp(name):
                    stopped.add(name)
                case Result(reply) if client.where != "thread":
                    blocked_on.add(reply_key(client, reply))
                case Compose(name, reply, symbol):
                    op = f"{client.name}.{name}"
                    composed[op] = Composed(op, "then", (f"{client.name}.{reply}",), symbol)
                case GatherOp(name, replies):
                    op = f"{client.name}.{name}"
                    composed[op] = Composed(op, "gather", tuple(f"{client.name}.{part}" for part in replies))
                case _:
                    pass
    return Traits(
        program,
        {actor.name: actor.loop for actor in program.actors},
        graph.asked,
        frozenset(actor for actor, asked in graph.asked.items() if actor in asked),
        frozenset(stopped),
        frozenset(stateful),
        gives_up,
        frozenset(client.name for client in program.clients if client.where == "thread"),
        frozenset(blocked_on),
        composed,
    )
