"""Mutants of chapters A, M and D that retell published defects: each names the library and where it was reported.

What was reported of a library of processes or of futures is retold here as a defect of the reference: the same
mistake, in the place where the reference does that work. `published_life` has those of chapters C and L.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import threading
from collections.abc import Coroutine, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.mutants.state import Keeping
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.adapter import AdaptedSystem
from askance_impl.reference.composition import gather
from askance_impl.reference.errors import AskCycle
from askance_impl.reference.loops import LoopThread
from askance_impl.reference.reply import Reply, running_loop
from askance_impl.reference.system import System
from askance_impl.reference.wait_for import Turn, current_turn

# ---------------------------------------------------------------- A2


class _WakesOne(AskReply):
    def _announce(self) -> None:
        if self._waiters:
            following = self._waiters.pop(0)()
            if following is not None:
                following._announce()


one_result_for_two_waiters = mutant(
    "one_result_for_two_waiters",
    "A2",
    "The result is put for one waiter; a second one that waits for the same reply is never woken.",
    "dask.distributed issue 5708: two tasks await one ActorFuture, whose queue is given one result.",
    reply=_WakesOne,
)

# ---------------------------------------------------------------- A4


class _FailsAlone(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        if turn.closing or not isinstance(error, Exception):
            super()._failed(turn, error)


failed_ask_hangs = mutant(
    "failed_ask_hangs",
    "A4",
    "An exception in a handler that is a coroutine reaches nobody, and its asker waits for ever.",
    "dask issue 7626: an actor's async method raises, and the result of the call never comes.",
    actor=_FailsAlone,
)


class _CopiesOrSaysWhy(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        try:
            error = copy.copy(error)
        except Exception as failure:
            error = RuntimeError(f"failed to copy the exception: {failure}")
        super()._failed(turn, error)


copying_fails_instead = mutant(
    "copying_fails_instead",
    "A4",
    "Where a handler's exception cannot be copied, its asker is told of the copying that failed, and of nothing else.",
    "Ray issue 34797: RuntimeError, failed to unpickle serialized exception, in place of the HTTPError.",
    actor=_CopiesOrSaysWhy,
)


class _AnswersWithText(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        if turn.reply is not None and isinstance(error, Exception) and type(error).__module__ == "builtins":
            turn.reply._complete(f"{type(error).__name__}: {error}")
        else:
            super()._failed(turn, error)


failure_answered_as_text = mutant(
    "failure_answered_as_text",
    "A4",
    "A handler's exception is answered with, as a text that says what went wrong.",
    "Thespian's PoisonMessage, of which issue 21 tells: the failed message comes back as an ordinary answer.",
    actor=_AnswersWithText,
)


class _RemembersFailures(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._unheard: BaseException | None = None

    def _failed(self, turn: Turn, error: BaseException) -> None:
        if turn.reply is None:
            self._unheard = error
        elif self._unheard is not None:
            error, self._unheard = self._unheard, None
        super()._failed(turn, error)


told_failure_to_the_next_asker = mutant(
    "told_failure_to_the_next_asker",
    "A4",
    "What a told message failed with is kept, and raised at the next one whose ask fails in place of its own error.",
    "Pykka issue 63 asks where the failure of a told message goes; kept on the worker, it is told to a stranger.",
    actor=_RemembersFailures,
)

# ---------------------------------------------------------------- A5


class _GathersASet(AdaptedSystem):
    def gather(self, replies: Sequence[Reply]) -> Reply:
        return gather(*dict.fromkeys(replies))


gather_of_a_set = mutant(
    "gather_of_a_set",
    "A5",
    "What is gathered is kept in a set, so a reply that is given twice is answered once.",
    "asyncio.wait and as_completed make sets of what they are given; CPython's gather had to learn of duplicates.",
    adapted=_GathersASet,
)

# ---------------------------------------------------------------- A6


class _Bound(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.askers_loop: asyncio.AbstractEventLoop | None = None


class _BoundToFirst(AskReply):
    _actor: _Bound

    def _suspend(self) -> Generator[Any, None, None]:
        loop = asyncio.get_running_loop()
        bound = self._actor.askers_loop = self._actor.askers_loop or loop
        if bound is not loop:
            raise RuntimeError(f"{self!r} is bound to a different event loop")
        yield from super()._suspend()


bound_to_the_first_loop = mutant(
    "bound_to_the_first_loop",
    "A6",
    "An actor is bound to the loop on which it is first waited for; from any other, awaiting it raises.",
    "asyncio's locks and queues since 3.10, which bind themselves at first use; redis-py and Motor clients before.",
    actor=_Bound,
    reply=_BoundToFirst,
)

# ---------------------------------------------------------------- M1


class _PutsBack(Actor):
    def _wake(self) -> None:
        super()._wake()
        if self._turns and len(self._mailbox) > 1:
            self._mailbox.append(self._mailbox.popleft())


put_back_behind = mutant(
    "put_back_behind",
    "M1",
    "A message that finds its actor busy is taken out and put back behind those that came later.",
    "Requeues instead of waits, as in Ray's actor submit queue before issue 5633 gave every call a number.",
    actor=_PutsBack,
)

# ---------------------------------------------------------------- M4


class _RunsItself(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._by_thread: set[Any] = set()

    def ask(self, message: Any) -> AskReply:
        reply = super().ask(message)
        if running_loop() is None:
            self._by_thread.add(reply)
        return reply

    async def _answer(self, message: Any) -> Any:
        turn = current_turn.get()
        if turn is None or turn.reply not in self._by_thread:
            return await super()._answer(message)
        answer = asyncio.get_running_loop().create_future()
        context = contextvars.copy_context()
        work = super()._answer(message)
        threading.Thread(target=context.run, args=(self._run_there, work, answer)).start()
        return await answer

    def _run_there(self, work: Coroutine[Any, Any, Any], answer: asyncio.Future[Any]) -> None:
        try:
            value = asyncio.run(work)
        except BaseException as error:
            self.home.post(_settle, answer, None, error)
        else:
            self.home.post(_settle, answer, value, None)


def _settle(answer: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(value)
    else:
        answer.set_exception(error)


asked_by_a_thread_on_a_new_loop = mutant(
    "asked_by_a_thread_on_a_new_loop",
    "M4",
    "What a plain thread asks for is run by a new event loop on a new thread.",
    "asgiref's async_to_sync makes a loop for each call; issue 482: what belongs to one thread is on others.",
    actor=_RunsItself,
)

# ---------------------------------------------------------------- M5


class _RollsBack(Keeping):
    async def _answer(self, message: Any) -> Any:
        before = self.kept
        try:
            return await super()._answer(message)
        except Exception:
            self.kept = before
            raise


state_put_back_after_failure = mutant(
    "state_put_back_after_failure",
    "M5",
    "When a handler fails, the state that was saved before its turn is put back, and what it has written is gone.",
    "Checkpointed actors: Ray's restored checkpoints, and WAkka issue 19, always back to the state of the first crash.",
    actor=_RollsBack,
)

# ---------------------------------------------------------------- D2


class _OneBridge(System):
    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.bridge = ThreadPoolExecutor(1)

    def close(self) -> None:
        super().close()
        self.bridge.shutdown()


class _AcrossTheBridge(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        turn = current_turn.get()
        system = self._actor.system
        if turn is None or turn.actor.home is self._actor.home or not isinstance(system, _OneBridge):
            yield from super()._suspend()
            return
        crossing = asyncio.wrap_future(system.bridge.submit(self._block, None))
        token = current_turn.set(None)
        try:
            yield from crossing
        finally:
            current_turn.reset(token)


one_bridge_for_all_loops = mutant(
    "one_bridge_for_all_loops",
    "D2",
    "Asks that cross loops block the only thread of a pool; one that needs a second crossing never gets it.",
    "asgiref issues 249 and 348: sync_to_async within sync_to_async waits for the one thread that waits for it.",
    system=_OneBridge,
    reply=_AcrossTheBridge,
)

# ---------------------------------------------------------------- D3


class _Guarded(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.asking = False


class _GuardLeft(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        turn = current_turn.get()
        actor = None if turn is None else turn.actor
        if not isinstance(actor, _Guarded):
            yield from super()._suspend()
            return
        if actor.asking:
            if self._finish(error=AskCycle([actor.name, self._actor.name, actor.name])):
                self._withdraw()
            return
        actor.asking = True
        yield from super()._suspend()
        actor.asking = self._error is not None


guard_left_after_failure = mutant(
    "guard_left_after_failure",
    "D3",
    "The mark by which an actor knows that it is asking stays when the ask fails, and its next ask counts as a cycle.",
    'asgiref issue 495: after one failed call, every other one is refused, "would deadlock".',
    actor=_Guarded,
    reply=_GuardLeft,
)

# ---------------------------------------------------------------- D1


class _LeavesALoopUnwoken(LoopThread):
    def __init__(self, number: int) -> None:
        self._guard = threading.Lock()
        self._scheduled = False
        self._queue: list[tuple[Any, tuple[Any, ...]]] = []
        super().__init__(number)

    def post(self, callback: Any, *arguments: Any) -> None:
        if self._closing:
            super().post(callback, *arguments)
            return
        self._queue.append((callback, arguments))
        with self._guard:
            scheduled, self._scheduled = self._scheduled, True
        if not scheduled:
            super().post(self._drain)

    def _drain(self) -> None:
        while self._queue:
            callback, arguments = self._queue.pop(0)
            callback(*arguments)
        with self._guard:
            self._scheduled = False


wakeups_counted_once = mutant(
    "wakeups_counted_once",
    "D1",
    "Callbacks for a loop share one wakeup; the mark for it is taken back after the last look at the queue.",
    "Batched wakeups: trio's and curio's thread queues, whose UniversalQueue races are curio issue 374.",
    loop=_LeavesALoopUnwoken,
)
