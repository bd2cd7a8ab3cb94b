"""Programs survive JSON, and whatever else is loaded is refused in one line."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.meaning.strategies import programs

from askance.errors import ProgramError
from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program, Result
from askance.program_json import EXPRESSIONS, OPERATIONS, dump, dumps, load, loads

COMPOSED = Program(
    2,
    (Actor("a", 0, Apply("f", (Ask("b", Msg()),))), Actor("b", 1, Apply("g", (Msg(),)))),
    (Client("c0", "thread", (AskOp("r0", "a", 10), Result("r0"))),),
    name="composed",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def exactly(part: object) -> str:
    """The part with all types visible, as `==` takes True for 1."""
    return repr(part)


@settings(deadline=None)
@given(programs())
def test_round_trip(program: Program) -> None:
    """A program that is written and read again is the same, its name and the types of its values included."""
    again = loads(dumps(program))
    assert again == program
    assert exactly(dump(again)) == exactly(dump(program))
    assert again.name == program.name


@settings(deadline=None)
@given(JSON)
def test_garbage_is_refused(document: object) -> None:
    """Any JSON that is no program raises ProgramError with one line, and nothing else."""
    with pytest.raises(ProgramError) as refused:
        load(document)
    assert "\n" not in str(refused.value)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all parts of the document."""
    parts: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        parts = list(document.items())
    elif isinstance(document, list):
        parts = list(enumerate(document))
    return [path, *(place for key, part in parts for place in places(part, (*path, key)))]


@settings(deadline=None)
@given(programs(), JSON, st.data())
def test_damage_is_refused_or_a_program(program: Program, damage: object, data: st.DataObject) -> None:
    """A document with any part replaced either holds a valid program, or is refused in one line."""
    document = copy.deepcopy(dump(program))
    place = data.draw(st.sampled_from(places(document)[1:]))
    holder: Any = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = damage
    try:
        loaded = load(document)
    except ProgramError as refused:
        assert "\n" not in str(refused)
    else:
        assert load(dump(loaded)) == loaded


@settings(deadline=None)
@given(st.text() | st.binary())
def test_text_that_is_no_json_is_refused(text: str | bytes) -> None:
    """Any text or bytes raise ProgramError."""
    with pytest.raises(ProgramError):
        loads(text)


def test_document() -> None:
    """The document is the one that saved counterexamples have: changing it takes a new version."""
    assert dump(COMPOSED) == {
        "askance-program": 1,
        "name": "composed",
        "loops": 2,
        "actors": [
            {
                "name": "a",
                "loop": 0,
                "behaviour": {
                    "kind": "apply",
                    "symbol": "f",
                    "args": [{"kind": "ask", "actor": "b", "message": {"kind": "msg"}}],
                },
            },
            {
                "name": "b",
                "loop": 1,
                "behaviour": {"kind": "apply", "symbol": "g", "args": [{"kind": "msg"}]},
            },
        ],
        "clients": [
            {
                "name": "c0",
                "where": "thread",
                "operations": [
                    {"kind": "ask", "name": "r0", "actor": "a", "message": 10},
                    {"kind": "result", "reply": "r0"},
                ],
            }
        ],
    }


def test_every_kind_is_in_the_tables() -> None:
    """Each expression and operation that programs may hold has a kind in the document."""
    from askance.program import Expression, Operation

    assert {kind for kind, _ in EXPRESSIONS.values()} == set(Expression.__args__)  # type: ignore[attr-defined]
    assert {kind for kind, _ in OPERATIONS.values()} == set(Operation.__args__)  # type: ignore[attr-defined]


def damaged(path: tuple[Any, ...], part: object) -> dict[str, Any]:
    """The document of the composed program with the part at the path replaced; Ellipsis removes it."""
    document = copy.deepcopy(dump(COMPOSED))
    holder: Any = document
    for key in path[:-1]:
        holder = holder[key]
    if part is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = part
    return document


@pytest.mark.parametrize(
    ("path", "part", "message"),
    [
        (("askance-program",), ..., 'the document is not a program: it has no "askance-program"'),
        (("askance-program",), 2, "the document is of version 2; this askance reads version 1"),
        (("askance-program",), True, "the document is of version true; this askance reads version 1"),
        (("loops",), ..., "the document: has no loops"),
        (("loops",), 1.5, "loops: must be a whole number, not 1.5"),
        (("loops",), 2**5000, "loops: a number of more than 4096 bits"),
        (
            ("speed",),
            1,
            'the document: has "speed", which is not one of askance-program, name, loops, abrupt, actors, clients',
        ),
        (("actors",), {}, "actors: must be a list, not {}"),
        (("actors", 1), None, "actors[1]: must be an object, not null"),
        (
            ("actors", 0, "behaviour", "args", 0, "actor"),
            "z",
            "actors[0].behaviour.args[0].actor: there is no actor 'z'; the actors are a, b",
        ),
        (
            ("actors", 0, "behaviour", "args", 0, "message"),
            {"kind": "mesage"},
            'actors[0].behaviour.args[0].message: there is no kind "mesage"; the kinds are '
            + ", ".join(EXPRESSIONS),
        ),
        (
            ("clients", 0, "operations", 0, "message"),
            0.5,
            "clients[0].operations[0].message: must be a value: null, true, false, a whole number, a text, "
            "a list, a term or an error, not 0.5",
        ),
        (("clients", 0, "operations", 1, "reply"), ..., "clients[0].operations[1]: has no reply"),
    ],
)
def test_message(path: tuple[Any, ...], part: object, message: str) -> None:
    """A refused document is told what is wrong with it, and where."""
    with pytest.raises(ProgramError) as refused:
        load(damaged(path, part))
    assert str(refused.value) == message


def test_message_for_text() -> None:
    """Text that is no JSON is told where it stops being JSON."""
    with pytest.raises(ProgramError) as refused:
        loads('{"askance-program": 1,}')
    assert str(refused.value).startswith("not JSON: ")
    assert "line 1, column" in str(refused.value)


def test_deep_documents_are_refused() -> None:
    """Nesting that would exhaust the stack is an error of the document, not a RecursionError."""
    deep: Any = {"kind": "msg"}
    for _ in range(100_000):
        deep = {"kind": "sleep", "seconds": 0, "then": deep}
    with pytest.raises(ProgramError, match="nested too deeply"):
        load(damaged(("actors", 0, "behaviour"), deep))
    with pytest.raises(ProgramError):
        loads("[" * 100_000)
    while deep.get("then"):
        deep = deep["then"]


def test_indented_text_is_the_same_document() -> None:
    """`indent` is for readers only."""
    assert json.loads(dumps(COMPOSED, indent=2)) == dump(COMPOSED)
