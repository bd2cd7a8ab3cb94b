"""The adapters of real libraries, in the world: what is right composes, and what each library is known for is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from types import ModuleType

import pytest

from askance.adapter import CAPABILITIES, Adapter
from askance.clauses import ALL
from askance.generate.programs import Situations
from askance.history import History
from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program, Raise, Result, StopOp, TellOp
from askance.program import Err as Error
from askance.run import AdapterError, self_check
from askance.run.execution import execute
from askance.run.needs import lacking
from askance.search.random_walk import RandomWalk
from askance.search.replay import Stay
from askance.world import World, installed
from askance_impl.peers import anyio, anyio_loops, asgiref, concurrent_futures, thespian_simple

LIBRARIES: list[tuple[ModuleType, str, str]] = [
    (anyio, "anyio", "anyio"),
    (anyio_loops, "anyio", "anyio"),
    (asgiref, "sync", "asgiref"),
    (thespian_simple, "actors", "thespian"),
]
"""Each module, the name under which it holds its library, and its extra."""


def available(*modules: ModuleType) -> list[object]:
    """The adapters, those skipped whose library is not installed."""
    holding = {module: name for module, name, _ in LIBRARIES}
    return [
        pytest.param(
            module.adapter,
            id=module.adapter.name,
            marks=[pytest.mark.skip("its library is not installed")]
            if module in holding and getattr(module, holding[module]) is None
            else [],
        )
        for module in modules
    ]


@pytest.fixture(autouse=True, scope="module")
def world() -> Iterator[None]:
    """The world's replacements stay in place between executions."""
    with installed():
        yield


def client(*operations: object) -> Client:
    """A client on a plain thread."""
    return Client("c0", "thread", operations)  # type: ignore[arg-type]


def histories(adapter: Adapter, program: Program, schedules: int = 20) -> Iterator[History]:
    """The program on so many random schedules."""
    for seed in range(schedules):
        yield execute(program, adapter, World(RandomWalk(seed)))


def outcomes(adapter: Adapter, program: Program) -> Counter[tuple[str, str]]:
    """How often each ending came, with what the client's waits gave."""
    found: Counter[tuple[str, str]] = Counter()
    for history in histories(adapter, program):
        done = [str(e.outcome) for e in history.events if e.kind == "done" and e.who == "c0" and e.op]
        found[history.ending, ", ".join(done)] += 1
    return found


f_of_g = Program(
    2,
    (Actor("f", 0, Apply("f", (Ask("g", Msg()),))), Actor("g", 1, Apply("g", (Msg(),)))),
    (client(AskOp("r0", "f", 10), Result("r0")),),
)
plain = Program(1, (Actor("a", 0, Apply("f", (Msg(),))),), (client(AskOp("r0", "a", 1), Result("r0")),))
failing = Program(
    1, (Actor("a", 0, Raise(Error("ValueError", "f"))),), (client(AskOp("r0", "a", 1), Result("r0")),)
)


@pytest.mark.parametrize("adapter", available(concurrent_futures, anyio, anyio_loops, asgiref))
def test_asks_of_asks_compose_on_every_schedule(adapter: Adapter) -> None:
    """f(g(10)), through threads, portals and bridges."""
    assert outcomes(adapter, f_of_g) == {("done", "f(g(10))"): 20}


@pytest.mark.parametrize("adapter", available(concurrent_futures, anyio, asgiref))
def test_a_handlers_exception_arrives_as_it_is(adapter: Adapter) -> None:
    """Type and arguments."""
    assert outcomes(adapter, failing) == {("done", "raises ValueError('f')"): 20}


@pytest.mark.parametrize("adapter", available(concurrent_futures, anyio, anyio_loops, asgiref))
def test_a_stopped_actor_says_so(adapter: Adapter) -> None:
    """An ask after the stop fails with the error that the adapter declares."""
    program = Program(1, plain.actors, (client(StopOp("a"), AskOp("r0", "a", 1), Result("r0")),))
    for (ending, outcome), _ in outcomes(adapter, program).items():
        assert ending == "done"
        assert outcome.startswith("raises ActorStopped")


