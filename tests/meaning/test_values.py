"""What expressions and composed replies denote where nothing is stopped, cancelled or cyclic."""

from __future__ import annotations

import pytest
from tests.meaning.programs import M, ask, asking, call, f, g, meaning_of, outcomes, program, raises, value

from askance.adapter import CAPABILITIES
from askance.errors import KINDS, ProgramError, is_caught
from askance.history import Outcome
from askance.meaning import Anything, meaning
from askance.program import (
    Actor,
    AskOp,
    Await,
    Client,
    Compose,
    Const,
    Deferred,
    Err,
    Expression,
    Gather,
    GatherOp,
    Program,
    Raise,
    Result,
    Sleep,
    Spawn,
    Tell,
    Term,
    Then,
    Try,
    Within,
)

BOOM, OOPS = Raise(Err("Boom", "x")), Raise(Err("ValueError", "y"))
G = call("g", M)


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (M, value(1)),
        (Const(None), value(None)),
        (Const(Err("ValueError", "x")), value(Err("ValueError", "x"))),
        (call("f", M, Const(2)), value(f(1, 2))),
        (call("f", ask("b"), ask("c", ask("b"))), value(f(g(1), g(g(1))))),
        (Gather((ask("c"), ask("b", Const(2)))), value((g(1), g(2)))),
        (Then(ask("b"), "f"), value(f(g(1)))),
        (Deferred(ask("b")), value(g(1))),
        (Tell("b", M, Const(0)), value(0)),
        (Tell("boom", M, Const(0)), value(0)),
        (Sleep(5, ask("b")), value(g(1))),
        (Spawn(call("f", ask("b")), None, Const(3)), value(f(g(3)))),
        (BOOM, raises("Boom", "x")),
        (call("f", ask("boom"), OOPS), raises("Boom", "x")),
        (call("f", OOPS, ask("boom")), raises("ValueError", "y")),
        (ask("b", ask("boom")), raises("Boom", "x")),
        (Gather((ask("b"), ask("boom"))), raises("Boom", "x")),
        (Gather((ask("b", OOPS), ask("boom"))), raises("ValueError", "y")),
        (Then(ask("boom"), "f"), raises("Boom", "x")),
        (Deferred(ask("boom")), raises("Boom", "x")),
        (Spawn(ask("boom"), None, M), raises("Boom", "x")),
        (Try(ask("boom"), M), value(1)),
        (Try(ask("b"), BOOM), value(g(1))),
        (Try(ask("boom"), OOPS), raises("ValueError", "y")),
        (Try(Gather((ask("b"), ask("boom"))), Const(0)), value(0)),
    ],
    ids=repr,
)
def test_one_outcome(behaviour: Expression, expected: Outcome) -> None:
    """Each expression denotes the plain composition, or the failure that ends it."""
    actors = {"a": behaviour, "b": G, "c": G, "boom": BOOM}
    assert outcomes(actors, asking("a")) == {expected}


@pytest.mark.parametrize("kind", KINDS)
def test_what_try_catches(kind: str) -> None:
    """`Try` recovers from every `Exception`; the others reach the asker as they are."""
    actors: dict[str, Expression] = {"a": Try(ask("b"), Const(0)), "b": Raise(Err(kind, "x"))}
    expected = value(0) if is_caught(Err(kind)) else raises(kind, "x")
    assert outcomes(actors, asking("a")) == {expected}


def test_several_failures_race() -> None:
    """Of several failing parts of a gather any may be the first."""
    actors: dict[str, Expression] = {
        "a": Gather((ask("b"), ask("c"), ask("d"))),
        "b": BOOM,
        "c": OOPS,
        "d": M,
    }
    assert outcomes(actors, asking("a")) == {raises("Boom", "x"), raises("ValueError", "y")}


def test_within_may_be_too_late() -> None:
    """A timeout may always be early, so the reply or the fallback comes."""
    actors: dict[str, Expression] = {"a": call("f", Within(5, ask("b"), Const(0))), "b": G}
    assert outcomes(actors, asking("a")) == {value(f(g(1))), value(f(0))}


def test_within_does_not_catch() -> None:
    """A failure passes through `Within`, which only gives up waiting."""
    actors: dict[str, Expression] = {"a": Within(5, ask("b"), Const(0)), "b": BOOM}
    assert outcomes(actors, asking("a")) == {raises("Boom", "x"), value(0)}


