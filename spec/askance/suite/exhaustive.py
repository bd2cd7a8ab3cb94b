"""`askance check NAME --exhaustive`: every interleaving of small programs, each execution judged by all clauses.

Executions that only swap steps which have nothing to do with each other are one interleaving. What clauses judge is
the order of the recorded events, and implementations often share a deque or a flag without a lock, which no operation
tells of: so steps in which something is recorded (an ask, a turn's beginning, an outcome) depend on each other, and
are explored in every order. A program that is too large for its share is searched as far as that goes, then again
within growing delay bounds, and is reported as what it is: not complete.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from askance.adapter import Adapter
from askance.clauses import ALL, Case, judge_all
from askance.generate.continuing import carry_out
from askance.history import Event, History
from askance.program import Program
from askance.program_text import show
from askance.run import UsageError, lacking, load_adapter
from askance.search import escape
from askance.search.delays import DelayBounded
from askance.search.dpor import OptimalDPOR
from askance.search.exhaustive import Exhaustive
from askance.search.replay import Replay, Stay
from askance.suite.exhaustive_family import FAMILY
from askance.suite.exhaustive_progress import Progress
from askance.suite.exhaustive_report import document, write
from askance.suite.exhaustive_state import State, forget, read_state, state_file, write_state
from askance.suite.running import CAUSES
from askance.suite.trial import MAX_STEPS, Failure, Script, denoted
from askance.world import World, installed

__all__ = ["Searched", "check_exhaustively", "search_program"]

PASSED, FELL, USAGE, INCONCLUSIVE = 0, 1, 2, 3
EXECUTIONS = 5000
"""At most so many executions for each program, unless the user says otherwise."""
BETWEEN_SAVES = 30.0
"""Seconds between two saves of a long search."""


@dataclass
class Searched:
    """What is known of one program.

    `executions` were run to their end; all are different interleavings. `complete`: there are no others. `estimated`:
    about how many there are. `delays`: every schedule with at most so many delays was executed as well, in `bounded`
    executions (-1: none). `reached`: the clauses that had something to judge, and held. `inconclusive` says why nothing
    can be said.
    """

    name: str
    program: Program
    executions: int = 0
    redundant: int = 0
    steps: int = 0
    complete: bool = False
    estimated: float = 0.0
    delays: int = -1
    bounded: int = 0
    reached: set[str] = field(default_factory=set)
    failure: Failure | None = None
    inconclusive: str = ""
    interrupted: bool = False
    resumed: int = 0
    """So many of the executions were made by an earlier call."""

    @property
    def status(self) -> int:
        """The exit status for this program alone."""
        if self.failure is not None:
            return FELL
        return PASSED if self.complete and not self.inconclusive else INCONCLUSIVE

    def __str__(self) -> str:
        made = f"{self.executions:,} interleaving{'s' * (self.executions != 1)}"
        if self.failure is not None:
            bounded = f" and {self.bounded:,} delay-bounded executions" if self.bounded else ""
            return f"{self.failure.clause} fell after {made}{bounded} of {self.name}"
        if self.inconclusive:
            return f"inconclusive after {made} of {self.name}: {self.inconclusive}"
        if self.complete:
            return f"all {made} of {self.name}: no clause fell"
        text = f"{self.executions:,} of about {round(self.estimated):,} interleavings of {self.name}"
        if self.delays >= 0:
            text += f", and every schedule of at most {self.delays} delay{'s' * (self.delays != 1)}"
        stopped = "interrupted, " if self.interrupted else ""
        return f"{text}: no clause fell; {stopped}not complete"


class _Recorded:
    """What every step in which an event is recorded changes."""

    serial = ("", 0)


class _World(World):
    """A world that tells an exhaustive strategy what is recorded, and when the execution has ended."""

    planning: Exhaustive
    recorded = _Recorded()

    def stamp(self) -> tuple[int, float, str]:
        """What a recorder puts on an event; the step that records one depends on all others that do."""
        self.touch("write", self.recorded)
        return super().stamp()

    def start(self, main: Callable[[], object]) -> None:
        """Run `main`, then let the strategy find what is to be explored."""
        super().start(main)
        self.planning.ended()


def _told(event: Event) -> Event:
    """The event without what a library may number on from execution to execution: the names of its threads."""
    return replace(event, strand="", detail="")


class _Search:
    """The search of one program on one implementation."""

    def __init__(self, searched: Searched, adapter: Adapter, progress: Progress, deadline: float) -> None:
        self.searched = searched
        self.program = searched.program
        self.adapter = adapter
        self.progress = progress
        self.deadline = deadline
        self.known = denoted(self.program, adapter)
        # Whether the strategy's plan is being changed: one that an interrupt caught halfway is no state to save.
        self.planning = False

    def execute(self, strategy: Exhaustive) -> tuple[History, World]:
        """One execution as the strategy plans it. Daemons go on to their rest, or races with them would be missed."""
        world = _World(strategy, max_steps=MAX_STEPS)
        world.planning = strategy
        world.drain = True
        strategy.attach(world)
        return carry_out(self.program, (), self.adapter, world), world

    def judge(self, history: History, world: World) -> None:
        """Judge one complete execution by every clause."""
        searched = self.searched
        if history.ending in ("steps", "error"):
            searched.inconclusive = history.error or f"an execution had no end after {MAX_STEPS} steps"
            return
        judged = judge_all(Case(self.program, history, self.known, self.adapter))
        fallen = [one.violation for one in judged.values() if one.verdict == "fail" and one.violation]
        searched.reached.update(clause for clause, one in judged.items() if one.verdict == "pass")
        if fallen:
            violation = min(fallen, key=lambda one: one.clause not in CAUSES)
            searched.failure = Failure(
                violation.clause, Script(self.program), tuple(world.choices), violation
            )

    def confirm(self, history: History, choices: Iterable[int]) -> None:
        """Replay an execution strictly: the same must happen, or something escapes the world's control."""
        world = World(Replay(tuple(choices)), max_steps=MAX_STEPS)
        world.drain = True
        again = carry_out(self.program, (), self.adapter, world)
        if list(map(_told, again.events)) != list(map(_told, history.events)):
            reason = again.error or "an execution went another way when it was replayed"
            self.searched.inconclusive = f"uncontrolled nondeterminism: {reason}"

    def run(self, strategy: Exhaustive, most: int, save: Callable[[], None] = lambda: None) -> int:
        """Execute until nothing is left, something fell, or it was enough; how many executions were complete."""
        searched, progress = self.searched, self.progress
        counted = isinstance(strategy, OptimalDPOR)
        done, saved = 0, time.monotonic()
        while done < most and time.monotonic() < self.deadline:
            self.planning = False
            history, world = self.execute(strategy)
            searched.steps += world.steps
            if strategy.divergence:
                searched.inconclusive = f"uncontrolled nondeterminism: {strategy.divergence}"
            elif strategy.redundant:
                searched.redundant += counted
            else:
                done += 1
                searched.executions += counted
                searched.bounded += not counted
                self.judge(history, world)
                if not searched.inconclusive and done & (done - 1) == 0:
                    self.confirm(history, world.choices)
            if searched.failure is not None or searched.inconclusive:
                return done
            self.planning = True
            if not strategy.another():
                return done
            self.planning = False
            made = searched.executions if counted else done
            total = made / max(strategy.explored(), 1e-12)
            if counted:
                searched.estimated = max(total, made + 1)
            progress.update(made, total)
            if time.monotonic() - saved > BETWEEN_SAVES:
                saved = time.monotonic()
                save()
        return done


