"""Conducting one clause's test on the live engine: programs are drawn here, and performed in child processes.

The same programs are tried for the same seed; how threads interleave is the machine's choice, so each program is
performed several times, and a failure says in how many of its repetitions it was seen.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from hypothesis import Phase, given
from hypothesis import seed as seeded

from askance.adapter import Adapter
from askance.clauses import ALL, Case, Clause, Judgement, judge, placements
from askance.generate import programs
from askance.generate.programs import Situations
from askance.history import History
from askance.live import Child, ChildFailed
from askance.meaning import shape
from askance.program import Program
from askance.run import UsageError
from askance.run import lacking as lacking_for
from askance.suite.conduct import Result, quiet_settings
from askance.suite.counterexample import Counterexample, file_of, read
from askance.suite.live_history import history_of
from askance.suite.live_reducing import reduced
from askance.suite.statistics import Tally
from askance.suite.trial import Failure, Script, Variant, denoted

__all__ = ["LIVE_PROFILES", "Runner", "conduct_live", "replay_live"]


@dataclass(frozen=True, slots=True)
class LiveProfile:
    """What one clause's test tries: programs, each performed so many times."""

    programs: int
    repeats: int


LIVE_PROFILES = {
    "smoke": LiveProfile(6, 1),
    "default": LiveProfile(16, 2),
    "nightly": LiveProfile(400, 6),
}
MOST_INCONCLUSIVE = 5
"""After so many executions that said nothing, nothing more is tried."""
MOST_HANGS = 2
"""After so many executions that hung through another clause's fault, nothing more is tried."""
SOFT = frozenset({"M6"})
"""Clauses that count how often others came first: only what is there every time is no chance."""
LOUD = 1_000_000
"""So many bytes of output are told of."""
ATTEMPTS = 3
"""So often a program that stood still for a while is performed again, to see it stand still for long."""
AGAIN = 20
"""How often a program that failed is performed again, to say how often it fails."""


class Runner:
    """Performs programs on one implementation, in one child after another."""

    known: ClassVar[dict[str, dict[str, float]]] = {}
    """What the first child measured of each implementation: one that hangs need not do so in every child."""

    def __init__(self, implementation: str) -> None:
        self.implementation = implementation
        self.child: Child | None = None
        self.next: Future[Child] | None = None
        """The child after this one, which is got ready meanwhile where the one before did not outlive its program."""
        self.starting = ThreadPoolExecutor(1)
        self.short_lived = False
        self.seconds = 0.0
        self.printed = 0

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.starting.shutdown()

    def end(self) -> None:
        """End the child, if there is one."""
        if self.child is not None:
            self.child.close()
            self.child = None
        if self.next is not None:
            with contextlib.suppress(ChildFailed):
                self.next.result().close()
            self.next = None

    def started(self) -> Child:
        """A child that is ready; raises ChildFailed."""
        return Child(self.implementation, known=self.known.get(self.implementation))

    def run(self, program: Program, *, brief: bool = False) -> History:
        """Perform the program; what happened. A child that cannot be made ready gives an error.

        `brief`: as for `Child.run`.
        """
        if self.child is None:
            try:
                coming, self.next = self.next, None
                self.child = self.started() if coming is None else coming.result()
            except ChildFailed as failed:
                return History(program, (), "error", error=str(failed))
        self.known[self.implementation] = self.child.known or {}
        if self.short_lived and self.next is None:
            self.next = self.starting.submit(self.started)
        ran = self.child.run(program, brief=brief)
        self.seconds += ran.seconds
        self.short_lived = self.child.over
        if self.child.over:
            self.printed += self.child.printed
            self.child.close()
            self.child = None
        return history_of(program, ran)


