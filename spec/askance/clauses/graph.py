"""Who asks whom: the ask graph of a program, and whether it has cycles.

An edge a -> b means that a's behaviour waits for b. Tells make no edge: nobody waits for them. What a spawned actor
asks counts as its spawner's, who waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from askance.clauses.base import Case
from askance.program import Ask, walk


def ask_graph(case: Case) -> Mapping[str, tuple[str, ...]]:
    """The actors that each actor asks, each once, in the order written."""
    return {
        actor.name: tuple(
            dict.fromkeys(part.actor for part in walk(actor.behaviour) if isinstance(part, Ask))
        )
        for actor in case.program.actors
    }


def cyclic_actors(case: Case) -> frozenset[str]:
    """The actors whose asks lead back to themselves."""
    graph = case.of(ask_graph)
    return frozenset(actor for actor in graph if actor in reachable(graph, actor))


def reachable(graph: Mapping[str, tuple[str, ...]], start: str) -> set[str]:
    """The actors that a chain of asks beginning at `start` may lead to; `start` itself only through a cycle."""
    found: set[str] = set()
    ahead = list(graph.get(start, ()))
    while ahead:
        actor = ahead.pop()
        if actor not in found:
            found.add(actor)
            ahead.extend(graph.get(actor, ()))
    return found
