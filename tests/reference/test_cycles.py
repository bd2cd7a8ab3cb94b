"""Cycles of asks: refused by name where they would deadlock, and nothing else is."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from tests.reference.conftest import Gate

from askance_impl.reference import Actor, AskCycle, Reply, System, gather, this_actor


class Relay:
    """A handler that asks whom it is told to: a message is the list of names still to go through."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.actors: dict[str, Actor] = {}

    def spawn(self, name: str, loop: int, **options: bool) -> Actor:
        self.actors[name] = self.system.spawn(self.handle, loop, name=name, **options)
        return self.actors[name]

    async def handle(self, route: list[str]) -> Any:
        name = this_actor().name
        return [name, *await self.actors[route[0]].ask(route[1:])] if route else [name]


@pytest.fixture
def relay(system: System) -> Relay:
    """Actors a on loop 0, b on loop 1, c on loop 0."""
    relay = Relay(system)
    for name, loop in (("a", 0), ("b", 1), ("c", 0)):
        relay.spawn(name, loop)
    return relay


@pytest.mark.parametrize("route", ["a", "ba", "bca"])
def test_a_cycle_is_refused_by_an_error_that_names_it(relay: Relay, route: str) -> None:
    """An actor that asks itself, two, and three; afterwards each of them answers."""
    with pytest.raises(AskCycle) as caught:
        relay.actors["a"].ask(list(route)).result(10)
    closing = route[-2] if len(route) > 1 else "a"
    assert caught.value.actors == tuple(f"{closing}a{route}"[: len(route) + 1])
    for name in "abc":
        assert relay.actors[name].ask([]).result(10) == [name]


def test_the_error_shows_the_cycle_and_what_to_write_instead() -> None:
    """The whole text."""
    assert str(AskCycle(["a", "b", "a"])) == (
        "this wait closes a cycle of asks, in which each actor waits for the next for ever: a -> b -> a\n"
        "  wrong:  await b.ask(...)    # while a itself is being waited for\n"
        "  right:  b.tell(...)         # do not wait, or\n"
        "  right:  system.spawn(..., name='a', reentrant=True)    # take other messages while it waits"
    )


def test_the_ask_that_closes_a_cycle_is_refused_even_if_another_is_awaited_last(system: System) -> None:
    """a asks b, which asks a and waits, and only then a begins to wait: b's ask fails, so b can go on without."""
    waiting = Gate()

    async def a(message: str) -> str:
        reply = b_actor.ask(None)
        await asyncio.to_thread(waiting.wait_until_reached)
        await system.spawn(lambda x: x, 1).ask(None)
        return str(await reply)

    async def b(_: Any) -> str:
        waiting.reached.set()
        try:
            await a_actor.ask("back")
        except AskCycle as error:
            return " ".join(error.actors)
        return "no cycle"

    a_actor, b_actor = system.spawn(a, 0, name="a"), system.spawn(b, 1, name="b")
    assert a_actor.ask("start").result(10) == "b a b"


def test_two_askers_from_outside_whose_chains_cross_are_refused(system: System) -> None:
    """a asks b and b asks a, each for a client of its own: no chain of callers holds an actor twice."""
    both_busy = threading.Barrier(2, timeout=10)
    names = {"a": "b", "b": "a"}

    async def handle(first: bool) -> str:
        name = this_actor().name
        if first:
            await asyncio.to_thread(both_busy.wait)
            await actors[names[name]].ask(False)
        return name

    actors = {name: system.spawn(handle, loop, name=name) for loop, name in enumerate("ab")}
    replies = [actors[name].ask(True) for name in "ab"]
    outcomes = []
    for reply in replies:
        try:
            outcomes.append(reply.result(10))
        except AskCycle as error:
            outcomes.append(error.actors)
    assert {("a", "b", "a"), ("b", "a", "b")} & set(outcomes)
    assert [actors[name].ask(False).result(10) for name in "ab"] == ["a", "b"]