class LiveTrial:
    """The state of one clause's test on the live engine."""

    def __init__(self, clause: Clause, adapter: Adapter, name: str, runner: Runner) -> None:
        self.clause = clause
        self.adapter = adapter
        self.name = name
        self.runner = runner
        self.tally = Tally()
        self.errors: list[str] = []
        self.hung = 0
        self.stood = False
        """Whether the clause fell at a standstill that was watched for the full time; others are then believed."""

    def judged(self, history: History, variants: Sequence[History] = ()) -> Judgement:
        """The clause's verdict on what happened."""
        known = denoted(history.program, self.adapter)
        return judge(self.clause, Case(history.program, history, known, self.adapter, tuple(variants)))

    def perform(self, program: Program) -> tuple[Judgement, Failure | None]:
        """Perform the program, and its variants; the verdict, and the failure if it is one."""
        others: list[Program] = []
        if "placements" in self.clause.features and "loops" in self.adapter.capabilities:
            others = list(placements(program))
        variants = [self.runner.run(other, brief=True) for other in others]
        history = self.runner.run(program, brief=True)
        judgement = self.judged(history, variants)
        if judgement.verdict == "fail" and judgement.violation is not None:
            still = any(one.deadlock is not None for one in (history, *variants))
            if still and not self.stood and not self.stands_still(program, others):
                self.errors.append(
                    "nothing moved for a while once, and not again: it may only have been slow"
                )
                return Judgement(self.clause.id, "inconclusive"), None
            self.stood = still
            untimed = self.judged(
                replace(history, timers_raced=True), [replace(one, timers_raced=True) for one in variants]
            )
            soft = untimed.verdict != "fail" or self.clause.id in SOFT
            if soft and not self.confirmed(program):
                self.errors.append(
                    "an operation took too long once, and not again: the machine was too slow to tell"
                )
                return Judgement(self.clause.id, "inconclusive"), None
            changed = tuple(Variant(other, ()) for other in others)
            return judgement, Failure(self.clause.id, Script(program), (), judgement.violation, changed)
        if judgement.verdict == "inconclusive":
            self.errors.append(history.error or "it did not end")
        self.hung += history.ending == "deadlock"
        self.tally.raced += history.timers_raced
        return judgement, None

    def stands_still(self, program: Program, others: Sequence[Program]) -> bool:
        """Whether the clause falls when the program is performed again, and watched for the full time."""
        for _ in range(ATTEMPTS):
            variants = [self.runner.run(other) for other in others]
            if self.judged(self.runner.run(program), variants).verdict == "fail":
                return True
        return False

    def confirmed(self, program: Program) -> bool:
        """Whether a failure that only times show is there whenever the program is performed again."""
        return all(self.judged(self.runner.run(program)).verdict == "fail" for _ in range(3))

    def search(self, tried: Sequence[Program], repeats: int) -> Failure | None:
        """The first failure of these programs, or None."""
        for program in tried:
            places = [str(c.where) if c.where in ("thread", "loop") else "inside" for c in program.clients]
            self.tally.saw(shape(program), program.loops, len(program.actors), places)
            for _ in range(repeats):
                if self.hung >= MOST_HANGS or self.tally.verdicts["inconclusive"] >= MOST_INCONCLUSIVE:
                    return None
                judgement, failure = self.perform(program)
                self.tally.executions += 1
                self.tally.verdicts[judgement.verdict] += 1
                if judgement.blocked_by:
                    self.tally.blocked_by[judgement.blocked_by] += 1
                if failure is not None:
                    return failure
        return None

    def verdict(self) -> str:
        """The verdict of the whole trial, as `askance.suite.trial` gives it."""
        verdicts = self.tally.verdicts
        for verdict in ("fail", "inconclusive"):
            if verdicts[verdict] and (verdict == "fail" or verdicts[verdict] > verdicts["pass"] / 20):
                return verdict
        if verdicts["blocked"] > verdicts["pass"]:
            return "blocked"
        if verdicts["pass"]:
            return "pass"
        return "unsupported" if verdicts["unsupported"] else "untested"


def drawn(clause: Clause, adapter: Adapter, count: int, seed: int) -> list[Program]:
    """Programs that bring about the clause's situation, the same for the same seed, each once."""
    found: list[Program] = []

    @seeded(seed)
    @quiet_settings(count, (Phase.generate,))
    @given(programs(clause.features, adapter, clause.needs))
    def draw(program: Program) -> None:
        if program not in found:
            found.append(program)

    draw()
    return found


