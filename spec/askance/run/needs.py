"""What a program asks of an implementation: capabilities, and errors that its kind of handler cannot raise.

Generators avoid programs that an adapter cannot run, and `askance run` says why it will not run one. Nothing here
runs anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from askance.adapter import Adapter
from askance.program import (
    Ask,
    Await,
    Cancel,
    Compose,
    Deferred,
    Expression,
    Fail,
    Gather,
    GatherOp,
    Program,
    Raise,
    Result,
    Spawn,
    Stop,
    StopOp,
    StopSelf,
    Then,
    Within,
    walk,
)

__all__ = ["ask_cycle", "expressions", "lacking", "needs", "uses"]

BY_EXPRESSION: dict[type, str] = {
    Deferred: "deferred",
    Within: "timeout",
    Spawn: "spawn",
    Stop: "stop",
    StopSelf: "stop",
}
BY_OPERATION: dict[type, str] = {Await: "await", Cancel: "cancel", StopOp: "stop"}
DERIVED: dict[type, str] = {Gather: "gather", Then: "then", GatherOp: "gather", Compose: "then"}
"""The kit does without these where they are lacking: it waits in order, and applies the function itself."""

COROUTINES_CANNOT_RAISE = frozenset({"StopIteration"})
"""PEP 479: raised in a coroutine's body it becomes a RuntimeError; raised by an awaitable it is a return value."""


def expressions(program: Program) -> Iterator[Expression]:
    """Every expression of every actor's behaviour, inner ones too, in the order written."""
    for actor in program.actors:
        yield from walk(actor.behaviour)


def ask_cycle(program: Program) -> tuple[str, ...]:
    """The first cycle of asks among the program's actors, as their names in order; () if there is none.

    A spawned actor's asks count as its spawner's, who waits for it. Tells close no cycle: nobody waits for them.
    """
    graph = {
        actor.name: [inner.actor for inner in walk(actor.behaviour) if isinstance(inner, Ask)]
        for actor in program.actors
    }
    finished: set[str] = set()

    def visit(name: str, path: list[str]) -> tuple[str, ...]:
        if name in path:
            return tuple(path[path.index(name) :])
        if name in finished:
            return ()
        for asked in graph.get(name, ()):
            cycle = visit(asked, [*path, name])
            if cycle:
                return cycle
        finished.add(name)
        return ()

    for actor in program.actors:
        cycle = visit(actor.name, [])
        if cycle:
            return cycle
    return ()


def needs(program: Program) -> frozenset[str]:
    """The capabilities without which the program cannot be run as written.

    Placement of actors is not among them: where "loops" is lacking the implementation places them itself. "then"
    and "gather" are not either: see `uses`.
    """
    needed = {BY_EXPRESSION[kind] for kind in map(type, expressions(program)) if kind in BY_EXPRESSION}
    for client in program.clients:
        if isinstance(client.where, int):
            needed |= {"loops", "async-handlers"}
        for operation in client.operations:
            if isinstance(operation, Result):
                needed.add("result")
                if client.where != "thread":
                    needed.add("blocking-refused")
            elif type(operation) in BY_OPERATION:
                needed.add(BY_OPERATION[type(operation)])
    if ask_cycle(program):
        needed.add("cycles-refused")
    return frozenset(needed)


def uses(program: Program) -> frozenset[str]:
    """`needs`, and the composition operators that the kit replaces by its own where an implementation has none."""
    used = {DERIVED[kind] for kind in map(type, expressions(program)) if kind in DERIVED}
    for client in program.clients:
        used |= {DERIVED[type(operation)] for operation in client.operations if type(operation) in DERIVED}
    return needs(program) | used


def lacking(program: Program, adapter: Adapter) -> tuple[str, ...]:
    """Why this adapter cannot run the program: one sentence for each reason, () if it can."""
    capabilities = adapter.capabilities
    reasons = [
        f'it needs "{word}", which {adapter.name} does not declare'
        for word in sorted(needs(program) - capabilities)
    ]
    handlers_wait = "await" if "async-handlers" in capabilities else "result"
    waiting = any(isinstance(inner, (Ask, Gather, Then, Within, Spawn)) for inner in expressions(program))
    if waiting and "handlers-only-tell" in capabilities:
        reasons.append(f"its handlers ask, and those of {adapter.name} only tell")
    elif waiting and handlers_wait not in capabilities:
        reasons.append(f'its handlers ask, which takes "{handlers_wait}" in the handlers of {adapter.name}')
    raised = {inner.error.kind for inner in expressions(program) if isinstance(inner, Raise)}
    raised |= {inner.error for inner in expressions(program) if isinstance(inner, Fail)}
    by_coroutine = raised & COROUTINES_CANNOT_RAISE
    if by_coroutine and (
        "async-handlers" in capabilities or any(c.where != "thread" for c in program.clients)
    ):
        reasons.append(
            f"it raises {', '.join(sorted(by_coroutine))}, which cannot leave a coroutine (PEP 479)"
        )
    return tuple(reasons)
