"""Cycles of asks: refused where they close, anywhere along them where several chains meet, or never ending."""

from __future__ import annotations

from tests.meaning.programs import (
    CYCLE,
    HANGING,
    M,
    ask,
    asking,
    call,
    f,
    g,
    meaning_of,
    outcomes,
    raises,
    value,
)

from askance.adapter import CAPABILITIES
from askance.program import (
    AskOp,
    Cancel,
    Const,
    Deferred,
    Err,
    Expression,
    Gather,
    Raise,
    Result,
    Settle,
    Sleep,
    Spawn,
    StopOp,
    Tell,
    TellOp,
    Then,
    Try,
    Within,
)

Actors = dict[str, Expression]


def test_an_ask_of_oneself() -> None:
    """A behaviour that asks its own actor is a cycle."""
    assert outcomes({"a": call("f", ask("a"))}, asking("a")) == {CYCLE}
    assert outcomes({"a": call("f", Then(ask("a"), "g"))}, asking("a")) == {CYCLE}
    assert outcomes({"a": Gather((ask("a"), ask("b"))), "b": M}, asking("a")) == {CYCLE}


def test_the_closing_ask_fails_and_can_be_caught() -> None:
    """With one chain on the cycle, it is the ask that closes it that fails, where it stands."""
    caught: Actors = {"a": call("f", ask("b")), "b": call("g", Try(ask("a"), Const(0)))}
    assert outcomes(caught, asking("a")) == {value(f(g(0)))}
    assert outcomes({**caught, "b": Try(ask("a"), Raise(Err("Boom")))}, asking("a")) == {raises("Boom")}


def test_any_ask_fails_where_two_chains_meet() -> None:
    """With two independent askers on the cycle, any ask along it may be the one that closes it."""
    actors: Actors = {"a": call("f", Try(ask("b"), Const(1))), "b": call("g", Try(ask("a"), Const(0)))}
    assert outcomes(actors, asking("a")) == {value(f(g(0)))}
    assert outcomes(actors, asking("a"), asking("b")) == {value(f(g(0))), value(f(1))}
    assert outcomes(actors, asking("a"), (TellOp("b", 1),)) == {value(f(g(0))), value(f(1))}
    assert outcomes(actors, asking("a"), (Settle(), *asking("b"))) == {value(f(g(0)))}


def test_chains_that_do_not_overlap() -> None:
    """A chain that is over meets no other."""
    actors: Actors = {"a": call("f", Try(ask("b"), Const(1))), "b": call("g", Try(ask("a"), Const(0)))}
    again = (AskOp("r1", "b", 1), Result("r1"))
    assert outcomes(actors, asking("a", *again)) == {value(f(g(0)))}
    assert outcomes(actors, asking("a", *again), reply="c0.r1") == {value(g(f(1)))}


def test_a_chain_that_a_tell_has_left_behind() -> None:
    """An ask that is over may have told an actor on the cycle, whose turn meets the next ask of the same client."""
    actors: Actors = {
        "a": call("f", Try(ask("b"), Const(1))),
        "b": call("g", Try(ask("a"), Const(0))),
        "d": Tell("b", M, M),
    }
    client = (*asking("d"), AskOp("r1", "a", 1), Result("r1"))
    assert outcomes(actors, client, reply="c0.r1") == {value(f(g(0))), value(f(1))}


def test_two_asks_of_one_chain() -> None:
    """One turn outside that asks into the cycle twice counts as two chains, to be on the safe side."""
    actors: Actors = {"a": ask("b"), "b": Try(ask("a"), Const(0)), "d": Gather((ask("a"), ask("b")))}
    assert value((0, 0)) in outcomes(actors, asking("d"))
    assert CYCLE in outcomes(actors, asking("d"))


def test_asks_into_a_cycle_are_not_refused() -> None:
    """An ask from outside closes nothing: nobody on the cycle waits for its sender."""
    actors: Actors = {
        "a": Try(ask("b"), Const(1)),
        "b": Try(ask("a"), Const(0)),
        "d": Try(ask("a"), Const("outside")),
    }
    assert value("outside") not in outcomes(actors, asking("d"), asking("b"))


def test_diamonds_are_no_cycles() -> None:
    """An actor that is asked on two ways is asked twice, that is all."""
    actors: Actors = {"a": call("f", ask("b"), ask("c")), "b": ask("d"), "c": ask("d"), "d": M}
    assert outcomes(actors, asking("a"), asking("a")) == {value(f(1, 1))}


def test_tells_close_no_cycle() -> None:
    """A tell waits for nothing; yet its turn is a second chain on a cycle of asks."""
    actors: Actors = {"a": ask("b"), "b": Tell("a", M, M)}
    assert outcomes(actors, asking("a")) == {value(1)}
    crowded: Actors = {"a": Try(ask("b"), Const(0)), "b": Tell("b", M, Try(ask("a"), Const(2)))}
    assert outcomes(crowded, asking("a")) == {value(2), value(0)}


