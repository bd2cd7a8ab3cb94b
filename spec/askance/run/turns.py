"""Turns: what handlers of both kinds share. A directory of the actors, envelopes, ids, and the events of a turn.

A handler is one actor's behaviour; each call of it is a turn. Turns are numbered in the order in which they begin,
by the handler itself, so a broken implementation that begins two at once, or one on a wrong loop, is seen as it is.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from askance.adapter import Adapter, System
from askance.errors import make
from askance.history import Outcome, Recorder
from askance.program import Err, Expression, Fail, Raise, Spawn, Term, Value, mapped, walk
from askance.run.actor_state import ActorState
from askance.run.classify import Classifier, recordable
from askance.world import EngineFailure, StrandKilled

__all__ = ["NOT_AN_OUTCOME", "Directory", "Envelope", "Pending", "Turn", "live"]

NOT_AN_OUTCOME = (StrandKilled, EngineFailure, KeyboardInterrupt)
"""What an engine throws to end a strand: no clause is about it, so it is passed on and never recorded."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What travels: a message's id, unique in the history, who sent it (a client or an actor), and its value."""

    id: str
    sender: str
    value: Value


class Pending:
    """An un-awaited reply, on its way out of a turn whose behaviour is `Deferred`."""

    __slots__ = ("op", "reply")

    def __init__(self, op: str, reply: Any) -> None:
        self.op = op
        self.reply = reply


def live(value: Any) -> Any:
    """What a handler returns for `value`: an `Err` travels as a real exception instance, returned and not raised."""
    if type(value) is Err:
        return make(value)
    if type(value) is Pending:
        return value.reply
    return value


class RaisedErrors:
    """The errors that the behaviours raise themselves: no others are ever taken for the program's.

    Behaviours are read when the first exception is looked at; most executions see none.
    """

    def __init__(self) -> None:
        self.errors: set[Err] = set()
        self.made: set[str] = set()
        """The kinds of those that hold a term made in the turn: no library's own do."""
        self.unread: list[Expression] = []

    def learn(self, behaviour: Expression) -> None:
        """An actor has this behaviour."""
        self.unread.append(behaviour)

    def __contains__(self, error: object) -> bool:
        while self.unread:
            parts = list(walk(self.unread.pop()))
            self.errors.update([part.error for part in parts if type(part) is Raise])
            self.made.update([part.error for part in parts if type(part) is Fail])
        if type(error) is Err and type(error.argument) is Term and error.kind in self.made:
            return True
        return error in self.errors


