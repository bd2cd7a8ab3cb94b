"""Checks of chapter L, life cycle: spawning, failing, stopping and closing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from askance.clauses.base import Case, Violation
from askance.clauses.blame import hang_of, sent_after_stop
from askance.clauses.checks.answers import misfit_violation, where
from askance.clauses.checks.deadlock import hang_violation, stuck
from askance.clauses.denoted import describe
from askance.clauses.facts import Message, Wait
from askance.clauses.hangs import hangs
from askance.clauses.lost_messages import lost_message, said
from askance.clauses.values import same
from askance.history import Event
from askance.program import SleepOp, StopOp

AT_ONCE = 0.5
"""Seconds of virtual time within which an operation that must not wait returns. Programs sleep for whole seconds."""


# ---------------------------------------------------------------- L1


def _sent_to_the_stopped(case: Case) -> Iterator[Message]:
    """The messages that were sent when their actor had surely stopped."""
    facts = case.facts
    for message in facts.messages.values():
        stopped = facts.stops.get(message.actor, len(facts.events))
        if any(stopped < standstill < message.sent for standstill in facts.standstills):
            yield message


def l1_violation(case: Case) -> Violation | None:
    """A message to an actor that had stopped: handled all the same, answered otherwise or late, or never refused."""
    facts = case.facts
    events = facts.events
    for message in _sent_to_the_stopped(case) if facts.stops else ():
        if message.turns:
            turn = message.turns[0]
            return Violation(
                "L1",
                f"{said(message)} fails: {message.actor} had stopped when it was sent",
                f"{message.actor} handled it, in {turn.who}",
                f"{turn.who} on strand {events[turn.begin].strand or '?'}",
                (facts.stops[message.actor], message.sent, turn.begin),
            )
        for wait in facts.waits_for.get(message.op, ()):
            took = events[wait.done].time - events[wait.begin].time if wait.done >= 0 else 0.0
            if took > AT_ONCE and not case.history.timers_raced:
                return Violation(
                    "L1",
                    f"{describe(case, wait.op)} fails at once: {message.actor} had stopped",
                    f"it took {took:g} seconds: {wait.outcome}",
                    where(case, wait),
                    (wait.begin, wait.done),
                )
        if not message.op and message.id not in facts.sent_in_vain:
            return Violation(
                "L1",
                f"{said(message)} raises: {message.actor} had stopped",
                "it returned, and the message went nowhere",
                f"sent by {message.sender} on strand {events[message.sent].strand or '?'}",
                (facts.stops[message.actor], message.sent),
            )
    if (hang := hang_of(case, "L1")) is not None:
        return hang_violation(
            case,
            "L1",
            hang,
            f"{describe(case, hang.reply)} fails at once: its actor had stopped when it was sent",
            f"{hang.wait.who} waits for {hang.wait.op} for ever",
        )
    return misfit_violation(case, "L1")


def l1_reached(case: Case) -> bool:
    """Something was sent to an actor that had stopped."""
    return any(True for _ in _sent_to_the_stopped(case))


# ---------------------------------------------------------------- L2


def l2_violation(case: Case) -> Violation | None:
    """An ask to an actor that stopped meanwhile which never ended, or ended in neither an answer nor that error."""
    if (hang := hang_of(case, "L2")) is not None:
        return hang_violation(
            case,
            "L2",
            hang,
            f"{describe(case, hang.reply)} is answered, or fails because its actor stopped",
            f"{hang.wait.who} waits for {hang.wait.op} for ever",
        )
    return misfit_violation(case, "L2")


def l2_reached(case: Case) -> bool:
    """An ask was not answered yet, or was sent, while its actor stopped, and was waited for."""
    facts = case.facts
    stops = facts.stops
    return any(
        message.actor in stops
        and wait.done > stops[message.actor]
        and not sent_after_stop(case, op)
        and not any(0 <= turn.end < stops[message.actor] for turn in message.turns)
        for op, message in facts.asks.items()
        for wait in facts.waits_for.get(op, ())
    )


# ---------------------------------------------------------------- L3


def _stops(case: Case) -> list[tuple[int, Event]]:
    """Every request to stop an actor, with its position."""
    return [(at, event) for at, event in enumerate(case.facts.events) if event.kind == "stop"]


def l3_violation(case: Case) -> Violation | None:
    """A request to stop an actor that raised, or that cost the asker of the handler which made it its answer."""
    for at, event in enumerate(case.facts.events):
        if event.kind == "done" and not event.op and event.detail == "stop":
            before = [when for when, other in _stops(case) if other.actor == event.actor and when < at]
            again = "again" if len(before) > 1 else "once"
            own = ", from its own handler" if event.who.partition("#")[0] == event.actor else ""
            return Violation(
                "L3",
                f"{event.who} stops {event.actor}, {again}{own}, and nothing is raised",
                f"stop: {event.outcome}",
                f"on strand {event.strand or '?'}",
                (*before, at),
            )
    if (hang := hang_of(case, "L3")) is not None:
        return hang_violation(
            case,
            "L3",
            hang,
            f"{describe(case, hang.reply)} is answered, though its own handler stops the actor",
            f"{hang.wait.who} waits for {hang.wait.op} for ever",
        )
    return misfit_violation(case, "L3")


def l3_reached(case: Case) -> bool:
    """An actor was stopped twice, or by its own handler."""
    stops = [event for _, event in _stops(case)]
    actors = [event.actor for event in stops]
    return len(set(actors)) < len(actors) or any(event.who.startswith(f"{event.actor}#") for event in stops)


# ---------------------------------------------------------------- L4


def l4_violation(case: Case) -> Violation | None:
    """After closing: a thread, loop or task that is left, or an exception or warning that nobody heard."""
    if case.history.ending != "done":
        return None
    facts = case.facts
    if left := facts.of_kind("leaked"):
        return Violation(
            "L4",
            "closing the system ends every loop, thread and task that it started",
            facts.events[left[0]].detail,
            "\n".join(facts.events[at].detail for at in left),
            tuple(left),
        )
    for at in facts.of_kind("uncaught"):
        event = facts.events[at]
        if not _reports_told_failure(case, event):
            return Violation(
                "L4",
                "no exception goes unretrieved, and nothing is warned of",
                event.detail,
                f"on strand {event.strand or '?'}",
                (at,),
            )
    return None


def _reports_told_failure(case: Case, event: Event) -> bool:
    """Whether this is an implementation's way to say that a handler failed on a message which wanted no reply."""
    facts = case.facts
    return "never retrieved" not in event.detail and any(
        turn.outcome is not None
        and turn.outcome.error is not None
        and turn.outcome.error.kind in event.detail
        for turn in facts.turns
        if not facts.messages[turn.message].op
    )