def test_a_reentrant_actor_may_be_part_of_a_cycle(system: System) -> None:
    """It takes the message that comes back while it waits."""
    relay = Relay(system)
    relay.spawn("a", 0, reentrant=True)
    relay.spawn("b", 1)
    assert relay.actors["a"].ask(["b", "a"]).result(10) == ["a", "b", "a"]


def test_a_cycle_through_a_gather_is_refused_and_the_other_part_goes_on(system: System, gate: Any) -> None:
    """Only the ask that closes the cycle fails, and the gather waits for the other."""
    done = []

    async def other(_: Any) -> None:
        await gate()
        done.append(True)

    async def handle(_: Any) -> Any:
        return await gather(other_actor.ask(None), this_actor().ask(None))

    other_actor = system.spawn(other, 1)
    reply = system.spawn(handle, 0, name="a").ask(None)
    gate.wait_until_reached()
    gate.open()
    with pytest.raises(AskCycle, match="a -> a"):
        reply.result(10)
    assert done == [True]


@pytest.mark.parametrize("wait", [gather, asyncio.gather], ids=["gather", "asyncio.gather"])
def test_a_cycle_through_a_wait_for_several_is_refused(system: System, wait: Any) -> None:
    """A turn that waits for two is in a cycle if either leads back, by tasks of asyncio's too."""

    async def back(_: Any) -> Any:
        return await asker.ask(True)

    async def handle(again: bool) -> Any:
        return "again" if again else await wait(plain.ask(1), back_actor.ask(None))

    plain = system.spawn(lambda x: x, 1)
    back_actor = system.spawn(back, 1, name="back")
    asker = system.spawn(handle, 0, name="asker")
    with pytest.raises(AskCycle) as caught:
        asker.ask(False).result(10)
    assert set(caught.value.actors) == {"asker", "back"}


@pytest.mark.parametrize("how", ["awaited", "returned"])
def test_a_cycle_through_then_is_refused(system: System, how: str) -> None:
    """A turn that awaits or returns a composed reply waits for what that is composed of."""

    async def handle(x: int) -> Any:
        reply = plain.ask(x).then(asker.ask)
        return reply if how == "returned" else await reply

    plain = system.spawn(lambda x: x + 1, 1)
    asker = system.spawn(handle, 0, name="asker")
    with pytest.raises(AskCycle, match="asker -> asker"):
        asker.ask(1).result(10)


def test_a_cycle_that_a_function_of_then_closes_is_refused(system: System, gate: Any) -> None:
    """The turn waits already when the function, given to `then` before, gives the ask that leads back."""

    async def slow(_: Any) -> None:
        await gate()

    async def handle(_: Any) -> Any:
        return await composed

    held = system.spawn(slow, 1).ask(None)
    asker = system.spawn(handle, 0, name="asker")
    composed = held.then(lambda _: asker.ask("back"))
    gate.wait_until_reached()
    reply = asker.ask("first")
    system.spawn(lambda _: None, 0).ask(None).result(10)
    gate.open()
    with pytest.raises(AskCycle, match="asker -> asker"):
        reply.result(10)


def test_an_un_awaited_ask_that_a_handler_returns_is_part_of_a_cycle(system: System) -> None:
    """Returning a reply is waiting for it."""

    async def handle(_: Any) -> Any:
        return this_actor().ask(None)

    with pytest.raises(AskCycle, match="a -> a"):
        system.spawn(handle, name="a").ask(None).result(10)


def test_a_turn_that_waits_for_its_own_reply_is_refused(system: System, gate: Any) -> None:
    """Not even a reentrant actor can go on then."""
    replies: list[Reply] = []

    async def handle(_: Any) -> Any:
        await gate()
        return await replies[0]

    replies.append(system.spawn(handle, name="a", reentrant=True).ask(None))
    gate.open()
    with pytest.raises(AskCycle, match="a -> a"):
        replies[0].result(10)


