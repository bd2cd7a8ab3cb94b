"""A counterexample: one execution that failed, with the schedule that shows it again."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from askance.engine import Strategy
from askance.history import Deadlock
from askance.preempt import instrumented
from askance.search.recording import Recorder
from askance.search.replay import Replay
from askance.search.trace import Step, table, trace_of
from askance.world import Execution, World, installed
from askance.world.frames import is_ours, is_standard, place

if TYPE_CHECKING:
    from askance.search.result import Exploration

FailureKind = Literal["exception", "uncaught", "deadlock", "steps", "error"]


@dataclass(frozen=True)
class Counterexample:
    """One failure: what went wrong, on which schedule.

    `kind`: "exception" (the main strand raised), "uncaught" (another strand or a loop's callback did), "deadlock",
    "steps" (the step limit: a livelock, or a limit too small), "error" (the engine could not go on: `text` says).
    `number` is the execution's, from 0; `schedule` the numbers of the strands chosen at its decision points.
    """

    target: Callable[[], object] = field(repr=False)
    kind: FailureKind
    text: str
    number: int
    schedule: tuple[int, ...]
    exception: BaseException | None = None
    deadlock: Deadlock | None = None
    strand: str = "main"
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def trace(self) -> tuple[Step, ...]:
        """The steps of the failing execution, from a strict replay; empty where it could not be replayed."""
        recorder = Recorder(Replay(self.schedule), lines=True)
        with instrumented(self.options["preempt"]), installed(self.target):
            execution = new_world(recorder, self.options).run(self.target)
        if execution.error and self.kind != "error":
            return ()
        return trace_of(recorder)

    def replay(self) -> Exploration:
        """Follow the schedule again, strictly: the result of that one execution, which fails alike or says why not."""
        from askance.search.explore import explore

        return explore(
            self.target, strategy=Replay(self.schedule), executions=1, warm_up=False, **self.options
        )

    def same_failure(self, other: Counterexample) -> bool:
        """Whether the other fails in the same way: the same kind, and the same type of exception."""
        return self.kind == other.kind and type(self.exception) is type(other.exception)

    def __str__(self) -> str:
        switches = sum(step.switched for step in self.trace)
        lines = [
            self.text,
            "",
            f"schedule: {len(self.trace)} steps, {switches} {'switch' if switches == 1 else 'switches'}",
            table(self.trace),
            "",
        ]
        lines.append(
            f"replay: askance.search.replay.Replay({list(self.schedule)}) as the strategy, or failure.replay()"
        )
        return "\n".join(lines)


def new_world(strategy: Strategy, options: Mapping[str, Any]) -> World:
    """A world as `options` say: `max_steps`, `racing_timers`, and `drain` for executions of an exhaustive search."""
    world = World(strategy, max_steps=options["max_steps"], racing_timers=options["racing_timers"])
    world.drain = options["drain"]
    return world


def failure_of(
    target: Callable[[], object], execution: Execution, number: int, options: Mapping[str, Any]
) -> Counterexample | None:
    """What failed in an execution; None where nothing did."""
    kind: FailureKind
    exception: BaseException | None = None
    strand = "main"
    if execution.ending == "error":
        kind, text = "error", execution.error
    elif execution.exception is not None:
        kind, exception = "exception", execution.exception
        text = f"the main strand raised {_raised(exception)}"
    elif execution.uncaught:
        kind, (strand, exception) = "uncaught", execution.uncaught[0]
        text = f"strand {strand!r} raised {_raised(exception)}"
    elif execution.ending == "deadlock":
        kind, text = "deadlock", f"deadlock: nothing can move any more\n{execution.deadlock}"
    elif execution.ending == "steps":
        kind = "steps"
        text = f"no end after {execution.steps - 1} steps: a livelock, or too small a limit (max_steps)"
    else:
        return None
    return Counterexample(
        target, kind, text, number, tuple(execution.choices), exception, execution.deadlock, strand, options
    )


def _raised(exception: BaseException) -> str:
    at = ""
    step = exception.__traceback__
    while step is not None:
        if not is_ours(step.tb_frame) and not is_standard(step.tb_frame):
            at = f" at {place(step.tb_frame.f_code, step.tb_lineno)}"
        step = step.tb_next
    return "".join(traceback.format_exception_only(exception)).strip() + at