def test_a_deferred_reply_back_to_a_waiting_actor() -> None:
    """What is returned un-awaited still needs the actor that waits for it: a cycle."""
    actors: Actors = {"a": call("f", ask("b")), "b": Deferred(ask("a"))}
    assert outcomes(actors, asking("a")) == {CYCLE}
    assert CYCLE in outcomes(actors, asking("b"))


def test_a_spawned_actor_that_asks_its_spawner() -> None:
    """The spawning turn waits for the spawned actor, so being asked by it is a cycle; un-awaited too."""
    assert outcomes({"a": Spawn(ask("a"), None, M)}, asking("a")) == {CYCLE}
    assert outcomes({"a": Spawn(Deferred(ask("a")), None, M)}, asking("a")) == {CYCLE}


def test_within_gives_up_on_a_cycle() -> None:
    """A timeout is one more way out of a cycle."""
    actors: Actors = {"a": Within(1, ask("b"), Const(0)), "b": ask("a")}
    assert outcomes(actors, asking("a")) == {CYCLE, value(0)}


def test_giving_up_leaves_a_chain_behind() -> None:
    """A turn that gives up meets the chain that it has left behind, so any ask on the cycle may be refused."""
    actors: Actors = {
        "a": call("f", Within(1, ask("b"), Const(0)), ask("c")),
        "b": ask("c"),
        "c": Try(ask("a"), Const(5)),
    }
    assert outcomes(actors, asking("a")) == {value(f(5, 5)), value(f(0, 5)), CYCLE}


def test_dead_code_closes_nothing() -> None:
    """An ask that is never come to makes no cycle for a single chain."""
    actors: Actors = {"a": call("f", Raise(Err("Boom")), ask("a"))}
    assert outcomes(actors, asking("a")) == {raises("Boom")}


def test_cycles_hang_where_nobody_refuses_them() -> None:
    """Without refusal and reentrancy there is no outcome, and the wait may never end."""
    found = meaning_of({"a": ask("b"), "b": ask("a"), "c": M}, asking("a"), asking("c"), capabilities=HANGING)
    assert found.operations["c0.r0"] == frozenset()
    assert found.may_hang("c0.r0") and not found.may_hang("c1.r0")
    assert found.operations["c1.r0"] == {value(1)}


def test_hanging_spreads() -> None:
    """Who waits for a reply that may never come may hang; giving up, or another failure, ends it."""
    actors: Actors = {
        "a": ask("a"),
        "waits": Try(ask("a"), Const(0)),
        "gives-up": Within(1, ask("a"), Const(0)),
        "gathers": Gather((ask("a"), ask("boom"))),
        "boom": Raise(Err("Boom")),
        "applies": call("f", M, ask("a")),
    }
    clients = (asking("waits"), asking("gives-up"), asking("gathers"), asking("applies"))
    found = meaning_of(actors, *clients, capabilities=HANGING)
    assert found.may_hang("c0.r0") and found.operations["c0.r0"] == frozenset()
    assert not found.may_hang("c1.r0") and found.operations["c1.r0"] == {value(0)}
    assert found.may_hang("c2.r0") and found.operations["c2.r0"] == {raises("Boom")}
    assert found.may_hang("c3.r0") and found.operations["c3.r0"] == frozenset()


def test_a_hanging_phase_proves_nothing() -> None:
    """Where a phase may hang, a barrier completes no reply, and what was to be stopped may not have been."""
    client = (AskOp("r0", "a", 1), Settle(), Cancel("r0"))
    found = meaning_of({"a": ask("a")}, client, capabilities=HANGING)
    assert {outcome.kind for outcome in found.operations["c0.r0"]} == {"cancelled"}
    stopping = (*asking("a"), StopOp("b"), Settle(), AskOp("r1", "b", 1))
    assert value(1) in outcomes({"a": ask("a"), "b": M}, stopping, reply="c0.r1", capabilities=HANGING)


def test_reentrant_cycles_unfold() -> None:
    """A reentrant actor takes its own ask; one that always asks again never ends, so anything may come."""
    reentrant = frozenset(CAPABILITIES) - {"cycles-refused"}
    assert meaning_of({"a": ask("a")}, asking("a"), capabilities=reentrant).unlisted("c0.r0")
    assert outcomes({"a": Sleep(1, M)}, asking("a"), capabilities=reentrant) == {value(1)}


def test_deferring_for_ever_is_anything() -> None:
    """Replies deferred in a circle wait for nobody and never end: an implementation may refuse them or not."""
    assert meaning_of({"a": Deferred(ask("a"))}, asking("a")).unlisted("c0.r0")


def test_turns_on_cycles_may_be_refused_anywhere() -> None:
    """`turn` knows nothing of who asked, so on a cycle each ask may be the one that is refused."""
    actors: Actors = {"a": Try(ask("b"), Const(1)), "b": Try(ask("a"), Const(0))}
    assert meaning_of(actors, asking("a")).turn("a", 1) == {value(0), value(1)}
