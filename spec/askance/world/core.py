"""The world: one execution of threaded and asyncio code on greenlets, in one operating system thread.

`run` performs a function as the main strand and says how it went; `start`, `pause` and `resume` let a caller outside
step in between, as the state machines do. How strands take turns is the scheduler's business.
"""

from __future__ import annotations

from _asyncio import _get_running_loop, _set_running_loop
from collections.abc import Callable

from greenlet import getcurrent, greenlet

from askance.world import generators, patching, state, threads
from askance.world.deadlock import explain
from askance.world.ending import end_strands
from askance.world.execution import Ending, Execution
from askance.world.scheduler import Scheduler, nobody
from askance.world.strand import EngineFailure, Strand, StrandKilled

__all__ = ["Ending", "Execution", "World", "current"]


class World(Scheduler):
    """One execution's worth of strands, objects and virtual time. Use a new one for each execution.

    Patches must be installed (`askance.world.patching.installed`) while strands run; `run` sees to it.
    """

    __slots__ = ("__weakref__",)

    def run(self, main: Callable[[], object]) -> Execution:
        """Run `main` as the main strand until it ends or cannot; then end every other strand, and say how it went."""
        try:
            self.start(main)
        finally:
            self.close()
        return self.execution

    def start(self, main: Callable[[], object]) -> None:
        """Run `main` as the main strand until it ends, pauses, or cannot go on."""
        if state.world is not None:
            raise RuntimeError("a world cannot be run inside a strand of another")
        patching.enter(main)
        self._patched = True
        patching.begin()
        self.os_thread = state.os_ident()
        self._hub = getcurrent()
        strategy = self.strategy
        strategy.begin()
        # One that takes turns with others may have changed both.
        self.pick = strategy.pick
        self.observes = strategy.observes
        self.allow(self.max_steps)
        self.main.life = lambda: self._live_main(main)
        self.enable(self.main)
        self._enter()

    def _live_main(self, main: Callable[[], object]) -> greenlet:
        execution = self.execution
        try:
            execution.value = main()
        except StrandKilled:
            pass
        except EngineFailure as failure:
            self._failed(str(failure))
        except BaseException as exception:
            if not self.dying:
                execution.exception = exception
        finally:
            self._finish(self.main)
        assert self._hub is not None
        return self._hub

    def pause(self) -> None:
        """Called by the main strand: give control back to the caller of `start` or `resume`, who may `resume`."""
        assert self.current is self.main and self._hub is not None
        self.paused = True
        self._hub.switch()

    def resume(self) -> None:
        """Let a paused world go on until its main strand ends, pauses again, or cannot go on."""
        assert self.paused
        self._hub = getcurrent()
        self._enter(self.main)

    def _enter(self, first: Strand | None = None) -> None:
        """The hub: let strands run until one of them comes back for good."""
        if state.world is not None:
            raise RuntimeError("a world cannot be run inside a strand of another")
        self.paused = False
        state.world = self
        hooks = generators.hook()
        outside = _get_running_loop()
        if outside is not None:
            _set_running_loop(None)
        try:
            while self.ending is None and not self.paused:
                chosen = first or (None if self.main.done and self._main_is_over() else self._next())
                first = None
                if chosen is None:
                    self.ending = self.ending or ("done" if self.main.done else "deadlock")
                else:
                    self.turn(chosen).switch()
        except EngineFailure as failure:
            self._failed(str(failure))
        finally:
            state.world = None
            generators.unhook(hooks)
            self._loop_now = None
            _set_running_loop(outside)
            execution = self.execution
            execution.steps = self.steps
            execution.decisions = len(self.choices)
            execution.strands = len(self.strands) - 1
            if self.ending is not None:
                execution.ending = self.ending
        if self.interrupted:
            raise KeyboardInterrupt
        if self.ending == "deadlock":
            # Outside of the world: to ask a future whether it is done is a step inside, and may wait for its lock.
            execution.deadlock = explain(self)

    def _main_is_over(self) -> bool:
        """Whether only daemons are left, as at the end of a process; and these are at rest, where they are to be."""
        if self.drain and any(strand is not self.clock for strand in self.runnable):
            return False
        return not [strand for strand in self.strands if not strand.done and not strand.daemon]

    def settle(self) -> None:
        """Called by the main strand: return when nothing else can move any more, timers included."""
        strand = self.current
        assert strand is self.main
        self.rest("settle", until_settled=True)
        self.steps += 1
        if self.observes:
            self.strategy.stepped(strand)

    def stamp(self) -> tuple[int, float, str]:
        """(steps so far, virtual seconds, name of the current strand): what a recorder puts on an event."""
        return self.steps, self.now, self.current.name

    def close(self) -> None:
        """End every unfinished strand, so that its `finally` blocks run; they cannot wait for anything any more."""
        if self.dying:
            return
        self.dying = True
        self.allow(1 << 62)
        try:
            end_strands(self)
        finally:
            # Without these cycles most of an execution is freed at once, and collection has little to do.
            self.on_loop_blocked = None
            self.waiter_name = nobody
            for strand in self.strands:
                strand.greenlet = strand.life = strand.object = None
                if strand.thread is not None:
                    threads.ended(strand.thread)
                    strand.thread = None
            self.loops.clear()
            if self._patched:
                self._patched = False
                patching.leave()


def current() -> World | None:
    """The world that the calling code runs in, or None."""
    return state.active()
