"""A performance opens, spawns, runs phases, settles and closes, in a world or on real threads."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from dataclasses import replace
from typing import Any

import pytest
from tests.run.libraries import (
    Loops,
    LoopsSystem,
    Randomly,
    Steadily,
    Threads,
    actor,
    events,
    outcomes,
    program,
    run,
    scene,
    waiting,
)

from askance.adapter import System
from askance.history import History, Outcome, Recorder
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Client,
    Err,
    Msg,
    Program,
    Raise,
    Result,
    Settle,
    Sleep,
    SleepOp,
    Tell,
    TellOp,
    Term,
)
from askance.run import Performance, WorldRecorder, execute, finished, load_adapter, perform, phases
from askance.world import World

F = actor("a", Apply("f", (Msg(),)))
ASK = (AskOp("r0", "a", 1), Result("r0"))


def test_program_is_performed_from_open_to_close() -> None:
    """The harness's events come in order: spawns, the settling of each phase, and the close at the end."""
    history = run(scene(F, actor("b", Msg())), Loops())
    assert [(e.kind, e.actor) for e in history.events if not e.who] == [
        ("spawn", "a"),
        ("spawn", "b"),
        ("settle", ""),
        ("closed", ""),
    ]


def test_spawn_says_where_the_program_places_the_actor() -> None:
    """The spawn event has the placement as its value, for the clauses about loops."""
    history = run(scene(F, actor("b", Msg(), 1), Actor("c", None, Msg())), Loops())
    assert [e.value for e in events(history, "spawn")] == [0, 1, None]


def test_what_was_told_is_handled_before_the_close() -> None:
    """The last phase is settled too: a tell behind a tell has been handled when the system closes."""
    history = run(
        program(actor("a", Tell("b", Msg(), Msg())), actor("b", Msg(), 1), operations=(TellOp("a", 1),)),
        Loops(),
        Randomly(3),
    )
    assert [e.actor for e in events(history, "end")] == ["a", "b"]


def test_an_abrupt_program_closes_while_actors_are_at_work() -> None:
    """The last phase is not settled: a turn that sleeps has not ended when the system begins to close."""
    whole = program(actor("a", Sleep(5, Msg())), operations=(TellOp("a", 1),))
    history = run(replace(whole, abrupt=True), load_adapter("reference"))
    assert [e.kind for e in history.events if not e.who] == ["spawn", "closing", "closed"]
    assert history.events[-1].time < 5


def test_phases_are_cut_at_settles() -> None:
    """Each phase has the clients that do something in it, with their operations up to the next settle."""
    tell, sleep = TellOp("a", 1), SleepOp(1)
    c0 = Client("c0", "thread", (tell, Settle(), Settle(), sleep))
    c1 = Client("c1", "thread", (Settle(), tell, tell))
    assert phases((c0, c1)) == [[(c0, (tell,))], [(c1, (tell, tell))], [(c0, (sleep,))]]
    assert phases(()) == []


def test_history_of_the_same_schedule_is_the_same() -> None:
    """One program, one implementation and one seed give one history, event for event."""
    asks = (AskOp("r0", "a", 1), AskOp("r1", "b", 2), Result("r1"), Result("r0"))
    clients = (Client("c0", "thread", asks), Client("c1", "thread", asks))
    whole = Program(2, (actor("a", Ask("b", Msg())), actor("b", Msg(), 1)), clients)
    first, second = (run(whole, load_adapter("reference"), Randomly(5)).events for _ in range(2))
    assert first == second


def test_schedules_differ_by_seed() -> None:
    """The seed of the strategy decides the schedule: two clients begin in either order."""
    clients = (Client("c0", "thread", ASK), Client("c1", "thread", ASK))
    whole = Program(1, (F,), clients)
    orders = {
        tuple([e.who for e in events(run(whole, Loops(), Randomly(seed)), "done")]) for seed in range(20)
    }
    assert orders == {("c0", "c1"), ("c1", "c0")}


def test_performance_goes_on_with_new_actors_and_old_replies() -> None:
    """Between phases of a paused world actors are spawned; clients go on with what they have."""
    world = World(Steadily())
    recorder = WorldRecorder(world)
    performance = Performance(Loops(), 2, recorder)
    client = Client("c0", "thread")
    steps: list[Any] = []

    def main() -> None:
        performance.open()
        while steps:
            actors, operations = steps.pop(0)
            for new in actors:
                performance.spawn(new)
            performance.phase([(client, operations)])
            performance.join()
            world.settle()
            performance.settled()
            world.pause()
        performance.close()

    steps.append(([F], (AskOp("r0", "a", 1),)))
    world.start(main)
    assert [e.kind for e in recorder.events[-2:]] == ["end", "settle"]
    steps.append(
        ([actor("b", Apply("g", (Ask("a", Msg()),)), 1)], (AskOp("r1", "b", 2), Result("r0"), Result("r1")))
    )
    world.resume()
    world.resume()
    world.close()
    history = finished(Program(2), recorder, world.execution)
    assert history.ending == "done"
    assert outcomes(history) == [
        Outcome("value", Term("f", (1,))),
        Outcome("value", Term("g", (Term("f", (2,)),))),
    ]


