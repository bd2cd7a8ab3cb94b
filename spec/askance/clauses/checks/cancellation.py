"""Checks of chapter C, cancellation: what is let go is let go, and nothing else with it."""

from __future__ import annotations

from collections.abc import Iterator

from askance.clauses.base import Case, Violation
from askance.clauses.blame import hang_of
from askance.clauses.checks.answers import disagreeing_composition, misfit_violation, where
from askance.clauses.checks.deadlock import hang_violation
from askance.clauses.denoted import describe
from askance.clauses.facts import Turn, Wait
from askance.clauses.lateness import PROMPT
from askance.clauses.letting_go import let_go
from askance.clauses.lost_messages import lost_message, said
from askance.clauses.values import cancelled, same
from askance.program import Within, walk


def _waits_after_cancel(case: Case) -> Iterator[tuple[Wait, int]]:
    """The waits for replies that a client cancelled which ended after that, each with the cancellation's position."""
    for op, at in case.facts.cancels.items():
        for wait in case.facts.waits_for.get(op, ()):
            if wait.done > at:
                yield wait, at


# ---------------------------------------------------------------- C1


def c1_violation(case: Case) -> Violation | None:
    """A wait for a cancelled reply that never ended, or that gave an answer which came only after the cancellation."""
    if (hang := hang_of(case, "C1")) is not None:
        return hang_violation(
            case, "C1", hang, f"{hang.wait.who} is told that {hang.wait.op} is cancelled", "it waits for ever"
        )
    if case.history.timers_raced:
        return misfit_violation(case, "C1")
    events = case.facts.events
    for wait, at in _waits_after_cancel(case):
        assert wait.outcome is not None
        if cancelled(wait.outcome) or wait.outcome.kind in ("refused", "timeout"):
            continue
        late = _answered_later(case, wait.op, events[at].time)
        if late is not None:
            return Violation(
                "C1",
                f"{wait.op} is cancelled: {late.who} had not ended in second {events[at].time:g}, when it was",
                f"{wait.op}: {wait.outcome}, which {late.who} gave in second {events[late.end].time:g}",
                where(case, wait),
                (at, late.end, wait.done),
            )
    return misfit_violation(case, "C1")


def _answered_later(case: Case, op: str, time: float) -> Turn | None:
    """A turn behind the reply that ended in a later second: no race with the cancellation could explain its answer."""
    turns = [case.facts.turn_of(inner) for inner in case.facts.asks_behind(op)]
    return next(
        (turn for turn in turns if turn and turn.end >= 0 and case.facts.events[turn.end].time > time), None
    )


def c1_reached(case: Case) -> bool:
    """A wait for a cancelled reply ended as cancelled."""
    return any(wait.outcome is not None and cancelled(wait.outcome) for wait, _ in _waits_after_cancel(case))


# ---------------------------------------------------------------- C2


def _pending_below(case: Case) -> Iterator[tuple[str, Turn, int]]:
    """The asks of turns that were going on when a cancellation reached them, with the asked turn and that position.

    The asked turn was going on too, or came of an ask that was sent although its asker had been cancelled.
    """
    facts = case.facts
    for op, at in case.of(let_go).cancelled.items():
        turn = facts.turn_of(op)
        if op in facts.cancels or turn is None:
            continue
        sent = facts.asks[op].sent
        asker = facts.turn.get(facts.events[sent].who)
        if asker is None or 0 <= asker.end < at or 0 <= turn.end < at:
            continue
        if turn.begin < at or sent > at:
            yield op, turn, at


def c2_violation(case: Case) -> Violation | None:
    """A turn that went on to its end in a later second, though the ask that waited for it had been cancelled.

    Nobody can interrupt a handler that blocks its thread.
    """
    if case.history.timers_raced or not case.can("async-handlers"):
        return None
    facts = case.facts
    events = facts.events
    for op, turn, at in _pending_below(case):
        if turn.outcome is None or cancelled(turn.outcome) or not _cancellation_won(case, at):
            continue
        if events[turn.end].time > events[at].time:
            return Violation(
                "C2",
                f"{turn.who} is cancelled in second {events[at].time:g}, with the ask that waits for it",
                f"{turn.who} went on, and in second {events[turn.end].time:g} it {turn.outcome}",
                f"{describe(case, op)}, asked by {events[facts.asks[op].sent].who}",
                (at, turn.end),
            )
    return None


def _cancellation_won(case: Case, at: int) -> bool:
    """Whether the waiters of what was cancelled at that position saw the cancellation."""
    op = case.facts.events[at].op
    waits = [wait for wait in case.facts.waits_for.get(op, ()) if wait.outcome is not None]
    return all(wait.outcome is not None and cancelled(wait.outcome) for wait in waits)


def c2_reached(case: Case) -> bool:
    """A cancellation met an ask whose handler waited for another."""
    return not case.history.timers_raced and any(True for _ in _pending_below(case))


# ---------------------------------------------------------------- C3


def c3_violation(case: Case) -> Violation | None:
    """After a cancellation: an actor that handles nothing more, a message that is lost, another's ask cancelled too."""
    if (hang := hang_of(case, "C3")) is not None:
        return hang_violation(
            case,
            "C3",
            hang,
            f"the actors that were asked for what was cancelled live on, and {describe(case, hang.reply)} is answered",
            f"{hang.wait.who} waits for {hang.reply} for ever",
        )
    if (message := lost_message(case, "C3")) is not None:
        return Violation(
            "C3",
            f"{said(message)} is handled: cancelling another message leaves the mailbox intact",
            f"{message.actor} never began it",
            f"sent by {message.sender}",
            (case.of(let_go).actors.get(message.actor, 0), message.sent),
        )
    return misfit_violation(case, "C3")


