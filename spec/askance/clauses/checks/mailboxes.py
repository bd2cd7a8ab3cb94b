"""Checks of chapter M, mailboxes: in which order, how often, and where messages are handled."""

from __future__ import annotations

from itertools import pairwise

from askance.clauses.base import Case, Violation
from askance.clauses.facts import Message, Turn
from askance.clauses.misfits import ended_by_failure


def said(message: Message) -> str:
    """The message in the program's words: `c0.2 = tell a(7)`."""
    return f"{message.id} = {'ask' if message.op else 'tell'} {message.actor}({message.value})"


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
    """Some actor handled two messages of one sender."""
    return any(len(stream) > 1 for stream in case.of(_streams).values())


def m2_violation(case: Case) -> Violation | None:
    """A message that was begun twice, or not at all by the time nothing could move."""
    facts = case.facts
    for message in facts.messages.values():
        if len(message.turns) > 1:
            first, again = message.turns[:2]
            return Violation(
                "M2",
                f"{said(message)} is handled once",
                f"{message.actor} began it {len(message.turns)} times: {first.who} and {again.who}",
                f"{first.who} on {_on(case, first)}\n{again.who} on {_on(case, again)}",
                (message.sent, first.begin, again.begin) if message.sent >= 0 else (first.begin, again.begin),
            )
    for message in _owed(case):
        if not message.turns:
            return Violation(
                "M2",
                f"{said(message)} is handled by the time nothing can move any more",
                f"{message.actor} never began it, though it was not stopped",
                f"sent by {message.sender} on strand {facts.events[message.sent].strand or '?'}",
                (message.sent,),
            )
    return None


def m2_reached(case: Case) -> bool:
    """Some message had to be handled, and was."""
    return any(message.turns for message in case.of(_owed))


def _owed(case: Case) -> list[Message]:
    """The messages that must have been begun by the last standstill: sent before it, to living actors.

    Where a turn hangs, the messages behind it are owed by whoever keeps it hanging.
    """
    facts = case.facts
    last = facts.standstills[-1] if facts.standstills else 0
    ended = case.of(ended_by_failure)
    return [
        message
        for message in facts.messages.values()
        if 0 <= message.sent < last
        and message.id not in facts.sent_in_vain
        and message.actor not in facts.stops
        and message.actor not in ended
        and (message.turns or facts.occupying(message.actor, last) is None)
        and not _given_up(case, message)
    ]


def _given_up(case: Case, message: Message) -> bool:
    """Whether its asker cancelled the ask, or gave it up, or was refused: then nobody need handle it."""
    facts = case.facts
    outcomes = (wait.outcome for wait in facts.waits_for.get(message.op, ()))
    if any(
        outcome is not None and outcome.kind in ("cancelled", "timeout", "cycle", "stopped")
        for outcome in outcomes
    ):
        return True
    return bool(facts.cancels)


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
    """Some actor handled two messages."""
    return any(len(turns) > 1 for turns in case.facts.turns_of.values())


def _same_thread(case: Case, one: Turn, other: Turn) -> bool:
    """Whether both turns began on one thread: a loop's thread switches between coroutines only where they await."""
    events = case.facts.events
    return events[one.begin].strand == events[other.begin].strand


def m4_violation(case: Case) -> Violation | None:
    """A turn that began or ended elsewhere than its actor's others, or actors that share a loop and should not."""
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
    """Some turn began and ended."""
    return any(turn.end >= 0 for turn in case.facts.turns)


def _place(home: tuple[str, int | None]) -> str:
    strand, loop = home
    return f"strand {strand or '?'}" + (" without an event loop" if loop is None else f", event loop {loop}")
