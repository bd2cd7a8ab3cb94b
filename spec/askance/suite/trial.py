"""One clause's trial: each program it is given is run under many schedules, every history is judged and counted.

The clause tests feed it with programs from Hypothesis, and the reducer with smaller ones. A violation is raised as
`Fallen`, so that Hypothesis shrinks the program; a program that has fallen once falls again without being run.
"""

from __future__ import annotations

import itertools
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from askance.adapter import Adapter
from askance.clauses import Case, Clause, Judgement, Violation, judge, placements
from askance.engine import Strategy
from askance.generate.continuing import carry_out
from askance.history import History
from askance.meaning import Meaning, meaning, shape
from askance.preempt import in_force
from askance.program import Program
from askance.search.happens_before import signature
from askance.search.pct import PCT
from askance.search.recording import Recorder
from askance.search.replay import Stay
from askance.suite.profiles import Profile
from askance.suite.schedules import Schedules, schedules
from askance.suite.statistics import Tally
from askance.world import World

__all__ = ["Failure", "Fallen", "Script", "Trial", "Variant", "denoted", "most_steps"]

MAX_STEPS = 10_000
"""An execution of more steps is a livelock: programs are small."""
STATEMENTS = 10
"""So many times the steps, where the statements of instrumented modules are steps too."""
SAMPLED = 16
"""The executions of one program in so many are recorded, to count distinct interleavings."""
MOST_INCONCLUSIVE = 10
"""After so many executions that did not end by themselves nothing more is tried."""

WATCHERS: list[Callable[[Trial], None]] = []
"""Told of each execution, for who shows progress; nothing that is tried may depend on them."""
BEGUN: list[Callable[[Program], None]] = []
"""Told of each program before it is run, for who wants to know on which one the process ends."""


def most_steps() -> int:
    """The number of steps after which an execution is a livelock."""
    return MAX_STEPS * STATEMENTS if in_force() else MAX_STEPS


@dataclass(frozen=True, slots=True)
class Script:
    """A program, and the phase in which each of its actors is spawned (all in the first, where `births` is empty)."""

    program: Program
    births: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """The same program with its actors placed elsewhere, and the schedule that it ran under."""

    program: Program
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A clause that fell: on which program, under which schedule, how."""

    clause: str
    script: Script
    choices: tuple[int, ...]
    violation: Violation
    variants: tuple[Variant, ...] = ()

    @property
    def program(self) -> Program:
        """The program."""
        return self.script.program


class Fallen(Exception):
    """The clause fell; carries the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.clause} fell")
        self.failure = failure


def denoted(program: Program, adapter: Adapter) -> Meaning:
    """What the program may do on this implementation."""
    ends = bool(getattr(adapter, "failing_handler_ends_actor", False))
    return meaning(program, adapter.capabilities, failing_handler_ends_actor=ends)


