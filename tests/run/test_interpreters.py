"""Each expression does what it says, with coroutine functions as handlers and with blocking ones."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import pytest
from tests.run.libraries import (
    Composing,
    ComposingThreads,
    Loops,
    Threads,
    actor,
    events,
    outcomes,
    program,
    refusing,
    replaced,
    run,
    scene,
)

from askance.errors import KINDS
from askance.history import Outcome, Recorder
from askance.program import (
    Apply,
    Ask,
    AskOp,
    Const,
    Deferred,
    Err,
    Expression,
    Fail,
    Gather,
    Msg,
    Program,
    Raise,
    Result,
    Sleep,
    Spawn,
    State,
    Stop,
    StopSelf,
    Tell,
    Term,
    Then,
    Try,
    Update,
    Within,
)
from askance.run import AsyncHandler, BlockingHandler, Directory, Envelope
from askance.run.actor_state import ActorState

BOOM = Err("Boom", "x")
BOTH = pytest.mark.parametrize("adapter", [Loops(), Threads()], ids=lambda adapter: adapter.name)
ALL = pytest.mark.parametrize(
    "adapter", [Loops(), Composing(), Threads(), ComposingThreads()], ids=lambda adapter: adapter.name
)

COMPOSERS = pytest.mark.parametrize(
    "adapter", [Composing(), ComposingThreads()], ids=lambda adapter: adapter.name
)

G = actor("b", Apply("g", (Msg(),)), 1)
FAILS = actor("b", Raise(BOOM), 1)


def value(of: Any) -> Outcome:
    """The outcome of a wait that gave it."""
    return Outcome("value", of)


def only(program: Program, adapter: Any) -> Outcome:
    """How the one wait of the program's client ended."""
    (outcome,) = outcomes(run(program, adapter))
    return outcome


def term(symbol: str, *args: Any) -> Term:
    """A term."""
    return Term(symbol, args)


@ALL
@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Msg(), 10),
        (Const("k"), "k"),
        (Const(None), None),
        (Apply("f", (Msg(), Const(2))), term("f", 10, 2)),
        (Ask("b", Const(3)), term("g", 3)),
        (Apply("f", (Ask("b", Msg()),)), term("f", term("g", 10))),
        (Ask("b", Ask("b", Msg())), term("g", term("g", 10))),
        (Gather((Ask("b", Const(1)), Ask("b", Const(2)))), (term("g", 1), term("g", 2))),
        (Then(Ask("b", Msg()), "f"), term("f", term("g", 10))),
        (Deferred(Ask("b", Msg())), term("g", 10)),
        (Tell("b", Msg(), Const(1)), 1),
        (Try(Raise(BOOM), Const(1)), 1),
        (Sleep(3, Msg()), 10),
        (Within(5, Ask("b", Msg()), Const(0)), term("g", 10)),
        (Spawn(Apply("h", (Msg(),)), 1, Const(4)), term("h", 4)),
        (StopSelf(Const(5)), 5),
        (State(), None),
        (Apply("h", (Update("f", Msg()), State())), term("h", term("f", None, 10), term("f", None, 10))),
        (Try(Update("f", Raise(BOOM)), State()), None),
        (Stop("b", Const(6)), 6),
        (Stop("b", Try(Ask("b", Msg()), Const(7))), 7),
    ],
    ids=lambda part: type(part).__name__,
)
def test_expression_gives_its_value(adapter: Any, behaviour: Expression, expected: Any) -> None:
    """A turn returns the term that its behaviour denotes."""
    assert only(scene(actor("a", behaviour), G), adapter) == value(expected)


@ALL
@pytest.mark.parametrize(
    "behaviour",
    [
        Raise(BOOM),
        Ask("b", Msg()),
        Apply("f", (Ask("b", Msg()),)),
        Gather((Ask("b", Const(1)), Ask("b", Const(2)))),
        Then(Ask("b", Msg()), "f"),
        Deferred(Ask("b", Msg())),
        Within(5, Ask("b", Msg()), Const(0)),
        Try(Raise(Err("Boom", "first")), Raise(BOOM)),
        Spawn(Raise(BOOM), 1, Msg()),
    ],
    ids=lambda part: type(part).__name__,
)
def test_expression_passes_an_error_on(adapter: Any, behaviour: Expression) -> None:
    """An error that is raised where nothing recovers is the turn's outcome, as the error that it is."""
    assert only(scene(actor("a", behaviour), FAILS), adapter) == Outcome("error", error=BOOM)


@ALL
def test_an_error_tells_which_message_it_is_of(adapter: Any) -> None:
    """One that is made in a turn arrives with the term that it was made with, and is the program's own."""
    behaviour = Fail("ValueError", Apply("f", (Msg(), Ask("b", Const(3)))))
    made = term("f", 10, term("g", 3))
    assert only(scene(actor("a", behaviour), G), adapter) == Outcome("error", error=Err("ValueError", made))


