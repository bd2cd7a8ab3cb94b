"""Recording: what every step of an execution did, on which object, by which strand, and at which source line.

A `Recorder` stands between a world and a strategy. What it keeps of a step is little and quickly taken, so that
every execution of a search can be recorded; source lines are for executions that somebody will look at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from askance.engine import Strategy
from askance.search.operations import BARRIER, GET, MODES, READ, WAKES, WRITE, items_in, mode_of
from askance.world import Strand
from askance.world.frames import where, where_coroutine

Access = tuple[Strand, str, Any, int]
"""(strand, kind, object, mode)."""


class Recorder:
    """Passes a world's questions on to `strategy`, and keeps the steps.

        `accesses`: what each step did, in order; `starts`: where in it each step begins (a step may do more than it
    announced: wake other strands, read the clock). `lines`: (source line, whether the step before was another strand's
        that could have gone on) of each step, if they were wanted.
        `sets`: the runnable strands' numbers at each decision point, if they were wanted.
    """

    observes = True

    def __init__(
        self, strategy: Strategy, *, lines: bool = False, sets: bool = False, racing: bool = True
    ) -> None:
        self.strategy = strategy
        self.accesses: list[Access] = []
        self.starts: list[int] = []
        self.items: dict[int, int] = {}
        """Where in `accesses` somebody gets from a FIFO: how many items that held."""
        self.lines: list[tuple[str, bool]] | None = [] if lines else None
        self.sets: list[tuple[int, ...]] = []
        self.last: Strand | None = None
        self.noting = sets
        self.pick = self._noting_pick if sets else strategy.pick
        self.inner_observes = strategy.observes
        self.inner_touched: Callable[[Strand, str, Any], None] | None = None
        # Where timers do not race, time moves only when nobody else can: after everything else.
        self.tick = WRITE if racing else BARRIER

    def begin(self) -> None:
        """A new execution."""
        self.accesses = []
        self.starts = []
        self.items = {}
        self.sets = []
        self.last = None
        if self.lines is not None:
            self.lines = []
        strategy = self.strategy
        strategy.begin()
        self.pick = self._noting_pick if self.noting else strategy.pick
        self.inner_observes = strategy.observes
        self.inner_touched = getattr(strategy, "touched", None) if strategy.observes else None

    def _noting_pick(self, runnable: Sequence[Any], current: Any) -> Any:
        self.sets.append(tuple(sorted([strand.number for strand in runnable])))
        return self.strategy.pick(runnable, current)

    def stepped(self, strand: Any) -> None:
        """Keep one step."""
        accesses = self.accesses
        self.starts.append(len(accesses))
        kind = strand.kind
        thing = strand.object
        if kind == "start" and thing is None:
            kind = "begin"
        if kind == "tick":
            accesses.append((strand, kind, strand, self.tick))
        else:
            mode = mode_of(strand, kind, thing)
            if mode == GET:
                items = items_in(thing)
                if items is not None:
                    self.items[len(accesses)] = items
            accesses.append((strand, kind, thing, mode))
        if kind in WAKES or strand.timed_out or strand.timer is not None:
            accesses.append((strand, "woken", strand, READ))
        if self.lines is not None:
            last = self.last
            self.lines.append((_line(strand), last is not None and last is not strand and last.slot >= 0))
            self.last = strand
        if self.inner_observes:
            self.strategy.stepped(strand)

    def touched(self, strand: Strand, kind: str, thing: Any) -> None:
        """Keep what a step did besides."""
        self.accesses.append((strand, kind, thing, MODES[kind]))
        if self.inner_touched is not None:
            self.inner_touched(strand, kind, thing)


def _line(strand: Any) -> str:
    """Where the strand is, or for a loop's handle where its coroutine goes on."""
    if strand.kind == "tick" or (strand.kind == "start" and strand.object is None):
        return ""
    if strand.kind == "handle" and strand.object._ready:
        callback = strand.object._ready[0]._callback
        task: Any = getattr(callback, "__self__", None)
        if hasattr(task, "get_coro"):
            return where_coroutine(task.get_coro())
        return str(getattr(callback, "__qualname__", ""))
    return where(sys._getframe(2))
