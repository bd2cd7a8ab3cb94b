"""Hypothesis strategies for programs, for the tests of printing, JSON and the oracle.

They draw any valid program, not only sensible ones; the shipped generator has other aims. `calm` programs race in
nothing: no cycles, stops, cancellations or timeouts.
"""

from __future__ import annotations

import string
from functools import lru_cache

from hypothesis import strategies as st

from askance.errors import KINDS
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    Const,
    Deferred,
    Err,
    Expression,
    Fail,
    Gather,
    GatherOp,
    Msg,
    Operation,
    Program,
    Raise,
    Result,
    Settle,
    Sleep,
    SleepOp,
    Spawn,
    State,
    Stop,
    StopOp,
    StopSelf,
    Tell,
    TellOp,
    Term,
    Then,
    Try,
    Update,
    Value,
    Within,
)

SYMBOLS = st.sampled_from(["f", "g", "h", "ValueError", "msg", "ask"])
SECONDS = st.integers(0, 3)


def errors(arguments: st.SearchStrategy[Value]) -> st.SearchStrategy[Err]:
    """Errors of every kind."""
    return st.builds(Err, st.sampled_from(list(KINDS)), arguments)


VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(string.printable, max_size=3),
    lambda inner: (
        st.builds(Term, SYMBOLS, st.lists(inner, max_size=2).map(tuple))
        | errors(inner)
        | st.lists(inner, max_size=2).map(tuple)
    ),
    max_leaves=4,
)


@st.composite
def expressions(
    draw: st.DrawFn,
    targets: tuple[str, ...],
    actors: tuple[str, ...],
    loops: int,
    calm: bool,
    size: int,
    tail: bool,
) -> Expression:
    """An expression that sends to `targets`, and may stop any of `actors`; `size` bounds its depth."""
    leaves = ["msg", "msg", "const", "raise"] + ["state"] * (not calm)
    inner = ["apply", "fail", "try", "sleep", "spawn"] + ["update", "update"] * (not calm)
    sends = ["ask", "ask", "gather", "then", "tell"] + ["defer"] * tail + ["within"] * (not calm)
    stops = ["stop self", "stop"] if not calm else []
    kind = draw(st.sampled_from(leaves + (inner + stops + (sends if targets else [])) * (size > 0)))

    def part(tail: bool = False) -> Expression:
        return draw(expressions(targets, actors, loops, calm, size - 1, tail))

    def ask() -> Ask:
        return Ask(draw(st.sampled_from(targets)), part())

    match kind:
        case "const":
            return Const(draw(VALUES))
        case "raise":
            return Raise(draw(errors(st.integers(0, 3))))
        case "state":
            return State()
        case "update":
            return Update(draw(SYMBOLS), part())
        case "apply":
            return Apply(draw(SYMBOLS), tuple(part() for _ in range(draw(st.integers(0, 2)))))
        case "fail":
            kind = draw(errors(st.just(0))).kind
            return Fail(kind, Apply(draw(SYMBOLS), (part(),)))
        case "try":
            return Try(part(), part(tail))
        case "sleep":
            return Sleep(draw(SECONDS), part(tail))
        case "spawn":
            behaviour = part(True)
            return Spawn(behaviour, draw(st.none() | st.integers(0, loops - 1)), part())
        case "ask":
            return ask()
        case "gather":
            return Gather(tuple(ask() for _ in range(draw(st.integers(1, 3)))))
        case "then":
            return Then(ask(), draw(SYMBOLS))
        case "tell":
            return Tell(draw(st.sampled_from(targets)), part(), part(tail))
        case "defer":
            return Deferred(ask())
        case "within":
            return Within(draw(SECONDS), ask(), part(tail))
        case "stop self":
            return StopSelf(part(tail))
        case "stop":
            return Stop(draw(st.sampled_from(actors)), part(tail))
    return Msg()


@st.composite
def clients(
    draw: st.DrawFn, name: str, actors: tuple[str, ...], loops: int, calm: bool, before: tuple[Client, ...]
) -> Client:
    """A client of the actors; most of its operations ask and wait. `before`: clients whose replies it may use."""
    where = draw(st.sampled_from(["thread", "loop", *range(loops)]))
    kinds = ["ask", "ask", "ask", "tell", "sleep", "settle"] + ["stop"] * (not calm)
    made: list[str] = []
    operations: list[Operation] = []
    for _ in range(draw(st.integers(0, 6))):
        others = [] if isinstance(where, int) else _made_by_now(before, operations)
        share = ["share", "share"] if others else []
        uses = ["wait", "wait", "compose", "gather"] + ["cancel"] * (not calm) if made else []
        match draw(st.sampled_from(kinds + uses + share)):
            case "ask":
                operations.append(AskOp(f"r{len(made)}", draw(st.sampled_from(actors)), draw(VALUES)))
            case "tell":
                operations.append(TellOp(draw(st.sampled_from(actors)), draw(VALUES)))
            case "sleep":
                operations.append(SleepOp(draw(SECONDS)))
            case "settle":
                operations.append(Settle())
            case "stop":
                operations.append(StopOp(draw(st.sampled_from(actors))))
            case "compose":
                operations.append(Compose(f"r{len(made)}", draw(st.sampled_from(made)), draw(SYMBOLS)))
            case "gather":
                replies = tuple(draw(st.lists(st.sampled_from(made), min_size=1, max_size=3)))
                operations.append(GatherOp(f"r{len(made)}", replies))
            case "cancel":
                operations.append(Cancel(draw(st.sampled_from(made))))
            case "share":
                wait = Result if where == "thread" else Await
                kind = draw(st.sampled_from([wait] if calm else [wait, wait, Cancel]))
                operations.append(kind(draw(st.sampled_from(others))))
            case "wait":
                refused = where != "thread" and not calm and draw(st.booleans())
                wait = Result if where == "thread" or refused else Await
                operations.append(wait(draw(st.sampled_from(made))))
        if isinstance(operations[-1], AskOp | Compose | GatherOp):
            made.append(operations[-1].name)
    return Client(name, where, tuple(operations))


