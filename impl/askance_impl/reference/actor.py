"""An actor: a handler, a mailbox, and one message at a time on the thread of one loop. Made by `System.spawn`.

A message goes into the mailbox on the thread of whoever sends it, so messages of one sender stay in order; then the
actor's loop is woken, unless the actor is awake. The handler of each message runs in a task of its own: what it does
to its context variables, and a cancellation that comes late, end with it.

Nothing here takes a lock. `deque.append` and `popleft` are atomic, and wherever two threads might miss each other,
each writes first and then looks: the sender appends and then looks whether the actor has fallen asleep or
stopped; the actor falls asleep or stops and then looks into the mailbox. Whoever takes a message out deals with it.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import TYPE_CHECKING, Any, ClassVar

from askance_impl.reference.composition import as_raised, flat, is_awaitable
from askance_impl.reference.errors import ActorStopped, SystemClosed
from askance_impl.reference.reply import Reply
from askance_impl.reference.supervision import Supervision, resume
from askance_impl.reference.wait_for import Turn, current_turn

if TYPE_CHECKING:
    from askance_impl.reference.loops import LoopThread
    from askance_impl.reference.system import System

__all__ = ["Actor", "AskReply"]


_numbers = itertools.count()
"""One for each ask, in the order sent."""


class AskReply(Reply):
    """The reply of one message to one actor."""

    __slots__ = ("_actor", "_number", "_turn")

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor.home)
        self._actor = actor
        self._number = next(_numbers)
        self._turn: Turn | None = None

    def __repr__(self) -> str:
        state = "done" if self._done else "pending"
        return f"<reply of {self._actor.name}, {state}>"

    def _turn_ahead(self) -> Turn | None:
        """The turn that must end first: this message's own, or the one its actor is busy with."""
        return self._turn or self._actor.busy_with()

    def _withdraw(self) -> Sequence[Reply]:
        turn = self._turn
        if turn is not None:
            self._actor.home.post(turn.cancel)
        return ()


