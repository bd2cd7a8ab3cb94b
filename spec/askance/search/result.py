"""What an exploration found: how much it saw, what failed, and whether that is a verdict at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from askance.search.calming import calmer
from askance.search.counterexample import Counterexample
from askance.search.pct import missed


class ExplorationFailed(AssertionError):
    """An execution failed; the text shows it."""


class ExplorationInconclusive(AssertionError):
    """Nothing failed, but the exploration was none: the text says why."""


@dataclass
class Exploration:
    """The result of `askance.explore`.

    `executions` that were run to their end and `failed` of them; `interleavings`: how many of them were distinct, by
    happens-before; `complete`: nothing is left to explore; `steps` and `decisions` in all executions together;
    `strands`: the most that one execution had. `redundant`: executions that an exhaustive search began and gave up
    because they could only repeat an interleaving. `pct`: how many executions PCT made, by depth.
    `inconclusive` says why this is no verdict ("" if it is one).
    """

    strategy: str = ""
    executions: int = 0
    failed: int = 0
    interleavings: int = 0
    complete: bool = False
    steps: int = 0
    decisions: int = 0
    strands: int = 0
    longest: int = 0
    redundant: int = 0
    interrupted: bool = False
    failures: list[Counterexample] = field(default_factory=list)
    escaped: str = ""
    nondeterminism: str = ""
    pct: dict[int, int] = field(default_factory=dict)

    @property
    def inconclusive(self) -> str:
        """Why this exploration is neither a pass nor a failure; "" if it is one of these."""
        if self.nondeterminism:
            return f"uncontrolled nondeterminism: {self.nondeterminism}"
        if self.failed:
            return ""
        if self.escaped:
            return f"a thread escaped control: it was started at {self.escaped}"
        if self.interrupted:
            return "it was interrupted"
        if not self.executions:
            return "nothing was executed"
        if self.interleavings == 1 and self.strands > 1:
            return (
                f"only one interleaving was seen, although {self.strands} strands ran: they share nothing that "
                "is controlled (statements become scheduling points with --preempt MODULE, or preempt=[...]), "
                "or there were too few executions"
            )
        return ""

    @property
    def passed(self) -> bool:
        """Whether nothing failed, in an exploration that is conclusive."""
        return not self.failed and not self.inconclusive

    def missed(self, depth: int) -> float:
        """The most that the chance can be of having missed a bug of that depth: 1 where no PCT looked for it.

        Burckhardt et al., ASPLOS 2010: with n strands and k steps, each execution of PCT with this depth or a greater
        one, d, finds it with a probability of at least 1/(n * k**(d-1)).
        """
        chance = 1.0
        for sought, executions in self.pct.items():
            if sought >= depth:
                chance *= missed(self.strands, self.longest, sought, executions)
        return chance

    def assert_ok(self) -> None:
        """Raises ExplorationFailed or ExplorationInconclusive (AssertionErrors) unless it passed.

        The text shows the first failure on the calmest schedule that was found. One that Ctrl-C interrupted raises
        KeyboardInterrupt.
        """
        if self.interrupted and not self.failed:
            raise KeyboardInterrupt
        if self.nondeterminism:
            raise ExplorationInconclusive(str(self))
        if self.failed:
            raise ExplorationFailed(self.told(calmer(self.failures[0])))
        if self.inconclusive:
            raise ExplorationInconclusive(str(self))

    def __str__(self) -> str:
        """One line of numbers, then the first failure."""
        counts = self._counts()
        if self.nondeterminism or (self.inconclusive and not self.failed):
            return f"inconclusive: {self.inconclusive} ({self.strategy}: {counts})"
        if self.failed:
            return self.told(self.failures[0])
        every = (
            "the only interleaving" if self.interleavings == 1 else f"all {self.interleavings} interleavings"
        )
        seen = every if self.complete else "no failure"
        return f"passed: {seen} ({self.strategy}: {counts})"

    def told(self, failure: Counterexample) -> str:
        """One line of numbers, then that failure."""
        made, seen = self._counts().split(", ", 1)
        return f"{self.failed} of {made} failed ({self.strategy}: {seen})\n{failure}"

    def _counts(self) -> str:
        numbers = ((self.executions, "execution"), (self.interleavings, "interleaving"), (self.steps, "step"))
        counts = ", ".join(
            f"{number} {what}" if number == 1 else f"{number} {what}s" for number, what in numbers
        )
        return counts + f", {self.redundant} redundant" if self.redundant else counts
