"""Finished waits whose outcome the program does not denote, each attributed to exactly one clause.

A wrong answer deep in a chain makes every answer above it wrong. Only the innermost counts: a misfit is a wait
whose outcome is not among those denoted, though everything that its turn, or its parts, waited for fitted. Each
misfit belongs to one clause, by its shape, so that one defect does not make several clauses fall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from askance.clauses.base import Case
from askance.clauses.blame import failed_before, sent_after_stop, stopped_meanwhile
from askance.clauses.denoted import denoted_by, fits
from askance.clauses.facts import Composed, Wait
from askance.clauses.letting_go import let_go
from askance.clauses.values import reordered, same
from askance.history import Outcome

ONLY: dict[str, str] = {"cycle": "D3", "refused": "D4", "stopped": "L1", "cancelled": "C1", "timeout": "C4"}
"""The clause that falls where only such an outcome is denoted, and an answer comes."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A finished wait, the outcomes that were denoted, the one that came, and the clause that it violates."""

    wait: Wait
    denoted: frozenset[Outcome]
    got: Outcome
    clause: str


def misfits(case: Case) -> tuple[Misfit, ...]:
    """The innermost misfits of the case, in the order in which the waits ended."""
    wrong: dict[str, list[tuple[Wait, Outcome]]] = {}
    for wait in case.facts.waits:
        if wait.outcome is not None and not fits(case, wait.op, wait.outcome):
            wrong.setdefault(wait.op, []).append((wait, wait.outcome))
    found: list[Misfit] = []
    for op, waits in wrong.items():
        if any(inner in wrong for inner in _inner(case, op, {op})):
            continue
        denoted = denoted_by(case, op) or frozenset()
        found.extend(Misfit(wait, denoted, got, attribute(case, wait, denoted, got)) for wait, got in waits)
    return tuple(sorted(found, key=lambda misfit: misfit.wait.done))


def first_of(case: Case, clause: str) -> Misfit | None:
    """The first misfit that violates that clause."""
    return next((misfit for misfit in case.of(misfits) if misfit.clause == clause), None)


def _inner(case: Case, op: str, seen: set[str]) -> Iterator[str]:
    """The replies that this one's outcome is made of: its parts, and what the turns behind it waited for."""
    facts = case.facts
    below: list[str] = []
    if (composed := facts.composed.get(op)) is not None:
        below += composed.parts
    if (message := facts.asks.get(op)) is not None:
        for turn in message.turns:
            below += [wait.op for wait in turn.waits]
            if turn.deferred:
                below.append(turn.deferred)
    for inner in below:
        if inner not in seen:
            seen.add(inner)
            yield inner
            yield from _inner(case, inner, seen)


def attribute(case: Case, wait: Wait, denoted: frozenset[Outcome], got: Outcome) -> str:
    """The one clause that this misfit violates."""
    kinds: set[str] = {one.kind for one in denoted}
    if _of_state(case, wait, got):
        return "M5"
    if (
        got.kind != "nested"
        and _lost_answer(case, wait, got)
        and (stopped := stopped_meanwhile(case, wait.op))
    ):
        return stopped
    match got.kind:
        case "nested":
            return "A3"
        case "cycle":
            return "D3"
        case "refused":
            return "D4"
        case "value":
            clause = _clause_of_value(case, wait, denoted, got)
        case "error":
            clause = _clause_of_error(case, wait, kinds, got)
        case "stopped":
            clause = _clause_of_stopped(case, wait)
        case "cancelled":
            clause = _clause_of_cancelled(case, wait, kinds)
        case "timeout":
            clause = "C4" if case.traits.gives_up and "error" not in kinds else ""
    if clause:
        return clause
    if "value" not in kinds or got.kind != "value":
        if "error" in kinds:
            return "A4"
        for kind, only in (
            ("cycle", "D3"),
            ("refused", "D4"),
            ("stopped", "L1"),
            ("cancelled", "C1"),
            ("timeout", "C4"),
        ):
            if kinds == {kind}:
                return only
    return _clause_of_answer(case, wait)