def search_program(
    name: str,
    program: Program,
    adapter: Adapter,
    *,
    executions: int = EXECUTIONS,
    deadline: float = float("inf"),
    file: Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Searched:
    """Search the program: what is known of it at the end, also where Ctrl-C was the end (`interrupted`).

    `executions`: at most so many in this call, and a fifth of that under delay bounds if it was not all. `deadline`: on
    `time.monotonic()`. `file`: where the state of a search that is not complete is kept; with `resume` it goes on.
    """
    progress = progress or Progress(sys.stderr)
    searched = Searched(name, program)
    text = f"{adapter.name}\n{show(program)}"
    found = read_state(file, text) if file is not None and resume else None
    strategy = OptimalDPOR()
    if found is not None:
        strategy = found.strategy()
        searched.executions = searched.resumed = found.executions
        searched.redundant, searched.steps = found.redundant, found.steps
        searched.reached = set(found.clauses)
    progress.begin(name, searched.executions)
    search = _Search(searched, adapter, progress, deadline)

    def save() -> None:
        if file is not None:
            plan = tuple(strategy.nodes[: strategy.prefix]), tuple(strategy.follow)
            made = searched.executions, searched.redundant, strategy.impossible, searched.steps
            write_state(State(text, *made, tuple(sorted(searched.reached)), *plan, strategy.timed), file)

    escape.watch()
    try:
        with installed():
            # Lazy imports and caches are settled before anything counts.
            carry_out(program, (), adapter, World(Stay(), max_steps=MAX_STEPS))
            search.run(strategy, executions, save)
            searched.complete = strategy.complete
            if file is not None and (strategy.complete or searched.status == FELL or searched.inconclusive):
                forget(file)
            elif not strategy.complete:
                save()
                bounded(search, executions // 5)
    except KeyboardInterrupt:
        searched.interrupted = True
        if not search.planning and not strategy.complete and searched.delays < 0:
            save()
    if escape.escaped() and searched.failure is None:
        searched.inconclusive = f"a thread escaped control: it was started at {escape.escaped()}"
    progress.end()
    return searched


def bounded(search: _Search, executions: int) -> None:
    """Search within growing delay bounds, as long as each is complete within the executions that are left."""
    searched = search.searched
    bound = 0
    while searched.failure is None and not searched.inconclusive:
        search.progress.begin(f"{searched.name}, {bound} delays")
        before = searched.bounded
        strategy = DelayBounded(bound)
        search.run(strategy, executions)
        if not strategy.exhausted:
            if searched.failure is None:
                searched.bounded = before
            return
        searched.delays = bound
        # The schedules of a smaller bound are among those of a larger one.
        searched.bounded -= before
        executions -= searched.bounded
        bound += 1


# ---------------------------------------------------------------- the command


def check_exhaustively(
    implementation: str,
    *,
    executions: int | None = None,
    seconds: float | None = None,
    resume: bool = False,
    only: str = "",
    folder: Path = Path(".askance"),
    json: Path | None = None,
    out: TextIO | None = None,
) -> int:
    """Search every program of the family that the implementation can run, and say what is known; the exit status.

    `only`: words joined by "or"; programs whose names contain one of them. `json`: a file for all of it as data.
    Raises UsageError.
    """
    out = out or sys.stdout
    adapter = load_adapter(implementation)
    words = [word for word in only.split() if word != "or"]
    chosen = {
        name: program for name, program in FAMILY.items() if not words or any(word in name for word in words)
    }
    if not chosen:
        raise UsageError(f"no program's name has {only!r} in it; they are {', '.join(FAMILY)}")
    deadline = time.monotonic() + seconds if seconds is not None else float("inf")
    progress = Progress(sys.stderr)
    results: list[Searched] = []
    left_out: list[str] = []
    told: set[str] = set()
    for name, program in chosen.items():
        reasons = lacking(program, adapter)
        if reasons:
            left_out.append(f"{name} left out: {'; '.join(reasons)}")
            continue
        if time.monotonic() >= deadline:
            left_out.append(f"{name} not begun: the time is over")
            results.append(Searched(name, program))
            continue
        searched = search_program(
            name,
            program,
            adapter,
            executions=executions or EXECUTIONS,
            deadline=deadline,
            file=state_file(folder, implementation, name),
            resume=resume,
            progress=progress,
        )
        results.append(searched)
        print(_shown(searched, adapter), file=out, flush=True)
        if searched.failure is not None:
            _tell(searched.failure, implementation, adapter, folder, told, out)
        if searched.interrupted:
            break
    print("\n".join(["", *left_out, _summary(results, adapter, implementation)]), file=out, flush=True)
    if json is not None:
        write(document(implementation, results, left_out), json)
    statuses = {searched.status for searched in results}
    return FELL if FELL in statuses else INCONCLUSIVE if statuses != {PASSED} else PASSED


def _shown(searched: Searched, adapter: Adapter) -> str:
    """The program's text and what is known of it."""
    text = show(searched.program, capabilities=adapter.capabilities)
    earlier = f" ({searched.resumed:,} of them by an earlier call)" if searched.resumed else ""
    return "\n".join([f"{searched}{earlier}", *(f"    {line}" for line in text.splitlines())])


def _tell(
    failure: Failure, implementation: str, adapter: Adapter, folder: Path, told: set[str], out: TextIO
) -> None:
    """Save the failure with the fewest switches, and print it; the second of a clause is not told again."""
    from askance.report.entry import told as in_words
    from askance.report.terminal import shown
    from askance.suite.counterexample import save, smallest
    from askance.suite.profiles import PROFILES
    from askance.suite.trial import Trial

    if failure.clause in told:
        return
    told.add(failure.clause)
    trial = Trial(ALL[failure.clause], adapter, PROFILES["smoke"], name=implementation)
    with installed():
        counterexample = smallest(trial, failure, fixed=True)
    file = save(counterexample, folder)
    print(shown(in_words(counterexample, adapter, file), out), end="", file=out, flush=True)


def _summary(results: list[Searched], adapter: Adapter, implementation: str) -> str:
    """The whole in a few lines."""
    made = sum(searched.executions + searched.bounded for searched in results)
    complete = sum(searched.complete for searched in results)
    fallen = sorted({searched.failure.clause for searched in results if searched.failure is not None})
    reached = {clause for searched in results for clause in searched.reached}
    lines = [
        f"{adapter.name}: {made:,} executions, {complete} of {len(results)} programs complete; "
        + (f"fallen: {', '.join(fallen)}" if fallen else "no clause fell"),
        f"clauses that had something to judge, and held: {', '.join(c for c in ALL if c in reached) or 'none'}",
    ]
    if any(searched.status == INCONCLUSIVE and not searched.inconclusive for searched in results):
        lines.append(f"not all is done: askance check {implementation} --exhaustive --resume --executions N")
    return "\n".join(lines)