def test_blocking_in_a_thread_of_the_handler_is_part_of_a_cycle(system: System) -> None:
    """`asyncio.to_thread` takes the turn along into the thread."""

    async def handle(_: Any) -> Any:
        return await asyncio.to_thread(lambda: actor.ask(None).result(10))

    actor = system.spawn(handle, name="a")
    with pytest.raises(AskCycle, match="a -> a"):
        actor.ask(None).result(10)


def test_a_diamond_is_no_cycle(system: System) -> None:
    """Two ways to the same actor, gathered, and the same actor asked twice."""
    relay = Relay(system)
    for name, loop in (("a", 0), ("b", 1), ("c", 0), ("d", 1)):
        relay.spawn(name, loop)

    async def top(_: Any) -> Any:
        return await gather(*[relay.actors[name].ask(["c", "d"]) for name in "abab"])

    assert system.spawn(top, 0).ask(None).result(10) == [[name, "c", "d"] for name in "abab"]


def test_telling_back_is_no_cycle(system: System) -> None:
    """Nobody waits for a told message."""
    heard = threading.Event()

    async def a(message: str) -> str:
        if message == "told":
            heard.set()
            return ""
        return str(await b_actor.ask(None))

    async def b(_: Any) -> str:
        a_actor.tell("told")
        return "done"

    a_actor, b_actor = system.spawn(a, 0), system.spawn(b, 1)
    assert a_actor.ask("start").result(10) == "done"
    assert heard.wait(10)


def test_an_edge_of_the_past_is_no_edge(system: System) -> None:
    """a asks b and then b asks a: at different times, so no cycle."""
    relay = Relay(system)
    relay.spawn("a", 0)
    relay.spawn("b", 1)
    for _ in range(100):
        assert relay.actors["a"].ask(["b"]).result(10) == ["a", "b"]
        assert relay.actors["b"].ask(["a"]).result(10) == ["b", "a"]


def test_a_wait_of_a_client_adds_no_edge(system: System) -> None:
    """A client on a loop waits for an ask of an actor that asks others on the same loop."""
    relay = Relay(system)
    for name in "abc":
        relay.spawn(name, 0)

    async def client() -> Any:
        return await asyncio.gather(*[relay.actors["a"].ask(["b", "c"]) for _ in range(10)])

    assert asyncio.run(asyncio.wait_for(client(), 10)) == [["a", "b", "c"]] * 10


def test_a_task_that_outlives_its_turn_waits_on_its_own(system: System, gate: Any) -> None:
    """What a handler leaves behind may ask the actor, which is free again."""
    answers: list[Any] = []
    answered = threading.Event()

    async def later() -> None:
        await gate()
        answers.append(await actor.ask("later"))
        answered.set()

    async def handle(message: str) -> str:
        if message == "start":
            tasks.append(asyncio.get_running_loop().create_task(later()))
        return message

    tasks: list[Any] = []
    actor = system.spawn(handle)
    assert actor.ask("start").result(10) == "start"
    gate.wait_until_reached()
    gate.open()
    assert answered.wait(10)
    assert answers == ["later"]


def test_a_refused_ask_that_somebody_else_waits_for_is_still_answered(system: System, gate: Any) -> None:
    """The turn is refused its wait; a client that waits for the same reply gets the answer when the turn has ended."""
    shared: list[Reply] = []

    async def handle(message: str) -> str:
        if message == "client":
            return "answered"
        await gate()
        try:
            return str(await shared[0])
        except AskCycle:
            return "refused"

    actor = system.spawn(handle)
    first = actor.ask("first")
    gate.wait_until_reached()
    shared.append(actor.ask("client"))
    waiting = shared[0].then(lambda value: value)
    gate.open()
    assert first.result(10) == "refused"
    assert waiting.result(10) == "answered"
