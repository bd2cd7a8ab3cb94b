"""What happened in one execution: events recorded by the harness, never by the implementation.

The interpreters and clients write through a `Recorder`; the engine stamps each event with its step, virtual time
and strand; clauses read the finished `History`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from askance.program import Err, Program, Value

OutcomeKind = Literal["value", "error", "stopped", "cycle", "cancelled", "timeout", "refused", "nested"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a wait or a turn ended.

    kind "value": `value`. "error": `error`, plus `detail` where the exception is not the one raised (wrapped,
    copied, another type). "stopped", "cycle", "refused", "timeout", "cancelled": the exceptions that the adapter
    declares for these, `detail` their text. "nested": the result is, or holds, an awaitable, `detail` says which
    type, where and how deep.
    """

    kind: OutcomeKind
    value: Value = None
    error: Err | None = None
    detail: str = field(default="", compare=False)

    def __str__(self) -> str:
        match self.kind:
            case "value":
                return str(self.value) if self.value.__class__.__name__ == "Term" else repr(self.value)
            case "error":
                return f"raises {self.error if self.error is not None else self.detail}"
            case kind:
                return {
                    "stopped": "raises ActorStopped",
                    "cycle": "raises a cycle error",
                    "cancelled": "is cancelled",
                    "timeout": "times out",
                    "refused": "refuses to block",
                    "nested": "a nested awaitable",
                }[kind] + (f" ({self.detail})" if self.detail else "")


EventKind = Literal[
    "ask",  # a message was sent and a reply obtained: who, actor, message, op
    "tell",  # a message was sent: who, actor, message
    "compose",  # a reply was made from others: who, op
    "wait",  # a wait for a reply begins: who, op
    "done",  # a wait for a reply ended: who, op, outcome
    "begin",  # a turn begins: who (the turn), actor, message
    "end",  # a turn ended: who (the turn), actor, message, outcome
    "apply",  # a function given to `then` was run: who, op
    "spawn",  # an actor was spawned: who, actor
    "stop",  # an actor was asked to stop: who, actor
    "cancel",  # a reply was cancelled: who, op
    "client-begin",  # who
    "client-end",  # who
    "settle",  # nothing can move any more: a phase ended
    "loop-blocked",  # the strand blocked while it was running an event loop: detail says on what and where
    "uncaught",  # an exception nobody caught ended a thread, or a loop's exception handler was called: detail
    "closing",  # the system is being closed while actors may be at work
    "closed",  # the system was closed
    "leaked",  # a thread, a loop or a task that was left when all was over: detail
]


BLOCKING = "blocking"
"""The `detail` of a client's "wait" that blocks its thread; one that is awaited has none."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `who` is a client's name ("c0"), a turn ("a#3": the third message that actor a began), or "" for the harness.
    `message` identifies a message by its sender and number ("c0.2", "a#3.1"), unique in the history.
    `op` names the reply concerned: a client's reply name with the client ("c0.r1"), or a turn's ask ("a#3.1").
    `sender` is the client or the actor (not the turn) that sent the message. `value` is the payload of an ask, a
    tell or a turn; of a spawn, the loop that the program asks for. A "done" event without `op` says what sending,
    stopping or cancelling raised: `detail` names the method. An "end" without outcome belongs to a turn that
    returned a reply un-awaited: `detail` is "deferred" and the ask. A "compose" has "gather" or "then" with the
    symbol as `detail`, and the replies it is made of. A client's "wait" has BLOCKING as `detail` where it blocks.

    `strand` is the thread's stable name. `loop` labels the loop that runs: 0, 1, ... in the order in which loops
    were first seen (not the program's indexes), -1 a client's own loop, None no loop; begin, end, wait, done, apply
    and a client's begin and end have it. `step` counts scheduling steps, `time` is in seconds (virtual in the world).
    """

    kind: EventKind
    who: str = ""
    actor: str = ""
    message: str = ""
    op: str = ""
    outcome: Outcome | None = None
    detail: str = ""
    sender: str = ""
    value: Value = None
    step: int = 0
    time: float = 0.0
    strand: str = ""
    loop: int | None = None


class _Written:
    """An event that is being written: a frozen dataclass sets its fields at four times the cost, and there are many.

    It has the slots of an `Event`, in their order, and so can become one.
    """

    __slots__ = tuple(field.name for field in fields(Event))


def recorded(
    kind: EventKind,
    who: str,
    actor: str,
    message: str,
    op: str,
    outcome: Outcome | None,
    detail: str,
    sender: str,
    value: Value,
    stamp: tuple[int, float, str],
    loop: int | None,
) -> Event:
    """The event with these fields; `stamp` is (step, time, strand)."""
    event: Any = _Written()
    event.kind = kind
    event.who = who
    event.actor = actor
    event.message = message
    event.op = op
    event.outcome = outcome
    event.detail = detail
    event.sender = sender
    event.value = value
    event.step, event.time, event.strand = stamp
    event.loop = loop
    event.__class__ = Event
    written: Event = event
    return written


@dataclass(frozen=True, slots=True)
class Waiting:
    """One strand (or turn, or client) that waits when nothing can move: on what, and at which source line.

    `where` is "" for a client that waits in no line but the harness's.
    """

    who: str
    strand: str
    on: str
    where: str

    def __str__(self) -> str:
        at = f" at {self.where}" if self.where else ""
        return f"{self.who or self.strand} waits for {self.on}{at}"


@dataclass(frozen=True, slots=True)
class Deadlock:
    """Why nothing can move: who waits for what, the cycle if any, and the replies nobody is left to complete."""

    waiting: tuple[Waiting, ...]
    cycle: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [str(waiting) for waiting in self.waiting]
        if self.cycle:
            lines.append("cycle: " + " -> ".join((*self.cycle, self.cycle[0])))
        lines += [f"nobody is left to complete {reply}" for reply in self.forgotten]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class History:
    """All events of one execution in order, and how it ended.

    `ending` is "done" (every client ended and the system closed), "deadlock", "steps" (the step limit was
    reached: a livelock, or too small a limit) or "error" (the harness or the engine could not go on: `error`).
    `timers_raced` says whether some timer fired while other strands could still run.
    """

    program: Program
    events: tuple[Event, ...]
    ending: Literal["done", "deadlock", "steps", "error"]
    deadlock: Deadlock | None = None
    error: str = ""
    timers_raced: bool = False


@dataclass
class Recorder:
    """Collects events; `stamp` is the engine's: it returns (step, time, strand)."""

    stamp: Callable[[], tuple[int, float, str]]
    events: list[Event] = field(default_factory=list)

    def add(
        self,
        kind: EventKind,
        who: str = "",
        *,
        actor: str = "",
        message: str = "",
        op: str = "",
        outcome: Outcome | None = None,
        detail: str = "",
        sender: str = "",
        value: Value = None,
        loop: int | None = None,
    ) -> None:
        """Append one event, stamped with the engine's step, time and strand."""
        self.events.append(
            recorded(kind, who, actor, message, op, outcome, detail, sender, value, self.stamp(), loop)
        )