class Trial:
    """The state of one clause's test: what has been tried, and what was found."""

    def __init__(
        self,
        clause: Clause,
        adapter: Adapter,
        profile: Profile,
        seed: int = 0,
        name: str = "",
        schedules: Schedules = schedules,
    ) -> None:
        self.clause = clause
        self.adapter = adapter
        self.implementation = name or adapter.name
        """By which `load_adapter` finds it again."""
        self.profile = profile
        self.schedules = schedules
        self.seed = zlib.crc32(f"{clause.id} {seed}".encode())
        self.tally = Tally()
        self.fallen: dict[str, Failure] = {}
        """Failures by their script's text: to Python False equals 0, and the programs would be one."""
        self.found: int | None = None
        """The number of the schedule that showed the last failure; None while there is none."""
        self.errors: list[str] = []
        """How executions ended that said nothing about the clause."""
        self.signatures: set[int] | None = None
        """Those of the program at hand, where its executions are recorded."""
        self.known: tuple[Program, Meaning] | None = None
        """The program that was judged last, and what it denotes."""

    # ------------------------------------------------------------ one execution

    def run(self, script: Script, strategy: Strategy) -> tuple[History, World]:
        """Carry out the script in a new world."""
        world = World(strategy, max_steps=most_steps())
        began = time.perf_counter()
        history = carry_out(script.program, script.births, self.adapter, world)
        self.count(world, time.perf_counter() - began)
        return history, world

    def count(self, world: World, seconds: float) -> None:
        """Count one execution."""
        tally, execution = self.tally, world.execution
        for watcher in WATCHERS:
            watcher(self)
        if self.found is not None:
            tally.shrinking += 1
            return
        tally.executions += 1
        tally.strategies[strategy_name(world.strategy)] += 1
        tally.steps += execution.steps
        tally.decisions += execution.decisions
        tally.seconds += seconds
        tally.raced += execution.timers_raced

    def sample(self, strategy: Strategy, recorder: Recorder | None, world: World) -> None:
        """Count what one execution was worth: its interleaving, where it was recorded, and what PCT promises."""
        tally = self.tally
        if recorder is not None and self.signatures is not None:
            tally.signed += 1
            self.signatures.add(signature(recorder.accesses, recorder.items))
        if isinstance(strategy, PCT) and world.execution.steps <= strategy.longest:
            tally.sought(strategy.depth, world.execution.strands, strategy.longest)

    def judged(self, program: Program, history: History, variants: Sequence[History] = ()) -> Judgement:
        """The clause's verdict on one history; counted while nothing has fallen."""
        if self.known is None or self.known[0] is not program:
            self.known = program, denoted(program, self.adapter)
        judgement = judge(self.clause, Case(program, history, self.known[1], self.adapter, tuple(variants)))
        if self.found is None:
            self.tally.verdicts[judgement.verdict] += 1
            if judgement.blocked_by:
                self.tally.blocked_by[judgement.blocked_by] += 1
            if judgement.verdict == "inconclusive":
                self.errors.append(history.error or f"{most_steps()} steps were not enough")
        return judgement

    # ------------------------------------------------------------ one program that grew

    def world(self, number: int) -> World:
        """A world for a program that grows in it; `number` tells the schedules of several apart."""
        strategy = next(itertools.islice(self.schedules(number + 1, self.seed, None), number, None))[1]
        return World(strategy, max_steps=most_steps())

    def grown(
        self, program: Program, births: tuple[int, ...], history: History, world: World, seconds: float
    ) -> None:
        """Judge what came of a program that grew, then examine it as a whole; raises Fallen."""
        script = Script(program, births)
        self.tally.machines += self.found is None
        self.count(world, seconds)
        judgement = self.judged(script.program, history)
        if judgement.verdict == "fail" and judgement.violation is not None:
            self.found = self.found or 0
            failure = Failure(self.clause.id, script, tuple(world.choices), judgement.violation)
            self.fall(script, failure)
        self.examine(Script(program))

    def fall(self, script: Script, failure: Failure) -> NoReturn:
        """Raise Fallen, always from this one line: Hypothesis takes failures from two lines for two faults."""
        raise Fallen(self.fallen.setdefault(repr(script), failure))

    # ------------------------------------------------------------ one program

    def examine(self, script: Script, drawn: Strategy | None = None) -> None:
        """Run the script under the drawn schedule and the profile's others; raises Fallen at the first failure."""
        failure = self.fallen.get(repr(script)) if self.fallen else None
        failure = failure or self.search(script, drawn)
        if failure is not None:
            self.fall(script, failure)

    def search(self, script: Script, drawn: Strategy | None = None) -> Failure | None:
        """The first failure of the script under the drawn schedule and the profile's others, or None."""
        program = script.program
        if self.tally.verdicts["inconclusive"] >= MOST_INCONCLUSIVE:
            return None
        if self.found is None:
            places = [str(c.where) if c.where in ("thread", "loop") else "inside" for c in program.clients]
            self.tally.saw(shape(program), program.loops, len(program.actors), places)
        for told in BEGUN:
            told(program)
        variants = self.variants(program)
        seen: set[tuple[int, ...]] = set()
        tried: list[tuple[int, Strategy]] = [(-1, drawn)] if drawn is not None else []
        tried += self.schedules(self.profile.schedules, self.seed, self.found)
        self.signatures = set() if self.found is None and self.tally.programs % SAMPLED == 1 else None
        for turn, (number, strategy) in enumerate(tried, 1):
            known = len(seen)
            failure = self.fails(script, strategy, variants, seen)
            if self.found is None:
                self.tally.tries[turn] += 1
                self.tally.fresh[turn] += len(seen) > known
            if failure is not None:
                self.found = number
                return failure
        if self.found is None:
            self.tally.distinct += len(seen)
            self.tally.interleavings += len(self.signatures or ())
        return None

    def fails(
        self,
        script: Script,
        strategy: Strategy,
        variants: Sequence[tuple[History, Variant]] | None = None,
        seen: set[tuple[int, ...]] | None = None,
    ) -> Failure | None:
        """The failure of the script under one schedule, or None; adds the schedule to those `seen`."""
        if variants is None:
            variants = self.variants(script.program)
        recorder = Recorder(strategy) if self.signatures is not None and self.found is None else None
        history, world = self.run(script, recorder or strategy)
        if self.found is None:
            self.sample(strategy, recorder, world)
        choices = tuple(world.choices)
        if seen is not None:
            seen.add(choices)
        judgement = self.judged(script.program, history, [other for other, _ in variants])
        if judgement.verdict != "fail" or judgement.violation is None:
            return None
        others = tuple(variant for _, variant in variants)
        return Failure(self.clause.id, script, choices, judgement.violation, others)

    def variants(self, program: Program) -> list[tuple[History, Variant]]:
        """The program with its actors placed otherwise, where the clause compares placements: each run once."""
        if "placements" not in self.clause.features or "loops" not in self.adapter.capabilities:
            return []
        found = []
        for other in placements(program):
            history, world = self.run(Script(other), Stay())
            found.append((history, Variant(other, tuple(world.choices))))
        return found

    def verdict(self) -> str:
        """The verdict of the whole trial.

        A clause that could not be judged more often than it held is blocked; one whose situation never arose is
        untested, never passed.
        """
        verdicts = self.tally.verdicts
        if verdicts["fail"]:
            return "fail"
        if verdicts["inconclusive"]:
            return "inconclusive"
        if verdicts["blocked"] > verdicts["pass"]:
            return "blocked"
        if verdicts["pass"]:
            return "pass"
        return "unsupported" if verdicts["unsupported"] else "untested"


def strategy_name(strategy: Strategy) -> str:
    """What made the schedule: of an execution that is recorded, the strategy that the recorder passes on."""
    return type(strategy.strategy if isinstance(strategy, Recorder) else strategy).__name__
