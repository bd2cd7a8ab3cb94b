"""How fast this machine is, and this implementation on it: what every time limit is a multiple of.

Measured in the child before anything is judged: how long a thread takes to wake another, a loop to be called from
outside, and the implementation to open, spawn, answer one ask, and close.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from askance.adapter import Adapter
from askance.program import Term
from askance.run.turns import Envelope

__all__ = ["Calibration", "measured_machine", "with_implementation"]

SLOWEST = 16.0
"""A program's second becomes at most so many times as long as it was at first."""
HAND_OFFS, ROUND_TRIPS, ASKS = 60, 30, 12


@dataclass(frozen=True)
class Calibration:
    """Medians, in seconds of real time. What was not measured is 0."""

    hand_off: float
    round_trip: float
    ask: float = 0.0
    spawn: float = 0.0
    close: float = 0.0
    factor: float = 1.0
    """By how much the machine has become slower since."""

    @property
    def second(self) -> float:
        """How long a second of a program lasts: long, beside everything that happens in no time of the program's."""
        machine = 1000 * self.hand_off + 300 * self.round_trip
        return self.factor * (machine + 50 * self.ask + 3 * self.spawn)

    def slower(self) -> Calibration:
        """The same for a machine that turned out to be twice as slow."""
        return replace(self, factor=min(2 * self.factor, SLOWEST))


def measured_machine() -> Calibration:
    """The machine alone."""
    return Calibration(hand_off(), round_trip())


def hand_off() -> float:
    """How long one thread takes to wake another, and to be woken by it."""
    there, back = threading.Semaphore(0), threading.Semaphore(0)

    def answer() -> None:
        for _ in range(HAND_OFFS):
            there.acquire()
            back.release()

    thread = threading.Thread(target=answer, name="askance calibration", daemon=True)
    thread.start()
    times = []
    for _ in range(HAND_OFFS):
        times.append(timed(there.release, back.acquire))
    thread.join()
    return statistics.median(times)


def round_trip() -> float:
    """How long a loop on another thread takes to run what it is handed, and to say so."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="askance calibration", daemon=True)
    thread.start()
    there = threading.Semaphore(0)
    times = []
    for _ in range(ROUND_TRIPS):
        times.append(timed(lambda: loop.call_soon_threadsafe(there.release), there.acquire))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    return statistics.median(times)


def timed(*calls: Callable[[], Any]) -> float:
    """How long the calls take, one after the other."""
    began = time.monotonic()
    for call in calls:
        call()
    return time.monotonic() - began


def with_implementation(machine: Calibration, adapter: Adapter, asks: int = ASKS) -> Calibration:
    """The machine's, and this implementation's; raises what the adapter raises, and may hang where it does."""
    blocking = "async-handlers" not in adapter.capabilities
    system = adapter.open(1)
    refs: list[Any] = []
    place = 0 if "loops" in adapter.capabilities else None
    spawn = timed(lambda: refs.append(system.spawn(echo if blocking else async_echo, place)))
    times = []
    for number in range(asks):
        # A term, as programs send: some libraries start what carries such a value when the first one comes.
        envelope = Envelope(f"calibration.{number}", "calibration", Term("f", (number,)))
        if "result" in adapter.capabilities:
            times.append(timed(lambda e=envelope: system.result(system.ask(refs[0], e))))  # type: ignore[misc]
        elif "await" in adapter.capabilities:
            times.append(timed(lambda e=envelope: asyncio.run(awaited(system, refs[0], e))))  # type: ignore[misc]
    close = timed(system.close)
    return replace(machine, ask=statistics.median(times) if times else 0.0, spawn=spawn, close=close)


def echo(envelope: Envelope) -> Any:
    """A handler that returns the value of its message."""
    return envelope.value


async def async_echo(envelope: Envelope) -> Any:
    """A handler that returns the value of its message."""
    return envelope.value


async def awaited(system: Any, ref: Any, envelope: Envelope) -> Any:
    """Ask, and await the reply."""
    return await system.awaitable(system.ask(ref, envelope))