def _made_by_now(clients: tuple[Client, ...], operations: list[Operation]) -> list[str]:
    """The replies of the clients that are made in the phase that the operations lead to, or before it."""
    phase = sum(isinstance(operation, Settle) for operation in operations)
    found: list[str] = []
    for client in clients:
        at = 0
        for operation in client.operations:
            at += isinstance(operation, Settle)
            if isinstance(operation, AskOp | Compose | GatherOp) and at <= phase:
                found.append(f"{client.name}.{operation.name}")
    return found


@st.composite
def programs(draw: st.DrawFn, *, calm: bool = False, size: int = 3) -> Program:
    """A valid program of 1 to 4 actors and 1 or 2 clients; in a calm one, actors send only to later ones."""
    loops = draw(st.integers(1, 3))
    names = ("a", "b", "c", "d")[: draw(st.integers(1, 4))]
    actors = []
    for index, name in enumerate(names):
        targets = names[index + 1 :] if calm or draw(st.booleans()) else names
        behaviour = draw(expressions(targets, names, loops, calm, size, True))
        actors.append(Actor(name, draw(st.none() | st.integers(0, loops - 1)), behaviour))
    drawn: list[Client] = []
    for number in range(draw(st.integers(1, 2))):
        drawn.append(draw(clients(f"c{number}", names, loops, calm, tuple(drawn))))
    return Program(loops, tuple(actors), tuple(drawn), name=draw(st.sampled_from(["", "chat", "a name"])))


@lru_cache
def _knotted(names: tuple[str, ...]) -> st.SearchStrategy[Program]:
    """Knots of actors of these names; made once, because making strategies takes longer than drawing from them."""
    ask = st.builds(Ask, st.sampled_from(names), st.just(Msg()))
    asks = st.one_of(
        ask,
        ask,
        ask,
        st.builds(Gather, st.lists(ask, min_size=1, max_size=2).map(tuple)),
        st.builds(Within, st.just(1), ask, st.just(Const("late"))),
        st.builds(Spawn, ask | st.builds(Deferred, ask), st.none(), st.just(Msg())),
    )

    def actor(name: str) -> st.SearchStrategy[Actor]:
        recovering = st.builds(Try, asks, st.just(Const(f"no-{name}")))
        applied = st.builds(
            Apply, st.just(name), st.lists(recovering | asks, min_size=1, max_size=2).map(tuple)
        )
        behaviour = st.one_of(
            applied,
            applied,
            recovering,
            st.builds(Deferred, ask),
            st.builds(Tell, st.sampled_from(names), st.just(Msg()), recovering),
            st.builds(StopSelf, recovering),
            st.builds(Stop, st.sampled_from(names), recovering),
            st.just(Msg()),
        )
        return st.builds(Actor, st.just(name), st.just(0), behaviour)

    operation = st.one_of(
        *[st.builds(AskOp, st.just(""), st.sampled_from(names), st.just(1))] * 3,
        st.builds(TellOp, st.sampled_from(names), st.just(1)),
        st.builds(Result, st.just("")),
        st.just(Settle()),
    )
    operations = st.lists(st.lists(operation, min_size=1, max_size=4).map(_named), min_size=1, max_size=2)
    clients = operations.map(
        lambda every: tuple(Client(f"c{number}", "thread", each) for number, each in enumerate(every))
    )
    return st.builds(Program, st.just(1), st.tuples(*map(actor, names)), clients)


def knots() -> st.SearchStrategy[Program]:
    """Programs of 2 or 3 actors that mostly ask each other in circles and recover, asked by several chains."""
    return _knotted(("a", "b")) | _knotted(("a", "b", "c"))


def _named(operations: list[Operation]) -> tuple[Operation, ...]:
    """The operations with names for their replies; each wait is for the last, and at the end all are waited for."""
    named: list[Operation] = []
    made: list[str] = []
    for operation in operations:
        if isinstance(operation, AskOp):
            made.append(f"r{len(made)}")
            named.append(AskOp(made[-1], operation.actor, operation.message))
        elif not isinstance(operation, Result):
            named.append(operation)
        elif made:
            named.append(Result(made[-1]))
    return (*named, *map(Result, made))
