"""Shrinking: programs are taken apart as far as they still fail, and schedules lose their switches."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from askance.engine import Strategy
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    Const,
    Err,
    Gather,
    GatherOp,
    Msg,
    Program,
    Raise,
    Result,
    Sleep,
    Try,
    walk,
)
from askance.program_rules import validate
from askance.search.deviations import Deviating, Deviation, Noting, calmest
from askance.search.random_walk import RandomWalk
from askance.search.replay import Replay
from askance.shrink import Reduction, smaller
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


def test_what_waits_for_a_reply_goes_with_it() -> None:
    """Where a client's ask is taken away, so is what other clients do with its reply, and nothing else."""
    asking = Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"), AskOp("r1", "a", 2)))
    sharing = Client("c1", "thread", (Result("c0.r0"), Cancel("c0.r1")))
    program = Program(1, (Actor("a", 0, Msg()),), (asking, sharing))
    left = [
        candidate.clients[1].operations
        for candidate in smaller(program)
        if len(candidate.clients) == 2 and candidate.clients[0].operations == asking.operations[2:]
    ]
    assert left == [(Cancel("c0.r1"),)]


class Choices:
    """A strategy that makes no choice: the tests below run nothing."""

    observes = False

    def begin(self) -> None:
        """Nothing to forget."""

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """Never asked."""
        raise AssertionError

    def stepped(self, strand: Any) -> None:
        """Never told."""


def test_a_wait_for_a_gather_becomes_one_for_a_part() -> None:
    """So that a failure of one reply is not shown on two."""
    asks = (AskOp("r0", "a", 1), AskOp("r1", "a", 2))
    gathered = Client("c0", "thread", (*asks, GatherOp("r2", ("r0", "r1")), Result("r2")))
    program = Program(1, (Actor("a", None, Apply("f", (Msg(),))),), (gathered,))
    found = [less.clients[0].operations for less in smaller(program)]
    assert (*asks, Result("r0")) in found
    assert (*asks, Result("r1")) in found


def test_a_program_is_reduced_to_what_fails() -> None:
    """Of three actors and three clients one of each is left, on one loop and a plain thread, with one operation."""
    reduction = Reduction(BIG, "failed", lambda program, strategy: "failed" if raises(program) else None)
    assert reduction.reduce(Choices())
    assert [actor.name for actor in reduction.program.actors] == ["c"]
    assert reduction.program.loops == 1
    assert [client.where for client in reduction.program.clients] == ["thread"]
    assert size(reduction.program) == 5


def test_a_gather_is_turned_round_where_that_spares_a_composition() -> None:
    """A part that is to be ready late is composed once more, or simply asked for last."""
    asks = (AskOp("r0", "a", 1), AskOp("r1", "a", 2))
    gathered = (*asks, Compose("r2", "r0", "m"), GatherOp("r3", ("r2", "r1")), Result("r3"))
    program = Program(1, (Actor("a", 0, Apply("f", (Msg(),))),), (Client("c", "thread", gathered),))

    def out_of_order(program: Program, strategy: Strategy) -> str | None:
        """Whether the gather's first part is one that is ready later than its second."""
        operations = program.clients[0].operations
        composed = [operation.name for operation in operations if isinstance(operation, Compose)]
        made = ["r0", "r1", *composed]
        for operation in operations:
            if isinstance(operation, GatherOp) and len(operation.replies) == 2:
                first, second = operation.replies
                return "failed" if made.index(first) > made.index(second) else None
        return None

    reduction = Reduction(program, "failed", out_of_order)
    assert reduction.reduce(Choices())
    assert [type(operation) for operation in reduction.program.clients[0].operations][:3] == [
        AskOp,
        AskOp,
        GatherOp,
    ]


def test_a_fixed_program_stays() -> None:
    """Where only the schedule may change, the program is left as it is."""
    reduction = Reduction(BIG, "failed", lambda program, strategy: "failed")
    assert reduction.reduce(Choices(), fixed=True)
    assert reduction.program is BIG


def test_a_failure_that_does_not_repeat_is_not_reduced() -> None:
    """What its own schedule does not show again is left alone, and that is told."""
    reduction: Reduction[str] = Reduction(BIG, "failed", lambda program, strategy: None)
    assert not reduction.reduce(Choices())
    assert (reduction.program, reduction.failure) == (BIG, "failed")


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


def fails(strategy: Any) -> tuple[int, ...] | None:
    """The schedule, if the update was lost on it."""
    execution = World(strategy).run(lost_update)
    return tuple(execution.choices) if execution.value else None


def test_a_schedule_with_the_fewest_switches_is_found() -> None:
    """A lost update needs one switch away from a strand that could have gone on, and is shown with one."""
    found = next(choices for seed in range(50) if (choices := fails(RandomWalk(seed))) is not None)
    reduction = Reduction(Program(1), found, lambda program, strategy: fails(strategy))
    assert reduction.reduce(Replay(found), fixed=True)
    assert reduction.preemptions == 1
    assert len(reduction.deviations) == 1
    assert fails(Replay(reduction.failure)) == reduction.failure


def test_deviations_repeat_a_schedule() -> None:
    """What a schedule deviates in, noted and followed again, is the same schedule."""
    for seed in range(20):
        noting = Noting(RandomWalk(seed))
        choices = World(noting).run(lost_update).choices
        again = Noting(Deviating(noting.deviations))
        assert World(again).run(lost_update).choices == choices
        assert again.deviations == noting.deviations


def test_deviations_that_can_be_spared_are_left_out() -> None:
    """Of many deviations the two that are needed are kept, whatever their place."""
    many = {("1.1", number, 0): "1.2" for number in range(20)}
    needed = {("1.1", 3, 0), ("1.1", 17, 0)}
    kept: list[set[Deviation]] = []

    def still_fails(fewer: Mapping[Deviation, str]) -> bool:
        failing = needed <= set(fewer)
        if failing:
            kept.append(set(fewer))
        return failing

    calmest(many, still_fails)
    assert kept[-1] == needed
