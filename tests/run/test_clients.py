"""Clients perform their operations in order, wherever they are, and record how each wait ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.run.libraries import (
    Composing,
    Loops,
    LoopsSystem,
    Randomly,
    actor,
    events,
    outcomes,
    program,
    refusing,
    replaced,
    run,
    waiting,
)

from askance.adapter import System
from askance.history import Outcome
from askance.program import (
    Apply,
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    Const,
    Err,
    GatherOp,
    Msg,
    Operation,
    Program,
    Raise,
    Result,
    Settle,
    Sleep,
    SleepOp,
    StopOp,
    TellOp,
    Term,
)

PLACES = pytest.mark.parametrize("where", ["thread", "loop", 1])
COMPOSERS = pytest.mark.parametrize("adapter", [Loops(), Composing()], ids=lambda adapter: adapter.name)

F = actor("a", Apply("f", (Msg(),)))
FAILS = actor("b", Raise(Err("Boom", "x")), 1)


def value(of: Any) -> Outcome:
    """The outcome of a wait that gave it."""
    return Outcome("value", of)


@PLACES
def test_client_waits_in_its_own_way(where: Any) -> None:
    """A client gets the value on a plain thread, on a loop of its own and on a loop of the system."""
    operations = (AskOp("r0", "a", 1), waiting(where, "r0"))
    history = run(program(F, operations=operations, where=where), Loops())
    assert outcomes(history) == [value(Term("f", (1,)))]
    assert [e.kind for e in history.events if e.who == "c0"] == [
        "client-begin",
        "ask",
        "wait",
        "done",
        "client-end",
    ]


@PLACES
def test_client_resumes_where_it_waited(where: Any) -> None:
    """The events around a wait carry the same strand and loop: the client's own."""
    operations = (AskOp("r0", "a", 1), waiting(where, "r0"))
    history = run(program(F, operations=operations, where=where), Loops(), Randomly())
    own = {(e.strand, e.loop) for e in history.events if e.who == "c0" and e.kind in ("wait", "done")}
    expected: dict[Any, Any] = {"thread": ("c0", None), "loop": ("c0", -1), 1: ("loop-1", 0)}
    assert own == {expected[where]}


@PLACES
def test_failing_wait_does_not_end_the_client(where: Any) -> None:
    """After a wait that raises, the client goes on with its next operation."""
    operations = (AskOp("r0", "b", 1), waiting(where, "r0"), AskOp("r1", "a", 2), waiting(where, "r1"))
    history = run(program(F, FAILS, operations=operations, where=where), Loops())
    assert outcomes(history) == [Outcome("error", error=Err("Boom", "x")), value(Term("f", (2,)))]


@PLACES
def test_every_reply_can_be_waited_for_again(where: Any) -> None:
    """A second wait for the same reply is recorded like the first."""
    operations = (AskOp("r0", "a", 1), waiting(where, "r0"), waiting(where, "r0"))
    history = run(program(F, operations=operations, where=where), Loops())
    assert outcomes(history) == [value(Term("f", (1,)))] * 2


@COMPOSERS
@PLACES
def test_composed_reply_is_mapped(adapter: Any, where: Any) -> None:
    """A composed reply gives the mapped value, whether the library or the kit composes."""
    operations = (AskOp("r0", "a", 1), Compose("r1", "r0", "h"), waiting(where, "r1"))
    history = run(program(F, operations=operations, where=where), adapter)
    assert outcomes(history) == [value(Term("h", (Term("f", (1,)),)))]
    assert [(e.op, e.detail) for e in events(history, "compose")] == [("c0.r1", "then h c0.r0")]


def test_mapped_function_records_that_it_ran() -> None:
    """The function that the library's operator is given leaves one event each time it runs."""
    operations = (AskOp("r0", "a", 1), Compose("r1", "r0", "h"), Result("r1"), Result("r1"))
    history = run(program(F, operations=operations), Composing())
    assert [(e.who, e.op) for e in events(history, "apply")] == [("c0", "c0.r1")]


