"""Checks of chapter M, mailboxes: in which order, how often, and where messages are handled."""

from __future__ import annotations

from itertools import pairwise

from askance.clauses.base import Case, Violation
from askance.clauses.facts import Message, Turn
from askance.clauses.lateness import busy_beside, late_turns, pending_beside
from askance.clauses.lost_messages import lost_message, owed, said


def _on(case: Case, turn: Turn) -> str:
    event = case.facts.events[turn.begin]
    return f"strand {event.strand or '?'}" + ("" if event.loop is None else f", event loop {event.loop}")


def _streams(case: Case) -> dict[tuple[str, str], list[Message]]:
    """The messages that were sent and begun, by sender (client or actor) and receiver, in the order sent."""
    facts = case.facts
    streams: dict[tuple[str, str], list[Message]] = {}
    for message in facts.messages.values():
        if message.sent >= 0 and message.turns:
            sender = facts.events[message.sent].sender or message.sender.partition("#")[0]
            streams.setdefault((sender, message.actor), []).append(message)
    for stream in streams.values():
        stream.sort(key=lambda message: message.sent)
    return streams


def m1_violation(case: Case) -> Violation | None:
    """Two messages of one sender that their actor began in the other order."""
    for (sender, actor), stream in case.of(_streams).items():
        for earlier, later in pairwise(stream):
            if later.turns[0].begin < earlier.turns[0].begin:
                return Violation(
                    "M1",
                    f"{actor} handles {said(earlier)} before {said(later)}: {sender} sent them in this order",
                    f"{actor} began {said(later)} first",
                    f"{later.turns[0].who} on {_on(case, later.turns[0])}\n"
                    f"{earlier.turns[0].who} on {_on(case, earlier.turns[0])}",
                    (earlier.sent, later.sent, later.turns[0].begin, earlier.turns[0].begin),
                )
    return None


def m1_reached(case: Case) -> bool:
    """Some message was sent before the sender's last one to that actor was begun: it could have overtaken it."""
    return any(
        later.sent < earlier.turns[0].begin
        for stream in case.of(_streams).values()
        for earlier, later in pairwise(stream)
    )


def m2_violation(case: Case) -> Violation | None:
    """A message that was begun twice, or not at all by the time nothing could move."""
    facts = case.facts
    for message in facts.messages.values():
        if len(message.turns) > 1:
            first, again = message.turns[:2]
            times = len(message.turns)
            how = "2 times:" if times == 2 else f"{times} times, first as"
            return Violation(
                "M2",
                f"{said(message)} is handled once",
                f"{message.actor} began it {how} {first.who} and {again.who}",
                f"{first.who} on {_on(case, first)}\n{again.who} on {_on(case, again)}",
                (message.sent, first.begin, again.begin) if message.sent >= 0 else (first.begin, again.begin),
            )
    if (lost := lost_message(case, "M2")) is not None:
        return Violation(
            "M2",
            f"{said(lost)} is handled by the time nothing can move any more",
            f"{lost.actor} never began it, though it was not stopped",
            f"sent by {lost.sender} on strand {facts.events[lost.sent].strand or '?'}",
            (lost.sent,),
        )
    return None


def m2_reached(case: Case) -> bool:
    """Some message had to be handled, and was."""
    return any(message.turns for message in case.of(owed))


def m3_violation(case: Case) -> Violation | None:
    """A turn that began before its actor's last one had ended."""
    facts = case.facts
    for actor, turns in facts.turns_of.items():
        for earlier, later in pairwise(turns):
            if 0 <= earlier.end < later.begin:
                continue
            if case.can("reentrant") and _same_thread(case, earlier, later):
                continue
            return Violation(
                "M3",
                f"{actor} ends {earlier.who} before it begins {later.who}",
                f"{later.who} began while {earlier.who} was going on"
                + (", on another thread" if not _same_thread(case, earlier, later) else ""),
                f"{earlier.who} handles {earlier.message} on {_on(case, earlier)}\n"
                f"{later.who} handles {later.message} on {_on(case, later)}",
                (earlier.begin, later.begin),
            )
    return None


def m3_reached(case: Case) -> bool:
    """Some message was waiting to be begun while its actor handled another: the turns could have overlapped."""
    facts = case.facts
    return any(
        facts.messages[later.message].sent < earlier.end or later.begin < earlier.end
        for turns in facts.turns_of.values()
        for at, earlier in enumerate(turns)
        for later in turns[at + 1 :]
    )


def _same_thread(case: Case, one: Turn, other: Turn) -> bool:
    """Whether both turns began on one thread: a loop's thread switches between coroutines only where they await."""
    events = case.facts.events
    return events[one.begin].strand == events[other.begin].strand