def times_failed(trial: LiveTrial, program: Program) -> int:
    """In how many of AGAIN executions the clause falls on the program."""
    return sum(trial.perform(program)[0].verdict == "fail" for _ in range(AGAIN))


def made_smaller(trial: LiveTrial, failure: Failure) -> tuple[Failure, int]:
    """The failure on the smallest program that could be found, and in how many of AGAIN executions it was seen."""

    def fails(program: Program) -> Failure | None:
        # Twice, so that what fails now and then does not take the place of what always fails.
        if lacking_for(program, trial.adapter) or trial.perform(program)[1] is None:
            return None
        return trial.perform(program)[1]

    smallest = reduced(failure, fails)
    if smallest is not failure:
        # What stood still was only watched for a short while.
        trial.stood = False
        smallest = trial.perform(smallest.program)[1] or failure
    return smallest, times_failed(trial, smallest.program)


def said(failed: int) -> str:
    """How often a program failed, in words."""
    return f"it failed in {failed} of {AGAIN} further executions of this program"


def replay_live(counterexample: Counterexample, adapter: Adapter) -> Counterexample | None:
    """Perform a saved program again, AGAIN times: with what was seen now, or None if its clause always held."""
    failure = counterexample.failure
    clause = ALL[failure.clause]
    with Runner(counterexample.implementation) as runner:
        trial = LiveTrial(clause, adapter, counterexample.implementation, runner)
        found = [trial.perform(failure.program)[1] for _ in range(AGAIN)]
    seen = [one for one in found if one is not None]
    return replace(counterexample, failure=seen[-1], seen=said(len(seen))) if seen else None


def conduct_live(
    clause: Clause, adapter: Adapter, profile: str, runner: Runner, seed: int = 0, folder: Path | None = None
) -> Result:
    """Try the clause on the runner's implementation; first the program that failed before, if one did."""
    lacking = sorted(clause.needs - adapter.capabilities)
    if lacking:
        return Result(clause.id, "unsupported", f"{adapter.name} does not declare {', '.join(lacking)}", {})
    if not clause.claimed(adapter):
        return Result(clause.id, "unsupported", f"{adapter.name} declares {clause.disclaimed_by}", {})
    if not Situations(clause.features, adapter).allow(clause):
        return Result(clause.id, "unsupported", f"{adapter.name} cannot be brought into its situation", {})
    chosen = LIVE_PROFILES[profile]
    trial = LiveTrial(clause, adapter, runner.implementation, runner)
    seconds, printed = runner.seconds, runner.printed
    tried = drawn(clause, adapter, chosen.programs, zlib.crc32(f"live {clause.id} {seed}".encode()))
    file = file_of(folder or Path(), trial.name, clause.id, "live")
    if folder is not None and file.exists():
        with contextlib.suppress(UsageError):
            program = read(file).failure.program
            tried = tried if lacking_for(program, adapter) else [program, *tried]
    failure = trial.search(tried, chosen.repeats)
    counterexample = None
    if failure is not None:
        again = LiveTrial(clause, adapter, trial.name, runner)
        again.stood = trial.stood
        failure, failed = made_smaller(again, failure)
        counterexample = Counterexample(trial.name, failure, engine="live", seen=said(failed))
    trial.tally.seconds = runner.seconds - seconds
    printed = runner.printed - printed
    loud = f"it printed {printed:,} bytes" if printed > LOUD else ""
    told = "; ".join(filter(None, (note(trial), loud)))
    return Result(clause.id, trial.verdict(), told, trial.tally.data(), counterexample)


def note(trial: LiveTrial) -> str:
    """What the verdict alone does not say."""
    verdict, tally = trial.verdict(), trial.tally
    if verdict == "blocked":
        by = ", ".join(f"{clause} fell on {count}" for clause, count in tally.blocked_by.most_common(2))
        return f"{by} of {sum(tally.verdicts.values())} executions"
    if verdict == "inconclusive":
        return f"{tally.verdicts['inconclusive']} executions told nothing: {trial.errors[0]}"
    if verdict == "untested" and trial.hung:
        return (
            f"through another clause's fault {trial.hung} executions stood still, so nothing more was tried"
        )
    if verdict == "untested":
        return "its situation did not arise"
    return ""
