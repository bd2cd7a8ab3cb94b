"""A reply that is mapped to None: the one mapped function that gives no term."""

from __future__ import annotations

import pytest

from askance.history import Outcome
from askance.meaning import meaning
from askance.program import NOTHING, Actor, Apply, AskOp, Client, Compose, Msg, Program, Result
from askance.run.execution import execute
from askance.search.replay import Stay
from askance.world import World, installed
from askance_impl.peers.asyncio_bare import adapter as without_then
from askance_impl.reference.adapter import adapter as with_then

PROGRAM = Program(
    1,
    (Actor("a", 0, Apply("f", (Msg(),))),),
    (Client("c0", "thread", (AskOp("r0", "a", 1), Compose("r1", "r0", NOTHING), Result("r1"))),),
)


def test_it_denotes_none() -> None:
    """Whatever the reply is."""
    assert meaning(PROGRAM, with_then.capabilities).operations["c0.r1"] == {Outcome("value", None)}


@pytest.mark.parametrize("adapter", [with_then, without_then], ids=lambda adapter: adapter.name)
def test_it_is_none_where_it_runs(adapter: object) -> None:
    """By the library's own operator, and by the kit's in its place."""
    with installed():
        history = execute(PROGRAM, adapter, World(Stay()))  # type: ignore[arg-type]
    assert [e.outcome for e in history.events if e.kind == "done" and e.op == "c0.r1"] == [
        Outcome("value", None)
    ]