@BOTH
@pytest.mark.parametrize("kind", ["SystemExit", "GeneratorExit", "CancelledError"])
def test_try_recovers_from_exceptions_only(adapter: Any, kind: str) -> None:
    """`Try` is `except Exception`: what is no Exception passes through it."""
    recorder = Recorder(lambda: (0, 0.0, "main"))
    handler = (AsyncHandler if adapter.name == "loops" else BlockingHandler)(
        "a", Try(Raise(Err(kind, "x")), Const(1)), Directory(adapter, recorder)
    )
    with pytest.raises(KINDS[kind]):
        handled = handler.handle(Envelope("c0.0", "c0", 1))
        if inspect.iscoroutine(handled):
            handled.send(None)


@BOTH
def test_exception_returned_as_a_value_is_a_value(adapter: Any) -> None:
    """A constant error is returned as an exception instance, and arrives as data, not raised."""
    assert only(scene(actor("a", Ask("b", Msg())), actor("b", Const(BOOM))), adapter) == value(BOOM)


@BOTH
def test_own_timeout_error_is_no_timeout(adapter: Any) -> None:
    """A TimeoutError that the asked actor raises itself does not make `Within` fall back."""
    error = Err("TimeoutError", "mine")
    program = scene(actor("a", Within(9, Ask("b", Msg()), Const("fallback"))), actor("b", Raise(error), 1))
    assert only(program, adapter) == Outcome("error", error=error)


@BOTH
def test_within_falls_back_when_the_reply_is_late(adapter: Any) -> None:
    """`Within` gives the fallback after its seconds; the turn's wait is recorded as a timeout."""
    late = actor("b", Sleep(9, Const(1)), 1)
    history = run(scene(actor("a", Within(2, Ask("b", Msg()), Const("fallback"))), late), adapter)
    assert outcomes(history) == [value("fallback")]
    assert [outcome.kind for outcome in outcomes(history, "a#1")] == ["timeout"]


@BOTH
def test_sleep_takes_its_seconds(adapter: Any) -> None:
    """`Sleep` takes as many seconds as it says."""
    (end,) = events(run(scene(actor("a", Sleep(4, Msg()))), adapter), "end")
    assert end.time == 4.0


@BOTH
def test_gather_sends_all_before_it_waits(adapter: Any) -> None:
    """Both asks of a gather are sent before the first wait, and no wait is left out when one fails."""
    both = Gather((Ask("b", Const(1)), Ask("c", Const(2))))
    history = run(scene(actor("a", both), FAILS, actor("c", Msg())), adapter)
    assert [e.kind for e in history.events if e.who == "a#1" and e.kind in ("ask", "wait", "done")] == [
        "ask",
        "ask",
        "wait",
        "done",
        "wait",
        "done",
    ]


@COMPOSERS
def test_operators_of_the_library_are_used_where_declared(adapter: Any) -> None:
    """With "gather" and "then" the reply is composed by the library, and the mapped function records that it ran."""
    behaviour = Apply("p", (Gather((Ask("b", Const(1)),)), Then(Ask("b", Const(2)), "f")))
    history = run(scene(actor("a", behaviour), G), adapter)
    assert [(e.op, e.detail) for e in events(history, "compose")] == [
        ("a#1.2", "gather a#1.1"),
        ("a#1.4", "then f a#1.3"),
    ]
    assert [(e.who, e.op) for e in events(history, "apply")] == [("a#1", "a#1.4")]


@BOTH
def test_turn_is_recorded_from_begin_to_end(adapter: Any) -> None:
    """A turn's events carry its id, its message, who sent it, the payload, and the outcome at the end."""
    history = run(scene(actor("a", Apply("f", (Ask("b", Msg()),))), G), adapter)
    (begin,) = events(history, "begin", "b#1")
    assert (begin.actor, begin.message, begin.sender, begin.value) == ("b", "a#1.1", "a", 10)
    (end,) = events(history, "end", "a#1")
    assert (end.actor, end.message, end.sender) == ("a", "c0.0", "c0")
    assert end.outcome == value(term("f", term("g", 10)))
    (ask,) = events(history, "ask", "a#1")
    assert (ask.actor, ask.message, ask.op, ask.sender, ask.value) == ("b", "a#1.1", "a#1.1", "a", 10)


@BOTH
def test_failing_turn_ends_with_its_error(adapter: Any) -> None:
    """The end of a turn that raises has the error as its outcome."""
    (end,) = events(run(scene(FAILS, of="b"), adapter), "end")
    assert end.outcome == Outcome("error", error=BOOM)


@BOTH
def test_deferred_turn_ends_without_an_outcome(adapter: Any) -> None:
    """A turn that returns an un-awaited reply says at its end which ask has the outcome."""
    (end,) = events(run(scene(actor("a", Deferred(Ask("b", Msg()))), G), adapter), "end", "a#1")
    assert (end.outcome, end.detail) == (None, "deferred a#1.1")


