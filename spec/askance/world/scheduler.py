"""Who runs next: strands, scheduling points and virtual time, one strand running at a time.

A strand announces each operation before it performs it (`point`, or `wait` where the operation may have to wait);
where two or more strands could go on, the strategy picks. Primitives keep lists of the strands that have announced
an operation on them, and enable or disable these as their state changes, so that a strand that is picked can always
perform what it announced, and "nobody can run" is exactly a deadlock.
"""

from __future__ import annotations

import itertools
import sys
from _asyncio import _set_running_loop
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

from greenlet import greenlet

from askance.engine import Strategy
from askance.world import state
from askance.world.execution import Execution
from askance.world.frames import where
from askance.world.greenlets import take
from askance.world.stopping import Stopping
from askance.world.strand import EngineFailure, Strand, StrandKilled

MOMENT = 1e-9
"""Seconds that the shortest wait takes."""

SLOTS = """
_hub _loop_now _patched _settling choices current drain dying execution generators hashes interrupted
loops main main_loop_was_set names observes on_loop_blocked os_thread paused pick places pools_named
racing_timers runnable strands strategy threads_named touched waiter_name
"""


def nobody(node: Any) -> str:
    """The name of a waiter that the program does not know."""
    return ""


def _ignore(strand: Strand, kind: str, thing: Any) -> None:
    """For strategies that want to know only of steps."""


