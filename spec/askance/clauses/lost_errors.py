"""Hangs that are lost errors: a turn failed, and its asker waits for ever (clause A4, not D1).

It is a lost error where the exception itself explains the loss (it ended a thread, or is of a kind on which event loops
and futures act), or where nothing but errors is lost: an answer that reaches nobody either makes it a lost wakeup.
"""

from __future__ import annotations

from askance.clauses.base import Case
from askance.clauses.facts import Turn
from askance.clauses.hangs import Hang, roots
from askance.errors import KINDS, is_caught

REFUSED_BY_FUTURES = frozenset({"StopIteration", "StopAsyncIteration"})


def lost_errors(case: Case) -> tuple[tuple[Hang, Turn], ...]:
    """The hangs whose asker was not woken because a turn failed in a way that the implementation lost, and the turn."""
    behind = []
    for hang in roots(case, "not-woken"):
        turns = [case.facts.turn_of(op) for op in case.facts.asks_behind(hang.reply)]
        behind.append((hang, [turn for turn in turns if turn is not None and _failed(turn)], turns))
    only_errors = all(len(failed) == len(turns) for _, failed, turns in behind)
    found = []
    for hang, failed, _ in behind:
        lost = next((turn for turn in failed if only_errors or _explained(case, turn)), None)
        if lost is not None:
            found.append((hang, lost))
    return tuple(found)


def _failed(turn: Turn) -> bool:
    """Whether the turn ended, and not with a value."""
    return turn.outcome is not None and turn.outcome.kind != "value"


def _explained(case: Case, turn: Turn) -> bool:
    """Whether the exception that the turn failed with explains why nobody was told."""
    assert turn.outcome is not None
    error = turn.outcome.error
    if error is None or error.kind not in KINDS:
        return turn.outcome.kind == "cancelled"
    ended_a_thread = any(error.kind in case.facts.events[at].detail for at in case.facts.of_kind("uncaught"))
    return ended_a_thread or error.kind in REFUSED_BY_FUTURES or not is_caught(error)
