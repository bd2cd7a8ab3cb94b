"""asyncio's events, queues, locks and semaphores in the hands of threads that they are not made for.

They belong to a loop, and are not thread-safe: who sets an event from a plain thread may do so before a coroutine waits
for it, or after, and then wakes nobody. In a strand that runs no loop, or another one than that whose coroutines have
waited, such a change is a scheduling point, as a future's is (`askance.world.foreign`). Before anybody has waited they
do not know their loop: every loop may be theirs.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

from askance.world import state

os_ident = state.os_ident

_CHANGES: tuple[tuple[type, str], ...] = (
    (asyncio.Event, "set"),
    (asyncio.Event, "clear"),
    (asyncio.Queue, "put_nowait"),
    (asyncio.Queue, "get_nowait"),
    (asyncio.Queue, "task_done"),
    (asyncio.Lock, "release"),
    (asyncio.Condition, "notify"),
    (asyncio.Semaphore, "release"),
    *((asyncio.Queue, name) for name in ("shutdown",) if hasattr(asyncio.Queue, name)),
)

_LOOKS: tuple[tuple[type, str], ...] = (
    (asyncio.Event, "is_set"),
    (asyncio.Queue, "qsize"),
    (asyncio.Queue, "empty"),
    (asyncio.Lock, "locked"),
    (asyncio.Semaphore, "locked"),
)


def _loops(self: Any, world: Any) -> Any:
    """The loops whose it may be, if the current strand runs none of these."""
    running = world.current.running_loop
    mine = self._loop
    if mine is None:
        return [] if running is not None else world.loops
    return [] if mine is running or mine not in world.loops else [mine]


def _changing(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def method(self: Any, *args: Any, **options: Any) -> Any:
        world = state.world
        if world is not None and world.os_thread == os_ident():
            loops = _loops(self, world)
            if loops:
                loops[0].meddled()
                for loop in loops[1:]:
                    loop.reached()
        return original(self, *args, **options)

    return method


def _looking(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def method(self: Any, *args: Any, **options: Any) -> Any:
        world = state.world
        if world is not None and world.observes and world.os_thread == os_ident():
            for loop in _loops(self, world):
                loop.reached()
        return original(self, *args, **options)

    return method


METHODS: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    *((owner, name, _changing(getattr(owner, name))) for owner, name in _CHANGES),
    *((owner, name, _looking(getattr(owner, name))) for owner, name in _LOOKS),
)
"""(class, method, replacement), for `patching` to put in place."""
