"""`askance.explore`: run a function, or a `Strands`, on many schedules, and say what failed.

Each execution is a new world with the same strategy. Before the first one runs a warm-up that does not count, so that
lazy imports and caches are settled; now and then one is replayed strictly, and it must go the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from askance.engine import Strategy
from askance.preempt import instrumented
from askance.search import escape
from askance.search.arguments import checked_preempt, require
from askance.search.counterexample import Counterexample, failure_of, new_world
from askance.search.exhaustive import Exhaustive
from askance.search.happens_before import signature
from askance.search.named import named
from askance.search.pct import PCT
from askance.search.portfolio import Portfolio
from askance.search.recording import Recorder
from askance.search.replay import Replay, Stay
from askance.search.result import Exploration
from askance.world import Execution, installed

KEPT_TRACEBACKS = 10
"""Failures beyond this number keep their exceptions without tracebacks, which hold on to every frame's variables."""


def explore(
    target: Callable[[], object],
    strategy: str | Strategy = "portfolio",
    executions: int = 1000,
    seed: int = 0,
    keep_going: bool = False,
    preempt: Sequence[str] = (),
    delay_bound: int | None = None,
    *,
    max_steps: int = 20_000,
    racing_timers: bool = True,
    warm_up: bool = True,
    drain: bool = False,
) -> Exploration:
    """Run `target` on up to `executions` schedules; what was seen, and the failures.

    `target`: a function without arguments (the main strand) or a `Strands`. `strategy`: a name (see
    `askance.search.named`) or an object; with a name, `seed` makes it reproducible. A search ends at its first failure
    unless `keep_going`. `preempt`: modules whose statements are to be scheduling points. `delay_bound`: exhaustive
    strategies explore only schedules with at most so many delays. `max_steps` of one execution: more is a livelock.
    `racing_timers`: a timer may fire although other strands could still run. `warm_up`: run the target once before.
    `drain`: daemons go on after the end of the others until they rest; always so where the search is exhaustive.

    Raises ValueError for an unknown strategy, and for a module to preempt that cannot be; TypeError for arguments of
    other types, a coroutine function among them. A failure, a deadlock or a
    livelock of the target is in the result.
    """
    require(target, strategy, executions=executions, seed=seed, delay_bound=delay_bound, max_steps=max_steps)
    preempt = checked_preempt(preempt)
    if isinstance(strategy, str):
        chosen = named(strategy, seed, delay_bound=delay_bound)
        name = strategy
    elif delay_bound is not None:
        raise ValueError("a delay bound goes with the name of an exhaustive strategy: strategy='dpor'")
    else:
        chosen, name = strategy, type(strategy).__name__
    options = {
        "max_steps": max_steps,
        "racing_timers": racing_timers,
        "drain": drain or isinstance(chosen, Exhaustive),
        "preempt": preempt,
    }
    search = _Search(target, chosen, Exploration(name), options)
    escape.watch()
    try:
        with instrumented(preempt), installed(target):
            if warm_up:
                search.warm_up()
            search.run(executions, keep_going)
    except KeyboardInterrupt:
        search.result.interrupted = True
    search.result.escaped = escape.escaped()
    search.result.pct = pct_executions(chosen)
    return search.result