class Actor:
    """A handler with a mailbox. `ask`, `tell` and `stop` work from everywhere: any thread, any loop, any handler."""

    reply_class: ClassVar[type[AskReply]] = AskReply
    turn_class: ClassVar[type[Turn]] = Turn

    __slots__ = (
        "_awake",
        "_handler",
        "_mailbox",
        "_stopped",
        "_supervision",
        "_turns",
        "home",
        "name",
        "reentrant",
        "restarts",
        "system",
    )

    def __init__(
        self,
        system: System,
        home: LoopThread,
        handler: Callable[[Any], Any],
        name: str,
        reentrant: bool,
        supervision: Supervision = resume,
    ) -> None:
        self.system = system
        self.home = home
        self.name = name
        self.reentrant = reentrant
        self.restarts = 0
        self._supervision = supervision
        self._handler = handler
        self._mailbox: deque[tuple[Any, AskReply | None]] = deque()
        self._awake = False
        self._stopped = False
        self._turns: list[Turn] = []

    def __repr__(self) -> str:
        return f"<actor {self.name} on loop {self.home.number}>"

    # ---- from anywhere

    def ask(self, message: Any) -> AskReply:
        """Send `message`; the reply gives what the handler returns or raises. It does not wait, nor ever raise.

        The reply fails with ActorStopped if the actor stops before it comes to the message.
        """
        reply = self.reply_class(self)
        if self._stopped:
            reply._complete(error=self._stopped_error())
        else:
            self._mailbox.append((message, reply))
            self._wake()
        return reply

    def tell(self, message: Any) -> None:
        """Send `message`, wanting no reply. If its handler fails, the system's `on_failure` hears of it.

        Raises ActorStopped if the actor has stopped.
        """
        if self._stopped:
            raise self._stopped_error()
        self._mailbox.append((message, None))
        self._wake()

    def stop(self) -> None:
        """Take no more messages: those in the mailbox fail with ActorStopped, a handler in progress goes on.

        Does not wait. As often as you like, from anywhere, the actor's own handler included.
        """
        self._stopped = True
        self._refuse_mailbox()
        self.home.post(self._run)

    def restart(self, handler: Callable[[Any], Any]) -> None:
        """Handle the messages that have not begun with `handler`. Only on the thread of the actor's loop."""
        self._handler = handler
        self.restarts += 1

    def _wake(self) -> None:
        if self._stopped:
            self._refuse_mailbox()
        elif not self._awake:
            self._awake = True
            if self.home.is_here():
                self._run()
            else:
                self.home.post(self._run)

    def _refuse_mailbox(self) -> None:
        while self._mailbox:
            try:
                _, reply = self._mailbox.popleft()
            except IndexError:
                return  # somebody else took the last one
            if reply is not None:
                reply._complete(error=self._stopped_error())

    def _stopped_error(self) -> ActorStopped:
        return SystemClosed(self.name) if self.system.closed else ActorStopped(self.name)

    # ---- on the loop's thread

    def _run(self) -> None:
        """Begin the next turn, or, if reentrant, a turn for each message. Called once too often, it does nothing."""
        while self.reentrant or not self._turns:
            try:
                message, reply = self._mailbox.popleft()
            except IndexError:
                self._awake = False
                if self._mailbox:
                    self._awake = True
                    continue
                if self._stopped and not self._turns:
                    self.home.actors.pop(self, None)
                return
            self._begin(message, reply)

    def _begin(self, message: Any, reply: AskReply | None) -> None:
        turn = self.turn_class(self, reply)
        self._turns.append(turn)
        if reply is not None:
            reply._turn = turn
        turn.task = self.home.loop.create_task(self._perform(turn, message))

    async def _perform(self, turn: Turn, message: Any) -> None:
        reply = turn.reply
        turn.started = True
        current_turn.set(turn)
        try:
            if reply is None or not reply._done:  # else it was cancelled in the mailbox, and is not handled
                value = await self._answer(message)
                if reply is not None:
                    reply._complete(value)
        except BaseException as error:
            self._failed(turn, as_raised(error))
        finally:
            turn.ended = True
            turn.task = None
            turn.reply = None  # it knows the turn: without this circle both are freed when nobody wants them
            self._turns.remove(turn)
            self._run()

    async def _answer(self, message: Any) -> Any:
        """What the handler gives in the end, which is never something to be waited for."""
        value = self._handler(message)
        if type(value) is CoroutineType:  # as a rule, and quicker than what serves all
            value = await value
        return await flat(value) if is_awaitable(value) else value

    def _failed(self, turn: Turn, error: BaseException) -> None:
        if turn.closing:
            error = SystemClosed(self.name)
        elif not (turn.cancelled and isinstance(error, asyncio.CancelledError)):
            self._supervise(error)
        if turn.reply is not None:
            turn.reply._complete(error=error)
        elif not turn.closing:
            self.system.on_failure(self, error)

    def _supervise(self, error: BaseException) -> None:
        """Apply the policy, before anybody hears of the failure."""
        try:
            self._supervision(self, error)
        except BaseException as another:
            self.stop()
            self.system.on_failure(self, as_raised(another))

    def busy_with(self) -> Turn | None:
        """The turn that a message in the mailbox has to wait for."""
        if self.reentrant:
            return None
        try:
            return self._turns[0]
        except IndexError:
            return None

    def wind_up(self) -> None:
        """The system closes: cancel the handlers in progress."""
        for turn in list(self._turns):
            turn.closing = True
            turn.cancel()

    def abandon(self) -> None:
        """The loop is closed: fail what is left."""
        self._stopped = True
        self._refuse_mailbox()
        for turn in list(self._turns):
            if turn.reply is not None:
                turn.reply._complete(error=SystemClosed(self.name))


def log_failure(actor: Actor, error: BaseException) -> None:
    """What becomes of a failure in a handler whose message nobody wanted a reply to: a line in the log."""
    logging.getLogger(__name__).error("actor %s failed on a message it was told", actor.name, exc_info=error)
