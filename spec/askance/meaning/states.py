"""What actors that keep a state may answer: one turn as a step of a sequential machine, and all orders of racing asks.

`transition` is the sequential specification of an actor: from a state and a message to an outcome and the next state.
Clause M5 holds histories against it. `states` lists the answers that a program's asks may have: the messages of one
client to one actor are handled in the order sent (clause M1), those of several clients in any order that keeps the
phases, so the states that a message may find are those at the points of a grid with one axis a client. Where it cannot
tell (the actor asks others, is asked by them, may be stopped or cancelled) it says nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import product
from math import prod

from askance.errors import is_caught
from askance.history import Outcome
from askance.meaning.graph import Graph
from askance.meaning.possible import MOST_OUTCOMES, Possible, exact
from askance.meaning.timeline import Step
from askance.program import (
    Apply,
    AskOp,
    Const,
    Err,
    Expression,
    Fail,
    Msg,
    Program,
    Raise,
    Sleep,
    State,
    TellOp,
    Term,
    Try,
    Update,
    Value,
    walk,
)

__all__ = ["is_sequential", "keeps_state", "states", "transition"]

MOST_POINTS = 2_000
"""Of a grid with more points nothing is said."""


def keeps_state(expression: Expression) -> bool:
    """Whether the behaviour reads or changes its actor's state."""
    return any(isinstance(part, State | Update) for part in walk(expression))


def is_sequential(expression: Expression, *, waiting: bool = True) -> bool:
    """Whether a turn depends on its message and its actor's state alone, so that `transition` tells it.

    With `waiting` False, it must not wait either: then the turns of a reentrant actor cannot interleave.
    """
    kinds = (Msg, Const, Apply, Raise, Fail, Try, State, Update, *((Sleep,) if waiting else ()))
    return all(isinstance(part, kinds) for part in walk(expression))


def transition(expression: Expression, message: Value, state: Value) -> tuple[Outcome, Value]:
    """The outcome of a turn of a sequential behaviour, and the state that it leaves, also where it fails."""
    match expression:
        case Msg():
            return Outcome("value", message), state
        case Const(constant):
            return Outcome("value", constant), state
        case State():
            return Outcome("value", state), state
        case Raise(error):
            return Outcome("error", error=error), state
        case Fail(kind, argument):
            outcome, state = transition(argument, message, state)
            if outcome.kind == "value":
                outcome = Outcome("error", error=Err(kind, outcome.value))
            return outcome, state
        case Sleep(_, rest):
            return transition(rest, message, state)
        case Apply(symbol, args):
            values: list[Value] = []
            for part in args:
                outcome, state = transition(part, message, state)
                if outcome.kind != "value":
                    return outcome, state
                values.append(outcome.value)
            return Outcome("value", Term(symbol, tuple(values))), state
        case Update(symbol, argument):
            outcome, after = transition(argument, message, state)
            if outcome.kind != "value":
                return outcome, after
            # The read came before the argument was evaluated, so what that changed is overwritten.
            state = Term(symbol, (state, outcome.value))
            return Outcome("value", state), state
        case Try(body, handler):
            outcome, state = transition(body, message, state)
            if outcome.error is None or not is_caught(outcome.error):
                return outcome, state
            return transition(handler, message, state)
    raise ValueError(f"a turn of {type(expression).__name__} depends on more than its message and its state")


def states(
    program: Program,
    graph: Graph,
    steps: list[Step],
    touched: frozenset[str],
    cancelled: frozenset[str],
    settled: bool,
) -> Mapping[str, Possible]:
    """The answers of each client's ask ("client.reply") of an actor with a state, where they can be told.

    `steps` in the order of phases; `touched`: actors that may be stopped; `cancelled`: replies that may be;
    `settled`: barriers are certain.
    """
    found: dict[str, Possible] = {}
    reached = graph.reached(step.operation for step in steps)
    asked = {edge.target for edge in graph.edges if edge.source in reached}
    for actor in program.actors:
        if (
            actor.name in touched
            or actor.name in asked
            or not keeps_state(actor.behaviour)
            or not is_sequential(actor.behaviour)
        ):
            continue
        sent = [
            step
            for step in steps
            if isinstance(step.operation, AskOp | TellOp) and step.operation.actor == actor.name
        ]
        if not any(isinstance(step.operation, AskOp) and step.key in cancelled for step in sent):
            found.update(_answers(actor.behaviour, sent, settled))
    return found


def _answers(behaviour: Expression, sent: list[Step], settled: bool) -> dict[str, Possible]:
    """The answers to the asks among the messages sent to one actor."""
    axes: dict[str, list[Step]] = {}
    for step in sent:
        axes.setdefault(step.client.name, []).append(step)
    streams = list(axes.values())
    if prod(len(stream) + 1 for stream in streams) > MOST_POINTS:
        return {}
    answers: dict[str, dict[Hashable, Outcome]] = {
        step.key: {} for step in sent if isinstance(step.operation, AskOp)
    }
    at_point: dict[tuple[int, ...], dict[Hashable, Value]] = {(0,) * len(streams): {exact(None): None}}
    # Points in lexical order: each comes after those that lead to it.
    for point in product(*(range(len(stream) + 1) for stream in streams)):
        reached = at_point.pop(point, {})
        if len(reached) > MOST_OUTCOMES:
            return {}
        for axis, stream in enumerate(streams):
            if not reached or point[axis] == len(stream):
                continue
            step = stream[point[axis]]
            if not _may_come(step, point, streams, settled):
                continue
            further = at_point.setdefault((*point[:axis], point[axis] + 1, *point[axis + 1 :]), {})
            assert isinstance(step.operation, AskOp | TellOp)
            for before in reached.values():
                outcome, after = transition(behaviour, step.operation.message, before)
                further[exact(after)] = after
                if isinstance(step.operation, AskOp):
                    answers[step.key][outcome.kind, exact(outcome.value), exact(outcome.error)] = outcome
    if any(len(listed) > MOST_OUTCOMES for listed in answers.values()):
        return {}
    return {key: Possible(tuple(listed.values())) for key, listed in answers.items()}


def _may_come(step: Step, point: tuple[int, ...], streams: list[list[Step]], settled: bool) -> bool:
    """Whether the message may be the next: all of earlier phases have been handled, where barriers are certain."""
    return not settled or all(
        other.phase >= step.phase
        for done, stream in zip(point, streams, strict=True)
        for other in stream[done:]
    )
