"""How a world ends: every strand that is unfinished gets an exception, so that its `finally` blocks run.

They can wait for nothing: whatever would block raises again. A library that catches BaseException and goes on is
given up after a number of steps, again and again, and then left suspended for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import warnings
from _asyncio import _get_running_loop, _set_running_loop
from typing import TYPE_CHECKING, Any

from askance.world import state
from askance.world.strand import Strand, StrandKilled

if TYPE_CHECKING:
    from askance.world.core import World

ROUNDS = 5
"""How often a strand is told to end."""

STEPS = 500
"""Steps that a strand may take on its way out, each time."""


def end_strands(world: World) -> None:
    """Throw StrandKilled into every unfinished strand until it ends, then close the coroutines that are left.

    What is unfinished is left behind, daemons that could go on apart: nobody waits for these when the main strand has
    ended, so one that has just been told to end is cut off here; one that has not waits under another schedule.
    """
    going = {strand for strand in world.runnable if strand.daemon}
    for strand in world.runnable:
        strand.slot = -1
    world.runnable.clear()
    unfinished = [strand for strand in world.strands if not strand.done and strand.life is not None]
    if not unfinished and not world.loops:
        return
    tasks = [task for loop in world.loops for task in loop.live_tasks()]
    if world.main.done:
        leaks = world.execution.leaks
        ending = {strand.running_loop for strand in unfinished if strand in going}
        leaks += [f"strand {strand.name!r} runs on" for strand in unfinished if strand not in going]
        leaks += [
            f"{loop!r} is not closed" for loop in world.loops if not loop._closed and loop not in ending
        ]
        leaks += [
            f"task {task.get_name()} is pending on {task.get_loop()!r}"
            for task in tasks
            if task.get_loop() not in ending
        ]
    if unfinished or tasks or any(loop._ready for loop in world.loops):
        _end_all(world, unfinished)
    for loop in world.loops:
        loop._closed = True  # or its finalizer would warn of it, at some other time


def _end_all(world: World, unfinished: list[Strand]) -> None:
    if state.world is not None:
        raise RuntimeError("a world cannot be closed from inside a world")
    state.world = world
    outside = _get_running_loop()
    handle = logging.Logger.handle
    logging.Logger.handle = _forget  # type: ignore[method-assign,assignment]
    try:
        with warnings.catch_warnings():
            # What strands leave on their way out, such as coroutines never awaited, is no news either.
            warnings.simplefilter("ignore")
            for strand in unfinished:
                _end(world, strand)
            for loop in world.loops:
                for task in loop.live_tasks():
                    task._log_destroy_pending = False
                    _close(task.get_coro())
                for coroutine in _queued_coroutines(loop):
                    _close(coroutine)
    finally:
        logging.Logger.handle = handle  # type: ignore[method-assign]
        state.world = None
        _set_running_loop(outside)


def _forget(logger: logging.Logger, record: logging.LogRecord) -> None:
    """A pool logs whatever ends its worker; that we end it is no news."""


def _end(world: World, strand: Strand) -> None:
    running = strand.greenlet
    strand.slot = -1
    if running is None or not running:
        strand.done = True
        return
    world.current = strand
    _set_running_loop(strand.running_loop)
    for _ in range(ROUNDS):
        world.allow(world.steps + STEPS)
        with contextlib.suppress(StrandKilled):
            running.throw(StrandKilled)
        if strand.done:
            return
    # It will not die. A greenlet that is freed gets one more exception, at a time when it could block for real.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(running))


def _queued_coroutines(loop: Any) -> list[Any]:
    """Coroutines that `run_coroutine_threadsafe` has handed to a loop, and that it never came to."""
    return [
        cell.cell_contents
        for handle in loop._ready
        for cell in getattr(handle._callback, "__closure__", None) or ()
        if asyncio.iscoroutine(cell.cell_contents)
    ]


def _close(coroutine: Any) -> None:
    """No word of "Task was destroyed but it is pending", nor of a coroutine that was never awaited."""
    try:
        if coroutine is not None:
            coroutine.close()
    except BaseException:  # a coroutine that ignores GeneratorExit has had its chance
        pass
