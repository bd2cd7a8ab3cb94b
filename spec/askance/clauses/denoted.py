"""What a wait may come to: the oracle's answer for every reply of a history, and whether what came is among it.

The oracle knows clients' replies by name, and turns by actor and message; a history has replies of turns, composed
replies, and asks that were cut off. Called by whoever compares outcomes or must name a reply.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

from askance.clauses.base import Case
from askance.clauses.facts import Composed, Facts, Turn, asked_by_client
from askance.clauses.letting_go import let_go
from askance.clauses.values import same
from askance.history import Outcome
from askance.meaning import Anything
from askance.program import mapped

MOST_COMBINATIONS = 64
"""A gather whose parts may end in more combinations than this is compared part by part only."""


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
    made = (mapped(composed.symbol, *one) if composed.kind == "then" else one for one in values)
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
    if case.traits.gives_up:
        yield Outcome("timeout")
    if op in case.of(let_go).cut:
        yield Outcome("cancelled")


def ended_by_failure(case: Case) -> frozenset[str]:
    """The actors of which a turn may have failed, where the adapter declares that this ends them (clause L6)."""
    if not getattr(case.adapter, "failing_handler_ends_actor", False):
        return frozenset()
    return frozenset(turn.actor for turn in case.facts.turns if _may_have_failed(case.facts, turn))


def _may_have_failed(facts: Facts, turn: Turn) -> bool:
    """Whether the turn failed, or returned a reply un-awaited that did: that is a failure of its actor, or is not."""
    if turn.deferred:
        behind = facts.turn_of(turn.deferred)
        return behind is None or _may_have_failed(facts, behind)
    return turn.outcome is not None and turn.outcome.kind != "value"


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
