"""One execution: a program performed as the main strand of a world, and the history that comes of it."""

from __future__ import annotations

import sys
from typing import Any

from askance.adapter import Adapter
from askance.history import Event, EventKind, History, Outcome, Recorder, recorded
from askance.program import Program, Value
from askance.run.performance import Performance, carried_out
from askance.run.stuck import explained, innermost, outward, waiter_name
from askance.world import World

__all__ = ["WorldRecorder", "execute", "finished"]


HORIZON = 20.0
"""Seconds: what programs sleep and wait is over by then, and a library's own time limit on asks may well be longer."""


class WorldRecorder(Recorder):
    """A recorder that falls silent when its world ends: how strands die is no part of the history."""

    def __init__(self, world: World) -> None:
        super().__init__(world.stamp)
        self.world = world
        world.on_loop_blocked = self.loop_blocked
        world.waiter_name = waiter_name
        world.horizon = HORIZON

    def add(
        self,
        kind: EventKind,
        who: str = "",
        *,
        actor: str = "",
        message: str = "",
        op: str = "",
        outcome: Outcome | None = None,
        detail: str = "",
        sender: str = "",
        value: Value = None,
        loop: int | None = None,
    ) -> None:
        """Append one event, stamped with the world's step, time and strand, while the world is alive."""
        world = self.world
        if not world.dying:
            self.events.append(
                recorded(kind, who, actor, message, op, outcome, detail, sender, value, world.stamp(), loop)
            )

    def loop_blocked(self, strand: str, on: str, where: str) -> None:
        """Record that the running strand blocked while it was running an event loop, and in whose turn."""
        who = innermost(outward(sys._getframe(1)))
        wait = next((e for e in reversed(self.events) if e.who == who and e.kind == "wait"), None)
        op = wait.op if who and wait is not None else ""
        self.add("loop-blocked", who, op=op, detail=f"{strand} blocked in {on!r} at {where}")


def execute(program: Program, adapter: Adapter, world: World) -> History:
    """Perform the program as the main strand of `world`, which must be new; what happened.

    An exception of the adapter's `open`, `spawn` or `close` is the history's `error`.
    """
    recorder = WorldRecorder(world)
    performance = Performance(adapter, program.loops, recorder)
    world.run(lambda: carried_out(performance, program, world.settle))
    performance.let_go()
    return finished(program, recorder, world.execution)


def finished(program: Program, recorder: Recorder, execution: Any) -> History:
    """The history of an execution that has ended, with what the engine saw besides: exceptions nobody caught."""
    for strand, exception in execution.uncaught:
        recorder.events.append(
            Event("uncaught", detail=f"{strand}: {type(exception).__name__}: {exception}", strand=strand)
        )
    for strand, message in execution.complaints:
        recorder.events.append(Event("uncaught", detail=f"{strand}: {message}", strand=strand))
    recorder.events += [Event("leaked", detail=leak) for leak in execution.leaks]
    ending, error = execution.ending, execution.error
    if execution.exception is not None:
        ending, error = "error", f"{type(execution.exception).__name__}: {execution.exception}"
    events = tuple(recorder.events)
    deadlock = execution.deadlock and explained(events, execution.deadlock)
    return History(program, events, ending, deadlock, error, execution.timers_raced)