class _Search:
    """One exploration under way."""

    def __init__(
        self,
        target: Callable[[], object],
        strategy: Strategy,
        result: Exploration,
        options: dict[str, Any],
    ) -> None:
        self.target = target
        self.strategy = strategy
        self.result = result
        self.options = options
        self.seen: set[int] = set()

    def warm_up(self) -> None:
        """One execution that does not count; strategies that want to know the program's size learn it here."""
        recorder = Recorder(Stay(), racing=self.options["racing_timers"])
        world = new_world(recorder, self.options)
        execution = world.run(self.target)
        profile = getattr(self.strategy, "profile", None)
        if profile is not None:
            profile(execution, recorder)

    def run(self, executions: int, keep_going: bool) -> None:
        """Execute until it was enough, something failed, nothing is left, or the target proved nondeterministic."""
        strategy = self.strategy
        result = self.result
        racing = self.options["racing_timers"]
        plain = Recorder(strategy, racing=racing)
        watching = Recorder(strategy, sets=True, racing=racing)
        while result.executions < executions:
            sample = _is_sampled(result.executions)
            recorder = watching if sample else plain
            execution = self.execute(recorder)
            if isinstance(strategy, Exhaustive) and strategy.divergence:
                result.nondeterminism = strategy.divergence
                return
            if isinstance(strategy, Exhaustive) and strategy.redundant:
                result.redundant += 1
            else:
                failure = self.count(execution, recorder)
                if sample or (failure is not None and result.failed <= KEPT_TRACEBACKS):
                    self.confirm(execution, recorder, sample)
                if result.nondeterminism or (failure is not None and not keep_going):
                    return
            if isinstance(strategy, Exhaustive) and not strategy.another():
                result.complete = strategy.complete
                return

    def execute(self, recorder: Recorder) -> Execution:
        """One execution by the strategy."""
        world = new_world(recorder, self.options)
        strategy = self.strategy
        if not isinstance(strategy, Exhaustive):
            return world.run(self.target)
        strategy.attach(world)
        try:
            world.start(self.target)
            strategy.ended()
        finally:
            world.close()
        return world.execution

    def count(self, execution: Execution, recorder: Recorder) -> Counterexample | None:
        """Enter one execution into the result; its failure, if it failed."""
        result = self.result
        self.seen.add(signature(recorder.accesses, recorder.items))
        failure = failure_of(self.target, execution, result.executions, self.options)
        result.executions += 1
        result.steps += execution.steps
        result.decisions += execution.decisions
        result.longest = max(result.longest, execution.steps)
        result.strands = max(result.strands, execution.strands)
        result.interleavings = len(self.seen)
        if failure is not None:
            if result.failed >= KEPT_TRACEBACKS and failure.exception is not None:
                failure.exception.__traceback__ = None
            result.failed += 1
            result.failures.append(failure)
        return failure

    def confirm(self, execution: Execution, recorder: Recorder, sample: bool) -> None:
        """Replay an execution strictly: it must go the same way, or the target is not deterministic."""
        replay = Replay(execution.choices, sets=recorder.sets if sample else None)
        again = Recorder(replay, racing=self.options["racing_timers"])
        repeated = new_world(again, self.options).run(self.target)
        if repeated.error and repeated.error != execution.error:
            self.result.nondeterminism = repeated.error
        elif (repeated.ending, repeated.steps) != (execution.ending, execution.steps):
            self.result.nondeterminism = (
                f"execution {self.result.executions - 1} ended as {execution.ending!r} after {execution.steps} steps; "
                f"replayed, as {repeated.ending!r} after {repeated.steps}"
            )
        elif signature(again.accesses, again.items) != signature(recorder.accesses, recorder.items):
            self.result.nondeterminism = _difference(recorder, again)


def pct_executions(strategy: object) -> dict[int, int]:
    """How many executions PCT made, by the depth that it was to find."""
    parts = dict.fromkeys(strategy.strategies if isinstance(strategy, Portfolio) else [strategy])
    made: dict[int, int] = {}
    for part in parts:
        if isinstance(part, PCT):
            made[part.depth] = made.get(part.depth, 0) + part.execution + 1
    return made


def _is_sampled(number: int) -> bool:
    """Whether this execution is replayed to see that it is deterministic: 0, 1, 2, 4, 8, ..."""
    return number & (number - 1) == 0


def _difference(first: Recorder, second: Recorder) -> str:
    """The first step in which two executions differ."""
    for number, (one, other) in enumerate(zip(first.accesses, second.accesses, strict=False), 1):
        if (one[0].path, one[1]) != (other[0].path, other[1]):
            return (
                f"operation {number} was {one[1]!r} of strand {one[0].name!r}; "
                f"replayed, {other[1]!r} of strand {other[0].name!r}"
            )
    return "the same operations were done on other objects when replayed"