def test_clients_compose_and_gather() -> None:
    """Composed replies follow from those they are made of, in order, and failures pass through them."""
    client = (
        AskOp("r0", "a", 1),
        AskOp("r1", "boom", 1),
        Compose("r2", "r0", "f"),
        GatherOp("r3", ("r2", "r0")),
        GatherOp("r4", ("r0", "r1")),
        Compose("r5", "r4", "f"),
    )
    found = meaning_of({"a": M, "boom": BOOM}, client).operations
    assert found == {
        "c0.r0": {value(1)},
        "c0.r1": {raises("Boom", "x")},
        "c0.r2": {value(f(1))},
        "c0.r3": {value((f(1), 1))},
        "c0.r4": {raises("Boom", "x")},
        "c0.r5": {raises("Boom", "x")},
    }


def test_a_reply_gathered_twice_is_the_same_twice() -> None:
    """Both places of a reply in a gather have one outcome."""
    client = (AskOp("r0", "a", 1), GatherOp("r1", ("r0", "r0")))
    actors: dict[str, Expression] = {"a": Within(1, ask("b"), Const(0)), "b": M}
    assert outcomes(actors, client, reply="c0.r1") == {value((1, 1)), value((0, 0))}


@pytest.mark.parametrize("where", ["loop", 0])
def test_blocking_on_a_loop_is_refused(where: int) -> None:
    """A client on a loop that blocks is refused, or gets what is there; a composed reply is not refused for that."""
    client = Client("c0", where, (*asking("a"), Compose("r1", "r0", "f"), Await("r1")))
    found = meaning(Program(1, (Actor("a", 0, M),), (client,)), frozenset(CAPABILITIES))
    assert found.operations["c0.r0"] == {value(1), Outcome("refused")}
    assert found.operations["c0.r1"] == {value(f(1))}


def test_turn() -> None:
    """`turn` is what a turn of an actor on a message comes to, whoever sends it."""
    found = meaning_of({"a": call("f", ask("b")), "b": G, "boom": BOOM}, asking("a"))
    assert found.turn("a", 7) == {value(f(g(7)))}
    assert found.turn("b", Term("x", ())) == {value(g(Term("x", ())))}
    assert found.turn("boom", 7) == {raises("Boom", "x")}
    with pytest.raises(KeyError):
        found.turn("nobody", 7)


def test_racing() -> None:
    """`racing` says whether there is more than one outcome."""
    found = meaning_of({"a": M, "b": Within(1, ask("a"), Const(0))}, asking("a"), asking("b"))
    assert not found.racing("c0.r0")
    assert found.racing("c1.r0")
    assert not found.may_hang("c0.r0") and not found.unlisted("c0.r0")


def test_too_many_outcomes_are_anything() -> None:
    """Sets that would grow without measure are not listed: any outcome is one of them."""
    actors: dict[str, Expression] = {"a9": Within(1, ask("end"), Const(0)), "end": M}
    for number in range(9):
        actors[f"a{number}"] = call("f", ask(f"a{number + 1}"), ask(f"a{number + 1}"))
    found = meaning_of(actors, asking("a0"))
    assert isinstance(found.operations["c0.r0"], Anything)
    assert found.unlisted("c0.r0") and found.racing("c0.r0") and not found.may_hang("c0.r0")
    assert value("whatever") in found.operations["c0.r0"] and "whatever" not in found.operations["c0.r0"]
    assert found.turn("a8", 1) == {value(f(one, other)) for one in (0, 1) for other in (0, 1)}


def test_true_is_not_one() -> None:
    """Python calls True and 1 equal; their terms are kept apart, or called anything where a set cannot."""
    client = (*asking("a"), AskOp("r1", "a", True), GatherOp("r2", ("r0", "r1")))
    found = meaning_of({"a": call("f", M), "b": Within(1, ask("a"), Const(f(True)))}, client, asking("b"))
    assert repr(found.operations["c0.r1"]) == repr(frozenset({value(f(True))}))
    assert repr(found.operations["c0.r2"]) == repr(frozenset({value((f(1), f(True)))}))
    assert found.unlisted("c1.r0")


def test_invalid_programs_have_no_meaning() -> None:
    """A program that cannot be performed is refused as `validate` refuses it."""
    with pytest.raises(ProgramError, match="there is no actor 'b'"):
        meaning(program({"a": ask("b")}), frozenset())


def test_replies_never_waited_for_have_outcomes() -> None:
    """A reply has outcomes whether or not its client waits for it."""
    assert outcomes({"a": M}, (AskOp("r0", "a", 1),)) == {value(1)}
    assert Result("r0") not in program({"a": M}, (AskOp("r0", "a", 1),)).clients[0].operations
