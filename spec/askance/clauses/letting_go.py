"""Asks that were let go: cancelled, given up, or cut off with their asker; and how far that reaches.

A cancellation reaches what the cancelled reply is made of, and what the turns behind it wait for (clause C2). What it
reaches nobody need handle or answer, so that clauses about answers and mailboxes ask here first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from askance.clauses.base import Case
from askance.clauses.facts import Facts

GONE = ("cancelled", "stopped", "cycle")
"""Outcomes with which the implementation says that it has dropped an ask."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """`cancelled`: the replies that a cancellation reaches, each with the position of that cancellation.

    `actors`: the actors that were asked for these, likewise. `cut`: these, and the replies that may be cancelled for
    another reason: a wait for them was given up, they were gathered with one that failed, or their asker was stopped.
    `dropped`: the replies that nobody need answer, whatever the reason: these, and those that ended in a failure of
    the implementation's own, with all that they ask for.
    """

    cancelled: Mapping[str, int]
    actors: Mapping[str, int]
    cut: frozenset[str]
    dropped: frozenset[str]


def let_go(case: Case) -> LetGo:
    """What was let go in this history."""
    facts = case.facts
    cancelled: dict[str, int] = {}
    for op, at in facts.cancels.items():
        for reached in reach(facts, [op]):
            cancelled.setdefault(reached, at)
    actors: dict[str, int] = {}
    for op, at in cancelled.items():
        if (message := facts.asks.get(op)) is not None:
            actors[message.actor] = min(at, actors.get(message.actor, at))
    cut = frozenset(cancelled) | reach(facts, _cut(facts))
    failed = [wait.op for wait in facts.waits if wait.outcome and wait.outcome.kind in GONE]
    if case.can("cycles-refused"):
        # Nobody need be seen to wait for a reply that was returned un-awaited, so none is seen to be told of the cycle.
        deferred = [turn.deferred for turn in facts.turns if turn.deferred in facts.asks]
        failed += [op for op in deferred if facts.asks[op].actor in case.traits.cyclic]
    return LetGo(cancelled, actors, cut, cut | reach(facts, failed))


def given_up(case: Case) -> Mapping[str, int]:
    """The actors of which a wait was given up after its time, each with the position where the first was."""
    facts = case.facts
    found: dict[str, int] = {}
    for wait in facts.waits:
        message = facts.asks.get(wait.op)
        if message is not None and wait.outcome is not None and wait.outcome.kind == "timeout":
            found[message.actor] = min(wait.done, found.get(message.actor, wait.done))
    return found


def reach(facts: Facts, ops: Iterable[str]) -> frozenset[str]:
    """These replies, their parts, and the asks of the turns behind them, all the way down."""
    found: set[str] = set()
    ahead = list(ops)
    while ahead:
        op = ahead.pop()
        if op in found:
            continue
        found.add(op)
        if (composed := facts.composed.get(op)) is not None:
            ahead += composed.parts
        if (message := facts.asks.get(op)) is not None:
            for turn in message.turns:
                ahead += facts.asks_of.get(turn.who, ())
    return frozenset(found)


def _cut(facts: Facts) -> list[str]:
    """Replies that may have been cut off though no client cancelled them."""
    found: list[str] = []
    for wait in facts.waits:
        if wait.outcome is None or wait.outcome.kind == "value":
            continue
        if wait.outcome.kind == "timeout":
            found.append(wait.op)
        composed = facts.composed.get(wait.op)
        if composed is not None and composed.kind == "gather":
            found += composed.parts
    for actor in facts.stops:
        for turn in facts.turns_of.get(actor, ()):
            found += facts.asks_of.get(turn.who, ())
    return found
