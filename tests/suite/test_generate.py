"""Generated programs: runnable, small, acyclic unless asked, and with the situation that was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from askance.clauses import ALL, FEATURES
from askance.clauses.base import FEATURE_NEEDS
from askance.generate import Situations, programs
from askance.generate.focus import SKELETONS
from askance.generate.forms import FORMS
from askance.generate.groups import GROUPS
from askance.meaning import cyclic_actors, shape
from askance.program import (
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
    Program,
    Raise,
    Result,
    TellOp,
    walk,
)
from askance.program_rules import validate
from askance.run import lacking, load_adapter

CYCLES = frozenset({"cycle", "cyclic-independent-askers"})


def drawn(features: frozenset[str], name: str = "reference", count: int = 60) -> list[Program]:
    """So many programs for the features on that implementation, the same each time, as a clause's test draws them."""
    found: list[Program] = []
    adapter = load_adapter(name)
    for skeleton, share in Situations(features, adapter).shares(count):

        @seeded(7)
        @settings(
            max_examples=share,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(programs(features, adapter, skeleton=skeleton))
        def collect(program: Program) -> None:
            found.append(program)

        collect()
    return found


@pytest.mark.parametrize("clause", ALL)
@pytest.mark.parametrize("name", ["reference", "pykka", "asyncio-bare"])
def test_programs_can_be_performed(name: str, clause: str) -> None:
    """Whatever is generated for a clause is valid, and needs nothing that the implementation does not declare."""
    adapter = load_adapter(name)
    features = ALL[clause].features
    if not any(FEATURE_NEEDS.get(feature, frozenset()) <= adapter.capabilities for feature in features):
        pytest.skip("the implementation claims none of these situations")
    for program in drawn(features, name, 25):
        validate(program)
        assert lacking(program, adapter) == ()


def test_asks_close_no_cycle_unless_wanted() -> None:
    """Without the features for cycles no actor's asks lead back to it; with them some do."""
    assert all(not cyclic_actors(program) for program in drawn(frozenset(FEATURES) - CYCLES))
    for feature in CYCLES:
        assert any(cyclic_actors(program) for program in drawn(frozenset({feature}), count=10))


def test_programs_stay_small() -> None:
    """A program takes tens of messages at most: its cost is multiplied by its schedules."""
    sizes = [shape(program).messages for program in drawn(frozenset(FEATURES) - CYCLES, count=200)]
    assert max(sizes) <= 80
    assert sum(sizes) / len(sizes) < 12


def test_graphs_of_every_shape_are_generated() -> None:
    """Flat, chains, trees, diamonds, fan-outs and cycles all occur, on one to four loops, with one to eight actors."""
    found = drawn(frozenset(FEATURES), count=600)
    assert {shape(program).kind for program in found} == {
        "flat",
        "chain",
        "tree",
        "diamond",
        "fan-out",
        "cycle",
    }
    assert {program.loops for program in found} >= {1, 2, 3}
    assert {len(program.actors) for program in found} >= {1, 2, 3, 4, 5}
    assert {
        client.where if isinstance(client.where, str) else "inside" for p in found for client in p.clients
    } == {
        "thread",
        "loop",
        "inside",
    }


def expressions(program: Program) -> list[Expression]:
    """Every expression of every behaviour."""
    return [part for actor in program.actors for part in walk(actor.behaviour)]


def operations(program: Program, kind: type) -> list[object]:
    """Every operation of the kind."""
    return [one for client in program.clients for one in client.operations if isinstance(one, kind)]


def awaits_elsewhere(client: Client) -> bool:
    """Whether the client is a coroutine."""
    return client.where != "thread"


SITUATIONS: dict[str, Callable[[Program], object]] = {
    "asks": lambda p: operations(p, AskOp) or operations(p, TellOp),
    "nested-asks": lambda p: shape(p).depth > 1,
    "diamond": lambda p: shape(p).kind == "diamond",
    "gather": lambda p: operations(p, GatherOp) or any(isinstance(e, Gather) for e in expressions(p)),
    "compose": lambda p: operations(p, Compose) or any("Then" in type(e).__name__ for e in expressions(p)),
    "deferred": lambda p: any(isinstance(e, Deferred | Gather) or "Then" in repr(e) for e in expressions(p)),
    "errors": lambda p: any(isinstance(e, Raise | Fail) for e in expressions(p)),
    "exception-values": lambda p: any(
        isinstance(e, Const) and isinstance(e.value, Err) for e in expressions(p)
    ),
    "cross-loop": lambda p: shape(p).cross_loop > 0,
    "own-loop": lambda p: shape(p).cross_loop < 1,
    "await-foreign-loop": lambda p: any(map(awaits_elsewhere, p.clients)),
    "own-loop-result": lambda p: any(
        isinstance(c.where, int) and any(isinstance(o, Result) for o in c.operations) for c in p.clients
    ),
    "busy-actor": lambda p: len(p.clients) > 1,
    "bystander": lambda p: len(p.clients) > 1 and p.loops > 1,
    "closing": lambda p: p.abrupt,
    "cycle": cyclic_actors,
    "cyclic-independent-askers": lambda p: cyclic_actors(p) and len(p.clients) > 1,
}


@pytest.mark.parametrize("feature", SITUATIONS)
def test_a_situation_arises_by_construction(feature: str) -> None:
    """Every program that is generated for one feature alone has its situation."""
    assert all(SITUATIONS[feature](program) for program in drawn(frozenset({feature})))


def test_every_word_of_the_vocabulary_has_a_skeleton() -> None:
    """No feature that a clause may name is left out; skeletons name forms and groups that exist."""
    assert set(SKELETONS) == set(FEATURES)
    for skeletons in SKELETONS.values():
        for skeleton in skeletons:
            assert set(skeleton.root) | set(skeleton.leaf) <= set(FORMS)
            assert {*skeleton.group, *skeleton.others} <= set(GROUPS)


@pytest.mark.parametrize("feature", ["several-waiters", "cancel"])
def test_replies_are_shared(feature: str) -> None:
    """Clients on threads and on loops of their own wait for, or cancel, what others have asked."""
    found = drawn(frozenset({feature}))
    shared = [
        (client.where, type(operation))
        for program in found
        for client in program.clients
        for operation in client.operations
        if "." in getattr(operation, "reply", "")
    ]
    assert {where for where, _ in shared} == {"thread", "loop"}
    assert {Result, Await} <= {kind for _, kind in shared}
    assert (Cancel in {kind for _, kind in shared}) is (feature == "cancel")


def test_stop_iteration_is_raised_where_no_coroutine_can_meet_it() -> None:
    """PEP 479 keeps it from coroutines, those that await included; a library of plain threads must bring it over."""
    for name, expected in (("pykka", True), ("concurrent-futures", False), ("reference", False)):
        found = drawn(frozenset({"errors"}), name)
        kinds = {part.error.kind for one in found for part in expressions(one) if isinstance(part, Raise)}
        assert ("StopIteration" in kinds) is expected


def test_a_skeleton_may_be_of_use_to_some_clauses_only() -> None:
    """One that wants another feature too is drawn for the clauses that have both, and left out for all others."""
    adapter = load_adapter("reference")
    wanting = {one for skeletons in SKELETONS.values() for one in skeletons if one.also}
    assert wanting
    for clause in ALL.values():
        drawn_from = set(Situations(clause.features, adapter).weights)
        assert all(one.also in clause.features for one in wanting & drawn_from)
    assert wanting <= {one for clause in ALL.values() for one in Situations(clause.features, adapter).weights}


def test_nothing_can_be_generated_for_what_is_not_claimed() -> None:
    """Features that the implementation has no capability for are an error, not a silent nothing."""
    with pytest.raises(ValueError, match="pykka cannot be brought into any of: cycle"):
        programs(frozenset({"cycle"}), load_adapter("pykka"))


SCRIPT = """
from tests.suite.test_generate import drawn
from askance.clauses import FEATURES
print([repr(program) for program in drawn(frozenset(FEATURES), count=40)])
"""


def test_programs_are_the_same_in_every_process() -> None:
    """Generation depends on its seed alone, not on the order of sets or on what ran before."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
