"""Programs as readable, Python-like text, with the outcomes that their clients may expect.

Reports, counterexamples and the command line print programs with `show`. The text is unambiguous: two programs that
differ print differently, so names that are no plain names are quoted, and an expression that goes on after a
semicolon or an `else` stands in parentheses wherever something may follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from askance.adapter import CAPABILITIES
from askance.errors import ProgramError
from askance.history import Outcome
from askance.meaning import Meaning, meaning
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
    reply_key,
)

__all__ = ["show", "show_expression", "show_operation", "show_outcomes", "show_value"]

WIDTH = 110
"""A client's line is broken after its waits when it would be longer than this many characters."""
MOST_OUTCOMES = 4
"""A set of more outcomes is cut to its first few, with the number of the others."""
LONGEST_OUTCOME = 120
"""A longer outcome is cut in its middle, to this many characters."""

_WORDS = frozenset(
    (
        *(
            "None",
            "True",
            "False",
            "and",
            "ask",
            "await",
            "cancel",
            "client",
            "const",
            "defer",
            "else",
            "error",
        ),
        *(
            "except",
            "gather",
            "loop",
            "loops",
            "msg",
            "nothing",
            "on",
            "own",
            "raise",
            "result",
            "self",
            "settle",
        ),
        *("sleep", "spawn", "state", "stop", "tell", "then", "thread", "try", "update", "within"),
    )
)
"""The words of the text itself; a name that is one of them is quoted."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ALL_REFUSING = frozenset(CAPABILITIES) - {"reentrant", "handlers-only-tell"}


def show(program: Program, *, expect: bool = True, capabilities: frozenset[str] = _ALL_REFUSING) -> str:
    """The program as text, one line an actor and one or more a client.

    With `expect`, each line of a client that waits ends in `# expect` and the outcomes that each wait may have on
    an implementation with these `capabilities` (default: all, and cycles are refused). A program that `validate`
    would refuse is shown without.
    """
    try:
        expected = meaning(program, capabilities) if expect else None
    except ProgramError:
        expected = None
    lines = [f"# {program.name!r}" if not _PLAIN.fullmatch(program.name) else f"# {program.name}"] * bool(
        program.name
    )
    lines.append(f"loops {program.loops}")
    lines += [_actor(actor) for actor in program.actors]
    for client in program.clients:
        lines += _client(client, expected)
    if program.abrupt:
        lines.append("close at once")
    return "\n".join(lines)


def _actor(actor: Actor) -> str:
    place = "" if actor.loop is None else f" on {actor.loop}"
    return f"{_name(actor.name)}{place}: {show_expression(actor.behaviour)}"


# ---------------------------------------------------------------- behaviours


def show_expression(expression: Expression) -> str:
    """The expression as text, as it stands after an actor's colon."""
    match expression:
        case Msg():
            return "msg"
        case Const(value):
            return ("const " if isinstance(value, Term | tuple) else "") + show_value(value)
        case Apply(symbol, args):
            return f"{_name(symbol)}({', '.join(map(_closed, args))})"
        case State():
            return "state"
        case Update(symbol, argument):
            return f"update {_name(symbol)}(state, {_closed(argument)})"
        case Ask(actor, message):
            return f"ask {_name(actor)}({show_expression(message)})"
        case Gather(asks):
            return f"gather({', '.join(map(_closed, asks))})"
        case Then(ask, symbol):
            return f"then({_closed(ask)}, {_name(symbol)})"
        case Deferred(ask):
            return f"defer {_closed(ask)}"
        case Tell(actor, message, then):
            return f"tell {_name(actor)}({show_expression(message)}); {show_expression(then)}"
        case Raise(error):
            return f"raise {_error(error)}"
        case Fail(kind, argument):
            return f"raise {_name(kind)}({show_expression(argument)})"
        case Try(body, handler):
            return f"try {_closed(body)} except {_closed(handler)}"
        case Sleep(seconds, then):
            return f"sleep {seconds}; {show_expression(then)}"
        case Within(seconds, ask, fallback):
            return f"within {seconds}: {_closed(ask)} else {_closed(fallback)}"
        case Spawn(behaviour, loop, message):
            place = "" if loop is None else f" on {loop}"
            return f"spawn {{{show_expression(behaviour)}}}{place} ({show_expression(message)})"
        case StopSelf(then):
            return f"stop self; {show_expression(then)}"
        case Stop(actor, then):
            return f"stop {_name(actor)}; {show_expression(then)}"


