"""A correct library whose asks have a time limit of their own, longer than anything that a program does."""

from __future__ import annotations

import threading
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

from askance.adapter import System
from askance_impl.variants.bare import BareAdapter, BareSystem

LIMIT = 60.0
"""Seconds."""


class PatientSystem(BareSystem):
    """A timer for each ask: it fails if nobody has answered by then."""

    def __init__(self) -> None:
        super().__init__()
        self.timers: list[threading.Timer] = []

    def ask(self, ref: Any, message: Any) -> Any:
        reply: Future[Any] = Future()

        def late() -> None:
            with suppress(InvalidStateError):
                reply.set_exception(TimeoutError(f"no answer within {LIMIT} seconds"))

        def answered(answer: Future[Any]) -> None:
            timer.cancel()
            with suppress(InvalidStateError):
                error = answer.exception()
                reply.set_result(answer.result()) if error is None else reply.set_exception(error)

        timer = threading.Timer(LIMIT, late)
        self.timers.append(timer)
        timer.start()
        super().ask(ref, message).add_done_callback(answered)
        return reply

    def close(self) -> None:
        super().close()
        for timer in self.timers:
            timer.cancel()
            timer.join()


class PatientAdapter(BareAdapter):
    """Promises what `bare` does."""

    name = "patient"

    def open(self, loops: int) -> System:
        """Start with no actors."""
        return PatientSystem()


adapter = PatientAdapter()