@BOTH
def test_turns_are_numbered_by_their_actor(adapter: Any) -> None:
    """The third message that an actor begins is its third turn."""
    asks = [op for n in range(3) for op in (AskOp(f"r{n}", "a", n), Result(f"r{n}"))]
    history = run(program(actor("a", Msg()), operations=asks), adapter)
    assert [(e.who, e.value) for e in events(history, "begin")] == [("a#1", 0), ("a#2", 1), ("a#3", 2)]


def test_loops_are_labelled_in_order_of_appearance() -> None:
    """Turns on one loop have one label, turns on another have another."""
    history = run(
        scene(actor("a", Apply("f", (Ask("b", Msg()), Ask("c", Msg())))), G, actor("c", Msg())), Loops()
    )
    assert {e.actor: e.loop for e in events(history, "begin")} == {"a": 0, "b": 1, "c": 0}


def test_blocking_turns_run_on_no_loop() -> None:
    """Where no loop runs there is no label."""
    assert [e.loop for e in events(run(scene(actor("a", Msg())), Threads()), "begin")] == [None]


def test_placement_is_not_asked_of_a_library_without_loops() -> None:
    """An adapter without "loops" is given None, whatever the program says."""
    placements: list[Any] = []

    class Watching(Threads):
        def open(self, loops: int) -> Any:
            system = super().open(loops)
            spawn = system.spawn
            system.spawn = lambda handler, loop: placements.append(loop) or spawn(handler, loop)  # type: ignore[func-returns-value, method-assign]
            return system

    run(scene(actor("a", Msg(), 1)), Watching())
    assert placements == [None]


@BOTH
def test_failing_send_is_an_error_in_the_turn(adapter: Any) -> None:
    """An ask that the library refuses at once is recorded as a wait that ended, and can be recovered from."""
    history = run(scene(actor("a", Stop("b", Try(Ask("b", Msg()), Const(1)))), G), adapter)
    assert [(o.kind, o.detail) for o in outcomes(history, "a#1")] == [
        ("stopped", "tests.run.libraries.ActorGone: this actor has gone")
    ]


@COMPOSERS
@pytest.mark.parametrize(
    ("method", "behaviour"), [("gather", Gather((Ask("b", Msg()),))), ("then", Then(Ask("b", Msg()), "f"))]
)
def test_failing_operator_is_an_error_in_the_turn(adapter: Any, method: str, behaviour: Expression) -> None:
    """What the library's operator raises is how the wait for the composed reply ended, and can be recovered from."""
    history = run(scene(actor("a", Try(behaviour, Const(1))), G), replaced(adapter, method, refusing))
    assert [(e.op, e.outcome and e.outcome.kind) for e in events(history, "done", "a#1")] == [
        ("a#1.2", "stopped")
    ]
    assert outcomes(history) == [value(1)]


@ALL
def test_gather_whose_send_fails_waits_for_what_was_sent(adapter: Any) -> None:
    """Where one ask of a gather is refused at once, the asks before it are waited for and its error is raised."""
    both = Gather((Ask("b", Const(1)), Ask("c", Const(2)), Ask("b", Const(3))))
    history = run(scene(actor("a", Stop("c", both)), G, actor("c", Msg())), adapter)
    assert [outcome.kind for outcome in outcomes(history, "a#1")] == ["stopped", "value"]
    assert [outcome.kind for outcome in outcomes(history)] == ["stopped"]


@BOTH
@pytest.mark.parametrize(
    ("method", "behaviour"), [("tell", Tell("b", Msg(), Const(0))), ("stop", Stop("b", Const(0)))]
)
def test_refused_operation_is_an_error_in_the_turn(adapter: Any, method: str, behaviour: Expression) -> None:
    """A tell or a stop that the library refuses is recorded by its method, and can be recovered from."""
    history = run(scene(actor("a", Try(behaviour, Const(1))), G), replaced(adapter, method, refusing))
    (event,) = events(history, "done", "a#1")
    assert (event.op, event.detail, event.actor) == ("", method, "b")
    assert outcomes(history) == [value(1)]


@ALL
def test_a_state_goes_from_turn_to_turn_and_is_the_actors_own(adapter: Any) -> None:
    """Each update sees the one before; another actor with the same behaviour has a state of its own."""
    behaviour = Update("f", Msg())
    asks = (
        AskOp("r0", "a", 1),
        Result("r0"),
        AskOp("r1", "a", 2),
        Result("r1"),
        AskOp("r2", "b", 3),
        Result("r2"),
    )
    history = run(program(actor("a", behaviour), actor("b", behaviour), operations=asks), adapter)
    one = term("f", None, 1)
    assert outcomes(history) == [value(one), value(term("f", one, 2)), value(term("f", None, 3))]


def test_a_state_is_a_variable_outside_of_worlds_and_is_copied_by_pickle() -> None:
    """Process-based implementations take it along with the handler."""
    state = ActorState()
    assert state.get() is None
    state.set(term("f", 1))
    copied = pickle.loads(pickle.dumps(state))
    copied.set(2)
    assert (state.get(), copied.get()) == (term("f", 1), 2)
