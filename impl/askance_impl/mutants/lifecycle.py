"""Mutants of chapter L: actors that cannot be stopped, stop too much or die, and systems that do not close."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.loops import LoopThread
from askance_impl.reference.reply import running_loop
from askance_impl.reference.system import System
from askance_impl.reference.wait_for import Turn, current_turn

# ---------------------------------------------------------------- L1


class _TakesAsksAnyway(Actor):
    def ask(self, message: Any) -> AskReply:
        if not self._stopped:
            return super().ask(message)
        reply = self.reply_class(self)
        self._mailbox.append((message, reply))
        return reply


ask_to_stopped_hangs = mutant(
    "ask_to_stopped_hangs",
    "L1",
    "An ask to a stopped actor is put into its mailbox, which nobody reads any more.",
    "Queues that outlive their consumer: multiprocessing.Queue after the worker's end, Pykka before 1.0.",
    actor=_TakesAsksAnyway,
)


class _DropsTells(Actor):
    def tell(self, message: Any) -> None:
        if not self._stopped:
            super().tell(message)


tell_to_stopped_is_silent = mutant(
    "tell_to_stopped_is_silent",
    "L1",
    "A tell to a stopped actor returns as if it had been sent.",
    "Dead letters that nobody reads: Erlang's and Akka's `!` to a dead process, taken over without the log.",
    actor=_DropsTells,
)


class _StopsWhenBusyOnly(Actor):
    def stop(self) -> None:
        if self._turns or self._mailbox or self.system.closed:
            super().stop()


stop_of_idle_ignored = mutant(
    "stop_of_idle_ignored",
    "L1",
    "Stopping an idle actor does nothing, and it goes on taking messages.",
    "A stop flag that only the consumer's inner loop looks at; a cancelled `task` that is None while idle.",
    actor=_StopsWhenBusyOnly,
)

# ---------------------------------------------------------------- L2


class _ForgetsPending(Actor):
    def _refuse_mailbox(self) -> None:
        self._mailbox.clear()


pending_dropped_on_stop = mutant(
    "pending_dropped_on_stop",
    "L2",
    "Stopping an actor throws its mailbox away, and whoever waits for an answer from it waits for ever.",
    "`queue.clear()` on shutdown: Pykka before 0.14 and ThreadPoolExecutor.shutdown with a cleared queue.",
    actor=_ForgetsPending,
)


class _LooksThenPuts(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._guard = threading.Lock()

    def ask(self, message: Any) -> AskReply:
        with self._guard:
            stopped = self._stopped
        if stopped:
            return super().ask(message)
        reply = self.reply_class(self)
        with self._guard:
            self._mailbox.append((message, reply))
        if not self._stopped:
            self._wake()
        return reply


put_after_stop = mutant(
    "put_after_stop",
    "L2",
    "An ask looks whether the actor has stopped and then puts its message; a stop in between overlooks it.",
    "Check-then-put on a stopping mailbox: ThreadPoolExecutor.submit and shutdown before the shared lock.",
    actor=_LooksThenPuts,
)


class _CancelsItsTurn(Actor):
    def stop(self) -> None:
        super().stop()
        turn = self.busy_with()
        if turn is not None and turn is not current_turn.get():
            self.home.post(turn.cancel)


stop_cancels_the_asker = mutant(
    "stop_cancels_the_asker",
    "L2",
    "Stopping an actor cancels its handler, whose asker gets CancelledError as if it had cancelled.",
    "`task.cancel()` as a way to stop: aiohttp's and Starlette's background tasks on shutdown.",
    actor=_CancelsItsTurn,
)

# ---------------------------------------------------------------- L3


class _StopsOnce(Actor):
    def stop(self) -> None:
        if self._stopped and not self.system.closed:
            raise self._stopped_error()
        super().stop()


second_stop_raises = mutant(
    "second_stop_raises",
    "L3",
    "Stopping an actor that has stopped raises.",
    "ActorDeadError from stop(), `RuntimeError: Event loop is closed`, ProcessLookupError from kill().",
    actor=_StopsOnce,
)


class _TakesItselfOut(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._guard = threading.Lock()

    def stop(self) -> None:
        with self._guard:
            known = self in self.home.actors
        if known:
            with self._guard:
                del self.home.actors[self]
        super().stop()


concurrent_stops_collide = mutant(
    "concurrent_stops_collide",
    "L3",
    "Two that stop an actor at the same time both take it out of the registry, and the second raises KeyError.",
    "`if key in registry: del registry[key]` from two threads: Pykka's ActorRegistry.unregister.",
    actor=_TakesItselfOut,
)


class _CannotJoinItself(Actor):
    def stop(self) -> None:
        turn = current_turn.get()
        if turn is not None and turn.actor is self:
            raise RuntimeError("cannot join current thread")
        super().stop()


own_stop_refused = mutant(
    "own_stop_refused",
    "L3",
    "An actor that stops itself from its own handler gets an error.",
    '"cannot join current thread": stop() that joins, called by the one to be joined.',
    actor=_CannotJoinItself,
)

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
        await super()._perform(turn, message)
        if turn.reply is not None and turn.reply._error is not None:
            raise turn.reply._error


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
        if actor.home.post(there.set):
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