def failing(method: str) -> Any:
    """The library of coroutines with a `System` whose method raises, or an adapter whose `open` does."""

    def broken(*arguments: Any) -> Any:
        raise OSError("no broker")

    class Failing(Loops):
        def open(self, loops: int) -> System:
            if method == "open":
                broken()
            system = LoopsSystem(loops)
            if method == "close":
                system.close()
            setattr(system, method, broken)
            return system

    return Failing()


@pytest.mark.parametrize("method", ["open", "spawn", "close"])
def test_adapter_that_raises_makes_an_error_of_the_history(method: str) -> None:
    """What the adapter raises outside of any operation ends the execution as an error with its text."""
    history = execute(scene(F) if method != "close" else Program(1), failing(method), World(Steadily()))
    assert (history.ending, history.error) == ("error", "OSError: no broker")


def test_death_of_strands_is_no_part_of_the_history() -> None:
    """What runs while the world ends its strands leaves no event: the open waits of a deadlock stay open."""

    class Deaf(Loops):
        def open(self, loops: int) -> System:
            system = LoopsSystem(loops)
            system.ask = lambda ref, message: threading.Event()  # type: ignore[assignment, method-assign, return-value]
            system.result = lambda reply, timeout=None: reply.wait()  # type: ignore[method-assign]
            return system

    history = execute(scene(F), Deaf(), World(Steadily()))
    assert history.ending == "deadlock"
    assert history.events[-1].kind == "wait"


def test_exception_that_nobody_caught_is_an_event() -> None:
    """A thread of the library that ends by an exception is in the history."""

    class Dying(Threads):
        def open(self, loops: int) -> System:
            threading.Thread(target=lambda: 1 // 0, name="worker").start()
            return super().open(loops)

    (event,) = events(run(scene(F), Dying()), "uncaught")
    assert (event.strand, event.detail) == (
        "worker",
        "worker: ZeroDivisionError: integer division or modulo by zero",
    )


def real(program: Program, adapter: Any, patience: float | None = None) -> tuple[tuple[str, ...], History]:
    """The program performed on real threads: who did not end, and the history."""
    recorder = Recorder(lambda: (0, 0.0, threading.current_thread().name))
    unfinished = perform(program, adapter, recorder, lambda: None, patience=patience)
    return unfinished, History(program, tuple(recorder.events), "done")


@pytest.mark.parametrize("adapter", [Loops(), Threads()], ids=lambda adapter: adapter.name)
def test_program_is_performed_on_real_threads(adapter: Any) -> None:
    """The same code performs a program outside of any world."""
    unfinished, history = real(scene(actor("a", Ask("b", Msg())), actor("b", Msg(), 1)), adapter)
    assert unfinished == ()
    assert outcomes(history) == [Outcome("value", 10)]


@pytest.mark.parametrize("where", ["thread", "loop", 0])
def test_patience_ends_a_wait_on_real_threads(where: Any) -> None:
    """With patience, a reply that never comes is a timeout, and the client goes on and ends."""

    class Silent(Loops):
        def open(self, loops: int) -> System:
            system = LoopsSystem(loops)
            ask = system.ask
            system.ask = lambda ref, message: ask((never, ref[1]), message)  # type: ignore[method-assign]
            system.tell = ask  # type: ignore[method-assign, assignment]
            return system

    async def never(message: Any) -> None:
        await hanging.wait()

    hanging = asyncio.Event()
    silent = program(F, operations=(AskOp("r0", "a", 1), waiting(where, "r0")), where=where)
    _, history = real(silent, Silent(), patience=0.1)
    assert [outcome.kind for outcome in outcomes(history)] == ["timeout"]


def test_an_execution_is_freed_though_its_program_failed() -> None:
    """Handlers know their directory, which knows them; and errors know the frames of those who waited."""
    failing = actor("a", Apply("f", (Ask("b", Msg()),)))
    program = scene(failing, actor("b", Raise(Err("Boom"))))
    world = World(Steadily())
    history = execute(program, load_adapter("reference"), world)
    assert [outcome.kind for outcome in outcomes(history)] == ["error"]
    freed = weakref.ref(world)
    del world
    if sys.version_info >= (3, 12):
        # From 3.12 on a frame that an error has been through keeps the frames that called it.
        gc.collect()
    assert freed() is None
