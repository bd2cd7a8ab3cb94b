"""What a history says, read once: messages, turns, waits and composed replies, found by name.

Every clause's check reads these instead of the raw events, so that thirty checks cost one pass over the history.
Positions are indices into `History.events`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from askance.history import Event, History, Outcome
from askance.program import AskOp, Program, Value


@dataclass(slots=True)
class Message:
    """A message: who sent it to whom, and the turns that it began."""

    id: str
    sender: str
    actor: str
    op: str = ""
    """The reply that the sender got for it; empty for a tell, and for a message that nobody was seen to send."""
    value: Value = None
    sent: int = -1
    """Position of the ask or tell; -1 if there is none."""
    turns: list[Turn] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """One handling of one message by one actor, from its begin to its end (`end` is -1 if it never ended)."""

    who: str
    actor: str
    message: str
    begin: int
    end: int = -1
    outcome: Outcome | None = None
    deferred: str = ""
    """The reply that the turn returned un-awaited: its outcome is the turn's."""
    waits: list[Wait] = field(default_factory=list)


@dataclass(slots=True)
class Wait:
    """One wait for one reply, from its begin to its end (`done` is -1 if it never ended)."""

    who: str
    op: str
    begin: int
    done: int = -1
    outcome: Outcome | None = None


@dataclass(slots=True)
class Composed:
    """A reply made from other replies: `kind` is "then" (with its symbol) or "gather"."""

    op: str
    kind: str
    parts: tuple[str, ...]
    symbol: str = ""


@dataclass(slots=True)
class Facts:
    """The history in tables; see `read`."""

    events: tuple[Event, ...]
    messages: dict[str, Message] = field(default_factory=dict)
    asks: dict[str, Message] = field(default_factory=dict)
    """The message behind each asked reply, by the reply's name."""
    asks_of: dict[str, list[str]] = field(default_factory=dict)
    """The replies that each turn or client asked for, by its name, in order."""
    composed: dict[str, Composed] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    turn: dict[str, Turn] = field(default_factory=dict)
    turns_of: dict[str, list[Turn]] = field(default_factory=dict)
    """The turns of each actor, in the order in which they began."""
    waits: list[Wait] = field(default_factory=list)
    waits_for: dict[str, list[Wait]] = field(default_factory=dict)
    """The waits for each reply, in the order in which they began."""
    standstills: list[int] = field(default_factory=list)
    """Positions at which nothing could move: each settle, and the end if the execution deadlocked there."""
    stops: dict[str, int] = field(default_factory=dict)
    """Where each actor was first asked to stop."""
    cancels: dict[str, int] = field(default_factory=dict)
    """Where each reply was first cancelled."""
    others: list[int] = field(default_factory=list)
    """Positions of loop-blocked, uncaught, apply and leaked events."""
    closing: int = -1
    """Where the system began to close while actors might be at work; -1 if it waited until nothing could move.

    What a turn does after that, and what becomes of its asks, is not in these tables.
    """
    sent_in_vain: set[str] = field(default_factory=set)
    """Messages whose ask or tell raised at once: nobody need handle them."""

    def open_waits(self, at: int) -> list[Wait]:
        """The waits that had begun and not ended at that position."""
        return [wait for wait in self.waits if wait.begin < at and not 0 <= wait.done < at]

    def occupying(self, actor: str, at: int) -> Turn | None:
        """The turn that keeps the actor from its next message at that position; None if it is idle.

        That is one that has not ended, or one whose answer is an un-awaited reply that is not there yet: an
        implementation may keep the actor until it is.
        """
        turns = self.turns_of.get(actor, ())
        return next((turn for turn in turns if turn.begin < at and not self.answered(turn, at)), None)

    def answered(self, turn: Turn, at: int) -> bool:
        """Whether the turn had ended at that position, and so had the one whose reply it returned, if any."""
        if not 0 <= turn.end < at:
            return False
        if not turn.deferred:
            return True
        behind = self.turn_of(turn.deferred)
        return behind is not None and behind.begin < at and self.answered(behind, at)

    def asks_behind(self, op: str) -> list[str]:
        """The asked replies that this one is made of: itself, or its parts' parts."""
        composed = self.composed.get(op)
        if composed is not None:
            return [inner for part in composed.parts for inner in self.asks_behind(part)]
        return [op] if op in self.asks else []

    def turn_of(self, op: str) -> Turn | None:
        """The first turn that handled the message behind that reply; None if it was never begun, or is composed."""
        message = self.asks.get(op)
        return message.turns[0] if message is not None and message.turns else None

    def of_kind(self, kind: str) -> list[int]:
        """Positions of the loop-blocked, uncaught, apply or leaked events."""
        return [at for at in self.others if self.events[at].kind == kind]


