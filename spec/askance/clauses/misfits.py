"""Finished waits whose outcome the program does not denote, each attributed to exactly one clause.

A wrong answer deep in a chain makes every answer above it wrong. Only the innermost counts: a misfit is a wait
whose outcome is not among those denoted, though everything that its turn, or its parts, waited for fitted. Each
misfit belongs to one clause, by its shape, so that one defect does not make several clauses fall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from askance.clauses.base import Case
from askance.clauses.facts import Composed, Wait, asked_by_client
from askance.clauses.values import reordered, same
from askance.history import Outcome
from askance.meaning import Anything
from askance.program import Term

MOST_COMBINATIONS = 64
"""A gather whose parts may end in more combinations than this is compared part by part only."""


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


def fits(case: Case, op: str, got: Outcome) -> bool:
    """Whether a wait for that reply may have that outcome. An outcome of which the program tells nothing fits."""
    if got.kind == "nested" or (got.kind == "error" and got.error is None):
        return False
    denoted = _by_meaning(case, op)
    return (
        denoted is None
        or any(same(one, got) for one in denoted)
        or any(same(one, got) for one in _besides(case, op))
    )


def denoted_by(case: Case, op: str) -> frozenset[Outcome] | None:
    """The outcomes that a wait for that reply may have; None where the program does not tell."""
    denoted = _by_meaning(case, op)
    return None if denoted is None else denoted.union(_besides(case, op))


def _by_meaning(case: Case, op: str) -> frozenset[Outcome] | None:
    """What the oracle says of a client's reply, of a turn's ask, or of what a turn composed."""
    if (known := case.meaning.operations.get(op)) is not None:
        return None if isinstance(known, Anything) else known
    if (message := case.facts.asks.get(op)) is not None:
        # A spawned actor is not in the program by name: the outcome of the turn that asked it is compared instead.
        known_actor = message.actor in case.traits.loops
        denoted = case.meaning.turn(message.actor, message.value) if known_actor else Anything()
        return None if isinstance(denoted, Anything) else denoted
    if (composed := case.facts.composed.get(op)) is not None:
        return _by_parts(case, composed)
    return None


def _by_parts(case: Case, composed: Composed) -> frozenset[Outcome] | None:
    """What a turn's composed reply may give, from what its parts denote; None where these are unknown or too many."""
    denoted = [denoted_by(case, op) for op in composed.parts]
    parts = [part for part in denoted if part is not None]
    if len(parts) < len(denoted) or prod(len(part) for part in parts) > MOST_COMBINATIONS:
        return None
    failures = frozenset(outcome for part in parts for outcome in part if outcome.kind != "value")
    values = product(*([outcome.value for outcome in part if outcome.kind == "value"] for part in parts))
    made = (Term(composed.symbol, one) if composed.kind == "then" else one for one in values)
    return failures.union(Outcome("value", value) for value in made)


def _besides(case: Case, op: str) -> Iterator[Outcome]:
    """What a wait inside a turn may come to besides its answer: the turn's meaning does not know who asks and when."""
    if op in case.meaning.operations:
        return
    message = case.facts.asks.get(op)
    if message is not None and (
        message.actor in case.traits.stopped or message.actor in case.of(ended_by_failure)
    ):
        yield Outcome("stopped")
    if message is not None and case.can("cycles-refused") and message.actor in case.traits.cyclic:
        yield Outcome("cycle")
    if bool(case.facts.cancels) or case.traits.gives_up:
        yield Outcome("cancelled")
        yield Outcome("timeout")


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
    kinds = {one.kind for one in denoted}
    composed = case.facts.composed.get(wait.op)
    match got.kind:
        case "nested":
            return "A3"
        case "cycle":
            return "D3"
        case "refused":
            return "D4"
        case "value" if any(one.kind == "value" and reordered(one.value, got.value) for one in denoted):
            return "A9"
        case "error" if got.error is None and kinds <= {"value"} and _from_another_loop(case, wait):
            return "A6"
        case "error" if composed is not None and _error_of_a_part(case, composed, got):
            return "A9"
    if "value" not in kinds or got.kind != "value":
        for kind, clause in (("error", "A4"), ("cycle", "D3"), ("refused", "D4")):
            if kind in kinds and (kind == "error" or "value" not in kinds):
                return clause
    return "A1" if composed is None else "A5"


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


def ended_by_failure(case: Case) -> frozenset[str]:
    """The actors of which a turn failed, where the adapter declares that a failure ends an actor (clause L6)."""
    if not getattr(case.adapter, "failing_handler_ends_actor", False):
        return frozenset()
    return frozenset(turn.actor for turn in case.facts.turns if turn.outcome and turn.outcome.kind != "value")


def describe(case: Case, op: str) -> str:
    """The reply in the program's words: `c0.r1 = ask a(10)`, `a#1.1 = ask b(10)`, `c0.r2 = gather(c0.r0, c0.r1)`."""
    if (message := case.facts.asks.get(op)) is not None:
        return f"{op} = ask {message.actor}({message.value})"
    if (composed := case.facts.composed.get(op)) is not None:
        inside = ", ".join(composed.parts)
        return (
            f"{op} = then({inside}, {composed.symbol})"
            if composed.kind == "then"
            else f"{op} = gather({inside})"
        )
    if (asked := asked_by_client(case.program, op)) is not None:
        return f"{op} = ask {asked.actor}({asked.message})"
    return op


def outcomes_text(outcomes: frozenset[Outcome]) -> str:
    """The outcomes in words, values first, then errors, then the rest, joined by "or"."""
    order = {"value": 0, "error": 1}
    told = sorted(outcomes, key=lambda outcome: (order.get(outcome.kind, 2), str(outcome)))
    return " or ".join(str(outcome) for outcome in told) or "nothing"
