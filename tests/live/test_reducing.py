"""Failures of real threads on smaller programs."""

from __future__ import annotations

from askance.clauses import Violation
from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program, Result
from askance.suite.live_reducing import MOST_TRIED, reduced
from askance.suite.trial import Failure, Script

LARGE = Program(
    2,
    tuple(
        Actor(name, at % 2, Apply("f", (Ask("d", Msg()),)) if name != "d" else Apply("g", (Msg(),)))
        for at, name in enumerate("abcd")
    ),
    tuple(
        Client(f"c{n}", "thread", (AskOp("r0", "a", 1), AskOp("r1", "b", 2), Result("r0"), Result("r1")))
        for n in range(3)
    ),
)


def failure(program: Program) -> Failure:
    """One of A1 on the program."""
    return Failure("A1", Script(program), (), Violation("A1", "expected", "actual"))


def test_a_failure_is_shown_on_the_smallest_program_that_fails() -> None:
    """Where it takes an ask of b, and nothing else, that is what is left."""
    performed: list[Program] = []

    def fails(program: Program) -> Failure | None:
        performed.append(program)
        asks = [op for client in program.clients for op in client.operations if isinstance(op, AskOp)]
        return failure(program) if any(ask.actor == "b" for ask in asks) else None

    small = reduced(failure(LARGE), fails).program
    assert [actor.name for actor in small.actors] == ["b"]
    assert [client.operations for client in small.clients] == [(AskOp("r1", "b", 2),)]
    assert len(set(performed)) == len(performed) <= MOST_TRIED


def test_not_many_are_tried() -> None:
    """A program of which nothing can go is given back after a while."""
    performed: list[Program] = []
    first = failure(LARGE)
    assert reduced(first, performed.append) is first  # type: ignore[arg-type]
    assert 10 < len(performed) <= MOST_TRIED
