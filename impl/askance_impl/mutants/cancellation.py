"""Mutants of chapter C: cancellations that are lost, go too far or not far enough, and replies that come too late."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.errors import AskCancelled
from askance_impl.reference.reply import Reply, Waiter
from askance_impl.reference.wait_for import Turn, waiting

# ---------------------------------------------------------------- C1


class _NotOnceBegun(AskReply):
    def cancel(self) -> bool:
        return self._turn is None and super().cancel()


cancel_ignored_once_begun = mutant(
    "cancel_ignored_once_begun",
    "C1",
    "Once its handler runs, an ask cannot be cancelled any more, and gives its value later.",
    "concurrent.futures.Future.cancel(), which returns False for a call that is running.",
    reply=_NotOnceBegun,
)


class _TakenBackSilently(AskReply):
    def cancel(self) -> bool:
        for entry in list(self._actor._mailbox):
            if entry[1] is self:
                self._actor._mailbox.remove(entry)
                return True
        return super().cancel()


cancelled_in_mailbox_hangs = mutant(
    "cancelled_in_mailbox_hangs",
    "C1",
    "A cancelled ask that was not begun is taken out of the mailbox, and its waiters are not told.",
    "Job queues that revoke by deleting the job: Celery's revoke and RQ's cancel, with `get()` waiting on.",
    reply=_TakenBackSilently,
)


class _CancelledIsNone(AskReply):
    def cancel(self) -> bool:
        cancelled = self._turn is None and self._finish(None)
        if cancelled:
            self._announce()
        return cancelled or super().cancel()


cancelled_gives_none = mutant(
    "cancelled_gives_none",
    "C1",
    "Who waits for an ask that was cancelled in the mailbox gets None instead of CancelledError.",
    "Cancellation as an empty answer: contextlib.suppress(CancelledError) around the body that should answer.",
    reply=_CancelledIsNone,
)

# ---------------------------------------------------------------- C2


class _LeavesHandlerAlone(AskReply):
    def _withdraw(self) -> Sequence[Reply]:
        return ()


cancel_not_passed_on = mutant(
    "cancel_not_passed_on",
    "C2",
    "Cancelling an ask ends the reply and leaves its handler, and all that it asked for, at work.",
    "Cancelled futures whose call goes on: Executor.submit, asyncio.to_thread, Ray before recursive cancel.",
    reply=_LeavesHandlerAlone,
)


class _OnThisLoopOnly(AskReply):
    def _withdraw(self) -> Sequence[Reply]:
        return super()._withdraw() if self._actor.home.is_here() else ()


cancel_stops_at_the_loop = mutant(
    "cancel_stops_at_the_loop",
    "C2",
    "A cancellation reaches handlers of the canceller's own loop only.",
    "Task.cancel() chains along one loop; wrap_future's way back to another is left out in hand-made bridges.",
    reply=_OnThisLoopOnly,
)


class _Shielded(AskReply):
    def _leave(self, waiter: Waiter) -> bool:
        self._remove_waiter(waiter)
        return False


asks_shielded = mutant(
    "asks_shielded",
    "C2",
    "When a handler is cancelled, the ask it waits for goes on, as if it were shielded.",
    "asyncio.shield in client libraries, or a future awaited through a callback that knows no cancellation.",
    reply=_Shielded,
)

# ---------------------------------------------------------------- C3


class _EndsWhenCancelled(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._ended = False

    def _failed(self, turn: Turn, error: BaseException) -> None:
        self._ended = (
            isinstance(error, asyncio.CancelledError) and turn.reply is not None and turn.reply._done
        )
        super()._failed(turn, error)

    def _run(self) -> None:
        if not self._ended:
            super()._run()


cancel_ends_the_actor = mutant(
    "cancel_ends_the_actor",
    "C3",
    "Cancelling an ask in progress ends the task that serves the mailbox; the actor handles nothing more.",
    "CancelledError leaving a consumer's `while True`, past its `except Exception`: aiokafka, aio-pika.",
    actor=_EndsWhenCancelled,
)


class _TakesOneAlong(AskReply):
    def _withdraw(self) -> Sequence[Reply]:
        if self._turn is not None and self._actor._mailbox:
            self._actor._mailbox.popleft()
        return super()._withdraw()


cancel_takes_the_next_along = mutant(
    "cancel_takes_the_next_along",
    "C3",
    "The message after a cancelled one has been taken out of the mailbox already, and is lost with it.",
    "asyncio.Queue.get() cancelled after it took the item: wait_for(queue.get(), t) before Python 3.12.",
    reply=_TakesOneAlong,
)


class _CancelsAllWaiting(AskReply):
    def cancel(self) -> bool:
        cancelled = super().cancel()
        if cancelled and self._turn is not None:
            for _, other in list(self._actor._mailbox):
                if other is not None:
                    Reply.cancel(other)
        return cancelled


cancel_empties_the_mailbox = mutant(
    "cancel_empties_the_mailbox",
    "C3",
    "Cancelling the ask in progress cancels all that wait behind it as well.",
    "Cancelling a connection to cancel one request on it: asyncpg and aiopg pools, HTTP/1.1 pipelining.",
    reply=_CancelsAllWaiting,
)

# ---------------------------------------------------------------- C4


class _MatchesInOrder(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.pending: deque[AskReply] = deque()


class _NextInOrder(AskReply):
    _actor: _MatchesInOrder

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._actor.pending.append(self)

    def _complete(self, value: Any = None, error: BaseException | None = None) -> None:
        pending = self._actor.pending
        if pending:
            Reply._complete(pending.popleft(), value, error)

    def _withdraw(self) -> Sequence[Reply]:
        self._actor.pending.remove(self)
        return ()


late_reply_to_the_next_ask = mutant(
    "late_reply_to_the_next_ask",
    "C4",
    "Answers are matched to pending asks in order; the late answer of one that timed out goes to the next.",
    "Correlation by position on a shared connection: redis-py and aioredis after a cancelled command (2023).",
    actor=_MatchesInOrder,
    reply=_NextInOrder,
)


class _GoesOnWaiting(AskReply):
    def _leave(self, waiter: Waiter) -> bool:
        self._remove_waiter(waiter)
        return False

    def _suspend(self) -> Generator[Any, None, None]:
        while not self._done:
            try:
                yield from super()._suspend()
            except asyncio.CancelledError:
                continue


timeout_swallowed = mutant(
    "timeout_swallowed",
    "C4",
    "The CancelledError with which a timeout ends a wait is swallowed, and the wait goes on.",
    "Lost cancellations: asyncio.wait_for swallowing one (CPython issue 81839), `except CancelledError: pass`.",
    reply=_GoesOnWaiting,
)


class _WakesBlindly(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def waiter() -> None:
            loop.call_soon_threadsafe(future.set_result, None)

        self._add_waiter(waiter)
        try:
            with waiting(self):
                yield from future
        except asyncio.CancelledError:
            self.cancel()
            raise


late_reply_is_noisy = mutant(
    "late_reply_is_noisy",
    "C4",
    "The answer of an ask that was given up completes its future again, and the loop logs InvalidStateError.",
    '"exception in callback ... InvalidStateError: invalid state": set_result without `if not done()`.',
    reply=_WakesBlindly,
)


class _TimesOutItsOwnWay(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        try:
            yield from super()._suspend()
        except asyncio.CancelledError:
            raise RuntimeError("the ask was interrupted") from None


timeout_is_another_error = mutant(
    "timeout_is_another_error",
    "C4",
    "An ask that is given up raises the library's own error where TimeoutError was to come.",
    "Cancellation translated too early: `except CancelledError: raise ConnectionError`, as drivers do.",
    reply=_TimesOutItsOwnWay,
)

# ---------------------------------------------------------------- C5


class _TwoSteps(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._guard = threading.Lock()

    def _finish(self, value: Any = None, error: BaseException | None = None) -> bool:
        if self.done():
            return False
        if error is None and self.cancelled():
            return False
        with self._guard:
            self._value, self._error = value, error
            self._done = True
        return True

    def done(self) -> bool:
        with self._guard:
            return self._done

    def cancelled(self) -> bool:
        with self._guard:
            return super().cancelled()

    def _outcome(self) -> Any:
        with self._guard:
            return super()._outcome()


completed_twice = mutant(
    "completed_twice",
    "C5",
    "Whether a reply is complete is looked at under a lock, and written under it again; two can complete it.",
    "Set twice: check-then-act in hand-made futures, CPython's Future.set_result before InvalidStateError (3.8).",
    reply=_TwoSteps,
)


class _CancelledAnyTime(AskReply):
    def cancel(self) -> bool:
        cancelled = super().cancel()
        self._value, self._error = None, AskCancelled("the ask was cancelled")
        return cancelled


cancel_after_the_answer = mutant(
    "cancel_after_the_answer",
    "C5",
    "Cancelling a reply that is complete takes its answer back from whoever reads it next.",
    "A `cancelled` flag beside the result, read first: promise libraries, jQuery Deferred's abort.",
    reply=_CancelledAnyTime,
)