@COMPOSERS
@PLACES
def test_gathered_reply_keeps_the_order(adapter: Any, where: Any) -> None:
    """A gathered reply gives all values in the order written, as a tuple, whoever gathers and finishes first."""
    slow = actor("s", Sleep(3, Apply("s", (Msg(),))))
    operations = (
        AskOp("r0", "s", 1),
        AskOp("r1", "a", 2),
        GatherOp("r2", ("r0", "r1")),
        waiting(where, "r2"),
    )
    history = run(program(slow, F, operations=operations, where=where), adapter)
    assert outcomes(history) == [value((Term("s", (1,)), Term("f", (2,))))]


@COMPOSERS
@PLACES
def test_failing_part_fails_the_gather(adapter: Any, where: Any) -> None:
    """The error of a part is the outcome of the gathered reply."""
    operations = (
        AskOp("r0", "a", 1),
        AskOp("r1", "b", 2),
        GatherOp("r2", ("r0", "r1")),
        waiting(where, "r2"),
    )
    history = run(program(F, FAILS, operations=operations, where=where), adapter)
    assert outcomes(history) == [Outcome("error", error=Err("Boom", "x"))]


@COMPOSERS
def test_compositions_nest(adapter: Any) -> None:
    """A gather of mapped replies can be mapped again."""
    operations = (
        AskOp("r0", "a", 1),
        Compose("r1", "r0", "h"),
        GatherOp("r2", ("r1", "r0")),
        Compose("r3", "r2", "k"),
        Result("r3"),
    )
    f = Term("f", (1,))
    history = run(program(F, operations=operations), adapter)
    assert outcomes(history) == [value(Term("k", ((Term("h", (f,)), f),)))]


@COMPOSERS
def test_cancelled_reply_is_cancelled_for_its_waiter(adapter: Any) -> None:
    """After a cancel the wait ends as cancelled, also through a composition."""
    slow = actor("a", Sleep(50, Msg()))
    operations = (AskOp("r0", "a", 1), Compose("r1", "r0", "h"), Cancel("r1"), Result("r1"))
    history = run(program(slow, operations=operations), adapter)
    assert [outcome.kind for outcome in outcomes(history)] == ["cancelled"]
    assert [e.op for e in events(history, "cancel")] == ["c0.r1"]


@PLACES
def test_refused_send_shows_at_the_wait(where: Any) -> None:
    """An ask that the library refuses at once is recorded where it happens, and is the outcome of its waits."""
    operations = (StopOp("a"), AskOp("r0", "a", 1), waiting(where, "r0"))
    history = run(program(F, operations=operations, where=where), Loops())
    (at_send,) = [e for e in events(history, "done") if not e.op]
    assert (at_send.detail, at_send.actor, at_send.message) == ("ask", "a", "c0.0")
    assert [outcome.kind for outcome in outcomes(history)] == ["stopped"]


@PLACES
def test_refused_tell_is_recorded(where: Any) -> None:
    """A tell that the library refuses is recorded with its message, and the client goes on."""
    history = run(program(F, operations=(StopOp("a"), TellOp("a", 1), TellOp("a", 2)), where=where), Loops())
    assert [(e.detail, e.message, e.outcome and e.outcome.kind) for e in events(history, "done")] == [
        ("tell", "c0.0", "stopped"),
        ("tell", "c0.1", "stopped"),
    ]


@pytest.mark.parametrize("where", ["loop", 1])
def test_blocking_on_a_loop_is_the_wrong_use_as_it_stands(where: Any) -> None:
    """`Result` on a loop calls the library's blocking wait in the coroutine; the refusal is the outcome."""
    operations = (AskOp("r0", "a", 1), Result("r0"))
    history = run(program(F, operations=operations, where=where), Loops())
    assert [outcome.kind for outcome in outcomes(history)] == ["refused"]


@PLACES
def test_sleep_takes_the_clients_time(where: Any) -> None:
    """`SleepOp` lets so many seconds pass in the client."""
    (end,) = events(run(program(F, operations=(SleepOp(7),), where=where), Loops()), "client-end")
    assert end.time == 7.0


