"""Mutants of clauses L1 to L3: actors that cannot be stopped, or stop too much."""

from __future__ import annotations

import threading
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.wait_for import current_turn

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

    def _run(self) -> None:
        if not self._stopped:
            super()._run()


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
