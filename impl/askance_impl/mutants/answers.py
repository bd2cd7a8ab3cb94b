"""Mutants of clauses A1 to A4: values, errors and awaitables that arrive changed, or not at all."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Callable
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.adapter import AdaptedSystem
from askance_impl.reference.composition import Mapped, flat
from askance_impl.reference.errors import ActorStopped, AskCycle
from askance_impl.reference.loops import LoopThread
from askance_impl.reference.reply import Reply, Waiter, running_loop
from askance_impl.reference.wait_for import Turn

# ---------------------------------------------------------------- A1


class _TruthTested(AskReply):
    def _complete(self, value: Any = None, error: BaseException | None = None) -> None:
        super()._complete(value or None, error)


falsy_answer_lost = mutant(
    "falsy_answer_lost",
    "A1",
    "An answer is tested for its truth, so False, 0 and what is empty arrive as None.",
    "`if result:` where `is not None` was meant; caches and result stores that take falsy for missing.",
    reply=_TruthTested,
)


class _ErrorsByType(AskReply):
    def _complete(self, value: Any = None, error: BaseException | None = None) -> None:
        if isinstance(value, BaseException):
            value, error = None, value
        super()._complete(value, error)


exception_value_raised = mutant(
    "exception_value_raised",
    "A1",
    "An exception that a handler returned as a value is raised at the asker.",
    "Results told from failures by `isinstance(result, Exception)`, as after gather(return_exceptions=True).",
    reply=_ErrorsByType,
)


class _LoopWithSlot(LoopThread):
    answer: Any


class _AnswersThroughSlot(Actor):
    home: _LoopWithSlot

    async def _answer(self, message: Any) -> Any:
        self.home.answer = await super()._answer(message)
        await asyncio.sleep(0)
        return self.home.answer


shared_answer_slot = mutant(
    "shared_answer_slot",
    "A1",
    "Turns of one loop leave their answers in one place, and another turn may come in between.",
    "State kept on a shared object across an await: Discord and Telegram bots, aiohttp handlers.",
    actor=_AnswersThroughSlot,
    loop=_LoopWithSlot,
)


class _DoneFirst(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._guard = threading.Lock()

    def _finish(self, value: Any = None, error: BaseException | None = None) -> bool:
        if not self._claim.acquire(blocking=False):
            return False
        with self._guard:
            self._done = True
        with self._guard:
            self._value, self._error = value, error
        return True

    def result(self, timeout: float | None = None) -> Any:
        with self._guard:
            done = self._done and running_loop() is None
        return self._outcome() if done else super().result(timeout)


done_before_value = mutant(
    "done_before_value",
    "A1",
    "A reply says that it is done before its value is written; who looks in between sees None.",
    "Unsafe publication: an Event or a flag that is set before the field that it announces.",
    reply=_DoneFirst,
)

# ---------------------------------------------------------------- A2


class _TakenOnce(AskReply):
    def _outcome(self) -> Any:
        try:
            return super()._outcome()
        finally:
            self._done = False


read_only_once = mutant(
    "read_only_once",
    "A2",
    "Who reads a reply takes the answer out of it, and the next one waits for ever.",
    "Replies made of `queue.Queue(maxsize=1)` whose get() removes the answer: Pykka's early ThreadingFuture.",
    reply=_TakenOnce,
)


class _ForgottenAfterReading(AskReply):
    def _outcome(self) -> Any:
        try:
            return super()._outcome()
        finally:
            self._value = self._error = None


forgotten_after_reading = mutant(
    "forgotten_after_reading",
    "A2",
    "The answer is let go of when it has been read; whoever reads it again gets None.",
    "Result backends that delete what was fetched: Celery's `forget`, `dict.pop` of a correlation id.",
    reply=_ForgottenAfterReading,
)


class _OneWaiter(AskReply):
    def _add_waiter(self, waiter: Waiter) -> None:
        self._waiters.clear()
        super()._add_waiter(waiter)


one_waiter = mutant(
    "one_waiter",
    "A2",
    "A reply remembers one waiter, so a second one takes the place of the first, which is never told.",
    "Futures with a single callback slot: early Twisted-style and embedded RPC clients.",
    reply=_OneWaiter,
)

# ---------------------------------------------------------------- A3


class _AsReturned(Actor):
    async def _answer(self, message: Any) -> Any:
        return await self._handler(message)


nested_reply = mutant(
    "nested_reply",
    "A3",
    "What a handler returns is the answer, even if it is a reply that is still to come.",
    "`run_coroutine_threadsafe` inside a coroutine, and `future.result().result()` at the caller.",
    actor=_AsReturned,
)


class _FlatAtHome(Actor):
    async def _answer(self, message: Any) -> Any:
        value = await self._handler(message)
        if isinstance(value, Reply) and value._home is not self.home:
            return value
        return await flat(value)


nested_from_other_loop = mutant(
    "nested_from_other_loop",
    "A3",
    "A returned reply is waited for only if it comes from an actor of the same loop.",
    "`asyncio.isfuture(value)`, which knows one loop's futures and not those of other threads.",
    actor=_FlatAtHome,
)


class _DoneUnderLock(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._condition = threading.Condition()

    def done(self) -> bool:
        with self._condition:
            return self._done


class _FlatUnlessDone(Actor):
    async def _answer(self, message: Any) -> Any:
        value = await self._handler(message)
        if isinstance(value, Reply) and value.done():
            return value
        return await flat(value)


nested_when_done = mutant(
    "nested_when_done",
    "A3",
    "A returned reply that is complete already is passed on as it is: there is nothing to wait for.",
    "Short cuts `if future.done(): return future`, right for one level and wrong for two.",
    actor=_FlatUnlessDone,
    reply=_DoneUnderLock,
)

# ---------------------------------------------------------------- A4


class _Wrapping(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        if not isinstance(error, (ActorStopped, AskCycle, asyncio.CancelledError)):
            wrapped = RuntimeError(f"handler of {self.name} failed: {error!r}")
            wrapped.__cause__ = error
            error = wrapped
        super()._failed(turn, error)


wrapped_failure = mutant(
    "wrapped_failure",
    "A4",
    "A handler's exception arrives inside another one, so the asker's `except KeyError` finds nothing.",
    "Wrapping transports: Ray's RayTaskError, Thespian's PoisonMessage, multiprocessing's RemoteTraceback.",
    actor=_Wrapping,
)


class _ToldAcrossLoops(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._crosses = running_loop() is not actor.home.loop

    def _complete(self, value: Any = None, error: BaseException | None = None) -> None:
        if self._crosses and error is not None and type(error).__module__ == "builtins":
            error = RuntimeError(repr(error))
        super()._complete(value, error)


failure_told_across_loops = mutant(
    "failure_told_across_loops",
    "A4",
    "An exception that crosses loops arrives as its text in a RuntimeError.",
    "RPC layers that send `repr(error)`: xmlrpc's Fault, early Pyro and zerorpc.",
    reply=_ToldAcrossLoops,
)


class _Copying(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        super()._failed(turn, copy.copy(error))


failure_copied = mutant(
    "failure_copied",
    "A4",
    "Exceptions are copied on their way; one that cannot be copied is lost, and its asker waits for ever.",
    "CPython's multiprocessing.Pool and concurrent.futures, which hung on exceptions that do not unpickle.",
    actor=_Copying,
)


class _OrdinaryOnly(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        if isinstance(error, Exception) or turn.closing:
            super()._failed(turn, error)


only_ordinary_failures = mutant(
    "only_ordinary_failures",
    "A4",
    "Only an `Exception` is answered with; after SystemExit or CancelledError the asker waits for ever.",
    "`except Exception` around the handler, in nearly every actor library once: Pykka before 0.15.",
    actor=_OrdinaryOnly,
)


class _CancelledIsSilent(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        if not isinstance(error, asyncio.CancelledError) or turn.closing:
            super()._failed(turn, error)


cancelled_error_lost = mutant(
    "cancelled_error_lost",
    "A4",
    "A CancelledError that a handler raises is taken for a wish of the asker's, who is told nothing.",
    "`if task.cancelled(): return` in done callbacks, as in asyncio's own StreamWriter and aioredis.",
    actor=_CancelledIsSilent,
)


class _FailureIsNone(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        if turn.reply is not None and isinstance(error, ValueError):
            turn.reply._complete(None)
        else:
            super()._failed(turn, error)


failure_swallowed = mutant(
    "failure_swallowed",
    "A4",
    "A handler's ValueError is swallowed, and the asker gets None.",
    "`except ValueError: return None` around the decoding and the dispatch, which hides the handler's own.",
    actor=_FailureIsNone,
)


class _MappedAnyhow(Mapped):
    def _source_done(self) -> Reply | None:
        if self._source is not None and self._source._error is not None:
            return self._apply()
        return super()._source_done()


class _MapsFailures(AdaptedSystem):
    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        return _MappedAnyhow(reply, function)


then_after_failure = mutant(
    "then_after_failure",
    "A4",
    "A mapped function is called even if the ask failed, on None, and its value hides the failure.",
    "add_done_callback taken for `then`: callbacks run however the future ended.",
    adapted=_MapsFailures,
)
