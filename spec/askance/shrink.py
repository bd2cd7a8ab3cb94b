"""Making counterexamples smaller after Hypothesis: fewer actors, operations and expressions, then fewer switches.

Hypothesis shrinks what was drawn; here the program itself is taken apart, which needs no luck with draws. Each
smaller program is tried under several schedules, and kept if the same clause falls. Called by the suite once for
each clause that fell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from random import Random
from typing import Any, TypeVar

from askance.errors import ProgramError
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Client,
    Expression,
    Msg,
    Operation,
    Program,
    Result,
    TellOp,
    walk,
)
from askance.program_rules import validate
from askance.search.replay import Stay

__all__ = ["Lazy", "Switches", "fewest_switches", "reduced", "smaller"]

F = TypeVar("F")
S = TypeVar("S")

MOST_TRIALS = 400
"""At most so many smaller programs are tried."""
MOST_WALKS = 80
"""At most so many schedules are tried to find one with fewer switches."""


# ---------------------------------------------------------------- programs


def reduced(
    script: Any, search: Callable[[Any], F | None], failure: F, make: Callable[[Program], Any]
) -> tuple[Any, F]:
    """The smallest script that still fails, and how.

    `search` gives a script's failure or None; `make` makes a script of a program. Takes the first smaller program
    that fails, and begins again, until none fails or enough were tried.
    """
    trials = 0
    plain = make(script.program)
    if plain != script and (found := search(plain)) is not None:
        script, failure = plain, found
    if plain != script:
        return script, failure
    progress = True
    while progress:
        progress = False
        for program in smaller(script.program):
            trials += 1
            if trials > MOST_TRIALS:
                return script, failure
            if (found := search(make(program))) is not None:
                script, failure, progress = make(program), found, True
                break
    return script, failure


def smaller(program: Program) -> Iterator[Program]:
    """Valid programs that are a little smaller, the boldest cuts first."""
    for candidate in _cuts(program):
        if candidate == program:
            continue
        try:
            validate(candidate)
        except ProgramError:
            continue
        yield candidate


def _cuts(program: Program) -> Iterator[Program]:
    clients, actors = program.clients, program.actors
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


# ---------------------------------------------------------------- schedules


class Lazy:
    """A random walk that mostly stays with the current strand, so that its failures have few switches."""

    observes = False

    def __init__(self, seed: int, switching: float) -> None:
        self.seed = seed
        self.switching = switching
        self.random = Random()
        self.calm = Stay()

    def begin(self) -> None:
        """The same again."""
        self.random.seed(f"Lazy {self.seed}")

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """Mostly the current strand; else any, but seldom the clock."""
        if self.random.random() >= self.switching and current in runnable:
            return self.calm.pick(runnable, current)
        chosen = runnable[int(self.random.random() * len(runnable))]
        if not chosen.number and self.random.random() < 0.75:
            return self.calm.pick(runnable, current)
        return chosen

    def stepped(self, strand: Any) -> None:
        """Nothing to learn from a step."""


class Switches:
    """Counts how often a strategy leaves a strand that could have gone on."""

    observes = False

    def __init__(self, strategy: Any) -> None:
        self.strategy = strategy
        self.count = 0

    def begin(self) -> None:
        """Count from 0."""
        self.count = 0
        self.strategy.begin()

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """What the strategy picks."""
        chosen = self.strategy.pick(runnable, current)
        if chosen is not current and current is not None and current.slot >= 0:
            self.count += 1
        return chosen

    def stepped(self, strand: Any) -> None:
        """Nothing to learn from a step."""


def fewest_switches(failure: F, fails: Callable[[Any], F | None], again: Callable[[F], Any]) -> tuple[F, int]:
    """The failure of the same program with the fewest switches that a number of lazy schedules show, and how many.

    `fails` runs the program under a strategy; `again` gives the strategy that repeats a failure.
    """
    counting = Switches(again(failure))
    confirmed = fails(counting)
    best, fewest = (confirmed or failure), counting.count
    for number in range(MOST_WALKS):
        if fewest == 0:
            break
        lazy = Switches(Stay() if number == 0 else Lazy(number, (0.02, 0.05, 0.1, 0.2)[number % 4]))
        found = fails(lazy)
        if found is not None and lazy.count < fewest:
            best, fewest = found, lazy.count
    return best, fewest