def l4_reached(case: Case) -> bool:
    """The system was closed while actors were at work: there was something to end besides idle threads."""
    return _closed_at_work(case)


def _closed_at_work(case: Case) -> bool:
    """Whether some turn was going on, or some message was waiting, when the system began to close, and it closed."""
    facts = case.facts
    return (
        facts.closing >= 0
        and any(event.kind == "closed" for event in facts.events)
        and (
            any(turn.end < 0 for turn in facts.turns)
            or any(not message.turns for message in facts.messages.values())
        )
    )


# ---------------------------------------------------------------- L5


def _asks_of_spawned(case: Case) -> Iterator[tuple[Message, Wait]]:
    """The waits for actors that a handler spawned."""
    facts = case.facts
    for message in facts.asks.values():
        if message.actor not in case.traits.loops:
            for wait in facts.waits_for.get(message.op, ()):
                yield message, wait


def l5_violation(case: Case) -> Violation | None:
    """A spawned actor whose answer did not reach its spawner, or a handler that could not spawn or ask it."""
    if (hang := hang_of(case, "L5")) is not None:
        return hang_violation(
            case,
            "L5",
            hang,
            f"{describe(case, hang.reply)} is answered: its actor was spawned in the same turn",
            f"{hang.wait.who} waits for {hang.wait.op} for ever",
        )
    facts = case.facts
    for message, wait in _asks_of_spawned(case):
        turn = message.turns[0] if message.turns else None
        # Its own handler may have been told so by another actor that had stopped.
        passed_on = turn and (turn.deferred or (turn.outcome and turn.outcome.kind == "stopped"))
        if wait.outcome is not None and wait.outcome.kind == "stopped" and not passed_on:
            return Violation(
                "L5",
                f"{describe(case, wait.op)} is answered: its actor was spawned in the same turn, and nobody stops it",
                f"{wait.op}: {wait.outcome}",
                where(case, wait),
                (wait.begin, wait.done),
            )
        if wait.outcome is None or turn is None or turn.outcome is None:
            continue
        if wait.outcome.kind not in ("nested", "cancelled", "timeout") and not same(
            turn.outcome, wait.outcome
        ):
            return Violation(
                "L5",
                f"{wait.op}: {turn.outcome}, as {turn.who} did",
                f"{wait.op}: {wait.outcome}",
                where(case, wait),
                (turn.end, wait.done),
            )
    for at, event in enumerate(facts.events):
        spawner = facts.turn.get(event.who) if event.kind == "spawn" else None
        if spawner is None or spawner.outcome is None or event.actor in facts.turns_of:
            continue
        if spawner.outcome.kind == "error" and spawner.outcome.error is None:
            return Violation(
                "L5",
                f"{event.who} spawns {event.actor} and asks it",
                f"{event.who} {spawner.outcome}",
                f"on strand {event.strand or '?'}",
                (at, spawner.end),
            )
    return misfit_violation(case, "L5")


