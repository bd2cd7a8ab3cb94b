"""Mutants of clause D1: lost wakeups and forgotten replies."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.reply import Waiter, running_loop
from askance_impl.reference.wait_for import waiting

# ---------------------------------------------------------------- D1


class _WakesWithCallSoon(Actor):
    def _wake(self) -> None:
        if self._stopped or self._awake:
            return super()._wake()
        self._awake = True
        self.home.loop.call_soon(self._run)
        return None


message_without_waking = mutant(
    "message_without_waking",
    "D1",
    "A message from another thread is announced with call_soon, which does not wake an idle loop.",
    "loop.call_soon from a foreign thread: the first version of most bridges from threads to asyncio.",
    actor=_WakesWithCallSoon,
)


class _CompletesForeignFuture(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def waiter() -> None:
            if not future.done():
                future.set_result(None)

        self._add_waiter(waiter)
        try:
            with waiting(self):
                yield from future
        except asyncio.CancelledError:
            if self._leave(waiter):
                self.cancel()
            raise


reply_without_waking = mutant(
    "reply_without_waking",
    "D1",
    "The thread that has the answer completes the asker's asyncio future itself, and its loop sleeps on.",
    "asyncio.Future.set_result from a foreign thread: callbacks of C libraries, gRPC's and Kafka's clients.",
    reply=_CompletesForeignFuture,
)


class _ChecksThenSubscribes(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._guard = threading.Lock()

    def _add_waiter(self, waiter: Waiter) -> None:
        if self._done:
            return super()._add_waiter(waiter)
        with self._guard:
            self._waiters.append(waiter)
        return None


answered_before_subscribed = mutant(
    "answered_before_subscribed",
    "D1",
    "A waiter looks whether the answer is there and then subscribes; an answer in between reaches nobody.",
    "Two critical sections where one is needed: future implementations without a look after the append.",
    reply=_ChecksThenSubscribes,
)


class _FallsAsleepLate(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._guard = threading.Lock()

    def _run(self) -> None:
        if self._stopped:
            return super()._run()
        while not self._turns:
            if not self._mailbox:
                with self._guard:
                    self._awake = False
                return None
            message, reply = self._mailbox.popleft()
            if reply is None or not reply._done:
                self._begin(message, reply)
        return None


contention_lost_wakeup = mutant(
    "contention_lost_wakeup",
    "D1",
    "An actor sees its mailbox empty and then falls asleep; a message sent in between wakes nobody.",
    "Lost wakeups that need contention: early futex mutexes, Tokio's and Go's parking of idle workers.",
    actor=_FallsAsleepLate,
)


class _SleepsUnseen(Actor):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._guard = threading.Lock()

    def tell(self, message: Any) -> None:
        if self._stopped:
            raise self._stopped_error()
        with self._guard:
            awake = self._awake
        if awake:
            with self._guard:
                self._mailbox.append((message, None))
        else:
            super().tell(message)


tell_to_one_falling_asleep = mutant(
    "tell_to_one_falling_asleep",
    "D1",
    "A tell looks whether the actor is awake before it puts the message; in between the actor falls asleep.",
    "Check-then-act on a consumer's idle flag: lost wakeups in thread pools, Go's and Tokio's injectors.",
    actor=_SleepsUnseen,
)


class _Handle:
    def __init__(self, task: asyncio.Task[None]) -> None:
        self.task = task

    def __del__(self) -> None:
        self.task.cancel()


class _KeepsNoTask(Actor):
    def _begin(self, message: Any, reply: AskReply | None) -> None:
        super()._begin(message, reply)
        task = self._turns[-1].task
        if task is not None and reply is None:
            _Handle(task)
        elif task is not None and reply is not None and running_loop() is not None:
            self.handle = _Handle(task)


task_not_kept = mutant(
    "task_not_kept",
    "D1",
    "The handle of a turn's task is kept in one place for all turns; the last one's end takes it along.",
    "create_task's result not kept: asyncio's weak references to tasks (CPython issue 91887, ruff RUF006).",
    actor=_KeepsNoTask,
)
