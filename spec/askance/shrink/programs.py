"""Smaller programs: fewer actors, operations, loops and expressions.

Hypothesis shrinks what was drawn; here the program itself is taken apart, which needs no luck with draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

from askance.errors import ProgramError
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    Expression,
    GatherOp,
    Msg,
    Operation,
    Program,
    Result,
    TellOp,
    reply_key,
    walk,
)
from askance.program_rules import validate

__all__ = ["smaller"]

S = TypeVar("S")


def smaller(program: Program) -> Iterator[Program]:
    """Valid programs that are a little smaller, the boldest cuts first."""
    for candidate in map(_repaired, _cuts(program)):
        if candidate == program:
            continue
        try:
            validate(candidate)
        except ProgramError:
            continue
        yield candidate


def _cuts(program: Program) -> Iterator[Program]:
    clients, actors = program.clients, program.actors
    if program.abrupt:
        yield replace(program, abrupt=False)
    for at in range(len(clients)):
        if len(clients) > 1:
            yield replace(program, clients=_without(clients, at))
    for at in range(len(actors)):
        yield replace(program, actors=_without(actors, at))
    for at, client in enumerate(clients):
        for operations in _shorter(client.operations):
            yield replace(program, clients=_with(clients, at, replace(client, operations=operations)))
    asked = {actor.name: [p.actor for p in walk(actor.behaviour) if isinstance(p, Ask)] for actor in actors}
    for at, client in enumerate(clients):
        for place, operation in enumerate(client.operations):
            if isinstance(operation, AskOp | TellOp):
                for name in dict.fromkeys(asked.get(operation.actor, ())):
                    nearer = _with(client.operations, place, replace(operation, actor=name))
                    if name != operation.actor:
                        yield replace(program, clients=_with(clients, at, replace(client, operations=nearer)))
    for at, actor in enumerate(actors):
        for behaviour in _simpler(actor.behaviour, actor):
            yield replace(program, actors=_with(actors, at, replace(actor, behaviour=behaviour)))
    for at, client in enumerate(clients):
        if client.where != "thread":
            yield replace(program, clients=_with(clients, at, _on_thread(client)))
        if isinstance(client.where, int):
            yield replace(program, clients=_with(clients, at, replace(client, where="loop")))
    if program.loops > 1:
        most = program.loops - 1
        yield replace(
            program,
            loops=most,
            actors=tuple(replace(actor, loop=_below(actor.loop, most)) for actor in actors),
            clients=tuple(
                replace(client, where=_below(client.where, most)) if isinstance(client.where, int) else client
                for client in clients
            ),
        )
    for at, actor in enumerate(actors):
        if actor.loop:
            yield replace(program, actors=_with(actors, at, replace(actor, loop=0)))


def _repaired(program: Program) -> Program:
    """The program without operations on replies of other clients that are not made any more."""
    made = {
        reply_key(client, operation.name)
        for client in program.clients
        for operation in client.operations
        if isinstance(operation, AskOp | Compose | GatherOp)
    }
    clients = tuple(
        replace(
            client,
            operations=tuple(
                operation
                for operation in client.operations
                if not isinstance(operation, Result | Await | Cancel)
                or "." not in operation.reply
                or operation.reply in made
            ),
        )
        for client in program.clients
    )
    return replace(program, clients=clients)


def _below(loop: int | None, loops: int) -> Any:
    return None if loop is None else min(loop, loops - 1)


def _on_thread(client: Client) -> Client:
    """The same operations on a plain thread, which blocks instead of awaiting."""
    operations = tuple(
        Result(operation.reply) if isinstance(operation, Await) else operation
        for operation in client.operations
    )
    return replace(client, where="thread", operations=operations)


def _shorter(operations: tuple[Operation, ...]) -> Iterator[tuple[Operation, ...]]:
    """The operations without some of them; what rests on a reply goes with it."""
    for at, operation in enumerate(operations):
        made = getattr(operation, "name", None)
        rest = _without(operations, at)
        yield _unresting(rest, made) if made is not None else rest
        if isinstance(operation, Compose):
            plain = tuple(_on_part(other, operation.name, operation.reply) for other in rest)
            yield plain
            # The composition may be there only to let a later part of a gather be first.
            turned = tuple(_turned(other) for other in plain)
            if turned != plain:
                yield turned
        if isinstance(operation, GatherOp):
            for part in dict.fromkeys(operation.replies):
                yield tuple(_on_part(other, operation.name, part) for other in rest)


def _on_part(operation: Operation, made: str, part: str) -> Operation:
    """The operation with the reply that was composed replaced by the one that it was composed of."""
    if isinstance(operation, Result | Await | Cancel | Compose) and operation.reply == made:
        return replace(operation, reply=part)
    if isinstance(operation, GatherOp):
        return replace(operation, replies=tuple(part if one == made else one for one in operation.replies))
    return operation


def _turned(operation: Operation) -> Operation:
    """A gather of the same parts in the opposite order."""
    if isinstance(operation, GatherOp):
        return replace(operation, replies=operation.replies[::-1])
    return operation


def _unresting(operations: tuple[Operation, ...], made: str) -> tuple[Operation, ...]:
    """The operations without those that need the reply, or one that is made of it."""
    gone = {made}
    left: list[Operation] = []
    for operation in operations:
        used = {getattr(operation, "reply", None), *getattr(operation, "replies", ())}
        if used & gone:
            gone |= {getattr(operation, "name", made)}
        else:
            left.append(operation)
    return tuple(left)


def _simpler(expression: Any, actor: Actor) -> Iterator[Expression]:
    """Expressions that are a little simpler: a part of it, or the same with one part simpler."""
    plain = Apply("f", (Msg(),))
    if not isinstance(expression, Msg | Apply):
        yield plain
    elif isinstance(expression, Apply) and expression.args != (Msg(),):
        yield replace(expression, args=(Msg(),))
    parts = [(part.name, getattr(expression, part.name)) for part in fields(expression)]
    for _, inner in parts:
        for one in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(one, Expression) and not isinstance(one, Msg):
                yield one
    for name, inner in parts:
        if isinstance(inner, tuple) and inner and isinstance(inner[0], Expression):
            if len(inner) > 1:
                for at in range(len(inner)):
                    yield replace(expression, **{name: _without(inner, at)})
            for at, one in enumerate(inner):
                for less in _simpler(one, actor):
                    yield replace(expression, **{name: _with(inner, at, less)})
        elif isinstance(inner, Expression):
            for less in _simpler(inner, actor):
                yield replace(expression, **{name: less})


def _without(parts: tuple[S, ...], at: int) -> tuple[S, ...]:
    return parts[:at] + parts[at + 1 :]


def _with(parts: tuple[S, ...], at: int, part: S) -> tuple[S, ...]:
    return (*parts[:at], part, *parts[at + 1 :])