def _lost_answer(case: Case, wait: Wait, got: Outcome) -> bool:
    """Whether the turn behind the reply has answered with something else."""
    turn = case.facts.turn_of(wait.op)
    return turn is not None and turn.outcome is not None and not same(turn.outcome, got)


def _of_state(case: Case, wait: Wait, got: Outcome) -> bool:
    """Whether that is what the turn of an actor with a state did answer: then the state was wrong, and not the reply.

    The check of M5 judges it in all orders of the messages; in an order that is not possible it is M1's and M2's.
    """
    message = case.facts.asks.get(wait.op)
    if message is None or message.actor not in case.traits.stateful or got.kind not in ("value", "error"):
        return False
    return not message.turns or any(turn.outcome and same(turn.outcome, got) for turn in message.turns)


def _clause_of_value(case: Case, wait: Wait, denoted: frozenset[Outcome], got: Outcome) -> str:
    """For a value: in another order (A9), or the late reply of an ask that was given up (C4)."""
    if any(one.kind == "value" and reordered(one.value, got.value) for one in denoted):
        return "A9"
    if wait.op in case.facts.cancels and case.facts.cancels[wait.op] < wait.done:
        return "C1"
    given_up = [other for other in case.facts.waits if other.outcome and other.outcome.kind == "timeout"]
    late = (
        case.facts.turn_of(other.op) for other in given_up if other.done < wait.done and other.op != wait.op
    )
    return "C4" if any(turn and turn.outcome and same(turn.outcome, got) for turn in late) else ""


def _clause_of_error(case: Case, wait: Wait, kinds: set[str], got: Outcome) -> str:
    """For an error: of another part of a gather (A9), or one of the library's own (A6, L1, L2, L5)."""
    composed = case.facts.composed.get(wait.op)
    if composed is not None and _error_of_a_part(case, composed, got):
        return "A9"
    if got.error is not None:
        return ""
    message = case.facts.asks.get(wait.op)
    if message is not None and message.actor not in case.traits.loops:
        return "L5"
    if "stopped" in kinds and message is not None and message.actor in case.facts.stops:
        return "L1" if sent_after_stop(case, wait.op) else "L2"
    return "A6" if kinds <= {"value"} and _from_another_loop(case, wait) else ""


def _clause_of_cancelled(case: Case, wait: Wait, kinds: set[str]) -> str:
    """For an ask that nobody cancelled: cut off with another (C3), or because its actor was stopped (L2)."""
    if "error" in kinds:
        return ""
    if case.facts.cancels:
        return "C3"
    return "L2" if "stopped" in kinds else ""


def _clause_of_stopped(case: Case, wait: Wait) -> str:
    """For an actor that nobody stopped: what was done to it before?"""
    message = case.facts.asks.get(wait.op)
    if message is None:
        return ""
    if failed_before(case, message.actor, wait.done):
        return "L6"
    return "C3" if case.of(let_go).actors.get(message.actor, wait.done) < wait.done else ""


def _clause_of_answer(case: Case, wait: Wait) -> str:
    """For a wrong answer: a composition's (A8), a composition's to a plain thread (A5), or an ask's (A1)."""
    composed = case.facts.composed.get(wait.op)
    if composed is None:
        return "A1"
    by_thread = wait.who in case.traits.threads
    if composed.kind == "gather" or not case.can("then"):
        return "A5" if by_thread else "A1"
    # A function that ran once has made the right value: it was lost on its way to the waiter.
    events = case.facts.events
    runs = [at for at in case.facts.of_kind("apply") if events[at].op == wait.op]
    return "A5" if by_thread and len(runs) == 1 else "A8"


def _error_of_a_part(case: Case, composed: Composed, got: Outcome) -> bool:
    """Whether the error is one that another part of this gather denotes: the wrong one of several was reported."""
    return composed.kind == "gather" and any(
        same(one, got) for part in composed.parts for one in denoted_by(case, part) or ()
    )


def _from_another_loop(case: Case, wait: Wait) -> bool:
    """Whether a coroutine waited on another loop than the one that the asked actor runs on."""
    events = case.facts.events
    here = events[wait.done].loop
    turn = case.facts.turn_of(wait.op)
    return here is not None and (turn is None or events[turn.begin].loop != here)
