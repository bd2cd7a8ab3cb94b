"""Programs as JSON documents, so that counterexamples can be saved, sent and replayed.

A document is an object with `"askance-program": 1`. Expressions and operations are objects with a `kind`; values
are plain JSON where they can be (null, booleans, whole numbers, texts; a list is a tuple), else
`{"term": symbol, "args": [...]}` and `{"error": kind, "argument": ...}`. `load` accepts nothing else: whatever it
is given, it returns a valid program or raises ProgramError with one line, what is wrong and where.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

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
from askance.program_rules import validate

__all__ = [
    "VERSION",
    "ProgramError",
    "dump",
    "dump_value",
    "dumps",
    "load",
    "load_value",
    "loads",
    "validate",
]

VERSION = 1
"""The version of the document that `dump` writes and `load` reads."""

MOST_BITS = 4096
"""Longer whole numbers are refused: Python itself refuses to print numbers of some thousand digits."""

Fields = tuple[tuple[str, str], ...]

EXPRESSIONS: dict[str, tuple[type[Expression], Fields]] = {
    "msg": (Msg, ()),
    "const": (Const, (("value", "value"),)),
    "apply": (Apply, (("symbol", "text"), ("args", "expressions"))),
    "ask": (Ask, (("actor", "text"), ("message", "expression"))),
    "gather": (Gather, (("asks", "expressions"),)),
    "then": (Then, (("ask", "expression"), ("symbol", "text"))),
    "defer": (Deferred, (("ask", "expression"),)),
    "tell": (Tell, (("actor", "text"), ("message", "expression"), ("then", "expression"))),
    "raise": (Raise, (("error", "value"),)),
    "fail": (Fail, (("error", "text"), ("argument", "expression"))),
    "try": (Try, (("body", "expression"), ("handler", "expression"))),
    "sleep": (Sleep, (("seconds", "number"), ("then", "expression"))),
    "within": (Within, (("seconds", "number"), ("ask", "expression"), ("fallback", "expression"))),
    "spawn": (Spawn, (("behaviour", "expression"), ("loop", "loop"), ("message", "expression"))),
    "stop-self": (StopSelf, (("then", "expression"),)),
    "stop": (Stop, (("actor", "text"), ("then", "expression"))),
    "state": (State, ()),
    "update": (Update, (("symbol", "text"), ("argument", "expression"))),
}
"""The kinds of expressions: their types, and what each field holds."""

OPERATIONS: dict[str, tuple[type[Operation], Fields]] = {
    "ask": (AskOp, (("name", "text"), ("actor", "text"), ("message", "value"))),
    "tell": (TellOp, (("actor", "text"), ("message", "value"))),
    "result": (Result, (("reply", "text"),)),
    "await": (Await, (("reply", "text"),)),
    "compose": (Compose, (("name", "text"), ("reply", "text"), ("symbol", "text"))),
    "gather": (GatherOp, (("name", "text"), ("replies", "texts"))),
    "cancel": (Cancel, (("reply", "text"),)),
    "stop": (StopOp, (("actor", "text"),)),
    "sleep": (SleepOp, (("seconds", "number"),)),
    "settle": (Settle, ()),
}
"""The kinds of operations: their types, and what each field holds."""

ACTOR: Fields = (("name", "text"), ("loop", "loop"), ("behaviour", "expression"))
CLIENT: Fields = (("name", "text"), ("where", "where"), ("operations", "operations"))

_KINDS: dict[type, str] = {
    kind: name for table in (EXPRESSIONS, OPERATIONS) for name, (kind, _) in table.items()
}


# ---------------------------------------------------------------- writing


def dump(program: Program) -> dict[str, Any]:
    """The program as a JSON document, of dicts, lists and constants only."""
    return {
        "askance-program": VERSION,
        "name": program.name,
        "loops": program.loops,
        **({"abrupt": True} if program.abrupt else {}),
        "actors": [_write_fields(actor, ACTOR) for actor in program.actors],
        "clients": [_write_fields(client, CLIENT) for client in program.clients],
    }


def dumps(program: Program, *, indent: int | None = None) -> str:
    """The program as JSON text, in ASCII; `indent` as in `json.dumps`."""
    return json.dumps(dump(program), indent=indent)


def _write_fields(part: Any, fields: Fields) -> dict[str, Any]:
    return {name: _write(getattr(part, name), holds) for name, holds in fields}


def _write(part: Any, holds: str) -> Any:
    match holds:
        case "value":
            return dump_value(part)
        case "expression":
            kind = _KINDS[type(part)]
            return {"kind": kind, **_write_fields(part, EXPRESSIONS[kind][1])}
        case "operation":
            kind = _KINDS[type(part)]
            return {"kind": kind, **_write_fields(part, OPERATIONS[kind][1])}
        case "expressions" | "operations" | "texts":
            return [_write(one, holds[:-1]) for one in part]
    return part


def dump_value(value: Value) -> Any:
    """The value as JSON data."""
    match value:
        case Term(symbol, args):
            return {"term": symbol, "args": [dump_value(arg) for arg in args]}
        case Err(kind, argument):
            return {"error": kind, "argument": dump_value(argument)}
        case tuple():
            return [dump_value(part) for part in value]
    return value


# ---------------------------------------------------------------- reading


def loads(text: str | bytes) -> Program:
    """The program in the JSON text; raises ProgramError if there is none."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ProgramError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise ProgramError(f"not JSON that can be read: {error}") from None
    return load(document)


