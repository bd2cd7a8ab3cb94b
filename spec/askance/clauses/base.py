"""What a clause is, what it is given, and what it says: the types of this package, and its vocabulary of situations.

A clause is one numbered requirement with a check over one case: a program, one history of it, and its meaning. The
chapters (`answers`, `mailboxes`, ...) hold the clauses; `judging` turns checks into verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar, cast

from askance.adapter import Adapter
from askance.clauses.facts import Facts, read
from askance.clauses.traits import Traits, traits_of
from askance.history import History, Outcome
from askance.program import Program, Value

Level = Literal["MUST", "SHOULD", "MAY"]
Verdict = Literal["pass", "fail", "blocked", "unsupported", "untested", "inconclusive"]
T = TypeVar("T")

FEATURES: dict[str, str] = {
    "asks": "a client asks an actor and waits for the reply",
    "nested-asks": "a handler asks another actor before it answers: chains and trees",
    "diamond": "two handlers ask the same third actor on behalf of one ask",
    "gather": "several asks at once, waited for together, in a handler or by a client",
    "compose": "a reply is mapped with the implementation's own operator, and the mapped one waited for",
    "deferred": "a handler returns the un-awaited reply of another ask",
    "errors": "handlers raise, of every kind in `askance.errors`, and sometimes recover",
    "falsy": "answers that are falsy or empty: None, False, 0, the empty string, the empty tuple",
    "exception-values": "handlers return exception instances as values",
    "read-again": "a mapped reply, whose function may give None, is read more than once",
    "several-waiters": "one reply is waited for more than once: by several clients, through compositions and gathers",
    "cross-loop": "asker and asked live on different loops",
    "own-loop": "asker and asked live on the same loop",
    "await-foreign-loop": "a coroutine on a loop of its own, or on another loop of the system, awaits a reply",
    "own-loop-result": "a client on a loop blocks that loop's thread on a reply",
    "placements": "the program is also run with its actors placed on other loops: see `Case.variants`",
    "many-messages": "one client or handler sends several messages to one actor",
    "tell": "messages are sent without wanting a reply",
    "sleep": "handlers and clients let time pass, so that replies come late and out of order",
    "busy-actor": "several clients ask one actor at the same time",
    "bystander": "an actor that nobody waits for shares a loop with a handler whose ask takes time",
    "cycle": "a handler's ask leads back to its own actor",
    "cyclic-independent-askers": "two clients start a cycle of asks from two of its ends at the same time",
    "within": "an ask is given up after a time",
    "cancel": "a pending ask is cancelled, by its asker or by another client",
    "stop": "an actor is stopped while others send to it",
    "closing": "the system is closed while actors are at work",
    "spawn": "a handler spawns an actor and asks it",
    "state": "several askers at once share an actor that keeps a state",
}
"""The closed vocabulary of situations: with these words a clause says what a generator must make to test it."""

FEATURE_NEEDS: dict[str, frozenset[str]] = {
    "gather": frozenset({"gather"}),
    "compose": frozenset({"then"}),
    "read-again": frozenset({"then"}),
    "deferred": frozenset({"deferred"}),
    "cross-loop": frozenset({"loops"}),
    "own-loop": frozenset({"loops"}),
    "await-foreign-loop": frozenset({"await"}),
    "own-loop-result": frozenset({"blocking-refused"}),
    "placements": frozenset({"loops"}),
    "bystander": frozenset({"loops"}),
    "cycle": frozenset({"cycles-refused"}),
    "cyclic-independent-askers": frozenset({"cycles-refused"}),
    "within": frozenset({"timeout"}),
    "cancel": frozenset({"cancel"}),
    "stop": frozenset({"stop"}),
    "spawn": frozenset({"spawn"}),
}
"""The capabilities without which a situation must not be made: the implementation claims nothing about it."""


class Denotation(Protocol):
    """What a check needs of `askance.meaning.Meaning`."""

    @property
    def operations(self) -> Mapping[str, frozenset[Outcome]]:
        """The outcomes that a wait for each client's reply ("c0.r1") may have."""

    def turn(self, actor: str, value: Value) -> frozenset[Outcome]:
        """The outcomes that a turn of the actor on that message may have."""


@dataclass(frozen=True)
class Case:
    """One execution to be judged: the program, what happened, and what might have.

    `variants` are histories of the same program with its actors placed on other loops (clause A7).
    """

    program: Program
    history: History
    meaning: Denotation
    adapter: Adapter
    variants: tuple[History, ...] = ()
    _known: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of(self, question: Callable[[Case], T]) -> T:
        """`question(self)`, computed once: several clauses ask the same of one case."""
        if question not in self._known:
            self._known[question] = question(self)
        return cast(T, self._known[question])

    @property
    def facts(self) -> Facts:
        """The history in tables."""
        return self.of(_facts)

    @property
    def traits(self) -> Traits:
        """What is known of the program, whatever happened."""
        return traits_of(self.program)

    def can(self, capability: str) -> bool:
        """Whether the implementation claims the capability."""
        return capability in self.adapter.capabilities


def _facts(case: Case) -> Facts:
    return read(case.history, case.traits.composed)


@dataclass(frozen=True, slots=True)
class Violation:
    """How a history violates a clause, in the program's words.

    `detail` says where (strand, actor, ask, source line) as far as the history knows it, one fact a line; `events`
    are the positions of the events that show it.
    """

    clause: str
    expected: str
    actual: str
    detail: str = ""
    events: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of one clause on one case; `blocked_by` is the clause that fell and hides this one."""

    clause: str
    verdict: Verdict
    violation: Violation | None = None
    blocked_by: str = ""


ALIVE = ("D1", "D2", "D3", "D4")
"""What most clauses rest on: where something hangs, what has not been answered cannot be judged."""


@dataclass(frozen=True)
class Clause:
    """One requirement.

    `rests_on`: the clauses without which this one cannot be judged. `needs`: the capabilities it is about.
    `disclaimed_by`: the adapter's attribute that says that it does not claim the clause; "" if there is none.
    `features`: what programs make its situation arise; `arises_by`: those of them of which an implementation must allow
    one, since the others alone never do (empty: any will do). `reached` says whether it arose in a case; `check` gives
    the violation, or None.
    """

    id: str
    level: Level
    text: str
    rationale: str
    rule: str
    if_fails: str
    check: Callable[[Case], Violation | None]
    reached: Callable[[Case], bool]
    features: frozenset[str]
    rests_on: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    arises_by: frozenset[str] = frozenset()
    disclaimed_by: str = ""

    def __post_init__(self) -> None:
        """Fold the prose to single lines; raise ValueError for a feature of which no generator knows."""
        for prose in ("text", "rationale", "rule", "if_fails"):
            object.__setattr__(self, prose, " ".join(getattr(self, prose).split()))
        if unknown := sorted((self.features | self.arises_by) - FEATURES.keys()):
            raise ValueError(
                f"clause {self.id}: unknown features {unknown}; the words are {sorted(FEATURES)}"
            )

    def claimed(self, adapter: Adapter) -> bool:
        """Whether the implementation claims the clause: promises what it needs, and does not say that it does not."""
        disclaimed = bool(self.disclaimed_by) and getattr(adapter, self.disclaimed_by, False)
        return self.needs <= adapter.capabilities and not disclaimed

    @property
    def chapter(self) -> str:
        """The letter of its chapter."""
        return self.id[0]
