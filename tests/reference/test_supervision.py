"""Supervision: what becomes of an actor, its mailbox and its askers when a handler fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.reference.conftest import Gate

from askance.clauses import ALL
from askance.run import load_adapter
from askance.suite.conduct import conduct
from askance.suite.profiles import PROFILES
from askance_impl.reference import Actor, ActorStopped, Supervision, System, restart, resume, stop


class Counter:
    """Counts its messages; fails on negative ones. What it was asked before a gate opens waits in the mailbox."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate
        self.count = 0

    async def handle(self, number: int) -> int:
        self.count += 1
        if self.gate is not None:
            await self.gate()
        if number < 0:
            raise ValueError(number)
        return self.count


POLICIES: dict[str, Supervision] = {
    "resume": resume,
    "restart": restart(lambda: Counter().handle),
    "stop": stop,
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("loop", [0, 1])
def test_the_failing_ask_gets_its_exception_whatever_the_policy(
    system: System, policy: str, loop: int
) -> None:
    """A plain thread and a handler on either loop see the error that was raised, and none of the policy's."""

    actor = system.spawn(Counter().handle, 0, supervision=POLICIES[policy])
    other = system.spawn(Counter().handle, 0, supervision=POLICIES[policy])

    async def ask(number: int) -> Any:
        return await other.ask(number)

    for reply in (actor.ask(-1), system.spawn(ask, loop).ask(-1)):
        with pytest.raises(ValueError, match="-1"):
            reply.result(10)


@pytest.mark.parametrize(("policy", "counts"), [("resume", [1, 3]), ("restart", [1, 1])])
def test_the_state_is_kept_by_resuming_and_fresh_after_a_restart(
    system: System, policy: str, counts: list[int]
) -> None:
    """One message before the failure, and one after it."""
    actor = system.spawn(Counter().handle, supervision=POLICIES[policy])
    seen = [actor.ask(1).result(10)]
    with pytest.raises(ValueError, match="-1"):
        actor.ask(-1).result(10)
    seen.append(actor.ask(1).result(10))
    assert seen == counts


def test_what_waits_in_the_mailbox_is_handled_after_a_restart(system: System, gate: Gate) -> None:
    """In order, by the fresh handler."""
    actor = system.spawn(Counter(gate).handle, supervision=restart(lambda: Counter().handle))
    first, *others = (actor.ask(number) for number in (-1, 1, 1))
    gate.wait_until_reached()
    gate.open()
    with pytest.raises(ValueError, match="-1"):
        first.result(10)
    assert [reply.result(10) for reply in others] == [1, 2]
    assert actor.restarts == 1


def test_what_waits_in_the_mailbox_fails_when_the_policy_is_to_stop(system: System, gate: Gate) -> None:
    """With ActorStopped; nothing of it is handled, and nothing more is taken."""
    counter = Counter(gate)
    actor = system.spawn(counter.handle, supervision=stop)
    first, *others = (actor.ask(number) for number in (-1, 1, 1))
    gate.wait_until_reached()
    gate.open()
    with pytest.raises(ValueError, match="-1"):
        first.result(10)
    for reply in (*others, actor.ask(1)):
        with pytest.raises(ActorStopped):
            reply.result(10)
    with pytest.raises(ActorStopped):
        actor.tell(1)
    assert counter.count == 1


def test_after_the_last_restart_the_next_failure_stops(system: System) -> None:
    """`most` restarts, and no more."""
    actor = system.spawn(Counter().handle, supervision=restart(lambda: Counter().handle, most=2))
    for _ in range(2):
        with pytest.raises(ValueError, match="-1"):
            actor.ask(-1).result(10)
        assert actor.ask(1).result(10) == 1
    with pytest.raises(ValueError, match="-1"):
        actor.ask(-1).result(10)
    with pytest.raises(ActorStopped):
        actor.ask(1).result(10)
    assert actor.restarts == 2


def test_who_has_seen_the_exception_finds_the_policy_applied(system: System, gate: Gate) -> None:
    """The policy runs before the reply is complete."""
    done: list[bool] = []
    actor = system.spawn(Counter(gate).handle, supervision=lambda actor, error: done.append(reply.done()))
    reply = actor.ask(-1)
    gate.wait_until_reached()
    gate.open()
    with pytest.raises(ValueError, match="-1"):
        reply.result(10)
    assert done == [False]


@pytest.mark.parametrize("tell", [False, True])
def test_a_policy_of_ones_own_may_tell_a_supervisor(system: System, tell: bool) -> None:
    """That is all that escalation is; the failure of a told message comes there too."""
    supervisor_heard: list[tuple[Actor, str]] = []

    async def hear(news: tuple[Actor, BaseException] | None) -> list[tuple[Actor, str]]:
        if news is not None:
            supervisor_heard.append((news[0], repr(news[1])))
        return supervisor_heard

    supervisor = system.spawn(hear, 1)
    actor = system.spawn(
        Counter().handle, 0, supervision=lambda actor, error: supervisor.tell((actor, error))
    )
    if tell:
        actor.tell(-1)
        assert actor.ask(1).result(10) == 2
    else:
        with pytest.raises(ValueError, match="-1"):
            actor.ask(-1).result(10)
    assert supervisor.ask(None).result(10) == [(actor, "ValueError(-1)")]


def _cannot_make() -> Callable[[Any], Any]:
    raise KeyError("no such handler")


@pytest.mark.parametrize("policy", [restart(_cannot_make), lambda actor, error: _cannot_make()])
def test_an_actor_whose_policy_raises_stops(policy: Supervision) -> None:
    """`on_failure` hears why; the asker hears of its own message's failure alone."""
    reported: list[tuple[Actor, str]] = []
    with System(on_failure=lambda actor, error: reported.append((actor, repr(error)))) as system:
        actor = system.spawn(Counter().handle, supervision=policy)
        with pytest.raises(ValueError, match="-1"):
            actor.ask(-1).result(10)
        with pytest.raises(ActorStopped):
            actor.ask(1).result(10)
    assert reported == [(actor, "KeyError('no such handler')")]


def test_a_cancelled_ask_is_no_failure(system: System, gate: Gate) -> None:
    """The handler gets CancelledError where it waits, and the policy hears nothing."""
    failures: list[BaseException] = []
    actor = system.spawn(Counter(gate).handle, supervision=lambda actor, error: failures.append(error))
    reply = actor.ask(1)
    gate.wait_until_reached()
    assert reply.cancel()
    gate.open()
    assert actor.ask(1).result(10) == 2
    assert failures == []


def test_a_closing_system_is_no_failure(gate: Gate) -> None:
    """Handlers that are cut short by the close are not restarted."""
    failures: list[BaseException] = []
    with System() as system:
        actor = system.spawn(Counter(gate).handle, supervision=lambda actor, error: failures.append(error))
        actor.tell(1)
        gate.wait_until_reached()
    assert failures == []


@pytest.mark.parametrize("clause", ["A4", "M2", "D1", "L1", "L2", "L6"])
@pytest.mark.parametrize("name", ["stopping", "restarting", "giving_up"])
def test_supervised_actors_keep_the_clauses_about_failures(name: str, clause: str) -> None:
    """The search finds nothing on any of the three, and comes to the clause's situation."""
    adapter = load_adapter(f"askance_impl.reference.adapter:{name}")
    result = conduct(ALL[clause], adapter, PROFILES["smoke"])
    assert result.verdict == "pass", (result.note, result.counterexample)
