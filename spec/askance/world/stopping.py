"""How an execution is cut short: by its step limit, by a failure of the engine or the strategy, by an interrupt.

Each step compares one number, `limit`; where that is passed, somebody wants to know of the step: the step limit, a
strategy that observes (then every step passes it), or who interrupts from outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

from askance.world.execution import Ending, Execution
from askance.world.strand import EngineFailure, Strand, StrandKilled
from askance.world.timers import Timers


class Stopping(Timers):
    """The part of a scheduler that ends executions before their time."""

    __slots__ = ("ending", "limit", "max_steps")

    ending: Ending | None
    limit: int
    max_steps: int

    if TYPE_CHECKING:
        current: Strand
        dying: bool
        execution: Execution
        main: Strand
        _hub: greenlet | None

    def counted(self, strand: Strand) -> None:
        """`strand` has made a step that somebody wants to know of, or that is one too many."""
        if self.steps > self.max_steps:
            self._over()
        if self.observes and not self.dying:
            self.strategy.stepped(strand)

    def allow(self, steps: int) -> None:
        """So many steps may be made in all."""
        self.max_steps = steps
        self.limit = -1 if self.observes else steps

    def stop(self) -> None:
        """End the execution here and now, as done; does not return."""
        self._to_hub("done")

    def _to_hub(self, ending: Ending) -> None:
        if self.dying:
            raise StrandKilled
        self.ending = ending
        assert self._hub is not None
        self._hub.switch()

    def _refuse(self) -> None:
        """A strand that is being ended cannot wait; one that goes on and on is suspended."""
        self.steps += 1
        if self.steps > self.max_steps:
            self._over()
        raise StrandKilled

    def _over(self) -> None:
        if self.dying:
            assert self._hub is not None
            self._hub.switch()
        else:
            self._to_hub("error" if self.execution.error else "done" if self.main.done else "steps")

    def fail(self, error: str) -> None:
        """End the execution as an error of the engine's, with that text; from a strand this does not return."""
        self._failed(error)
        if getcurrent() is not self._hub and not self.current.done:
            self._to_hub("error")

    def _strategy_failed(self, exception: BaseException) -> None:
        """The strategy gives up, or has a fault of its own, which the code under test must not get to see."""
        if isinstance(exception, EngineFailure):
            self.fail(str(exception))
        self.fail(f"the strategy {type(self.strategy).__name__} raised {exception!r}")

    def _failed(self, error: str) -> None:
        self.execution.error = self.execution.error or error
        self.ending = "error"

    def interrupt(self, error: str) -> None:
        """End the execution at the next scheduling point; called from a signal handler or the watchdog."""
        self.execution.error = self.execution.error or error
        self.allow(-1)
