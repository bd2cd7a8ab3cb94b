"""How a world ends: every strand that is unfinished gets an exception, so that its `finally` blocks run.

They can wait for nothing: whatever would block raises again. A library that catches BaseException and goes on is
given up after a number of rounds.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from askance.world import state
from askance.world.strand import Strand, StrandKilled

if TYPE_CHECKING:
    from askance.world.core import World

ROUNDS = 50
_immortal: list[Strand] = []
"""Strands that would not die. They are kept, because a greenlet that is collected gets one more exception."""


def end_strands(world: World) -> None:
    """Throw StrandKilled into every unfinished strand until it ends, then close the coroutines that are left."""
    if state.world is not None:
        raise RuntimeError("a world cannot be closed from inside a world")
    world.runnable.clear()
    unfinished = [strand for strand in world.strands[1:] if not strand.done]
    tasks = [task for loop in world.loops for task in loop.live_tasks()]
    if not unfinished and not tasks:
        return
    state.world = world
    try:
        for strand in unfinished:
            _end(world, strand)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for task in tasks:
                _abandon(task)
    finally:
        state.world = None


def _end(world: World, strand: Strand) -> None:
    running = strand.greenlet
    strand.slot = -1
    if running is None or not running:
        strand.done = True
        return
    world.current = strand
    for _ in range(ROUNDS):
        try:
            running.throw(StrandKilled)
        except StrandKilled:
            pass
        if running.dead:
            return
    _immortal.append(strand)


def _abandon(task: Any) -> None:
    """No word of "Task was destroyed but it is pending", nor of a coroutine that was never awaited."""
    task._log_destroy_pending = False
    coroutine = task.get_coro()
    try:
        if coroutine is not None:
            coroutine.close()
    except BaseException:  # a coroutine that ignores GeneratorExit has had its chance
        pass