@pytest.mark.parametrize(
    "adapter", available(concurrent_futures, anyio, anyio_loops, asgiref, thespian_simple)
)
def test_a_program_and_a_seed_are_one_history(adapter: Adapter) -> None:
    """Nothing of the library escapes the world's control: the same schedule gives the same events again."""
    program = plain if adapter is thespian_simple.adapter else f_of_g
    first, again = (list(histories(adapter, program, 3)) for _ in range(2))
    assert [history.events for history in first] == [history.events for history in again]


@pytest.mark.parametrize("adapter", available(anyio_loops))
def test_a_portal_blocks_the_loop_that_calls_it(adapter: Adapter) -> None:
    """A coroutine on one portal's loop that calls another portal may hold up its own loop until the other begins."""
    kinds = [{event.kind for event in history.events} for history in histories(adapter, f_of_g)]
    assert sum("loop-blocked" in kind for kind in kinds) > 5


@pytest.mark.parametrize("adapter", available(anyio_loops))
def test_a_portal_refuses_its_own_loop(adapter: Adapter) -> None:
    """As its documentation says: so placement matters."""
    program = Program(1, tuple([Actor(a.name, 0, a.behaviour) for a in f_of_g.actors]), f_of_g.clients)
    for (ending, outcome), _ in outcomes(adapter, program).items():
        assert ending == "done"
        assert "cannot be called from the event loop thread" in outcome


@pytest.mark.parametrize("adapter", available(asgiref))
def test_async_to_sync_leaves_a_thread_behind_a_failure(adapter: Adapter) -> None:
    """Its executor is in a cycle with the traceback, so its idle thread lives until garbage is collected."""
    leaks = [[e.detail for e in h.events if e.kind == "leaked"] for h in histories(adapter, failing)]
    assert all(any("ThreadPoolExecutor" in detail for detail in left) for left in leaks)
    assert not any(e.kind == "leaked" for h in histories(adapter, f_of_g) for e in h.events)


@pytest.mark.parametrize("adapter", available(thespian_simple))
def test_thespian_answers_what_its_clients_ask(adapter: Adapter) -> None:
    """From the one thread that owns the system to whoever asked."""
    assert outcomes(adapter, plain) == {("done", "f(1)"): 20}


@pytest.mark.parametrize("adapter", available(thespian_simple))
def test_thespian_delivers_a_failing_message_again(adapter: Adapter) -> None:
    """Three turns of one message, and a PoisonMessage in place of the exception."""
    for history in histories(adapter, failing):
        assert sum(event.kind == "begin" for event in history.events) == 3
        assert any("Poisoned: ValueError: f" in str(e.outcome) for e in history.events if e.kind == "done")


@pytest.mark.parametrize("adapter", available(thespian_simple))
def test_handlers_that_only_tell_get_no_program_in_which_they_ask(adapter: Adapter) -> None:
    """Neither generated nor, by hand, without the reason."""
    assert lacking(f_of_g, adapter) == ("its handlers ask, and those of thespian-simple only tell",)
    forms = {form.name for clause in ALL.values() for form in Situations(clause.features, adapter).forms}
    assert "apply" in forms
    assert forms.isdisjoint({"ask", "gather", "then", "within", "spawn", "deferred"})
    told = Program(1, plain.actors, (client(TellOp("a", 1)),))
    assert lacking(told, adapter) == ()


@pytest.mark.parametrize(
    "module", [*[module for module, _, _ in LIBRARIES], concurrent_futures], ids=lambda m: m.adapter.name
)
def test_adapters_declare_known_capabilities(module: ModuleType) -> None:
    """Installed or not."""
    assert {"result", "stop"} <= module.adapter.capabilities <= set(CAPABILITIES)


@pytest.mark.parametrize(
    ("module", "holds", "extra"), LIBRARIES, ids=[m.adapter.name for m, _, _ in LIBRARIES]
)
def test_without_its_library_an_adapter_is_one_message(
    module: ModuleType, holds: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the line for pip, and nothing of the port's contract."""
    monkeypatch.setattr(module, holds, None)
    with pytest.raises(AdapterError) as caught:
        self_check(module.adapter, World(Stay()))
    message = str(caught.value)
    assert message.endswith(f"is not installed: pip install 'askance[{extra}]'")
    assert "must" not in message
