"""Mutants of chapters C and L that retell published defects: each names the library and where it was reported."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.adapter import AdaptedSystem
from askance_impl.reference.composition import Gathered
from askance_impl.reference.errors import AskCancelled
from askance_impl.reference.loops import LoopThread
from askance_impl.reference.reply import Reply
from askance_impl.reference.system import System
from askance_impl.reference.wait_for import Turn, current_turn

# ---------------------------------------------------------------- C1


class _CancelledUntold(AskReply):
    def cancel(self) -> bool:
        if self._done:
            return False
        if self._finish(error=AskCancelled("the ask was cancelled")):
            self._withdraw()
            return True
        return False


cancel_tells_nobody = mutant(
    "cancel_tells_nobody",
    "C1",
    "Cancelling a reply marks it as cancelled, and those who wait for it already are not told.",
    "anyio issue 575: the future of a BlockingPortal is cancelled, and its waiters are not notified.",
    reply=_CancelledUntold,
)


class _CancelledAsAnswers(Gathered):
    def cancel(self) -> bool:
        if self._done:
            return False
        for source, arrival in zip(self._sources, self._arrivals, strict=True):
            source._remove_waiter(arrival)
            source.cancel()
        self._complete([source._value for source in self._sources])
        return False


class _SwallowsCancels(AdaptedSystem):
    def gather(self, replies: Sequence[Reply]) -> Reply:
        return _CancelledAsAnswers(replies)


gather_swallows_cancel = mutant(
    "gather_swallows_cancel",
    "C1",
    "A gather that is cancelled cancels its parts and then gives what they came to, as if it had not been.",
    "CPython issue 76865: asyncio.gather(return_exceptions=True) swallows its own cancellation.",
    adapted=_SwallowsCancels,
)

# ---------------------------------------------------------------- C2


class _PrefersTheAnswer(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        try:
            yield from super()._suspend()
        except asyncio.CancelledError:
            if not self._done or isinstance(self._error, AskCancelled):
                raise


cancel_lost_to_the_answer = mutant(
    "cancel_lost_to_the_answer",
    "C2",
    "A cancellation that meets the answer of the ask waited for is dropped, and the cancelled handler goes on asking.",
    "CPython issue 86296: asyncio.wait_for hides a cancellation that races completion; modal's synchronicity 208.",
    reply=_PrefersTheAnswer,
)

# ---------------------------------------------------------------- C3


class _CancelsUnstarted(AskReply):
    def _withdraw(self) -> Sequence[Reply]:
        turn = self._turn
        if turn is not None and turn.task is not None and self._actor.home.is_here():
            turn.task.cancel()
            return ()
        return super()._withdraw()


cancelled_before_its_first_step = mutant(
    "cancelled_before_its_first_step",
    "C3",
    "A turn that is cancelled before its first step runs none of its clean-up, and its actor counts as busy for ever.",
    "trio-asyncio pull request 161: a handle cancelled before it is dequeued leaves its future pending for ever.",
    reply=_CancelsUnstarted,
)


class _HandsOver(Actor):
    """One task a message, and a lock that hands itself over to the first that waits."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._held = False
        self._queued: deque[asyncio.Future[None]] = deque()

    def _run(self) -> None:
        while self._mailbox:
            message, reply = self._mailbox.popleft()
            turn = self.turn_class(self, reply)
            turn.task = self.home.loop.create_task(self._in_turn(turn, message))
            if isinstance(reply, _Queued):
                reply.queued = turn.task
        self._awake = False

    async def _in_turn(self, turn: Turn, message: Any) -> None:
        if self._held:
            place = self.home.loop.create_future()
            self._queued.append(place)
            await place
        self._held = True
        self._turns.append(turn)
        if turn.reply is not None:
            turn.reply._turn = turn
        try:
            await self._perform(turn, message)
        finally:
            self._held = bool(self._queued)
            if self._queued and not (place := self._queued.popleft()).done():
                place.set_result(None)


class _Queued(AskReply):
    queued: asyncio.Task[None] | None = None

    def _withdraw(self) -> Sequence[Reply]:
        if self._turn is None and self.queued is not None:
            self._actor.home.post(self.queued.cancel)
        return super()._withdraw()


lock_lost_with_its_waiter = mutant(
    "lock_lost_with_its_waiter",
    "C3",
    "The lock of an actor is handed to the message that waits first; if that one was cancelled, to nobody.",
    "asyncio.Lock, Semaphore and Condition: CPython issues 27585, 90155 and 112202; anyio pull request 1075.",
    actor=_HandsOver,
    reply=_Queued,
)

# ---------------------------------------------------------------- C4