def load(document: object) -> Program:
    """The program that the document holds; raises ProgramError if there is none, or it cannot be performed."""
    try:
        program = _read_program(document)
        validate(program)
    except RecursionError:
        raise ProgramError("the document is nested too deeply") from None
    return program


def load_value(document: object) -> Value:
    """The value that `dump_value` made the document of; raises ProgramError if there is none."""
    return _value(document, "the value")


def _read_program(document: object) -> Program:
    top = _object(document, "the document")
    if "askance-program" not in top:
        raise ProgramError('the document is not a program: it has no "askance-program"')
    version = top["askance-program"]
    if type(version) is not int or version != VERSION:
        raise ProgramError(
            f"the document is of version {_shown(version)}; this askance reads version {VERSION}"
        )
    known = ("askance-program", "name", "loops", "abrupt", "actors", "clients")
    _only(top, known, "the document", optional=("name", "abrupt"))
    actors = [_read_fields(part, ACTOR, where) for where, part in _list(top["actors"], "actors")]
    clients = [_read_fields(part, CLIENT, where) for where, part in _list(top["clients"], "clients")]
    return Program(
        loops=_number(top["loops"], "loops"),
        actors=tuple(Actor(**fields) for fields in actors),
        clients=tuple(Client(**fields) for fields in clients),
        name=_text(top.get("name", ""), "name"),
        abrupt=_boolean(top.get("abrupt", False), "abrupt"),
    )


def _read_fields(part: object, fields: Fields, where: str, extra: tuple[str, ...] = ()) -> dict[str, Any]:
    found = _object(part, where)
    _only(found, (*extra, *(name for name, _ in fields)), where)
    return {name: READERS[holds](found[name], f"{where}.{name}") for name, holds in fields}


def _read_kind(part: object, table: Mapping[str, tuple[type, Fields]], where: str) -> Any:
    found = _object(part, where)
    if "kind" not in found:
        raise ProgramError(f"{where}: has no kind; the kinds are {', '.join(table)}")
    kind = found["kind"]
    if type(kind) is not str or kind not in table:
        raise ProgramError(f"{where}: there is no kind {_shown(kind)}; the kinds are {', '.join(table)}")
    make, fields = table[kind]
    return make(**_read_fields(found, fields, where, extra=("kind",)))


def _value(part: object, where: str) -> Value:
    match part:
        case None | bool() | str():
            return part
        case int():
            return _number(part, where)
        case list():
            return tuple(_value(one, place) for place, one in _list(part, where))
        case dict() if "term" in part:
            _only(part, ("term", "args"), where)
            args = tuple(_value(arg, place) for place, arg in _list(part["args"], f"{where}.args"))
            return Term(_text(part["term"], f"{where}.term"), args)
        case dict() if "error" in part:
            _only(part, ("error", "argument"), where)
            return Err(_text(part["error"], f"{where}.error"), _value(part["argument"], f"{where}.argument"))
    _fail(part, where, "a value: null, true, false, a whole number, a text, a list, a term or an error")


def _text(part: object, where: str) -> str:
    return part if type(part) is str else _fail(part, where, "a text")


def _boolean(part: object, where: str) -> bool:
    return part if type(part) is bool else _fail(part, where, "true or false")


def _number(part: object, where: str) -> int:
    if type(part) is int and part.bit_length() > MOST_BITS:
        raise ProgramError(f"{where}: a number of more than {MOST_BITS} bits")
    return part if type(part) is int else _fail(part, where, "a whole number")


def _loop(part: object, where: str) -> int | None:
    return None if part is None else _number(part, where)


def _where(part: object, where: str) -> str | int:
    return part if type(part) is str else _number(part, where)


def _list(part: object, where: str) -> list[tuple[str, object]]:
    if type(part) is not list:
        _fail(part, where, "a list")
    return [(f"{where}[{index}]", one) for index, one in enumerate(part)]


def _object(part: object, where: str) -> dict[str, object]:
    return part if type(part) is dict else _fail(part, where, "an object")


def _several(read: Callable[[object, str], Any]) -> Callable[[object, str], tuple[Any, ...]]:
    return lambda part, where: tuple(read(one, place) for place, one in _list(part, where))


def _only(
    part: Mapping[str, object], names: Iterable[str], where: str, optional: tuple[str, ...] = ()
) -> None:
    known = tuple(names)
    for name in known:
        if name not in part and name not in optional:
            raise ProgramError(f"{where}: has no {name}")
    for name in part:
        if name not in known:
            raise ProgramError(f"{where}: has {_shown(name)}, which is not one of {', '.join(known)}")


def _fail(part: object, where: str, wanted: str) -> NoReturn:
    raise ProgramError(f"{where}: must be {wanted}, not {_shown(part)}")


def _shown(part: object) -> str:
    """The part as it stands in the document, cut to one short line."""
    try:
        text = json.dumps(part)
    except (TypeError, ValueError):
        text = f"a {type(part).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


READERS: dict[str, Callable[[object, str], Any]] = {
    "value": _value,
    "text": _text,
    "texts": _several(_text),
    "number": _number,
    "loop": _loop,
    "where": _where,
    "expression": lambda part, where: _read_kind(part, EXPRESSIONS, where),
    "expressions": _several(lambda part, where: _read_kind(part, EXPRESSIONS, where)),
    "operations": _several(lambda part, where: _read_kind(part, OPERATIONS, where)),
}
