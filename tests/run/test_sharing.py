"""A reply is waited for, and cancelled, by clients that did not ask for it, each the way its place allows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.run.libraries import Composing, Loops, Randomly, Threads, actor, outcomes, run, waiting

from askance.history import Outcome
from askance.program import (
    Apply,
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    Msg,
    Operation,
    Program,
    Result,
    Settle,
    Sleep,
    SleepOp,
    Term,
)

SLOW = actor("a", Sleep(2, Apply("f", (Msg(),))))
F = Term("f", (1,))


def sharing(where: Any, *operations: Operation, first: tuple[Operation, ...] = ()) -> Program:
    """c0, a plain thread, asks and waits; c1, at `where`, does the operations."""
    asking = Client("c0", "thread", (*first, AskOp("r0", "a", 1), Result("r0")))
    return Program(2, (SLOW,), (asking, Client("c1", where, operations)))


@pytest.mark.parametrize("where", ["thread", "loop"])
@pytest.mark.parametrize("seed", range(20))
def test_two_wait_for_one_reply(where: Any, seed: int) -> None:
    """Both are given the library's very reply, and both see its value, each on its own strand."""
    history = run(sharing(where, waiting(where, "c0.r0")), Loops(), Randomly(seed))
    done = {event.who: event for event in history.events if event.kind == "done"}
    assert {who: event.outcome for who, event in done.items()} == dict.fromkeys(
        ("c0", "c1"), Outcome("value", F)
    )
    assert {event.op for event in done.values()} == {"c0.r0"}
    assert done["c0"].strand != done["c1"].strand


@pytest.mark.parametrize("where", ["thread", "loop"])
def test_a_client_waits_until_another_has_made_the_reply(where: Any) -> None:
    """However late the asker is, who needs its reply begins to wait for it after it was made."""
    history = run(sharing(where, waiting(where, "c0.r0"), first=(SleepOp(5),)), Loops())
    kinds = [(event.kind, event.who) for event in history.events if event.kind in ("ask", "wait")]
    assert kinds.index(("ask", "c0")) < kinds.index(("wait", "c1"))
    assert outcomes(history, "c1") == [Outcome("value", F)]


@pytest.mark.parametrize("where", ["thread", "loop"])
def test_a_reply_is_cancelled_while_another_waits_for_it(where: Any) -> None:
    """The one who waits is told that it is cancelled, in the second in which it was."""
    history = run(sharing(where, SleepOp(1), Cancel("c0.r0")), Loops())
    assert [outcome.kind for outcome in outcomes(history)] == ["cancelled"]
    assert [event.time for event in history.events if event.kind == "done"] == [1]
    assert [event.op for event in history.events if event.kind == "cancel"] == ["c0.r0"]


def test_composed_replies_are_shared_as_they_are() -> None:
    """What a client composed can be waited for by another, whether the library composes or the kit."""
    asking = Client("c0", "thread", (AskOp("r0", "a", 1), Compose("r1", "r0", "h")))
    program = Program(2, (SLOW,), (asking, Client("c1", "loop", (Await("c0.r1"),))))
    for adapter in (Composing(), Loops()):
        assert outcomes(run(program, adapter), "c1") == [Outcome("value", Term("h", (F,)))]


def test_replies_are_shared_from_phase_to_phase() -> None:
    """What was made before a barrier is there after it, for others too."""
    program = sharing("thread", Settle(), Result("c0.r0"))
    assert outcomes(run(program, Threads()), "c1") == [Outcome("value", F)]