def c3_reached(case: Case) -> bool:
    """An actor began a message that was not cancelled after one that was."""
    gone = case.of(let_go)
    return any(
        turn.begin > at and case.facts.messages[turn.message].op not in gone.cancelled
        for actor, at in gone.actors.items()
        for turn in case.facts.turns_of.get(actor, ())
    )


# ---------------------------------------------------------------- C4


def _limits(case: Case) -> dict[tuple[str, str], int]:
    """For each asker and asked between which there are only bounded asks, the longest bound in seconds."""
    limits: dict[tuple[str, str], int] = {}
    bounded: dict[tuple[str, str], int] = {}
    asks: dict[tuple[str, str], int] = {}
    for actor in case.program.actors:
        for part in walk(actor.behaviour):
            if isinstance(part, Within):
                pair = (actor.name, part.ask.actor)
                bounded[pair] = bounded.get(pair, 0) + 1
                limits[pair] = max(limits.get(pair, 0), part.seconds)
            elif (asked := getattr(part, "actor", None)) is not None:
                pair = (actor.name, asked)
                asks[pair] = asks.get(pair, 0) + 1
    # Every `Within` holds one `Ask`: where there are more asks, some are not bounded.
    return {pair: limit for pair, limit in limits.items() if asks.get(pair) == bounded[pair]}


def c4_violation(case: Case) -> Violation | None:
    """A bounded wait that went on beyond its bound or ended in another error, or a late reply that was noticed."""
    facts = case.facts
    events = facts.events
    limits = case.of(_limits)
    for wait in facts.waits if limits and not case.history.timers_raced else ():
        asker, message = facts.turn.get(wait.who), facts.asks.get(wait.op)
        limit = limits.get((asker.actor, message.actor)) if asker and message else None
        if limit is None or wait.done < 0:
            continue
        took = events[wait.done].time - events[wait.begin].time
        if took > limit + PROMPT:
            return Violation(
                "C4",
                f"{wait.who} gives up {wait.op} after {limit} seconds",
                f"it waited {took:g} seconds, and then: {wait.outcome}",
                where(case, wait),
                (wait.begin, wait.done),
            )
        if (
            took >= limit
            and wait.outcome is not None
            and wait.outcome.kind == "error"
            and not wait.outcome.error
        ):
            return Violation(
                "C4",
                f"{wait.who} gives up {wait.op} after {limit} seconds, by TimeoutError",
                f"{wait.op}: {wait.outcome.detail or wait.outcome}",
                where(case, wait),
                (wait.begin, wait.done),
            )
    if gave_up(case) and not facts.cancels:
        for at in facts.of_kind("uncaught"):
            return Violation(
                "C4",
                "the late reply of an ask that was given up is dropped without noise",
                events[at].detail,
                f"on strand {events[at].strand or '?'}",
                (at,),
            )
    if (hang := hang_of(case, "C4")) is not None:
        return hang_violation(
            case,
            "C4",
            hang,
            f"an ask was given up without effect on the actor, and {describe(case, hang.reply)} is answered",
            f"{hang.wait.who} waits for {hang.reply} for ever",
        )
    if (message := lost_message(case, "C4")) is not None:
        return Violation(
            "C4",
            f"{said(message)} is handled: giving up another message has no effect on the actor",
            f"{message.actor} never began it",
            f"sent by {message.sender}",
            (message.sent,),
        )
    return misfit_violation(case, "C4")


def gave_up(case: Case) -> bool:
    """Whether some wait was given up after its time."""
    return any(wait.outcome is not None and wait.outcome.kind == "timeout" for wait in case.facts.waits)


def c4_reached(case: Case) -> bool:
    """A wait was given up, or went on beyond its bound."""
    return gave_up(case) or c4_violation(case) is not None


# ---------------------------------------------------------------- C5


def c5_violation(case: Case) -> Violation | None:
    """Two who wait for a cancelled reply and see it differ, or a completion that collided with a cancellation."""
    facts = case.facts
    for op in facts.cancels:
        seen = [
            wait
            for wait in facts.waits_for.get(op, ())
            if wait.outcome is not None and wait.outcome.kind not in ("refused", "timeout")
        ]
        for wait in seen[1:]:
            first, second = seen[0].outcome, wait.outcome
            if first is not None and second is not None and not same(first, second):
                return Violation(
                    "C5",
                    f"{op} was cancelled or answered, and every wait agrees which: {seen[0].who} saw {first}",
                    f"{wait.who} saw {second}",
                    where(case, wait),
                    (facts.cancels[op], seen[0].done, wait.done),
                )
    for op in facts.waits_for if facts.cancels else ():
        if (violation := disagreeing_composition(case, "C5", op)) is not None:
            return violation
    for at in facts.of_kind("uncaught") if facts.cancels else ():
        if "InvalidStateError" in facts.events[at].detail:
            return Violation(
                "C5",
                "the one that comes second finds the reply complete, and leaves it alone",
                facts.events[at].detail,
                f"on strand {facts.events[at].strand or '?'}",
                (*facts.cancels.values(), at),
            )
    return misfit_violation(case, "C5")


def c5_reached(case: Case) -> bool:
    """A reply that nobody had seen complete was cancelled in the second in which its turn answered, and waited for."""
    facts = case.facts
    events = facts.events
    for op, at in facts.cancels.items():
        waits = [wait for wait in facts.waits_for.get(op, ()) if wait.outcome is not None]
        if not waits or any(wait.done < at for wait in waits):
            continue
        turns = [facts.turn_of(inner) for inner in facts.asks_behind(op)]
        ended = [turn for turn in turns if turn and turn.outcome and not cancelled(turn.outcome)]
        if any(events[turn.end].time == events[at].time or case.history.timers_raced for turn in ended):
            return True
    return False
