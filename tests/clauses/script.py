"""Histories written by hand, event by event, for the tests of the clauses."""

from __future__ import annotations

from askance.adapter import CAPABILITIES, BaseAdapter
from askance.clauses import ALL, Case, Judgement, judge, judge_all
from askance.history import Deadlock, Event, History, Outcome
from askance.meaning import meaning
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Client,
    Err,
    Expression,
    Msg,
    Operation,
    Program,
    Result,
    Term,
    Value,
)

EVERYTHING = frozenset(CAPABILITIES) - {"reentrant", "handlers-only-tell"}


def gives(value: Value) -> Outcome:
    """The outcome of a wait or turn that gave the value."""
    return Outcome("value", value)


def fails(kind: str, argument: Value = "") -> Outcome:
    """The outcome of a wait or turn that raised the program's error."""
    return Outcome("error", error=Err(kind, argument))


def term(symbol: str, *args: Value) -> Term:
    """`f(10)` is `term("f", 10)`."""
    return Term(symbol, args)


def actor(name: str, loop: int | None, behaviour: Expression) -> Actor:
    """An actor."""
    return Actor(name, loop, behaviour)


def thread(name: str, *operations: Operation) -> Client:
    """A client on a plain thread."""
    return Client(name, "thread", operations)


def program(*parts: Actor | Client, loops: int = 2) -> Program:
    """The program of these actors and clients."""
    return Program(
        loops,
        tuple(part for part in parts if isinstance(part, Actor)),
        tuple(part for part in parts if isinstance(part, Client)),
    )


CHAIN = program(
    actor("a", 0, Apply("f", (Ask("b", Msg()),))),
    actor("b", 1, Apply("g", (Msg(),))),
    thread("c0", AskOp("r0", "a", 10), Result("r0")),
)
"""f(g(10)) across two loops."""

OWN_CHAIN = program(
    actor("a", 0, Apply("f", (Ask("b", Msg()),))),
    actor("b", 0, Apply("g", (Msg(),))),
    thread("c0", AskOp("r0", "a", 10), Result("r0")),
)
"""f(g(10)) on one loop."""


class Script:
    """A history in the making. Each actor and client acts on its own loop and strand unless a line says otherwise."""

    def __init__(self, program: Program, capabilities: frozenset[str] = EVERYTHING) -> None:
        self.program = program
        self.capabilities = capabilities
        self.events: list[Event] = []
        self.time = 0.0
        self.homes: dict[str, tuple[str, int | None]] = {}
        for one in program.actors:
            self.homes[one.name] = (f"strand-{one.loop}", one.loop)
        for client in program.clients:
            loops = {"thread": None, "loop": -1}
            loop = client.where if isinstance(client.where, int) else loops[client.where]
            strand = f"strand-{loop}" if isinstance(client.where, int) else client.name
            self.homes[client.name] = (strand, loop)
        self.messages: dict[str, tuple[str, Value]] = {}

    def add(self, kind: str, who: str = "", **fields: object) -> Script:
        """Append an event; `strand` and `loop` are those of `who` unless given."""
        strand, loop = self.homes.get(who.partition("#")[0], ("main", None))
        placed = {"strand": strand, "loop": loop, "time": self.time, "step": len(self.events)} | fields
        self.events.append(Event(kind, who, **placed))  # type: ignore[arg-type]
        return self

    def ask(self, who: str, op: str, to: str, value: Value, message: str = "") -> Script:
        """`who` asks; the message has the reply's name."""
        self.messages[message or op] = (to, value)
        sender = who.partition("#")[0]
        return self.add("ask", who, op=op, actor=to, message=message or op, sender=sender, value=value)

    def tell(self, who: str, message: str, to: str, value: Value) -> Script:
        """`who` tells."""
        self.messages[message] = (to, value)
        return self.add("tell", who, actor=to, message=message, sender=who.partition("#")[0], value=value)

    def begin(self, turn: str, message: str, **fields: object) -> Script:
        """A turn begins."""
        to, value = self.messages[message]
        return self.add("begin", turn, actor=to, message=message, value=value, **fields)

    def end(self, turn: str, message: str, outcome: Outcome | None, **fields: object) -> Script:
        """A turn ends."""
        to, value = self.messages[message]
        return self.add("end", turn, actor=to, message=message, outcome=outcome, value=value, **fields)

    def turn(self, turn: str, message: str, outcome: Outcome) -> Script:
        """A turn begins and ends."""
        return self.begin(turn, message).end(turn, message, outcome)

    def wait(self, who: str, op: str, **fields: object) -> Script:
        """A wait begins."""
        return self.add("wait", who, op=op, **fields)

    def done(self, who: str, op: str, outcome: Outcome, **fields: object) -> Script:
        """A wait ends."""
        return self.add("done", who, op=op, outcome=outcome, **fields)

    def passes(self, seconds: float) -> Script:
        """Virtual time passes."""
        self.time += seconds
        return self

    def settle(self) -> Script:
        """Nothing can move any more."""
        return self.add("settle")

    def case(
        self,
        ending: str = "done",
        *,
        deadlock: Deadlock | None = None,
        variants: tuple[History, ...] = (),
        timers_raced: bool = False,
        failing_handler_ends_actor: bool = False,
    ) -> Case:
        """The case of this history."""
        adapter = BaseAdapter()
        adapter.name = "by-hand"  # type: ignore[misc]
        adapter.capabilities = self.capabilities  # type: ignore[misc]
        adapter.failing_handler_ends_actor = failing_handler_ends_actor  # type: ignore[misc]
        history = History(
            self.program,
            tuple(self.events),
            ending,  # type: ignore[arg-type]
            deadlock,
            timers_raced=timers_raced,
        )
        denoted = meaning(
            self.program, self.capabilities, failing_handler_ends_actor=failing_handler_ends_actor
        )
        return Case(self.program, history, denoted, adapter, variants)

    def judged(self, clause: str, ending: str = "done", **how: object) -> Judgement:
        """The clause's judgement of this history."""
        return judge(ALL[clause], self.case(ending, **how))  # type: ignore[arg-type]


