"""The graph of asks: edges, cycles, shapes and counts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from tests.meaning.programs import M, ask, asking, call, program
from tests.meaning.strategies import programs

from askance.meaning import Edge, ask_graph, cyclic_actors, endless_actors, shape
from askance.meaning.graph import Graph
from askance.program import (
    Actor,
    AskOp,
    Client,
    Const,
    Deferred,
    Expression,
    Gather,
    Program,
    Spawn,
    Tell,
    TellOp,
    Then,
    Try,
    Within,
)

Actors = dict[str, Expression]


def test_edges() -> None:
    """Every place that sends is an edge of its kind, in the order written."""
    behaviour = call(
        "f",
        ask("b", ask("c")),
        Gather((ask("b"), ask("c"))),
        Then(ask("b"), "f"),
        Within(1, ask("c"), Tell("b", M, M)),
        Try(Spawn(Deferred(ask("c")), None, M), M),
    )
    edges = ask_graph(program({"a": behaviour, "b": Deferred(ask("c")), "c": M}))
    assert [(edge.source, edge.target, edge.kind) for edge in edges] == [
        ("a", "b", "ask"),
        ("a", "c", "ask"),
        ("a", "b", "gather"),
        ("a", "c", "gather"),
        ("a", "b", "then"),
        ("a", "c", "within"),
        ("a", "b", "tell"),
        ("a", "c", "ask"),
        ("b", "c", "defer"),
    ]
    assert edges[0] == Edge("a", "b", "ask")


def test_cyclic_actors() -> None:
    """Actors on a cycle of asks, and no others: not those before or behind it, nor cycles through tells."""
    actors: Actors = {
        "before": ask("a"),
        "a": ask("b"),
        "b": Then(ask("c"), "f"),
        "c": call("f", ask("a"), ask("behind")),
        "behind": Tell("before", M, M),
        "alone": ask("alone"),
    }
    assert cyclic_actors(program(actors)) == {"a", "b", "c", "alone"}


def test_endless_actors() -> None:
    """Sends that lead back without a wait never end: through a tell, or by deferring in a circle."""
    assert endless_actors(program({"a": Tell("a", M, M)})) == {"a"}
    assert endless_actors(program({"a": ask("b"), "b": Tell("a", M, M), "c": ask("a")})) == {"b"}
    assert endless_actors(program({"a": Deferred(ask("b")), "b": Deferred(ask("a"))})) == {"a", "b"}
    assert endless_actors(program({"a": Deferred(ask("b")), "b": ask("a")})) == frozenset()
    assert endless_actors(program({"a": Tell("b", M, M), "b": M})) == frozenset()


CHAIN: Actors = {"a": ask("b"), "b": ask("c"), "c": M}


@pytest.mark.parametrize(
    ("actors", "kind", "depth", "messages"),
    [
        ({"a": M}, "flat", 1, 1),
        (CHAIN, "chain", 3, 3),
        ({"a": call("f", ask("b"), ask("b")), "b": M}, "chain", 2, 3),
        ({"a": Gather((ask("b"), ask("c"))), "b": M, "c": M}, "fan-out", 2, 3),
        ({"a": Gather((ask("b"), ask("c"))), "b": ask("d"), "c": M, "d": M}, "tree", 3, 4),
        ({"a": Gather((ask("b"), ask("c"))), "b": ask("d"), "c": ask("d"), "d": M}, "diamond", 3, 5),
        ({"a": ask("b"), "b": ask("a")}, "cycle", 2, 3),
        ({"a": ask("a")}, "cycle", 1, 2),
        ({"a": Tell("b", M, M), "b": M}, "flat", 1, 2),
        ({"a": M, "b": ask("b")}, "flat", 1, 1),
    ],
    ids=["flat", "chain", "twice", "fan-out", "tree", "diamond", "cycle", "self", "tell", "not reached"],
)
def test_shape(actors: Actors, kind: str, depth: int, messages: int) -> None:
    """A program has the shape of the asks that its clients set off."""
    found = shape(program(actors, asking("a")))
    assert (found.kind, found.depth, found.messages) == (kind, depth, messages)


def test_cross_loop_share() -> None:
    """The share of asks from one known loop to another."""
    actors = (
        Actor("a", 0, call("f", ask("b"), ask("c"), ask("d"))),
        Actor("b", 1, M),
        Actor("c", 0, M),
        Actor("d", None, M),
    )
    found = shape(Program(2, actors, (Client("c0", "thread", (AskOp("r0", "a", 1),)),)))
    assert found.cross_loop == 0.5
    assert shape(program({"a": M}, asking("a"))).cross_loop == 0.0


def test_messages_are_counted_up_to_a_limit() -> None:
    """A program whose messages multiply is counted as far as matters, and quickly."""
    actors: Actors = {f"a{number}": Gather((ask(f"a{number + 1}"),) * 3) for number in range(30)}
    assert shape(program({**actors, "a30": M}, asking("a0"))).messages == 10_000


def test_turns() -> None:
    """Turns are counted along the graph; on a cycle and behind it there may be any number."""
    actors: Actors = {
        "d": M,
        "c": ask("d"),
        "b": call("f", ask("c"), ask("c")),
        "a": ask("b"),
        "x": call("f", ask("y"), ask("d")),
        "y": Try(ask("x"), Const(0)),
    }
    graph = Graph(program(actors))
    assert graph.turns([AskOp("r0", "a", 1), TellOp("b", 1)]) == {
        "a": 1,
        "b": 2,
        "c": 4,
        "d": 4,
        "x": 0,
        "y": 0,
    }
    behind = graph.turns([AskOp("r0", "y", 1), AskOp("r1", "c", 1)])
    assert behind == {"a": 0, "b": 0, "c": 1, "d": math.inf, "x": math.inf, "y": math.inf}


@settings(deadline=None)
@given(programs())
def test_shapes_of_all_programs(drawn: Program) -> None:
    """Every program has a shape, which says cycle only where actors are on one."""
    found = shape(drawn)
    assert found.kind != "cycle" or cyclic_actors(drawn)
    assert 0 <= found.depth <= len(drawn.actors)
    assert 0 <= found.messages <= 10_000
    assert 0.0 <= found.cross_loop <= 1.0