class Directory:
    """Everything that the handlers and clients of one performance share: names to refs, and the recorder.

    A handler may ask actors that were spawned after it, so behaviours name actors and the directory finds them.
    """

    def __init__(self, adapter: Adapter, recorder: Recorder, second: float = 1) -> None:
        self.adapter = adapter
        self.recorder = recorder
        self.add = recorder.add
        self.second = second
        """How long a second of the program lasts, in seconds."""
        self.token: str | None = None
        # Assigned by the performance when it opens.
        self.system: System
        self.refs: dict[str, Any] = {}
        self.replies: dict[str, Any] = {}
        """What the clients keep for each reply, "client.reply"."""
        self._on_made: dict[str, list[Callable[[], object]]] = {}
        self.errors: list[BaseException] = []
        """Those that waits have ended with."""
        self.raised = RaisedErrors()
        self.classifier = Classifier(adapter, self.raised)
        self.native_then = "then" in adapter.capabilities
        self.native_gather = "gather" in adapter.capabilities
        self.places_actors = "loops" in adapter.capabilities
        self.handlers_are_async = "async-handlers" in adapter.capabilities
        # invariant: while False, every value that was ever seen is data of the program
        self.saw_library_objects = False
        self._loop_labels: dict[asyncio.AbstractEventLoop, int] = {}
        self._next_label = itertools.count()

    def __reduce__(self) -> Any:
        """A handler takes its directory along: in another process it is one that asks this process."""
        from askance.run.elsewhere import pickled

        return pickled(self)

    def made(self, reply: str, kept: Any) -> None:
        """A client has made the reply: others may wait for it or cancel it."""
        self.replies[reply] = kept
        for go_on in self._on_made.pop(reply, ()):
            go_on()

    def when_made(self, reply: str, go_on: Callable[[], object]) -> bool:
        """Have `go_on` called, on the thread of whoever makes the reply; False if it is there already.

        No lock is taken, which would be a step of every program: each side writes first, and then looks.
        """
        self._on_made.setdefault(reply, []).append(go_on)
        return reply not in self.replies

    def turns(self, actor: str) -> Callable[[], int]:
        """What numbers the turns of that actor."""
        return itertools.count(1).__next__

    def loop(self) -> int | None:
        """The label of the running event loop: 0, 1, ... in order of first appearance, -1 a client's own, None none."""
        running = asyncio._get_running_loop()
        if running is None:
            return None
        label = self._loop_labels.get(running)
        if label is None:
            label = self._loop_labels.setdefault(running, self.next_label())
        return label

    def next_label(self) -> int:
        """The label of the next loop that appears."""
        return next(self._next_label)

    def foreign_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """`loop` is a client's own, and no loop of the system's."""
        self._loop_labels[loop] = -1

    def spawn(self, name: str, behaviour: Expression, loop: int | None, who: str = "") -> Any:
        """Spawn an actor under `name`, where the implementation can place it; return its ref."""
        from askance.run.asynchronous import AsyncHandler
        from askance.run.blocking import BlockingHandler

        self.raised.learn(behaviour)
        handler = (AsyncHandler if self.handlers_are_async else BlockingHandler)(name, behaviour, self)
        self.add("spawn", who, actor=name, value=loop)
        self.refs[name] = ref = self.system.spawn(handler.handle, loop if self.places_actors else None)
        return ref

    def shown(self, value: Any) -> Value:
        """`value` as events may hold it."""
        return recordable(value) if self.saw_library_objects else value

    def sent(self, who: str, sender: str, actor: str, message: str, value: Any, op: str = "") -> Envelope:
        """Record that a message is being sent; return what to send. With `op`, an ask, else a tell."""
        self.add(
            "ask" if op else "tell",
            who,
            actor=actor,
            message=message,
            op=op,
            sender=sender,
            value=self.shown(value),
        )
        return Envelope(message, sender, value)

    def arrived(self, who: str, op: str, raw: Any, gathered: bool = False) -> Any:
        """Record that the wait for `op` gave `raw`; return the value to go on with (`raw` if it is no value)."""
        outcome = self.classifier.gathered(raw) if gathered else self.classifier.value(raw)
        self.add("done", who, op=op, outcome=outcome, loop=self.loop())
        if outcome.kind == "value":
            return outcome.value
        self.saw_library_objects = True
        return raw

    def failed(self, who: str, op: str, error: BaseException) -> None:
        """Record that the wait for `op` raised `error`."""
        if not isinstance(error, NOT_AN_OUTCOME):
            self.errors.append(error)
            self.add("done", who, op=op, outcome=self.classifier.exception(error), loop=self.loop())

    def refused(
        self, who: str, what: str, error: BaseException, *, actor: str = "", message: str = ""
    ) -> None:
        """Record that the implementation raised `error` from an operation that waits for nothing.

        Such a "done" event has no `op`; `detail` says which method raised.
        """
        if not isinstance(error, NOT_AN_OUTCOME):
            outcome = self.classifier.exception(error)
            self.add(
                "done", who, actor=actor, message=message, outcome=outcome, detail=what, loop=self.loop()
            )

    def mapped(self, who: str, op: str, symbol: str, gathered: bool = False) -> Any:
        """The function to give to the library's own composition operator: applies `symbol`, and records that it ran."""

        return functools.partial(self.apply, who, op, symbol, gathered)

    def apply(self, who: str, op: str, symbol: str, gathered: bool, raw: Any) -> Any:
        """Apply `symbol` to what a reply gave, for the reply `op`, and record it."""
        outcome = self.classifier.gathered(raw) if gathered else self.classifier.value(raw)
        self.add("apply", who, op=op, outcome=outcome, loop=self.loop())
        return mapped(symbol, outcome.value if outcome.kind == "value" else raw)