def chain(program: Program = CHAIN, capabilities: frozenset[str] = EVERYTHING) -> Script:
    """c0 asks a, a asks b, b answers; the rest is the test's."""
    return (
        Script(program, capabilities)
        .ask("c0", "c0.r0", "a", 10)
        .wait("c0", "c0.r0")
        .begin("a#1", "c0.r0")
        .ask("a#1", "a#1.1", "b", 10)
        .wait("a#1", "a#1.1")
        .begin("b#1", "a#1.1")
    )


def whole_chain(program: Program = CHAIN, capabilities: frozenset[str] = EVERYTHING) -> Script:
    """The chain as it should go."""
    return (
        chain(program, capabilities)
        .end("b#1", "a#1.1", gives(term("g", 10)))
        .done("a#1", "a#1.1", gives(term("g", 10)))
        .end("a#1", "c0.r0", gives(term("f", term("g", 10))))
        .done("c0", "c0.r0", gives(term("f", term("g", 10))))
        .settle()
    )


def assert_falls(judgement: Judgement, *words: str) -> None:
    """The clause falls, and its violation has these words."""
    assert judgement.verdict == "fail", judgement
    violation = judgement.violation
    assert violation is not None and violation.clause == judgement.clause
    text = "\n".join((violation.expected, violation.actual, violation.detail))
    for word in words:
        assert word in text, f"{word!r} is not in:\n{text}"
    assert violation.events, "a violation shows the events that it is about"


def one(behaviour: Expression, *operations: Operation) -> Program:
    """Actor a on loop 0, and client c0 that asks it 1 and waits, or does the given operations."""
    ops = operations or (AskOp("r0", "a", 1), Result("r0"))
    return program(actor("a", 0, behaviour), thread("c0", *ops))


def asked(program: Program, handled: Outcome, got: Outcome) -> Script:
    """c0 asks a, whose turn ends in one outcome, and gets another."""
    return (
        Script(program)
        .ask("c0", "c0.r0", "a", 1)
        .wait("c0", "c0.r0")
        .turn("a#1", "c0.r0", handled)
        .done("c0", "c0.r0", got)
        .settle()
    )


def fallen(script: Script, ending: str = "done", **how: object) -> dict[str, str]:
    """The clauses that fall on the history, each with what was seen."""
    judgements = judge_all(script.case(ending, **how)).values()  # type: ignore[arg-type]
    return {one.clause: one.violation.actual for one in judgements if one.verdict == "fail" and one.violation}
