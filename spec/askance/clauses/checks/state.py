"""The check of M5: the asks on one actor that keeps a state, held against the actor as a sequential machine.

An operation is one message. It is invoked where it was sent; it has responded where a wait for it ended with an answer,
or where its turn did, if nobody waited for it itself. What was cancelled, given up or refused may have happened or not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from askance.clauses.base import Case, Violation
from askance.clauses.facts import Message
from askance.clauses.linearizability import Interval, Linearization, linearize
from askance.clauses.lost_messages import said
from askance.clauses.numbering import Numbering
from askance.clauses.values import CANCELLATIONS
from askance.history import Outcome
from askance.meaning.states import is_sequential, keeps_state, transition
from askance.program import Actor, Value


@dataclass(frozen=True, slots=True)
class Judged:
    """One actor that keeps a state: the messages sent to it, as intervals, and what the search made of them."""

    actor: Actor
    intervals: tuple[Interval[Message], ...]
    answers: tuple[Outcome | None, ...]
    """What came back for each message; None where nothing is known."""
    result: Linearization


def judged(case: Case) -> tuple[Judged, ...]:
    """Every actor of the program that keeps a state and whose turns are told by it and the message alone."""
    waiting = not case.can("reentrant")
    return tuple(
        _judge(case, actor)
        for actor in case.program.actors
        if keeps_state(actor.behaviour) and is_sequential(actor.behaviour, waiting=waiting)
    )


def _judge(case: Case, actor: Actor) -> Judged:
    facts = case.facts
    messages = [message for message in facts.messages.values() if message.actor == actor.name]
    messages = [message for message in messages if message.sent >= 0]
    intervals: list[Interval[Message]] = []
    answers: list[Outcome | None] = []
    for message in messages:
        responded, answer = _response(case, message)
        intervals.append(Interval(message, message.sent, responded))
        answers.append(answer)
    numbered = Numbering()
    seen = {message.id: answer for message, answer in zip(messages, answers, strict=True)}
    values: dict[Hashable, Value] = {numbered(None): None}

    def step(message: Message, state: Hashable) -> tuple[Hashable] | None:
        outcome, after = transition(actor.behaviour, message.value, values[state])
        answer = seen[message.id]
        if answer is not None and not (
            answer.kind == outcome.kind
            and numbered(answer.value) == numbered(outcome.value)
            and numbered(answer.error) == numbered(outcome.error)
        ):
            return None
        number = numbered(after)
        values[number] = after
        return (number,)

    return Judged(actor, tuple(intervals), tuple(answers), linearize(intervals, numbered(None), step))


def _response(case: Case, message: Message) -> tuple[int | None, Outcome | None]:
    """Where the message was answered for certain, and the answer."""
    facts = case.facts
    if not facts.waits_for.get(message.op):  # A tell, or an ask of which only a composition was waited for.
        ended = [turn.end for turn in message.turns if turn.end >= 0 and _is_answer(turn.outcome)]
        return (min(ended), None) if ended else (None, None)
    ends = [wait for wait in facts.waits_for.get(message.op, ()) if _is_answer(wait.outcome)]
    if not ends or message.id in facts.sent_in_vain:
        return None, None
    first = min(ends, key=lambda wait: wait.done)
    return first.done, first.outcome


def _is_answer(outcome: Outcome | None) -> bool:
    """Whether the turn itself has answered so, for certain: a cancellation may be the handler's own or its asker's."""
    if outcome is None:
        return False
    return outcome.kind == "value" or (
        outcome.kind == "error" and outcome.error is not None and outcome.error.kind not in CANCELLATIONS
    )


def m5_violation(case: Case) -> Violation | None:
    """An actor whose answers no order of the messages explains."""
    for one in case.of(judged):
        if not one.result.found and not one.result.gave_up:
            return _violation(case, one)
    return None


def _violation(case: Case, one: Judged) -> Violation:
    """What was seen, in the order sent, and how far the search came."""
    name = one.actor.name
    lines = [
        f"{said(interval.operation)}: {'no answer was seen' if answer is None else answer}"
        for interval, answer in zip(one.intervals, one.answers, strict=True)
    ]
    tried = ", ".join(one.intervals[at].operation.id for at in one.result.order) or "none"
    lines.append(f"the longest order that explains any of it: {tried}")
    return Violation(
        "M5",
        f"the answers of {name} are those of some order of the messages, each between its ask and its answer",
        f"no order of the {len(one.intervals)} messages gives them",
        "\n".join(lines),
        tuple(sorted(interval.invoked for interval in one.intervals)),
    )


def m5_reached(case: Case) -> bool:
    """Two messages to an actor that keeps a state overlapped, and both were answered."""
    return any(True for one in case.of(judged) for _ in _overlaps(one))


def _overlaps(one: Judged) -> Iterator[tuple[Interval[Message], Interval[Message]]]:
    answered = [interval for interval in one.intervals if interval.responded is not None]
    for at, earlier in enumerate(answered):
        for later in answered[at + 1 :]:
            assert earlier.responded is not None and later.responded is not None
            if earlier.invoked < later.responded and later.invoked < earlier.responded:
                yield earlier, later
