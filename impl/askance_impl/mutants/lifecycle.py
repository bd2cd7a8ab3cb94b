"""Mutants of clauses L4 to L7: what is left behind, actors that are not born or die, closings that take time."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor
from askance_impl.reference.loops import LoopThread
from askance_impl.reference.reply import running_loop
from askance_impl.reference.system import System
from askance_impl.reference.wait_for import Turn, current_turn

# ---------------------------------------------------------------- L4


class _ClosesInhabited(System):
    def close(self) -> None:
        self.loops = [loop for loop in self.loops if loop.actors]
        super().close()


idle_loop_left_running = mutant(
    "idle_loop_left_running",
    "L4",
    "Closing the system ends the loops that have actors; the thread of any other runs on.",
    "Pools that join the workers they used: lazily filled thread pools, one loop per connection.",
    system=_ClosesInhabited,
)


class _KeepsHouse(LoopThread):
    def _run(self) -> None:
        self.housekeeping = self.loop.create_task(self._keep_house())
        super()._run()

    async def _keep_house(self) -> None:
        await self.loop.create_future()

    def _unfinished(self) -> list[asyncio.Task[Any]]:
        return [task for task in super()._unfinished() if task is not self.housekeeping]


housekeeping_left = mutant(
    "housekeeping_left",
    "L4",
    "A background task of each loop is still waiting when the loop is closed.",
    '"Task was destroyed but it is pending!": keep-alive and reaper tasks of aiohttp, motor and aioredis.',
    loop=_KeepsHouse,
)


class _RaisesIntoItsTask(Actor):
    async def _perform(self, turn: Turn, message: Any) -> None:
        reply = turn.reply
        await super()._perform(turn, message)
        if reply is not None and reply._error is not None:
            raise reply._error


failure_in_its_task_too = mutant(
    "failure_in_its_task_too",
    "L4",
    "A handler's failure is given to the asker and left in the turn's task too, where nobody retrieves it.",
    '"Task exception was never retrieved": `raise` after set_exception in the task that handles a message.',
    actor=_RaisesIntoItsTask,
)


class _LeavesCoroutines(Actor):
    def _refuse_mailbox(self) -> None:
        if self._mailbox:
            self._drain()  # type: ignore[unused-coroutine]
        super()._refuse_mailbox()

    async def _drain(self) -> None:
        await asyncio.sleep(0)


coroutine_never_awaited = mutant(
    "coroutine_never_awaited",
    "L4",
    "Stopping an actor that has mail makes a coroutine that nobody awaits.",
    '"coroutine ... was never awaited": an `await` forgotten on a path that is seldom taken.',
    actor=_LeavesCoroutines,
)

# ---------------------------------------------------------------- L5


class _BornLater(System):
    def spawn(self, handler: Any, loop: int | None = None, **options: Any) -> Actor:
        actor = super().spawn(handler, loop, **options)
        if current_turn.get() is not None:
            actor._stopped = True
            actor.home.post(setattr, actor, "_stopped", False)
        return actor


spawned_not_yet_there = mutant(
    "spawned_not_yet_there",
    "L5",
    "An actor spawned by a handler begins to live in the next iteration of its loop; asks before that fail.",
    "start() that returns before the consumer is registered: Thespian's and Dramatiq's first messages.",
    system=_BornLater,
)


class _ServedByParent(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._parent = current_turn.get()

    def _run(self) -> None:
        if self._parent is None or self._parent.ended:
            super()._run()


spawned_waits_for_its_parent = mutant(
    "spawned_waits_for_its_parent",
    "L5",
    "An actor that a handler spawns is served when its parent has ended its turn, in which it is asked.",
    "Children run in the parent's consumer: nested task groups, Celery's child tasks on a pool of one.",
    actor=_ServedByParent,
)


class _WaitsForItsActor(System):
    def spawn(self, handler: Any, loop: int | None = None, **options: Any) -> Actor:
        actor = super().spawn(handler, loop, **options)
        there = threading.Event()
        actor.home.post(there.set)
        there.wait()
        return actor


spawn_blocks_its_loop = mutant(
    "spawn_blocks_its_loop",
    "L5",
    "spawn() blocks until the new actor's loop has taken it in, which never comes to pass on its own loop.",
    "run_coroutine_threadsafe(start(), loop).result() inside spawn: right from outside, fatal from a handler.",
    system=_WaitsForItsActor,
)

# ---------------------------------------------------------------- L6


class _EndsWhenFailed(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._ended = False

    def _failed(self, turn: Turn, error: BaseException) -> None:
        self._ended = not isinstance(error, asyncio.CancelledError)
        super()._failed(turn, error)

    def _run(self) -> None:
        if not self._ended:
            super()._run()


failure_ends_the_actor = mutant(
    "failure_ends_the_actor",
    "L6",
    "A handler's failure reaches its asker and then ends the actor's consumer; later asks wait for ever.",
    "`raise` inside the consumer's `while True`: hand-written asyncio workers, aio-pika consumers.",
    actor=_EndsWhenFailed,
)


class _EndsWhenTellFailed(_EndsWhenFailed):
    def _failed(self, turn: Turn, error: BaseException) -> None:
        super()._failed(turn, error)
        self._ended = turn.reply is None


failed_tell_ends_the_actor = mutant(
    "failed_tell_ends_the_actor",
    "L6",
    "A failure on a told message, which has no reply to go to, ends the actor.",
    "`reply.set_exception(error)` on None inside the handler of errors: mailboxes with optional replies.",
    actor=_EndsWhenTellFailed,
)

# ---------------------------------------------------------------- L7


class _StopWaits(Actor):
    def stop(self) -> None:
        super().stop()
        turn = self.busy_with()
        if turn is not None and turn.reply is not None and running_loop() is None:
            turn.reply._block(None)


stop_waits_for_the_handler = mutant(
    "stop_waits_for_the_handler",
    "L7",
    "stop() from a plain thread returns when the handler in progress has ended.",
    "stop(block=True) as the default: Pykka's ActorRef.stop, Executor.shutdown(wait=True).",
    actor=_StopWaits,
)


class _GraceFirst(System):
    def close(self) -> None:
        time.sleep(1)
        super().close()


close_takes_its_grace = mutant(
    "close_takes_its_grace",
    "L7",
    "Closing sleeps for its whole period of grace, though nothing is going on.",
    "`sleep(grace)` instead of a wait with a bound: gunicorn's and Kubernetes' shutdown hooks.",
    system=_GraceFirst,
)


class _StoppedUnheard(LoopThread):
    def close(self) -> None:
        self._closing = True
        self.loop.stop()


close_does_not_wake = mutant(
    "close_does_not_wake",
    "L7",
    "Closing calls loop.stop() from its own thread; a loop that sleeps does not hear of it, and join() hangs.",
    "loop.stop() is not thread-safe: the most frequent answer on how to end a loop's thread is wrong.",
    loop=_StoppedUnheard,
)