@pytest.mark.parametrize("where", ["thread", "loop", 0])
def test_replies_last_over_a_settling(where: Any) -> None:
    """What was asked in one phase can be waited for in the next, on the same loop."""
    operations = (AskOp("r0", "a", 1), Settle(), waiting(where, "r0"), Settle(), waiting(where, "r0"))
    history = run(program(F, operations=operations, where=where), Loops())
    assert outcomes(history) == [value(Term("f", (1,)))] * 2
    assert len(events(history, "settle")) == 3


def test_settling_divides_the_phases_of_all_clients() -> None:
    """No client begins its second phase before everything of the first has been done, tells included."""
    slow = actor("s", Sleep(5, Const(1)))
    clients = (
        Client("c0", "thread", (TellOp("s", 1), Settle(), AskOp("r0", "a", 2), Result("r0"))),
        Client("c1", "loop", (Settle(), TellOp("a", 3))),
    )
    history = run(Program(2, (slow, F), clients), Loops(), Randomly())
    first = history.events.index(events(history, "settle")[0])
    assert [e.actor for e in history.events[:first] if e.kind == "end"] == ["s"]
    assert {e.actor for e in history.events[first:] if e.kind == "end"} == {"a"}


def test_coroutine_as_a_value_is_nested_and_closed(recwarn: pytest.WarningsRecorder) -> None:
    """A coroutine in place of a value is recorded as nested, and closed, so that Python does not warn of it."""

    class Unawaiting(Loops):
        def open(self, loops: int) -> System:
            return UnawaitingSystem(loops)

    class UnawaitingSystem(LoopsSystem):
        def ask(self, ref: Any, message: Any) -> Any:
            async def wrapped() -> Any:
                return ref[0](message)

            return asyncio.run_coroutine_threadsafe(wrapped(), ref[1])

    history = run(program(F, operations=(AskOp("r0", "a", 1), Result("r0"))), Unawaiting())
    assert [(o.kind, o.detail) for o in outcomes(history)] == [("nested", "a coroutine")]
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]


@pytest.mark.parametrize(
    ("method", "operation"),
    [
        ("stop", StopOp("a")),
        ("cancel", Cancel("r0")),
        ("then", Compose("r1", "r0", "h")),
        ("gather", GatherOp("r1", ("r0",))),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_operation_that_raises_is_recorded(method: str, operation: Operation) -> None:
    """What the library raises from an operation is recorded by its method, and does not end the client."""
    operations = (AskOp("r0", "a", 1), operation, Result("r0"))
    history = run(program(F, operations=operations), replaced(Composing(), method, refusing))
    assert [(e.detail, e.outcome and e.outcome.kind) for e in events(history, "done") if not e.op] == [
        (method, "stopped")
    ]
    assert outcomes(history) == [value(Term("f", (1,)))]


@COMPOSERS
@PLACES
def test_composition_of_what_was_not_sent_fails_alike(adapter: Any, where: Any) -> None:
    """A reply made of an ask that was refused at once raises what the ask raised; cancelling it does nothing."""
    operations = (
        StopOp("a"),
        AskOp("r0", "a", 1),
        Compose("r1", "r0", "h"),
        GatherOp("r2", ("r1", "r0")),
        Cancel("r2"),
        waiting(where, "r2"),
    )
    history = run(program(F, operations=operations, where=where), adapter)
    assert [outcome.kind for outcome in outcomes(history)] == ["stopped"]


def test_generator_exit_does_not_end_the_client() -> None:
    """A GeneratorExit that asyncio throws into the awaiting coroutine is recorded, and the client goes on."""
    operations = (AskOp("r0", "b", 1), Await("r0"), AskOp("r1", "a", 2), Await("r1"))
    exits = actor("b", Raise(Err("GeneratorExit", "x")), 1)
    history = run(program(F, exits, operations=operations, where="loop"), Loops())
    assert [outcome.kind for outcome in outcomes(history)] == ["error", "value"]
    assert len(events(history, "client-end")) == 1