def m4_violation(case: Case) -> Violation | None:
    """A turn that began or ended elsewhere than its actor's others, or actors that share a loop and should not."""
    if getattr(case.adapter, "any_thread", False):
        return None
    events = case.facts.events
    homes: dict[str, tuple[str, int | None]] = {}
    for actor, turns in case.facts.turns_of.items():
        for turn in turns:
            for at in (turn.begin, turn.end):
                if at < 0:
                    continue
                here = (events[at].strand, events[at].loop)
                home = homes.setdefault(actor, here)
                if here != home:
                    return Violation(
                        "M4",
                        f"every turn of {actor} begins and ends on {_place(home)}",
                        f"{turn.who} {'began' if at == turn.begin else 'ended'} on {_place(here)}",
                        f"{turn.who} handles {turn.message}",
                        (turns[0].begin, at),
                    )
    if not case.can("loops"):
        return None
    residents: dict[int, str] = {}
    for actor, loop in case.traits.loops.items():
        if loop is None or actor not in homes:
            continue
        first = residents.setdefault(loop, actor)
        if homes[first] != homes[actor]:
            return Violation(
                "M4",
                f"{first} and {actor}, both placed on loop {loop}, run on one event loop and thread",
                f"{first} runs on {_place(homes[first])}, {actor} on {_place(homes[actor])}",
                "",
                (case.facts.turns_of[first][0].begin, case.facts.turns_of[actor][0].begin),
            )
    for loop, actor in residents.items():
        for other_loop, other in residents.items():
            if loop < other_loop and homes[actor] == homes[other]:
                return Violation(
                    "M4",
                    f"{actor} on loop {loop} and {other} on loop {other_loop} run on different event loops and threads",
                    f"both run on {_place(homes[actor])}",
                    "",
                    (case.facts.turns_of[actor][0].begin, case.facts.turns_of[other][0].begin),
                )
    return None


def m4_reached(case: Case) -> bool:
    """Some turn that ended was asked for from elsewhere: it could have run there."""
    facts = case.facts
    events = facts.events
    return any(
        turn.end >= 0
        and facts.messages[turn.message].sent >= 0
        and events[facts.messages[turn.message].sent].strand != events[turn.begin].strand
        for turn in facts.turns
    )


def _place(home: tuple[str, int | None]) -> str:
    strand, loop = home
    return f"strand {strand or '?'}" + (" without an event loop" if loop is None else f", event loop {loop}")


MOST_OVERTAKEN = 8
"""How many messages, sent to neighbours when one had surely been sent to an idle actor, may be begun before it."""


def m6_violation(case: Case) -> Violation | None:
    """An idle actor that began a message late, or after many that were sent later, while its loop served others."""
    facts = case.facts
    events = facts.events
    for late in case.of(late_turns):
        other = busy_beside(case, late.turn, late.ready)
        if other is not None and not late.asleep and pending_beside(case, late.turn, late.ready) is None:
            began = events[late.turn.begin].time
            return Violation(
                "M6",
                f"{late.turn.actor} is idle, and begins {late.turn.message} at once (second {late.ready:g})",
                f"it began in second {began:g}; meanwhile {other.who} began on the same loop",
                f"{late.turn.who} on {_on(case, late.turn)}",
                (other.begin, late.turn.begin),
            )
    for turn in facts.turns:
        overtaking = _overtaking(case, turn)
        if len(overtaking) > MOST_OVERTAKEN:
            return Violation(
                "M6",
                f"{turn.actor} is idle, and begins {turn.message} before most of what its neighbours are sent later",
                f"{len(overtaking)} messages that were sent later were begun before it on the same loop",
                f"{turn.who} on {_on(case, turn)}; the first of them: {overtaking[0].who}",
                (overtaking[0].begin, turn.begin),
            )
    return None


def _overtaking(case: Case, turn: Turn) -> list[Turn]:
    """The turns of neighbours that began before this one on the same loop, for messages that were sent surely later."""
    facts = case.facts
    events = facts.events
    message = facts.messages[turn.message]
    home = events[turn.begin].loop
    if message.sent < 0 or home is None:
        return []
    sender = events[message.sent].who
    sent = next((at for at in range(message.sent + 1, turn.begin) if events[at].who == sender), turn.begin)
    if any(
        not facts.answered(other, sent) for other in facts.turns_of[turn.actor] if other.begin < turn.begin
    ):
        return []  # It was busy itself, or may have been: with an un-awaited reply that it returned.
    return [
        other
        for other in facts.turns
        if sent < facts.messages[other.message].sent < other.begin < turn.begin
        and other.actor != turn.actor
        and events[other.begin].loop == home
    ]


def m6_reached(case: Case) -> bool:
    """A message had been sent and was not begun while another actor of its loop began one."""
    facts = case.facts
    events = facts.events
    return any(
        0 <= facts.messages[turn.message].sent < other.begin < turn.begin
        and other.actor != turn.actor
        and events[other.begin].loop == events[turn.begin].loop is not None
        for turn in facts.turns
        for other in facts.turns
    )
