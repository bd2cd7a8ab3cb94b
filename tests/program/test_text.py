"""Programs print as readable text that tells any two of them apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.meaning.strategies import programs

from askance.adapter import CAPABILITIES
from askance.history import Outcome
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
from askance.program_json import dump
from askance.program_text import show, show_expression, show_operation, show_outcomes, show_value

M = Msg()
B = Ask("b", M)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (M, "msg"),
        (Const(10), "10"),
        (Const("it's"), '"it\'s"'),
        (Const(None), "None"),
        (Const(True), "True"),
        (Const(()), "const ()"),
        (Const((1,)), "const (1,)"),
        (Const((1, "x")), "const (1, 'x')"),
        (Const(Term("f", (10,))), "const f(10)"),
        (Const(Err("ValueError", "x")), "error ValueError('x')"),
        (Apply("f", ()), "f()"),
        (Apply("f", (M, Const(1))), "f(msg, 1)"),
        (Apply("f", (Tell("b", M, M),)), "f((tell b(msg); msg))"),
        (B, "ask b(msg)"),
        (Ask("b", Sleep(1, M)), "ask b(sleep 1; msg)"),
        (Gather((B, Ask("c", M))), "gather(ask b(msg), ask c(msg))"),
        (Then(B, "f"), "then(ask b(msg), f)"),
        (Deferred(B), "defer ask b(msg)"),
        (Tell("b", M, Const(0)), "tell b(msg); 0"),
        (Raise(Err("ValueError", "x")), "raise ValueError('x')"),
        (Fail("Boom", Apply("f", (M,))), "raise Boom(f(msg))"),
        (Try(B, Const(0)), "try ask b(msg) except 0"),
        (Try(Try(B, M), Tell("b", M, M)), "try (try ask b(msg) except msg) except (tell b(msg); msg)"),
        (Sleep(1, B), "sleep 1; ask b(msg)"),
        (Within(2, B, Const(0)), "within 2: ask b(msg) else 0"),
        (Spawn(Apply("f", (M,)), 1, M), "spawn {f(msg)} on 1 (msg)"),
        (Spawn(Sleep(1, M), None, M), "spawn {sleep 1; msg} (msg)"),
        (StopSelf(M), "stop self; msg"),
        (Stop("b", M), "stop b; msg"),
        (Stop("self", M), "stop 'self'; msg"),
        (State(), "state"),
        (Update("f", M), "update f(state, msg)"),
        (Update("f", Sleep(1, State())), "update f(state, (sleep 1; state))"),
        (Apply("state", ()), "'state'()"),
        (Apply("ask", (M,)), "'ask'(msg)"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_expression(expression: Expression, text: str) -> None:
    """Each kind of expression has its readable form."""
    assert show_expression(expression) == text


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (AskOp("r0", "a", 10), "r0 = ask a(10)"),
        (AskOp("r0", "a", Term("f", (Term("g", ()),))), "r0 = ask a(f(g()))"),
        (TellOp("a", "x"), "tell a('x')"),
        (Result("r0"), "result r0"),
        (Await("r0"), "await r0"),
        (Await("c0.r0"), "await c0.r0"),
        (Cancel("c0.then"), "cancel c0.'then'"),
        (Compose("r1", "r0", "f"), "r1 = then(r0, f)"),
        (GatherOp("r2", ("r0", "r1")), "r2 = gather(r0, r1)"),
        (Cancel("r0"), "cancel r0"),
        (StopOp("a"), "stop a"),
        (SleepOp(3), "sleep 3"),
        (Settle(), "settle"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_operation(operation: Operation, text: str) -> None:
    """Each kind of operation has its readable form."""
    assert show_operation(operation) == text


def test_program() -> None:
    """The example of the design prints as it stands there."""
    program = Program(
        2,
        (Actor("a", 0, Apply("f", (B,))), Actor("b", 1, Apply("g", (M,)))),
        (Client("c0", "thread", (AskOp("r0", "a", 10), Result("r0"))),),
    )
    assert show(program) == (
        "loops 2\n"
        "a on 0: f(ask b(msg))\n"
        "b on 1: g(msg)\n"
        "client c0 (thread): r0 = ask a(10); result r0        # expect f(g(10))"
    )
    assert show(program, expect=False) == show(program).replace("        # expect f(g(10))", "")


def test_places() -> None:
    """A name, an actor wherever the implementation likes, and clients on loops are shown as such."""
    program = Program(
        1, (Actor("a", None, M),), (Client("c0", "loop", ()), Client("c1", 0, (SleepOp(1),))), name="idle"
    )
    assert show(program) == (
        "# idle\nloops 1\na: msg\nclient c0 (own loop): nothing\nclient c1 (loop 0): sleep 1"
    )


def test_several_waits() -> None:
    """Where a line waits more than once, each reply has its outcomes."""
    client = Client("c0", 0, (AskOp("r0", "a", 1), Compose("r1", "r0", "f"), Await("r0"), Await("r1")))
    assert show(Program(1, (Actor("a", 0, M),), (client,))).endswith(
        "await r0; await r1        # expect r0: 1, r1: f(1)"
    )


def test_blocking_on_a_loop() -> None:
    """A blocking wait on a loop may be refused; an await of the same reply may not."""
    client = Client("c0", "loop", (AskOp("r0", "a", 1), Result("r0"), Await("r0")))
    assert show(Program(1, (Actor("a", 0, M),), (client,))).endswith(
        "# expect r0: 1 or refuses to block, r0: 1"
    )


def test_long_clients_are_broken_after_waits() -> None:
    """A client too long for a line has a line for each wait, with its outcomes."""
    operations: tuple[Operation, ...] = ()
    for number in range(3):
        operations += (AskOp(f"reply{number}", "a", "x" * 20), Result(f"reply{number}"))
    lines = show(
        Program(1, (Actor("a", 0, M),), (Client("c0", "thread", (*operations, StopOp("a"))),))
    ).split("\n")
    assert lines[2] == "client c0 (thread):"
    assert lines[3] == f"    reply0 = ask a('{'x' * 20}'); result reply0        # expect '{'x' * 20}'"
    assert lines[6] == "    stop a"


def test_cycles_that_hang() -> None:
    """What an implementation that cannot refuse cycles may do is shown for its capabilities."""
    program = Program(
        1, (Actor("a", 0, Ask("a", M)),), (Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"))),)
    )
    assert show(program).endswith("# expect raises a cycle error")
    assert show(program, capabilities=frozenset({"result"})).endswith("# expect never ends")
    assert show(program, capabilities=frozenset(CAPABILITIES) - {"cycles-refused"}).endswith(
        "# expect anything"
    )


def test_many_outcomes_are_abbreviated() -> None:
    """Of many outcomes the first few values are shown, and the number of the others."""
    outcomes = [Outcome("stopped"), *(Outcome("value", Term("f", (number,))) for number in range(8))]
    assert show_outcomes(outcomes) == "f(0) or f(1) or f(2) or 6 others"
    assert show_outcomes(outcomes[:3]) == "f(0) or f(1) or raises ActorStopped"


def test_long_outcomes_are_cut() -> None:
    """An outcome of many symbols is cut in its middle."""
    value: Value = 1
    for _ in range(100):
        value = Term("f", (value,))
    shown = show_outcomes([Outcome("value", value)])
    assert shown.startswith("f(f(") and "..." in shown and shown.endswith("))") and len(shown) <= 120


def test_invalid_programs_are_shown() -> None:
    """A program that cannot be performed prints all the same, without outcomes."""
    client = Client("c0", "thread", (AskOp("r0", "nobody", 10), Result("r0")))
    assert show(Program(1, (), (client,))) == "loops 1\nclient c0 (thread): r0 = ask nobody(10); result r0"


@settings(deadline=None)
@given(programs(), programs())
def test_different_programs_print_differently(one: Program, other: Program) -> None:
    """Two programs print the same exactly if they are the same, types of values included."""
    alike = repr(dump(one)) == repr(dump(other))
    assert (show(one, expect=False) == show(other, expect=False)) == alike


SMALL = st.sampled_from(
    [M, Const(1), B, Tell("b", M, M), Try(M, M), Sleep(1, M), Within(1, B, M), StopSelf(M)]
)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    SMALL,
    lambda inner: (
        st.builds(Apply, st.just("f"), st.lists(inner, max_size=2).map(tuple))
        | st.builds(Try, inner, inner)
        | st.builds(Tell, st.just("b"), inner, inner)
        | st.builds(Within, st.just(1), st.just(B), inner)
        | st.builds(Spawn, inner, st.none(), inner)
        | st.builds(Ask, st.just("b"), inner)
    ),
    max_leaves=4,
)


@settings(deadline=None, max_examples=300)
@given(st.lists(EXPRESSIONS, min_size=2, max_size=20))
def test_different_expressions_print_differently(expressions: list[Expression]) -> None:
    """Expressions of the same few parts, nested in different ways, never print the same."""
    assert len({show_expression(one) for one in expressions}) == len(set(expressions))


@settings(deadline=None)
@given(st.text(), st.text())
def test_odd_names_print_differently(one: str, other: str) -> None:
    """Whatever stands for a name, the text tells it from another, and from a constant."""
    texts = [show_expression(Apply(name, (M,))) for name in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)
    assert show_expression(Const(one)) != texts[0]


def test_values_are_told_apart() -> None:
    """Terms, errors, texts and tuples of the same look print differently."""
    values: list[Value] = [
        Term("ValueError", (1,)),
        Err("ValueError", 1),
        "ValueError(1)",
        (1,),
        1,
        True,
        Term("f", ((1, 2),)),
        Term("f", (1, 2)),
    ]
    assert len({show_value(value) for value in values}) == len(values)


def test_an_abrupt_program_says_so() -> None:
    """A system that is closed at once has a line of its own, the last."""
    assert show(Program(1, abrupt=True)).splitlines() == ["loops 1", "close at once"]
