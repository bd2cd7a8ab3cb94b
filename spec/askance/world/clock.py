"""The functions of `time`, on the world's virtual time inside a world.

The clocks have different origins, as real ones do, so that code which mixes two of them shows it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from askance.world import state

if TYPE_CHECKING:
    from askance.world.core import World

real_time = time.time
real_monotonic = time.monotonic
real_perf_counter = time.perf_counter
real_sleep = time.sleep
real_time_ns = time.time_ns
real_monotonic_ns = time.monotonic_ns
real_perf_counter_ns = time.perf_counter_ns
real_process_time = time.process_time
real_process_time_ns = time.process_time_ns
real_thread_time = time.thread_time
real_thread_time_ns = time.thread_time_ns

EPOCH = 1_600_000_000.0
MONOTONIC_ORIGIN = 4_000.0
PERF_ORIGIN = 70_000.0
NANOSECONDS = 1_000_000_000
STEP = 1_000
"""Nanoseconds of the processor that a step takes."""


def _now(world: World) -> float:
    """The virtual seconds; the step under way has looked at the clock."""
    if world.observes:
        world.touch("time", world.clock)
    return world.now


def now_time() -> float:
    """`time.time`."""
    world = state.active()
    return real_time() if world is None else EPOCH + _now(world)


def now_monotonic() -> float:
    """`time.monotonic`."""
    world = state.active()
    return real_monotonic() if world is None else MONOTONIC_ORIGIN + _now(world)


def now_perf_counter() -> float:
    """`time.perf_counter`."""
    world = state.active()
    return real_perf_counter() if world is None else PERF_ORIGIN + _now(world)


def now_time_ns() -> int:
    """`time.time_ns`."""
    world = state.active()
    return real_time_ns() if world is None else int((EPOCH + _now(world)) * NANOSECONDS)


def now_monotonic_ns() -> int:
    """`time.monotonic_ns`."""
    world = state.active()
    return real_monotonic_ns() if world is None else int((MONOTONIC_ORIGIN + _now(world)) * NANOSECONDS)


def now_perf_counter_ns() -> int:
    """`time.perf_counter_ns`."""
    world = state.active()
    return real_perf_counter_ns() if world is None else int((PERF_ORIGIN + _now(world)) * NANOSECONDS)


def now_process_time_ns() -> int:
    """`time.process_time_ns`: it passes with the steps of the world."""
    world = state.active()
    return real_process_time_ns() if world is None else world.steps * STEP


def now_process_time() -> float:
    """`time.process_time`."""
    return real_process_time() if state.active() is None else now_process_time_ns() / NANOSECONDS


def now_thread_time_ns() -> int:
    """`time.thread_time_ns`: the world has but one processor."""
    return real_thread_time_ns() if state.active() is None else now_process_time_ns()


def now_thread_time() -> float:
    """`time.thread_time`."""
    return real_thread_time() if state.active() is None else now_process_time_ns() / NANOSECONDS


def sleep(seconds: float) -> None:
    """`time.sleep`: a wait on virtual time; 0 is a mere scheduling point."""
    world = state.active()
    if world is None:
        real_sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    world.sleep(seconds)


FUNCTIONS = (
    (real_time, now_time),
    (real_monotonic, now_monotonic),
    (real_perf_counter, now_perf_counter),
    (real_time_ns, now_time_ns),
    (real_monotonic_ns, now_monotonic_ns),
    (real_perf_counter_ns, now_perf_counter_ns),
    (real_process_time, now_process_time),
    (real_process_time_ns, now_process_time_ns),
    (real_thread_time, now_thread_time),
    (real_thread_time_ns, now_thread_time_ns),
    (real_sleep, sleep),
)
"""(original, replacement), for `patching` to put in place wherever a module holds the original."""
