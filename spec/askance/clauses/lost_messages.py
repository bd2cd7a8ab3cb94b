"""Messages that must be handled and were not, each with the one clause that it violates."""

from __future__ import annotations

from askance.clauses.base import Case
from askance.clauses.blame import clause_of_unbegun
from askance.clauses.denoted import ended_by_failure
from askance.clauses.facts import Message
from askance.clauses.letting_go import let_go


def owed(case: Case) -> tuple[Message, ...]:
    """The messages that must have been begun by the last standstill: sent before it, to living actors.

    Where a turn hangs, the messages behind it are owed by whoever keeps it hanging.
    """
    facts = case.facts
    last = facts.standstills[-1] if facts.standstills else 0
    ended = case.of(ended_by_failure)
    dropped = case.of(let_go).dropped
    return tuple(
        message
        for message in facts.messages.values()
        if 0 <= message.sent < last
        and message.id not in facts.sent_in_vain
        and message.actor not in facts.stops
        and message.actor not in ended
        and message.op not in dropped
        and (message.turns or facts.occupying(message.actor, last) is None)
    )


def lost_message(case: Case, clause: str) -> Message | None:
    """The first owed message that was never begun, and that violates that clause."""
    return next((message for message, blamed in case.of(_lost) if blamed == clause), None)


def _lost(case: Case) -> tuple[tuple[Message, str], ...]:
    last = case.facts.standstills[-1] if case.facts.standstills else 0
    return tuple(
        (message, clause_of_unbegun(case, message, last, otherwise="M2"))
        for message in case.of(owed)
        if not message.turns
    )


def said(message: Message) -> str:
    """The message in the program's words: `c0.2 = tell a(7)`."""
    return f"{message.id} = {'ask' if message.op else 'tell'} {message.actor}({message.value})"
