"""The adapters beside the reference: what is right of them works, and each naive attempt fails in its own way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from askance.adapter import CAPABILITIES, Adapter
from askance.history import History
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Client,
    Const,
    Expression,
    Msg,
    Program,
    Result,
    Sleep,
    Stop,
    StopOp,
)
from askance.program import Await as AwaitOp
from askance.run.execution import execute
from askance.search.random_walk import RandomWalk
from askance.world import World, installed
from askance_impl.peers import asyncio_bare, naive_blocking, naive_call_soon, naive_nested, pykka
from askance_impl.reference.adapter import adapter as reference

ADAPTERS: list[Adapter] = [
    reference,
    asyncio_bare.adapter,
    pykka.adapter,
    naive_nested.adapter,
    naive_blocking.adapter,
    naive_call_soon.adapter,
]


@pytest.fixture(autouse=True, scope="module")
def world() -> Iterator[None]:
    """The world's replacements stay in place between executions."""
    with installed():
        yield


def composition(f_loop: int, g_loop: int) -> Program:
    """f asks g; a client in a plain thread blocks on f."""
    f = Actor("f", f_loop, Apply("f", (Ask("g", Msg()),)))
    g = Actor("g", g_loop, Apply("g", (Msg(),)))
    return Program(2, (f, g), (Client("c0", "thread", (AskOp("r0", "f", 10), Result("r0"))),))


def outcomes(adapter: Adapter, program: Program, schedules: int = 30) -> Counter[tuple[str, str]]:
    """How often each ending came, with what the client's wait gave."""
    found: Counter[tuple[str, str]] = Counter()
    for history in histories(adapter, program, schedules):
        done = [str(e.outcome) for e in history.events if e.kind == "done" and e.who == "c0"]
        found[history.ending, ", ".join(done)] += 1
    return found


def histories(adapter: Adapter, program: Program, schedules: int = 30) -> Iterator[History]:
    """The program on so many random schedules."""
    for seed in range(schedules):
        yield execute(program, adapter, World(RandomWalk(seed)))


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_adapters_declare_known_capabilities(adapter: Adapter) -> None:
    """And what each of them can do at least."""
    assert {"result", "stop", "spawn"} <= adapter.capabilities <= set(CAPABILITIES)


@pytest.mark.parametrize("adapter", [reference, asyncio_bare.adapter, pykka.adapter], ids=lambda a: a.name)
@pytest.mark.parametrize("loops", [(0, 0), (0, 1)])
def test_correct_implementations_compose_on_every_schedule(adapter: Adapter, loops: tuple[int, int]) -> None:
    """f(g(10)), on one loop and on two."""
    assert outcomes(adapter, composition(*loops)) == {("done", "f(g(10))"): 30}


@pytest.mark.parametrize("loops", [(0, 0), (0, 1)])
def test_naive_nested_gives_a_future_in_place_of_the_inner_value(loops: tuple[int, int]) -> None:
    """On every schedule and placement, and it never hangs."""
    for (ending, outcome), count in outcomes(naive_nested.adapter, composition(*loops)).items():
        assert count
        assert ending == "done"
        assert outcome.startswith("a nested awaitable (a concurrent.futures.Future")


def test_naive_blocking_composes_across_loops() -> None:
    """The other loop is free to answer."""
    assert outcomes(naive_blocking.adapter, composition(0, 1)) == {("done", "f(g(10))"): 30}


def test_naive_blocking_deadlocks_on_one_loop_at_the_line_that_blocks() -> None:
    """Always, and the deadlock names the line."""
    for history in histories(naive_blocking.adapter, composition(0, 0)):
        assert history.ending == "deadlock"
        assert "naive_blocking.py" in str(history.deadlock)
        assert any(event.kind == "loop-blocked" for event in history.events)


def test_naive_call_soon_leaves_a_message_on_an_idle_loop() -> None:
    """On some schedules, and then nobody is left to complete the reply."""
    found = list(histories(naive_call_soon.adapter, composition(0, 1)))
    stuck = [history for history in found if history.ending == "deadlock"]
    assert len(stuck) > 10
    assert all("nobody is left to complete" in str(history.deadlock) for history in stuck)


def test_naive_call_soon_works_where_the_asker_is_on_the_loop() -> None:
    """`call_soon` is right on the loop's own thread."""
    f = Actor("f", 0, Apply("f", (Ask("g", Msg()),)))
    g = Actor("g", 0, Apply("g", (Msg(),)))
    program = Program(1, (f, g), (Client("c0", 0, (AskOp("r0", "f", 10), AwaitOp("r0"))),))
    endings = outcomes(naive_call_soon.adapter, program)
    assert endings["done", "f(g(10))"] > 0


@pytest.mark.parametrize("adapter", [asyncio_bare.adapter, pykka.adapter], ids=lambda adapter: adapter.name)
def test_stopped_actors_are_reported_as_stopped(adapter: Adapter) -> None:
    """An ask after the stop fails with the error that the adapter declares."""
    actor = Actor("a", 0, Msg())
    program = Program(
        1, (actor,), (Client("c0", "thread", (StopOp("a"), AskOp("r0", "a", 1), Result("r0"))),)
    )
    for (ending, outcome), _ in outcomes(adapter, program).items():
        assert ending == "done"
        assert outcome.startswith("raises ActorStopped")


def test_bare_asyncio_fails_the_messages_behind_a_stop() -> None:
    """A message that waits for the actor's lock when the actor stops fails, and hangs nobody."""
    behaviour: Expression = Sleep(1, Stop("a", Const(1)))
    clients = (
        Client("c0", "thread", (AskOp("r0", "a", 1), AskOp("r1", "a", 2), Result("r0"), Result("r1"))),
    )
    program = Program(1, (Actor("a", 0, behaviour),), clients)
    for (ending, outcome), _ in outcomes(asyncio_bare.adapter, program).items():
        assert ending == "done"
        assert outcome.startswith("1, raises ActorStopped")


def test_without_pykka_opening_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One message."""
    monkeypatch.setattr(pykka, "pykka", None)
    with pytest.raises(ImportError, match=r"Pykka is not installed: pip install 'askance\[pykka\]'"):
        pykka.adapter.open(1)
