"""Mutants of clause M5: an actor's state that is loaded, saved, cached or shared behind the handler's back."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply


class Keeping(Actor):
    """An actor that reaches the state which its handler keeps."""

    @property
    def kept(self) -> Any:
        """The state; None where the handler keeps none."""
        state = self._state
        return None if state is None else state.value

    @kept.setter
    def kept(self, value: Any) -> None:
        if (state := self._state) is not None:
            state.value = value

    @property
    def _state(self) -> Any:
        # The kit's handlers are methods; those of actors are methods of what keeps a state.
        return getattr(getattr(self._handler, "__self__", None), "state", None)


class _LoadsWhenSent(Keeping):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._loaded: dict[AskReply, Any] = {}

    def ask(self, message: Any) -> AskReply:
        loaded = self.kept
        reply = super().ask(message)
        self._loaded[reply] = loaded
        return reply

    def _begin(self, message: Any, reply: AskReply | None) -> None:
        if reply is not None and reply in self._loaded:
            self.kept = self._loaded[reply]
        super()._begin(message, reply)


state_loaded_when_sent = mutant(
    "state_loaded_when_sent",
    "M5",
    "The state that a turn begins with is loaded when its message is sent: updates in between are lost.",
    "Session and workflow state read by the dispatcher and saved by the worker: Celery and Django sessions.",
    actor=_LoadsWhenSent,
)


class _WritesBehind(Keeping):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._stored: Any = None

    async def _answer(self, message: Any) -> Any:
        self.kept = self._stored
        try:
            return await super()._answer(message)
        finally:
            self.home.loop.call_later(0.5, self._store, self.kept)

    def _store(self, value: Any) -> None:
        self._stored = value


state_written_behind = mutant(
    "state_written_behind",
    "M5",
    "The state is saved a moment after the turn and loaded before the next, which may come first.",
    "Write-behind caches and asynchronous persistence: Orleans' WriteStateAsync not awaited, Akka's persistAsync.",
    actor=_WritesBehind,
)


class _StateOfThread(Keeping):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._senders: dict[AskReply, int] = {}
        self._tellers: deque[int] = deque()
        self._states: dict[int, Any] = {}

    def ask(self, message: Any) -> AskReply:
        sender = threading.get_ident()
        reply = super().ask(message)
        self._senders[reply] = sender
        return reply

    def tell(self, message: Any) -> None:
        self._tellers.append(threading.get_ident())
        super().tell(message)

    async def _answer(self, message: Any) -> Any:
        turn = self._turns[-1]
        sender = self._tellers.popleft() if turn.reply is None else self._senders.get(turn.reply, 0)
        self.kept = self._states.get(sender)
        try:
            return await super()._answer(message)
        finally:
            self._states[sender] = self.kept


state_of_the_askers_thread = mutant(
    "state_of_the_askers_thread",
    "M5",
    "What the handler keeps is kept for each asking thread apart, so askers do not see each other's updates.",
    "threading.local in handlers: asgiref's Local and thread_sensitive, scoped sessions.",
    actor=_StateOfThread,
)


class _AnswersTogether(Keeping):
    def ask(self, message: Any) -> AskReply:
        running = self.busy_with()
        first: AskReply | None = None if running is None else running.reply
        reply = super().ask(message)
        if running is not None and first is not None and not running.ended:
            first._add_waiter(lambda: self._share(first, reply))
        return reply

    def _share(self, first: AskReply, reply: AskReply) -> None:
        if first._error is None:
            reply._complete(first._value)


answer_of_the_turn_before = mutant(
    "answer_of_the_turn_before",
    "M5",
    "Whoever asks while the actor is busy gets the answer of the turn in progress.",
    "Request coalescing: Go's singleflight and aiocache's stampede protection used for calls that change something.",
    actor=_AnswersTogether,
)


class _Passive(Keeping):
    def _run(self) -> None:
        super()._run()
        if not self._turns and not self._mailbox:
            self.home.loop.call_later(0.5, self._passivate)

    def _passivate(self) -> None:
        if not self._turns:
            self.kept = None


state_lost_when_idle = mutant(
    "state_lost_when_idle",
    "M5",
    "An actor that had nothing to do for a while is put away, and begins anew with the next message.",
    "Idle collection of virtual actors whose state was not saved: Orleans' and Dapr's deactivation.",
    actor=_Passive,
)
