"""The state machine: programs grow while they run, and what was grown can be carried out again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from askance.clauses import FEATURES
from askance.generate import Situations, machine_for
from askance.generate.continuing import Continuing, Step, carry_out
from askance.generate.machine import Growing
from askance.history import History
from askance.program import (
    Actor,
    Apply,
    AskOp,
    Cancel,
    Client,
    Compose,
    Fail,
    GatherOp,
    Msg,
    Program,
    Raise,
    Result,
    Settle,
    SleepOp,
    StopOp,
    TellOp,
    walk,
)
from askance.program_rules import validate
from askance.run import execute, lacking, load_adapter
from askance.search.random_walk import RandomWalk
from askance.search.replay import Replay
from askance.world import World, installed

SAFE = frozenset(FEATURES) - {"cycle", "cyclic-independent-askers"}


class Collecting:
    """Judges nothing; keeps what the machine hands over."""

    def __init__(self) -> None:
        self.grown_programs: list[tuple[Program, tuple[int, ...], History, World]] = []

    def world(self, number: int) -> World:
        """A world on a random walk."""
        return World(RandomWalk(number))

    def grown(
        self, program: Program, births: tuple[int, ...], history: History, world: World, seconds: float
    ) -> None:
        """Keep it."""
        self.grown_programs.append((program, births, history, world))


@pytest.fixture(scope="module", params=["reference", "pykka"])
def grown(
    request: pytest.FixtureRequest,
) -> tuple[Any, list[tuple[Program, tuple[int, ...], History, World]]]:
    """Programs that the machine has grown on an implementation."""
    adapter = load_adapter(request.param)
    collecting = Collecting()
    machine = seeded(3)(machine_for(SAFE, adapter, collecting))
    with installed():
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    return adapter, collecting.grown_programs


Grown = tuple[Any, list[tuple[Program, tuple[int, ...], History, World]]]


def test_grown_programs_can_be_performed(grown: Grown) -> None:
    """What a machine has grown is a valid program that the implementation can run, and ran to its end."""
    adapter, programs = grown
    for program, _, history, _ in programs:
        validate(program)
        assert lacking(program, adapter) == ()
        # Pykka ends an actor that raises SystemExit, and leaves its asker waiting (A4).
        raised = {
            part.error.kind if isinstance(part, Raise) else part.error
            for actor in program.actors
            for part in walk(actor.behaviour)
            if isinstance(part, Raise | Fail)
        }
        assert history.ending == "done" or (adapter.name == "pykka" and "SystemExit" in raised)


def test_grown_programs_use_every_operation(grown: Grown) -> None:
    """Together they spawn in later phases, and ask, tell, compose, gather, sleep, cancel, stop and settle."""
    adapter, programs = grown
    operations = {type(one) for program, _, _, _ in programs for c in program.clients for one in c.operations}
    wanted = {AskOp, TellOp, GatherOp, SleepOp, Settle}
    wanted |= {kind for kind, word in ((Cancel, "cancel"), (StopOp, "stop")) if word in adapter.capabilities}
    wanted |= {Compose} if "then" in adapter.capabilities else set()
    assert operations >= wanted
    assert any(any(births) for _, births, _, _ in programs)
    assert max(len(program.actors) for program, _, _, _ in programs) >= 4


def test_a_grown_program_is_carried_out_again(grown: Grown) -> None:
    """Its script, on the choices that were made while it grew, gives the same history, event for event."""
    adapter, programs = grown
    with installed():
        for program, births, history, world in programs:
            again = carry_out(program, births, adapter, World(Replay(world.choices)))
            assert again.ending == history.ending
            # Pykka's names of threads count through the whole process.
            here, there = ([replace(event, strand="") for event in one.events] for one in (again, history))
            assert here == there


def test_a_whole_program_is_carried_out_as_executed() -> None:
    """Without births `carry_out` is what `askance.run.execute` does."""
    client = Client(
        "c0", "thread", (AskOp("r0", "a", 1), Result("r0"), Settle(), AskOp("r1", "a", 2), Result("r1"))
    )
    program = Program(1, (Actor("a", 0, Apply("f", (Msg(),))),), (client,))
    adapter = load_adapter("reference")
    with installed():
        one = carry_out(program, (), adapter, World(RandomWalk(5)))
        other = execute(program, adapter, World(RandomWalk(5)))
    assert one.events == other.events


def test_a_world_stands_still_between_phases() -> None:
    """After each step the outcomes are known and nothing moves until the next; closing ends the system."""
    client = Client("c0", "thread")
    actor = Actor("a", 0, Apply("f", (Msg(),)))
    with installed():
        continuing = Continuing(load_adapter("reference"), 1, World(RandomWalk(1)))
        continuing.go_on(Step([actor], [(client, [AskOp("r0", "a", 1), Result("r0")])]))
        kinds = [event.kind for event in continuing.events]
        assert kinds[-1] == "settle"
        assert not continuing.over
        assert [str(event.outcome) for event in continuing.events if event.kind == "done"] == ["f(1)"]
        continuing.go_on(Step([], [(client, [Result("r0")])]))
        continuing.close()
        assert continuing.over
        assert [event.kind for event in continuing.events].count("settle") == 2
        assert continuing.history(Program(1, (actor,), (client,))).ending == "done"


def test_the_model_knows_which_replies_are_complete() -> None:
    """Rules that come later see what really happened: replies that were waited for are complete, others are not."""
    adapter = load_adapter("reference")
    with installed():
        growing = Growing(Situations(frozenset({"asks"}), adapter), adapter, World(RandomWalk(1)), 1)
        name = growing.spawn(0, 0, 0, 0)
        growing.client(0)
        growing.clients[0].wait(growing.clients[0].ask(name))
        growing.clients[0].ask(name)
        assert growing.pending()
        growing.settle()
        assert growing.complete == {"c0.r0"}
        assert not growing.pending()
        assert not growing.unended()
        growing.continuing.close()
