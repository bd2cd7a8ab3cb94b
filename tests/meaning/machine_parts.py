"""What the abstract machine of `tests.meaning.machine` is made of: replies, messages, actors, and turns in progress."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from askance.history import Outcome
from askance.program import Expression, Value

STOPPED, CYCLE, CANCELLED = Outcome("stopped"), Outcome("cycle"), Outcome("cancelled")


class Failure(Exception):
    """A wait, or a turn, that fails with the outcome."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class TimedOut(Exception):
    """A timer has fired."""


class Endless(Exception):
    """The run has taken more steps than a program of this size should."""


@dataclass(eq=False)
class Reply:
    """A reply: done when it has an outcome. Either a message is to give it, or it is made of `parts`.

    `symbol` is applied to the parts' values; "" takes the one part's value as it is, None all values as a tuple.
    """

    outcome: Outcome | None = None
    parts: tuple[Reply, ...] = ()
    symbol: str | None = None
    message: Message | None = None

    def value(self) -> Value:
        """The value of the reply, which is done; raises Failure if it has none."""
        assert self.outcome is not None
        if self.outcome.kind != "value":
            raise Failure(self.outcome)
        return self.outcome.value


@dataclass(eq=False)
class Message:
    """What is in a mailbox: `reply` is None for a tell."""

    actor: Actor
    value: Value
    reply: Reply | None
    sender: Turn | None
    turn: Turn | None = None


@dataclass(eq=False)
class Actor:
    """A mailbox, and the turn that the actor has, if any."""

    name: str
    behaviour: Expression
    mailbox: list[Message] = field(default_factory=list)
    turn: Turn | None = None
    stopped: bool = False
    state: Value = None


@dataclass(eq=False)
class Turn:
    """A running behaviour: what it waits for (`waiting`), and whether a timer may end the wait."""

    actor: Actor
    message: Message
    steps: Generator[Any, None, Any] = field(init=False)
    waiting: tuple[Reply, ...] = ()
    timed: bool = False


def reaches(replies: tuple[Reply, ...], target: Turn) -> bool:
    """Whether the replies need the turn to go on, through the turns and mailboxes that they wait in."""
    seen: set[int] = set()
    rest = list(replies)
    while rest:
        reply = rest.pop()
        if id(reply) in seen or reply.outcome is not None:
            continue
        seen.add(id(reply))
        rest += reply.parts
        if reply.message is not None:
            turn = reply.message.turn or reply.message.actor.turn
            if turn is target:
                return True
            if turn is not None:
                rest += turn.waiting
    return False