def read(history: History, composed: Mapping[str, Composed]) -> Facts:
    """The facts of the history, `composed` being the replies that its clients compose; one pass over its events."""
    facts = Facts(history.events, composed=dict(composed))
    open_waits: dict[tuple[str, str], list[Wait]] = {}
    for at, event in enumerate(history.events):
        if facts.closing >= 0 and event.kind not in ("leaked", "uncaught"):
            continue
        match event.kind:
            case "closing":
                facts.closing = at
            case "ask" | "tell":
                message = _message(facts, event)
                message.op, message.value, message.sent = event.op, event.value, at
                message.sender, message.actor = event.who, event.actor
                if event.kind == "ask":
                    facts.asks[event.op] = message
                    facts.asks_of.setdefault(event.who, []).append(event.op)
            case "begin":
                turn = Turn(event.who, event.actor, event.message, at)
                facts.turns.append(turn)
                facts.turn[event.who] = turn
                facts.turns_of.setdefault(event.actor, []).append(turn)
                _message(facts, event).turns.append(turn)
            case "end":
                if (ended := facts.turn.get(event.who)) is not None:
                    ended.end, ended.outcome = at, event.outcome
                    ended.deferred = event.detail.removeprefix("deferred ") if event.outcome is None else ""
            case "wait":
                wait = Wait(event.who, event.op, at)
                facts.waits.append(wait)
                facts.waits_for.setdefault(event.op, []).append(wait)
                open_waits.setdefault((event.who, event.op), []).append(wait)
                if (asker := facts.turn.get(event.who)) is not None:
                    asker.waits.append(wait)
            case "done":
                if waiting := open_waits.get((event.who, event.op)):
                    wait = waiting.pop(0)
                    wait.done, wait.outcome = at, event.outcome
                elif event.op:  # The ask or the composition itself raised: a wait that ended as it began.
                    wait = Wait(event.who, event.op, at, at, event.outcome)
                    facts.waits.append(wait)
                    facts.waits_for.setdefault(event.op, []).append(wait)
                    if (asker := facts.turn.get(event.who)) is not None:
                        asker.waits.append(wait)
                    if (asked := facts.asks.get(event.op)) is not None:
                        facts.sent_in_vain.add(asked.id)
                elif event.message:
                    facts.sent_in_vain.add(event.message)
            case "compose":
                if event.op not in facts.composed and (made := _composed_by_turn(event)) is not None:
                    facts.composed[event.op] = made
            case "settle":
                facts.standstills.append(at)
            case "stop":
                facts.stops.setdefault(event.actor, at)
            case "cancel":
                facts.cancels.setdefault(event.op, at)
            case "loop-blocked" | "uncaught" | "apply" | "leaked":
                facts.others.append(at)
            case _:
                pass
    if history.ending == "deadlock" and facts.closing < 0:
        facts.standstills.append(len(history.events))
    return facts


def _message(facts: Facts, event: Event) -> Message:
    """The message of that event; made if this is the first that is heard of it (a begin may come before its ask)."""
    message = facts.messages.get(event.message)
    if message is None:
        message = Message(event.message, event.sender, event.actor, value=event.value)
        facts.messages[event.message] = message
    return message


def _composed_by_turn(event: Event) -> Composed | None:
    """The reply that a turn composed, where the event's detail says of what: "then f a#1.1", "gather a#1.1 a#1.2"."""
    match event.detail.split():
        case ["then", symbol, part]:
            return Composed(event.op, "then", (part,), symbol)
        case ["gather", *parts]:
            return Composed(event.op, "gather", tuple(parts))
        case _:
            return None


def asked_by_client(program: Program, op: str) -> AskOp | None:
    """The client's ask of that name ("c0.r1"); None if the reply is composed, or a turn's."""
    for client in program.clients:
        for operation in client.operations:
            if isinstance(operation, AskOp) and f"{client.name}.{operation.name}" == op:
                return operation
    return None