def _closed(expression: Expression) -> str:
    """The expression where something may follow it: in parentheses if its text is open at the end."""
    text = show_expression(expression)
    return f"({text})" if isinstance(expression, Tell | Sleep | StopSelf | Stop | Try | Within) else text


def show_value(value: Value) -> str:
    """The value as text; an error is marked as one, since a term may have the name of its kind."""
    match value:
        case Term(symbol, args):
            return f"{_name(symbol)}({', '.join(map(show_value, args))})"
        case Err():
            return f"error {_error(value)}"
        case tuple():
            return f"({', '.join(map(show_value, value))}{',' * (len(value) == 1)})"
    return repr(value)


def _error(error: Err) -> str:
    return f"{_name(error.kind)}({show_value(error.argument)})"


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name not in _WORDS else repr(name)


# ---------------------------------------------------------------- clients


def _reply(reply: str) -> str:
    """A reply of this client, or one of another, "client.reply"."""
    return ".".join(map(_name, reply.split(".")))


def show_operation(operation: Operation) -> str:
    """The operation as text."""
    match operation:
        case AskOp(name, actor, message):
            return f"{_name(name)} = ask {_name(actor)}({show_value(message)})"
        case TellOp(actor, message):
            return f"tell {_name(actor)}({show_value(message)})"
        case Result(reply):
            return f"result {_reply(reply)}"
        case Await(reply):
            return f"await {_reply(reply)}"
        case Compose(name, reply, symbol):
            return f"{_name(name)} = then({_name(reply)}, {_name(symbol)})"
        case GatherOp(name, replies):
            return f"{_name(name)} = gather({', '.join(map(_name, replies))})"
        case Cancel(reply):
            return f"cancel {_reply(reply)}"
        case StopOp(actor):
            return f"stop {_name(actor)}"
        case SleepOp(seconds):
            return f"sleep {seconds}"
        case Settle():
            return "settle"


def _client(client: Client, expected: Meaning | None) -> list[str]:
    place = {"thread": "thread", "loop": "own loop"}.get(str(client.where), f"loop {client.where}")
    head = f"client {_name(client.name)} ({place}):"
    whole = _line(client, client.operations, head + " ", expected)
    if len(whole) <= WIDTH:
        return [whole]
    return [head] + [_line(client, part, "    ", expected) for part in _parts(client.operations)]


def _parts(operations: tuple[Operation, ...]) -> list[tuple[Operation, ...]]:
    """The operations in runs, each ending with a wait or a settle (the last may end otherwise)."""
    parts: list[tuple[Operation, ...]] = []
    run: tuple[Operation, ...] = ()
    for operation in operations:
        run = (*run, operation)
        if isinstance(operation, Result | Await | Settle):
            parts.append(run)
            run = ()
    return [*parts, run] if run else parts


def _line(client: Client, operations: tuple[Operation, ...], head: str, expected: Meaning | None) -> str:
    text = head + ("; ".join(map(show_operation, operations)) or "nothing")
    waits = list(dict.fromkeys(op for op in operations if isinstance(op, Result | Await)))
    if expected is None or not waits:
        return text
    shown = [(wait.reply, _expected(client, wait, expected)) for wait in waits]
    if len(shown) == 1:
        return f"{text}        # expect {shown[0][1]}"
    return f"{text}        # expect " + ", ".join(f"{reply}: {outcomes}" for reply, outcomes in shown)


def _expected(client: Client, wait: Result | Await, expected: Meaning) -> str:
    key = reply_key(client, wait.reply)
    if expected.unlisted(key):
        return "anything"
    # Only blocking is refused, and the oracle has one set for all waits on a reply.
    outcomes = [one for one in expected.operations[key] if isinstance(wait, Result) or one.kind != "refused"]
    return show_outcomes(outcomes, ["never ends"] if expected.may_hang(key) else [])


def show_outcomes(outcomes: Iterable[Outcome], others: Iterable[str] = ()) -> str:
    """The set as text, values first: all if they are few, else the first few and how many others."""
    ordered = sorted(outcomes, key=lambda outcome: (outcome.kind != "value", outcome.kind, str(outcome)))
    shown = [*map(_cut, map(str, ordered)), *others]
    if len(shown) > MOST_OUTCOMES:
        shown = [*shown[: MOST_OUTCOMES - 1], f"{len(shown) - MOST_OUTCOMES + 1} others"]
    return " or ".join(shown)


def _cut(text: str) -> str:
    if len(text) <= LONGEST_OUTCOME:
        return text
    half = (LONGEST_OUTCOME - 3) // 2
    return f"{text[:half]}...{text[-half:]}"
