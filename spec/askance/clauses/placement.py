"""The same asks from elsewhere: what clause A7 compares, and the programs that make the comparison possible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from askance.clauses.base import Case
from askance.clauses.denoted import denoted_by, describe, fits
from askance.clauses.facts import Wait
from askance.clauses.hangs import hangs
from askance.clauses.misfits import misfits
from askance.clauses.values import same
from askance.program import Program

Finding = tuple[str, str, str, tuple[int, ...]]
"""Expected, actual, detail, events."""


def placements(program: Program) -> tuple[Program, ...]:
    """The program with its actors placed otherwise: all on one loop, each on its own, and each one loop further.

    Programs equal to the given one, or to an earlier one here, are left out; clients stay where they are.
    """
    loops = program.loops
    moves = (
        [0 for _ in program.actors],
        [number % loops for number, _ in enumerate(program.actors)],
        [None if actor.loop is None else (actor.loop + 1) % loops for actor in program.actors],
    )
    found: list[Program] = []
    for move in moves:
        actors = tuple(replace(actor, loop=loop) for actor, loop in zip(program.actors, move, strict=True))
        moved = replace(program, actors=actors)
        if moved != program and moved not in found:
            found.append(moved)
    return tuple(found)


def others(case: Case) -> tuple[Case, ...]:
    """The case's variants as cases; those that hang, did not end or gave nested results compare with nothing."""
    found = []
    for history in case.variants:
        other = Case(history.program, history, case.meaning, case.adapter)
        comparable = history.ending == "done" and not other.of(hangs)
        if comparable and not any(misfit.clause in ("A3", "D3", "D4") for misfit in other.of(misfits)):
            found.append(other)
    return tuple(found)


def differing_placements(case: Case) -> Finding | None:
    """A client's reply that can end in one way only, and ended in two, depending on where the actors live."""
    for other in case.of(others):
        for op, denoted in case.meaning.operations.items():
            here, there = _ended(case, op), _ended(other, op)
            if len(denoted) != 1 or here is None or there is None:
                continue
            assert here.outcome is not None and there.outcome is not None
            if not same(here.outcome, there.outcome):
                return (
                    f"{op}: {here.outcome}, as with {_placed(case.program)}",
                    f"{op}: {there.outcome}, with {_placed(other.program)}",
                    describe(case, op),
                    (here.begin, here.done),
                )
    return None


def mixed_placements(case: Case) -> Finding | None:
    """An ask that fits from one loop and not from another, to the same actor with the same message."""
    wrong = {misfit.wait.done for misfit in case.of(misfits) if misfit.clause in ("A1", "A4")}
    if not wrong:
        return None
    groups: dict[tuple[str, str], tuple[list[Wait], list[Wait]]] = {}
    for wait, own in _placed_asks(case):
        message = case.facts.asks[wait.op]
        groups.setdefault((message.actor, repr(message.value)), ([], []))[own].append(wait)
    for distant, near in groups.values():
        for some, rest in ((near, distant), (distant, near)):
            if (
                some
                and rest
                and all(wait.done in wrong for wait in some)
                and not any(wait.done in wrong for wait in rest)
            ):
                bad, good = some[0], rest[0]
                return (
                    f"{bad.op}: {good.outcome}, as {good.op} asked from {_side(rest is near)}",
                    f"{bad.op}: {bad.outcome}, asked from {_side(some is near)}",
                    f"{describe(case, bad.op)}\n{describe(case, good.op)}",
                    (bad.begin, bad.done, good.done),
                )
    return None


def placement_reached(case: Case) -> bool:
    """Whether outcomes were compared: with another placement, or asks of both kinds with what the program denotes."""
    if any(_ended(other, op) for other in case.of(others) for op in case.meaning.operations):
        return True
    return {own for _, own in _placed_asks(case)} == {False, True}


def _placed_asks(case: Case) -> Iterator[tuple[Wait, bool]]:
    """The finished waits for single asks with one possible outcome, and whether asker and asked share a loop."""
    facts = case.facts
    for wait in facts.waits:
        turn = facts.turn_of(wait.op)
        if turn is None or wait.outcome is None or wait.outcome.kind == "refused":
            continue
        if len(denoted_by(case, wait.op) or ()) == 1 or not fits(case, wait.op, wait.outcome):
            asker = facts.events[wait.done].loop
            yield wait, asker is not None and asker == facts.events[turn.begin].loop


def _ended(case: Case, op: str) -> Wait | None:
    """The first finished wait for a reply that was not refused."""
    waits = case.facts.waits_for.get(op, ())
    return next((wait for wait in waits if wait.outcome is not None and wait.outcome.kind != "refused"), None)


def _placed(program: Program) -> str:
    return ", ".join(f"{actor.name} on {actor.loop}" for actor in program.actors)


def _side(near: bool) -> str:
    return "the asked actor's own loop" if near else "another loop or thread"