class Turn:
    """One message being handled by one actor: its id, its message, and how many messages it has sent so far."""

    __slots__ = ("actor", "directory", "id", "message", "number", "spawned", "state")

    def __init__(
        self, directory: Directory, actor: str, count: int, envelope: Envelope, state: ActorState
    ) -> None:
        self.directory = directory
        self.actor = actor
        self.state = state
        self.id = f"{actor}#{count}"
        self.message: Any = envelope.value
        self.number = 0
        self.spawned = 0
        directory.add(
            "begin",
            self.id,
            actor=actor,
            message=envelope.id,
            sender=envelope.sender,
            value=directory.shown(envelope.value),
            loop=directory.loop(),
        )

    def next_id(self) -> str:
        """The id of this turn's next message, or of a reply that it composes."""
        self.number += 1
        return f"{self.id}.{self.number}"

    def end(self, envelope: Envelope, value: Any) -> Any:
        """Record that the turn gave `value`; return what the handler returns to the library.

        A turn that gives an un-awaited reply ends without an outcome: `detail` names the ask that has it.
        """
        directory = self.directory
        if type(value) is Pending:
            outcome, detail = None, f"deferred {value.op}"
        else:
            outcome, detail = directory.classifier.value(value), ""
        self._ended(envelope, outcome, detail)
        return live(value)

    def fail(self, envelope: Envelope, error: BaseException) -> None:
        """Record that the turn raised `error`; for a coroutine that is closed unfinished, a GeneratorExit."""
        if not isinstance(error, NOT_AN_OUTCOME):
            self._ended(envelope, self.directory.classifier.exception(error), "")

    def _ended(self, envelope: Envelope, outcome: Outcome | None, detail: str) -> None:
        directory = self.directory
        directory.add(
            "end",
            self.id,
            actor=self.actor,
            message=envelope.id,
            sender=envelope.sender,
            value=directory.shown(envelope.value),
            outcome=outcome,
            detail=detail,
            loop=directory.loop(),
        )

    def ask(self, actor: str, value: Any) -> tuple[str, Any]:
        """Send an ask; return the reply's id and the library's reply. A raise of the library's goes on."""
        directory = self.directory
        op = self.next_id()
        envelope = directory.sent(self.id, self.actor, actor, op, value, op)
        try:
            return op, directory.system.ask(directory.refs[actor], envelope)
        except BaseException as error:
            directory.failed(self.id, op, error)
            raise

    def tell(self, actor: str, value: Any) -> None:
        """Send `value` to the actor of that name without wanting a reply. A raise of the library's goes on."""
        directory = self.directory
        message = self.next_id()
        envelope = directory.sent(self.id, self.actor, actor, message, value)
        try:
            directory.system.tell(directory.refs[actor], envelope)
        except BaseException as error:
            directory.refused(self.id, "tell", error, actor=actor, message=message)
            raise

    def stop(self, actor: str) -> None:
        """Ask the implementation to stop the actor of that name. A raise of the library's goes on."""
        directory = self.directory
        directory.add("stop", self.id, actor=actor)
        try:
            directory.system.stop(directory.refs[actor])
        except BaseException as error:
            directory.refused(self.id, "stop", error, actor=actor)
            raise

    def spawn(self, expression: Spawn) -> str:
        """Spawn the actor; return its name, which is made from this turn's."""
        self.spawned += 1
        name = f"{self.id}/{self.spawned}"
        self.directory.spawn(name, expression.behaviour, expression.loop, self.id)
        return name

    def compose(self, what: str, parts: tuple[str, ...]) -> str:
        """Record that a reply is made of others by the library's own operator; return its id."""
        op = self.next_id()
        self.directory.add("compose", self.id, op=op, detail=" ".join((what, *parts)))
        return op
