"""Mutants of chapter M: messages out of order, lost or doubled, two turns at once, turns on the wrong thread."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.reply import running_loop
from askance_impl.reference.system import System
from askance_impl.reference.wait_for import Turn

Messages = deque[tuple[Any, AskReply | None]]

# ---------------------------------------------------------------- M1


class _Stack(Messages):
    def popleft(self) -> tuple[Any, AskReply | None]:
        return self.pop()


class _LastInFirstOut(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._mailbox = _Stack()


lifo_mailbox = mutant(
    "lifo_mailbox",
    "M1",
    "The mailbox is a stack: as soon as two messages wait, the later one is handled first.",
    "`list.pop()` on a work list, `LifoQueue` for cache warmth; order holds until there is load.",
    actor=_LastInFirstOut,
)


class _AsksFirst(Messages):
    def popleft(self) -> tuple[Any, AskReply | None]:
        for at, (_, reply) in enumerate(self):
            if reply is not None:
                found = self[at]
                del self[at]
                return found
        return super().popleft()


class _PrefersAsks(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._mailbox = _AsksFirst()


asks_overtake_tells = mutant(
    "asks_overtake_tells",
    "M1",
    "Somebody waits for an ask, so it is taken before tells that the same sender sent earlier.",
    "Priority mailboxes and separate control queues: Akka's ControlAwareMailbox used for ordinary messages.",
    actor=_PrefersAsks,
)


class _TellsByCallback(Actor):
    def tell(self, message: Any) -> None:
        if self._stopped:
            raise self._stopped_error()
        self.home.post(self._put, message)

    def _put(self, message: Any) -> None:
        if not self._stopped:
            super().tell(message)


tells_by_callback = mutant(
    "tells_by_callback",
    "M1",
    "Tells are put into the mailbox by a callback on the loop, asks by the sender, and so overtake them.",
    "Two ways into one queue: call_soon_threadsafe(queue.put_nowait) beside a direct put_nowait.",
    actor=_TellsByCallback,
)

# ---------------------------------------------------------------- M2


class _DropsWhenFull(Actor):
    def tell(self, message: Any) -> None:
        if not self._mailbox or self._stopped:
            super().tell(message)


tells_dropped_under_load = mutant(
    "tells_dropped_under_load",
    "M2",
    "A tell to an actor whose mailbox is full is dropped without a word.",
    "put_nowait with QueueFull suppressed: logging's QueueHandler, statsd clients, deque(maxlen=n).",
    actor=_DropsWhenFull,
)


class _TriesAgain(Actor):
    async def _answer(self, message: Any) -> Any:
        try:
            return await super()._answer(message)
        except ValueError:
            return await super()._answer(message)


failed_message_again = mutant(
    "failed_message_again",
    "M2",
    "A message whose handler fails is handled once more before its failure is told.",
    "At-least-once delivery inside one process: Thespian's second try, Celery's acks_late.",
    actor=_TriesAgain,
)


class _SentAgain(Actor):
    def ask(self, message: Any) -> AskReply:
        reply = super().ask(message)
        with self._guard:
            begun = reply._turn is not None
        if not begun and running_loop() is None and len(self._mailbox) > 1:
            self._mailbox.append((message, None))
            self._wake()
        return reply

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._guard = threading.Lock()


resent_when_slow = mutant(
    "resent_when_slow",
    "M2",
    "An ask that is not begun soon is sent again; the first copy is still in the mailbox.",
    "Retries without a message id: Thespian's and ZeroMQ's lazy-pirate clients.",
    actor=_SentAgain,
)


# ---------------------------------------------------------------- M3


class _EachAtOnce(Actor):
    def _run(self) -> None:
        self.reentrant = True
        super()._run()
        self.reentrant = False


task_for_each_message = mutant(
    "task_for_each_message",
    "M3",
    "Each message gets a task of its own at once, so turns interleave wherever they await.",
    "`create_task(handler(message))` in the receive loop: aiormq consumers, websocket servers, discord.py.",
    actor=_EachAtOnce,
)


class _WokenTwice(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._guard = threading.Lock()

    def _wake(self) -> None:
        with self._guard:
            awake = self._awake
        if awake or self._stopped:
            return super()._wake()
        with self._guard:
            self._awake = True
        self.home.post(self._consume)
        return None

    def _consume(self) -> None:
        busy, self._turns = self._turns, []
        self._run()
        self._turns[:0] = busy


two_consumers = mutant(
    "two_consumers",
    "M3",
    "Two senders that find an actor asleep at the same time start two consumers.",
    "A worker started on demand, with the check for one and its start under two locks: lazily made pools.",
    actor=_WokenTwice,
)


class _Impatient(Actor):
    async def _answer(self, message: Any) -> Any:
        task = asyncio.ensure_future(super()._answer(message))
        done, _ = await asyncio.wait([task], timeout=0.5)
        if not done and self._mailbox:
            turn = self._turns.pop()
            self._run()
            self._turns.append(turn)
        return await task


slow_turn_overtaken = mutant(
    "slow_turn_overtaken",
    "M3",
    "If a turn takes long and others wait, the next message is begun beside it.",
    "Visibility timeouts shorter than the work: SQS consumers, Celery's Redis broker.",
    actor=_Impatient,
)

# ---------------------------------------------------------------- M4


class _RunsOnAskersLoop(Actor):
    def _wake(self) -> None:
        loop = running_loop()
        if self._awake or self._stopped or loop is None:
            return super()._wake()
        self._awake = True
        self._run()
        return None

    def _begin(self, message: Any, reply: AskReply | None) -> None:
        turn = self.turn_class(self, reply)
        self._turns.append(turn)
        if reply is not None:
            reply._turn = turn
        turn.task = asyncio.get_running_loop().create_task(self._perform(turn, message))


runs_on_askers_loop = mutant(
    "runs_on_askers_loop",
    "M4",
    "An idle actor's handler is started by create_task on whichever loop the asker runs.",
    "asyncio.create_task and ensure_future, which take the running loop, not the one that was meant.",
    actor=_RunsOnAskersLoop,
)


class _PlacesAnywhere(System):
    def spawn(self, handler: Any, loop: int | None = None, **options: Any) -> Actor:
        return super().spawn(handler, None, **options)


placement_ignored = mutant(
    "placement_ignored",
    "M4",
    "The loop that an actor was to live on is ignored, and loops are dealt out in turn.",
    "Placement hints that a scheduler drops: Ray's and Xoscar's soft affinity.",
    system=_PlacesAnywhere,
)


class _Moving(Actor):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        super()._failed(turn, error)
        loops = self.system.loops
        self.home.actors.pop(self, None)
        self.home = loops[(self.home.number + 1) % len(loops)]
        self.home.actors[self] = None

    def _run(self) -> None:
        if self.home.is_here():
            super()._run()
        else:
            self.home.post(self._run)


restarted_elsewhere = mutant(
    "restarted_elsewhere",
    "M4",
    "After a failure the actor is restarted on the next loop.",
    "Supervisors that restart through the pool's round robin: Xoscar's and Dask's restarted workers.",
    actor=_Moving,
)

# ---------------------------------------------------------------- M6


class _BacksOff(Actor):
    def _wake(self) -> None:
        neighbours = [other for other in self.home.actors if other is not self]
        if self._awake or self._stopped or not any(other._turns for other in neighbours):
            return super()._wake()
        self._awake = True
        self.home.post(self.home.loop.call_later, 1, self._run)
        return None


backs_off_when_busy = mutant(
    "backs_off_when_busy",
    "M6",
    "An idle actor whose neighbour is busy looks into its mailbox again only after a second.",
    "Polling with a back-off instead of a wakeup: database-backed queues, Dramatiq's and RQ's idle workers.",
    actor=_BacksOff,
)