def l5_reached(case: Case) -> bool:
    """A handler asked an actor that it had spawned, and was answered."""
    return any(wait.outcome is not None for _, wait in _asks_of_spawned(case))


# ---------------------------------------------------------------- L6


def l6_violation(case: Case) -> Violation | None:
    """An actor that handles nothing more after a handler of it failed."""
    if (hang := hang_of(case, "L6")) is not None:
        return hang_violation(
            case,
            "L6",
            hang,
            f"{describe(case, hang.reply)} is answered: a failing handler does not end its actor",
            f"{hang.wait.who} waits for {hang.wait.op} for ever",
        )
    if (message := lost_message(case, "L6")) is not None:
        return Violation(
            "L6",
            f"{said(message)} is handled: a failing handler does not end its actor",
            f"{message.actor} never began it, after its handler had failed",
            f"sent by {message.sender}",
            (message.sent,),
        )
    return misfit_violation(case, "L6")


def l6_reached(case: Case) -> bool:
    """A handler failed, and its actor was sent another message."""
    facts = case.facts
    for actor, turns in facts.turns_of.items():
        failed = [turn for turn in turns if turn.outcome is not None and turn.outcome.kind == "error"]
        if failed and any(
            message.actor == actor and (not message.turns or message.turns[0].begin > failed[0].end)
            for message in facts.messages.values()
        ):
            return True
    return False


# ---------------------------------------------------------------- L7


def l7_violation(case: Case) -> Violation | None:
    """A stop that waited, or a closing of the system that took its time or never returned."""
    facts = case.facts
    events = facts.events
    if case.history.ending == "deadlock" and not case.of(hangs) and not stuck(case):
        told = case.history.deadlock.waiting if case.history.deadlock else ()
        return Violation(
            "L7",
            "closing the system returns, whatever the actors are doing",
            "it never returned",
            "\n".join(map(str, told)),
            (len(events) - 1,),
        )
    if (hang := hang_of(case, "L7")) is not None:
        return hang_violation(
            case,
            "L7",
            hang,
            "stop returns, whatever the actors are doing",
            "a handler that stops an actor blocks",
        )
    if case.history.timers_raced:
        return None
    for at, event in _stops(case):
        after = _next_of(case, event.who, at)
        if after is not None and events[after].time - event.time > AT_ONCE:
            return Violation(
                "L7",
                f"{event.who} asks {event.actor} to stop in second {event.time:g}, and goes on at once",
                f"it goes on in second {events[after].time:g}",
                f"on strand {event.strand or '?'}",
                (at, after),
            )
    if facts.closing >= 0:
        return None  # The actors may take their time to end; closing must only not wait for ever.
    closed = next((at for at, event in enumerate(events) if event.kind == "closed"), -1)
    last = facts.standstills[-1] if facts.standstills else -1
    if 0 <= last < closed and events[closed].time - events[last].time > AT_ONCE:
        return Violation(
            "L7",
            f"the system, in which nothing moves since second {events[last].time:g}, closes at once",
            f"it closed in second {events[closed].time:g}",
            "",
            (last, closed),
        )
    return None


def _next_of(case: Case, who: str, at: int) -> int | None:
    """The position of the next event of a client that sleeps after no stop; None for others: it might be asleep."""
    client = next((one for one in case.program.clients if one.name == who), None)
    if client is None or any(
        isinstance(operation, StopOp) and isinstance(following, SleepOp)
        for operation, following in pairwise(client.operations)
    ):
        return None
    events = case.facts.events
    return next((here for here in range(at + 1, len(events)) if events[here].who == who), None)


def l7_reached(case: Case) -> bool:
    """The system was closed while actors were at work, or an actor was asked to stop in the middle of a turn."""
    facts = case.facts
    return _closed_at_work(case) or any(
        turn.begin < at and not 0 <= turn.end < at
        for at, event in _stops(case)
        for turn in facts.turns_of.get(event.actor, ())
    )
