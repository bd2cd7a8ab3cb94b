"""Turns that began late although their actor was idle: by virtual time, which stands still while anything can run.

Only where no timer fired early, since then time passes although something could run, and lateness is the schedule's.
"""

from __future__ import annotations

from dataclasses import dataclass

from askance.clauses.base import Case
from askance.clauses.blame import loop_went_on
from askance.clauses.facts import Facts, Turn, Wait

PROMPT = 0.5
"""Seconds of virtual time within which an idle actor begins a message. Programs sleep for whole seconds."""


@dataclass(frozen=True, slots=True)
class Late:
    """A turn that began late, and the second in which it should have begun.

    `asleep`: nothing happened on its loop in between, so that the loop was not woken for it (clause D1).
    """

    turn: Turn
    ready: float
    asleep: bool


def late_turns(case: Case) -> tuple[Late, ...]:
    """The turns that began later than their message was sent and their actor free; () where timers raced."""
    if case.history.timers_raced:
        return ()
    facts = case.facts
    events = facts.events
    found = []
    for turns in facts.turns_of.values():
        free = 0.0
        for turn in turns:
            message = facts.messages[turn.message]
            began = events[turn.begin].time
            ready = max(free, events[message.sent].time) if message.sent >= 0 else began
            free = _free_from(facts, turn)
            if began - ready > PROMPT:
                # What happened in the very second in which it began may be what woke the loop.
                until = next(at for at in range(turn.begin + 1) if events[at].time >= began)
                asleep = case.can("async-handlers") and not loop_went_on(case, message, until)
                found.append(Late(turn, ready, asleep))
    return tuple(found)


def _free_from(facts: Facts, turn: Turn) -> float:
    """When the actor is free for its next message: an un-awaited reply that it returned may keep it until then."""
    if turn.end < 0:
        return float("inf")
    ended = facts.events[turn.end].time
    if not turn.deferred:
        return ended
    behind = facts.turn_of(turn.deferred)
    return float("inf") if behind is None else max(ended, _free_from(facts, behind))


def pending_beside(case: Case, turn: Turn, time: float) -> Wait | None:
    """A wait on the turn's own loop, by somebody else, that was open at that time."""
    facts = case.facts
    events = facts.events
    for wait in facts.waits:
        asker = facts.turn.get(wait.who)
        loop = events[asker.begin].loop if asker is not None else events[wait.begin].loop
        if (
            loop is None
            or loop != events[turn.begin].loop
            or (asker is not None and asker.actor == turn.actor)
        ):
            continue
        ended = events[wait.done].time if wait.done >= 0 else float("inf")
        if events[wait.begin].time <= time < ended:
            return wait
    return None


def busy_beside(case: Case, turn: Turn, since: float) -> Turn | None:
    """A turn of another actor on the same loop that began between that second and this turn's beginning."""
    facts = case.facts
    events = facts.events
    home = events[turn.begin].loop
    if home is None:
        return None
    for other in facts.turns[: facts.turns.index(turn)]:
        if (
            other.actor != turn.actor
            and events[other.begin].loop == home
            and events[other.begin].time >= since
        ):
            return other
    return None