class Scheduler(Stopping):
    """The strands of one execution, and which of them runs. `World` adds how it is run."""

    __slots__ = tuple(SLOTS.split())

    def __init__(
        self,
        strategy: Strategy,
        *,
        max_steps: int = 20_000,
        racing_timers: bool = True,
        on_loop_blocked: Callable[[str, str, str], None] | None = None,
    ) -> None:
        super().__init__()
        self.strategy = strategy
        self.pick = strategy.pick
        self.observes = strategy.observes
        self.touched: Callable[[Strand, str, Any], None] = getattr(strategy, "touched", _ignore)
        self.max_steps = self.limit = max_steps
        self.racing_timers = racing_timers
        self.on_loop_blocked = on_loop_blocked
        # Given a strand or a task, who it is in the words of the program; "" where it is nobody the program knows.
        self.waiter_name: Callable[[Any], str] = nobody
        self.os_thread = state.os_ident()
        self.execution = Execution()
        self.choices = self.execution.choices
        self.runnable: list[Strand] = []
        self.loops: list[Any] = []
        self.places: dict[Any, Any] = {}
        self.generators: dict[int, Any] = {}
        self.hashes = 0
        self.threads_named = 0
        self.pools_named = 0
        self.main_loop_was_set = False
        self.dying = False
        self.ending = None
        self.paused = False
        self.interrupted = False
        # An exhaustive search sets it: daemons go on after the end until they rest, so that executions are whole.
        self.drain = False
        self.names = {"clock", "main"}
        self._patched = False
        self._hub: greenlet | None = None
        self._loop_now: Any = None
        self._settling: Strand | None = None
        self.main = Strand(1, "main", "1")
        self.strands = [self.clock, self.main]
        self.current = self.main

    def spawn(
        self, name: str, body: Callable[[], object], *, daemon: bool = False, ready: bool = True
    ) -> Strand:
        """A new strand that runs `body`, able to run at once where `ready`; its name is made unique."""
        parent = self.current
        parent.children = child = parent.children + 1
        path = f"{parent.path}.{child}"
        if state.called:
            name = state.called.get(path, name)
        if name in self.names:
            name = next(f"{name}#{n}" for n in itertools.count(2) if f"{name}#{n}" not in self.names)
        self.names.add(name)
        strands = self.strands
        strand = Strand(len(strands), name, path)
        strands.append(strand)
        strand.daemon = daemon
        if self.observes:
            self.touch("spawn", strand)
        strand.life = partial(self._live, strand, body)
        if ready:
            self.enable(strand)
        return strand

    def _live(self, strand: Strand, body: Callable[[], object]) -> greenlet:
        """The whole life, on its greenlet, of a strand that is not the main one; gives the greenlet that goes on."""
        self.steps += 1
        if self.observes and not self.dying:
            self.strategy.stepped(strand)
        try:
            body()
        except (StrandKilled, SystemExit):
            pass
        except EngineFailure as failure:
            self._failed(str(failure))
        except BaseException as exception:
            if not self.dying:
                self.execution.uncaught.append((strand.name, exception))
        finally:
            self._finish(strand)
        # The hub decides when all is over; who goes on before that is as easily found from here.
        if not self.main.done and self.ending is None and not self.dying:
            chosen = self._next()
            if chosen is not None:
                return self.turn(chosen)
        assert self._hub is not None
        return self._hub

    def _finish(self, strand: Strand) -> None:
        strand.done = True
        strand.running_loop = None
        if self.observes:
            self.touch("end", strand)
        if strand.timer is not None:
            self.cancel_timer(strand)
        if strand.slot >= 0:
            self.disable(strand)
        if strand.joiners and not self.dying:
            self.let(strand.joiners)

    def enable(self, strand: Strand) -> None:
        """`strand` can run from now on. It must not be able to already."""
        runnable = self.runnable
        strand.slot = len(runnable)
        runnable.append(strand)

    def disable(self, strand: Strand) -> None:
        """`strand` cannot run from now on. It must be able to now."""
        runnable = self.runnable
        last = runnable.pop()
        slot = strand.slot
        if last is not strand:
            runnable[slot] = last
            last.slot = slot
        strand.slot = -1

    def let(self, strands: list[Strand]) -> None:
        """What these have announced can be performed from now on."""
        runnable = self.runnable
        for strand in strands:
            if strand.slot < 0 and not strand.done:
                strand.slot = len(runnable)
                runnable.append(strand)

    def hold(self, strands: list[Strand]) -> None:
        """What these have announced cannot be performed from now on; one whose time is up goes on all the same."""
        runnable = self.runnable
        for strand in strands:
            slot = strand.slot
            if slot >= 0 and not strand.timed_out:
                last = runnable.pop()
                if last is not strand:
                    runnable[slot] = last
                    last.slot = slot
                strand.slot = -1

    def point(self, kind: str, thing: Any) -> None:
        """A scheduling point before an operation that can be performed at once, whatever others do meanwhile."""
        strand = self.current
        strand.kind = kind
        strand.object = thing
        if len(self.runnable) > 1 and (chosen := self.choose(strand)) is not strand:
            self.turn(chosen).switch()
        self.steps = steps = self.steps + 1
        if steps > self.limit:
            self.counted(strand)

    def ready(self, kind: str, thing: Any, announced: list[Strand]) -> None:
        """A scheduling point before an operation that can be performed now, and that others may come before.

        `announced` is the primitive's list of who has announced one; the strand is on it while others go on.
        """
        strand = self.current
        strand.kind = kind
        strand.object = thing
        if len(self.runnable) > 1 and (chosen := self.choose(strand)) is not strand:
            announced.append(strand)
            try:
                self.turn(chosen).switch()
            finally:
                announced.remove(strand)
        self.steps = steps = self.steps + 1
        if steps > self.limit:
            self.counted(strand)

    def wait(self, kind: str, thing: Any, *, able: bool, timeout: float | None = None) -> bool:
        """A scheduling point before an operation that may have to wait; returns False where it timed out.

        `able` says whether it can be performed now. The caller's primitive enables and disables the strand as that
        changes, and must not disable one that has `timed_out`. `timeout` is in seconds; None: for ever; with 0 there
        is nothing to wait for, and the clock has no say; but a moment passes, so that who polls until a deadline
        gets there.
        """
        strand = self.current
        strand.kind = kind
        strand.object = thing
        if timeout is not None:
            if timeout > 0:
                self.add_timer(strand, self.now + timeout)
            else:
                strand.timed_out = able = True
                self.now += MOMENT
                if self.observes:
                    self.touch("moment", self.clock)
        if able:
            if len(self.runnable) > 1 and (chosen := self.choose(strand)) is not strand:
                self.turn(chosen).switch()
        else:
            if self.dying:
                self._refuse()
            self.disable(strand)
            if strand.running_loop is not None and kind not in ("acquire", "select"):
                self._loop_blocked(strand)
            self._go_on()
        self.steps = steps = self.steps + 1
        if steps > self.limit:
            self.counted(strand)
        if strand.timer is not None:
            self.cancel_timer(strand)
        if strand.timed_out:
            strand.timed_out = False
            return False
        return True

    def new_serial(self) -> tuple[str, int]:
        """A name for an object that the current strand makes: the same on every schedule."""
        maker = self.current
        maker.objects += 1
        return maker.path, maker.objects

    def touch(self, kind: str, thing: Any) -> None:
        """The step under way also does this: a strategy that observes is told. Callers see to it that one does."""
        if not self.dying:
            self.touched(self.current, kind, thing)

    def visit(self, strand: Strand) -> None:
        """Let `strand` run, without asking the strategy; returns when the current strand is picked again."""
        self.turn(strand).switch()

    def rest(self, kind: str, *, until_settled: bool) -> None:
        """The current strand is not among the choices, for ever or until nothing else can move; no step of its own."""
        strand = self.current
        strand.kind = kind
        strand.object = None
        self.disable(strand)
        if until_settled:
            self._settling = strand
        self._go_on()

    def choose(self, strand: Strand) -> Strand:
        """Who goes on: the current strand, which can, or another one of those that can."""
        if self.dying:
            return strand
        runnable = self.runnable
        while True:
            try:
                chosen: Strand = self.pick(runnable, strand)
            except (Exception, EngineFailure) as exception:
                self._strategy_failed(exception)
            number = chosen.number
            self.choices.append(number)
            if number:
                return chosen
            self.execution.timers_raced = True
            self.tick()
            if len(runnable) == 1:
                return strand

    def _next(self) -> Strand | None:
        """Who goes on when the current strand cannot; None when nobody can."""
        runnable = self.runnable
        while True:
            count = len(runnable)
            if count > 1:
                try:
                    chosen: Strand = self.pick(runnable, self.current)
                except (Exception, EngineFailure) as exception:
                    self._strategy_failed(exception)
                    return None
                self.choices.append(chosen.number)
                if chosen is self.clock:
                    self.execution.timers_raced = True
            elif count:
                chosen = runnable[0]
            elif self.timers:
                chosen = self.clock
            elif self._settling is not None:
                chosen, self._settling = self._settling, None
                self.enable(chosen)
            else:
                return None
            if chosen is not self.clock:
                return chosen
            self.tick()

    def _go_on(self) -> None:
        """The current strand cannot run: let another, and return when this one is picked again."""
        chosen = self._next()
        if chosen is self.current:
            return
        if chosen is None:
            self._to_hub("done" if self.main.done else "deadlock")
        else:
            self.turn(chosen).switch()

    def turn(self, chosen: Strand) -> greenlet:
        """It is that strand's turn from now on: the greenlet to switch to."""
        self.current = chosen
        loop = chosen.running_loop
        if loop is not self._loop_now:
            self._loop_now = loop
            _set_running_loop(loop)
        running = chosen.greenlet
        if running is None:
            assert chosen.life is not None and self._hub is not None
            running = take(self._hub, copy_context() if chosen is self.main else None, chosen.life)
            chosen.greenlet = running
        return running

    def set_running_loop(self, loop: Any) -> None:
        """The current strand starts (or, with None, ends) running an event loop."""
        self.current.running_loop = loop
        self._loop_now = loop
        _set_running_loop(loop)

    def _loop_blocked(self, strand: Strand) -> None:
        blocked = (strand.name, str(strand.kind), where(sys._getframe(2)))
        if blocked not in self.execution.blocked_loops:
            self.execution.blocked_loops.append(blocked)
            if self.on_loop_blocked is not None:
                self.on_loop_blocked(*blocked)

    def sleep(self, seconds: float) -> None:
        """What `time.sleep` does in a strand: wait for the virtual time; 0 is a mere scheduling point."""
        if seconds > 0:
            self.wait("sleep", None, able=False, timeout=seconds)
        else:
            self.point("yield", None)