class _EndsWhenGivenUp(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.given_up = False

    def _run(self) -> None:
        if not self.given_up or self._stopped:
            super()._run()


class _GivenUp(AskReply):
    _actor: _EndsWhenGivenUp

    def _leave(self, waiter: Callable[[], Reply | None]) -> bool:
        self._remove_waiter(waiter)
        self._actor.given_up = not self._done
        return False


given_up_ask_ends_the_actor = mutant(
    "given_up_ask_ends_the_actor",
    "C4",
    "A wait that times out cancels what it waits for: the task that serves the mailbox. Later asks hang.",
    "wait_for cancels what it is given, so a shared consumer or connection ends with one impatient caller's timeout.",
    actor=_EndsWhenGivenUp,
    reply=_GivenUp,
)

# ---------------------------------------------------------------- L1


class _DeadGivesNone(Actor):
    def ask(self, message: Any) -> AskReply:
        if not self._stopped or self.system.closed:
            return super().ask(message)
        reply = self.reply_class(self)
        reply._complete(None)
        return reply


ask_to_stopped_gives_none = mutant(
    "ask_to_stopped_gives_none",
    "L1",
    "An ask to a stopped actor gives None, as it would if there were nothing to say.",
    "Thespian's ActorSystem.ask, which returns None for no answer, of whatever cause: issues 6 and 83.",
    actor=_DeadGivesNone,
)

# ---------------------------------------------------------------- L3


class _StopsAndWaits(Actor):
    def stop(self) -> None:
        super().stop()
        turn = current_turn.get()
        if turn is not None and turn.actor is self and not turn.closing:
            ended = threading.Event()
            turn.closing = True
            self.home.post(ended.set)
            ended.wait()


own_stop_waits_for_itself = mutant(
    "own_stop_waits_for_itself",
    "L3",
    "stop() waits until the actor has ended; called by the actor's own handler, it waits for ever.",
    "Pykka issue 76: ref.stop(block=True) inside the actor, whose mailbox nobody reads meanwhile.",
    actor=_StopsAndWaits,
)


class _AnswersNoMore(Actor):
    def stop(self) -> None:
        super().stop()
        turn = current_turn.get()
        if turn is not None and turn.actor is self and turn.reply is not None:
            self._end(turn.reply)

    def _end(self, reply: AskReply) -> None:
        reply._finish()


class _AnswersNone(_AnswersNoMore):
    def _end(self, reply: AskReply) -> None:
        reply._complete(None)


own_stop_loses_the_answer = mutant(
    "own_stop_loses_the_answer",
    "L3",
    "A handler that stops its own actor goes on, and what it answers goes nowhere: its asker waits for ever.",
    "Actors that stop first and answer later: Pykka pull request 23, on what a stopped one leaves in its inbox.",
    actor=_AnswersNoMore,
)

own_stop_answers_none = mutant(
    "own_stop_answers_none",
    "L3",
    "A handler that stops its own actor has been answered for: its asker gets None, whatever it returns.",
    "stop() completes what is pending with None, the message in progress too: Pykka's stop messages, gevent's kill().",
    actor=_AnswersNone,
)

# ---------------------------------------------------------------- L4


class _ClosesOverTasks(LoopThread):
    def _unfinished(self) -> list[asyncio.Task[Any]]:
        return []


tasks_left_at_closing = mutant(
    "tasks_left_at_closing",
    "L4",
    "The loops are stopped and closed as they are; handlers in progress are destroyed where they wait.",
    '"Task was destroyed but it is pending!": trio-asyncio issue 91, a loop that is left without cancelling its tasks.',
    loop=_ClosesOverTasks,
)

# ---------------------------------------------------------------- L6


class _RestartsEmpty(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        super()._failed(turn, error)
        if not turn.closing and not isinstance(error, asyncio.CancelledError):
            self._mailbox.clear()


mailbox_lost_on_failure = mutant(
    "mailbox_lost_on_failure",
    "L6",
    "An actor whose handler failed is restarted with an empty mailbox: what waited in it is lost.",
    "kameo issue 335: messages in the mailbox of a restarted actor are dropped; Akka.net issue 145 is its cousin.",
    actor=_RestartsEmpty,
)


class _EndsWithSystemExit(LoopThread):
    def _insist(self, run: Callable[[], object]) -> None:
        run()


class _LetsThrough(Actor):
    async def _perform(self, turn: Turn, message: Any) -> None:
        reply = turn.reply
        await super()._perform(turn, message)
        if reply is not None and isinstance(reply._error, SystemExit):
            raise reply._error


loop_ended_by_system_exit = mutant(
    "loop_ended_by_system_exit",
    "L6",
    "SystemExit in a handler reaches its asker, and ends the loop's thread too: no actor on it handles anything more.",
    "asyncio's Task lets SystemExit through run_forever, so a thread that runs a loop needs a guard against it.",
    loop=_EndsWithSystemExit,
    actor=_LetsThrough,
)

# ---------------------------------------------------------------- L7


class _DrainsFirst(System):
    def close(self) -> None:
        pending = [
            turn.reply for loop in self.loops for actor in list(loop.actors) for turn in list(actor._turns)
        ]
        self.closed = True
        for loop in self.loops:
            loop.close()
        for reply in pending:
            if reply is not None and not reply._done:
                reply._block(None)
        super().close()


class _StopsDead(LoopThread):
    def _run(self) -> None:
        self._insist(self.loop.run_forever)


close_waits_for_stopped_loops = mutant(
    "close_waits_for_stopped_loops",
    "L7",
    "Closing stops the loops and then waits for the answers that are still to come, which those loops must give.",
    "trio-asyncio pull request 96 and issue 89; Home Assistant 45795: shutdown waits for what it has stopped.",
    system=_DrainsFirst,
    loop=_StopsDead,
)
