"""Shrinking: programs are taken apart as far as they still fail, and schedules lose their switches."""

from __future__ import annotations

import threading
from typing import Any

from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Client,
    Const,
    Err,
    Gather,
    Msg,
    Program,
    Raise,
    Result,
    Sleep,
    Try,
    walk,
)
from askance.program_rules import validate
from askance.search.random_walk import RandomWalk
from askance.search.replay import Replay
from askance.shrink import fewest_switches, reduced, smaller
from askance.suite.trial import Script
from askance.world import World

BIG = Program(
    3,
    (
        Actor("a", 2, Apply("f", (Ask("b", Msg()), Gather((Ask("b", Msg()), Ask("c", Const(3))))))),
        Actor("b", 1, Try(Sleep(2, Apply("g", (Ask("c", Msg()),))), Const(1))),
        Actor("c", 0, Raise(Err("ValueError", "h"))),
    ),
    (
        Client("c0", 1, (AskOp("r0", "a", 1), Await("r0"), AskOp("r1", "b", 2), Await("r1"))),
        Client("c1", "loop", (AskOp("r0", "c", 3), Await("r0"))),
        Client("c2", "thread", (AskOp("r0", "a", 4), Result("r0"))),
    ),
)


def size(program: Program) -> int:
    """How big the program is, all in all."""
    return (
        program.loops
        + sum(1 + sum(1 for _ in walk(actor.behaviour)) + (actor.loop or 0) for actor in program.actors)
        + sum(1 + len(client.operations) + (client.where != "thread") for client in program.clients)
    )


def raises(program: Program) -> bool:
    """What the tests below take for a failure: some client's ask sets off an actor that raises."""
    behaviours = {actor.name: list(walk(actor.behaviour)) for actor in program.actors}
    ahead = [op.actor for client in program.clients for op in client.operations if isinstance(op, AskOp)]
    for name in ahead:
        ahead += [part.actor for part in behaviours[name] if isinstance(part, Ask)]
    return any(isinstance(part, Raise) for name in ahead for part in behaviours[name])


def test_smaller_programs_are_valid_and_different() -> None:
    """Every candidate can be performed, and is another program."""
    candidates = list(smaller(BIG))
    assert len(candidates) > 20
    for candidate in candidates:
        validate(candidate)
        assert candidate != BIG


def test_a_program_is_reduced_to_what_fails() -> None:
    """Of three actors and three clients one of each is left, on one loop and a plain thread, with one operation."""
    script, failure = reduced(
        Script(BIG), lambda script: "failed" if raises(script.program) else None, "failed", Script
    )
    program = script.program
    assert failure == "failed"
    assert [actor.name for actor in program.actors] == ["c"]
    assert program.loops == 1
    assert [client.where for client in program.clients] == ["thread"]
    assert size(program) == 5


def test_births_are_dropped_where_they_do_not_matter() -> None:
    """A program that fails whenever its actors are spawned is shown with all of them spawned at the beginning."""
    script, _ = reduced(Script(BIG, (0, 1, 2)), lambda script: "failed", "failed", Script)
    assert script.births == ()


def test_births_are_kept_where_they_matter() -> None:
    """A failure that shows only while a program grows keeps its script as it is."""
    grown = Script(BIG, (0, 1, 2))
    script, failure = reduced(grown, lambda script: None, "failed", Script)
    assert (script, failure) == (grown, "failed")


def lost_update() -> bool:
    """Whether an update was lost by two threads."""
    total, lock = [0], threading.Lock()

    def add() -> None:
        with lock:
            seen = total[0]
        with lock:
            total[0] = seen + 1

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total[0] != 2


def test_a_schedule_with_the_fewest_switches_is_found() -> None:
    """A lost update needs one switch away from a strand that could have gone on, and is shown with one."""

    def fails(strategy: Any) -> tuple[int, ...] | None:
        execution = World(strategy).run(lost_update)
        return tuple(execution.choices) if execution.value else None

    found = next(choices for seed in range(50) if (choices := fails(RandomWalk(seed))) is not None)
    choices, switches = fewest_switches(found, fails, Replay)
    assert switches == 1
    assert fails(Replay(choices)) == choices
