"""What generated clients do: small groups of operations, each one way to use an implementation from outside.

A client is a sequence of groups. The strategies for programs and the state machine both build clients here. The
table is ordered from simple to complex, because Hypothesis shrinks towards the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from askance.generate.forms import FALSY
from askance.program import (
    NOTHING,
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    GatherOp,
    Operation,
    Result,
    Settle,
    SleepOp,
    StopOp,
    TellOp,
    Value,
)

__all__ = ["GROUPS", "ClientDraft", "Group", "Values", "groups_for"]

COMPOSED = ("m", "n")
"""The function symbols that clients map replies with."""


class Values:
    """Message values: a different number for each message, so that every result tells which message it answers."""

    def __init__(self) -> None:
        self.next = 10

    def __call__(self) -> int:
        self.next += 1
        return self.next - 1


@dataclass
class ClientDraft:
    """A client in the making: where it runs, its operations so far, and the replies that it has made.

    `before`: the clients that stand before it in the program, whose replies it may wait for and cancel.
    """

    name: str
    where: Literal["thread", "loop"] | int
    values: Values
    before: tuple[ClientDraft, ...] = ()
    operations: list[Operation] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)

    def ask(self, actor: str, value: Value | None = None) -> str:
        """Ask the actor; the name of the reply."""
        name = f"r{len(self.replies)}"
        self.operations.append(AskOp(name, actor, self.values() if value is None else value))
        self.replies.append(name)
        return name

    def tell(self, actor: str) -> None:
        """Tell the actor."""
        self.operations.append(TellOp(actor, self.values()))

    def compose(self, reply: str, symbol: str) -> str:
        """Map the reply; the name of the mapped one."""
        name = f"r{len(self.replies)}"
        self.operations.append(Compose(name, reply, symbol))
        self.replies.append(name)
        return name

    def gather(self, replies: Sequence[str]) -> str:
        """Gather the replies; the name of the gathered one."""
        name = f"r{len(self.replies)}"
        self.operations.append(GatherOp(name, tuple(replies)))
        self.replies.append(name)
        return name

    def phase(self, operations: int | None = None) -> int:
        """The phase that the client is in, or was in after so many operations."""
        return sum(isinstance(operation, Settle) for operation in self.operations[:operations])

    def others(self) -> list[str]:
        """The replies of other clients that this one may wait for here and now, the latest first."""
        if isinstance(self.where, int):
            return []
        now = self.phase()
        return [
            f"{client.name}.{operation.name}"
            for client in reversed(self.before)
            for at, operation in reversed(list(enumerate(client.operations)))
            if isinstance(operation, AskOp | Compose | GatherOp) and client.phase(at) <= now
        ]

    def wait(self, *replies: str) -> None:
        """Wait for each reply in turn, the way this client can."""
        for reply in replies:
            self.operations.append(Result(reply) if self.where == "thread" else Await(reply))

    def client(self) -> Client:
        """The finished client."""
        return Client(self.name, self.where, tuple(self.operations))


Make = Callable[[ClientDraft, Sequence[str], int], None]
"""(client, actors to talk to, a small number that picks the variant): adds the operations."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group: how many actors it talks to, how many messages it sends, and what it needs of the implementation."""

    name: str
    targets: int
    messages: int
    make: Make
    needs: frozenset[str] = frozenset()


def _ask(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    client.wait(client.ask(actors[0]))


def _falsy_ask(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    # None means "a fresh number" to `ask`, so the message is the falsy value after it.
    client.wait(client.ask(actors[0], FALSY[1 + pick % (len(FALSY) - 1)]))


def _two(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    first, second = client.ask(actors[0]), client.ask(actors[1])
    client.wait(*((first, second) if pick % 2 == 0 else (second, first)))


def _unwaited(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    client.ask(actors[0])


def _tell(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    client.tell(actors[0])


def _tell_then_ask(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    client.tell(actors[0])
    client.wait(client.ask(actors[0]))


def _compose(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    reply = client.ask(actors[0])
    mapped = client.compose(reply, COMPOSED[0])
    if pick & 1:
        mapped = client.compose(mapped, COMPOSED[1])
    if pick & 2:
        client.wait(reply)
    client.wait(mapped)


def _compose_again(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Map a reply, to None too, and read the result twice."""
    mapped = client.compose(client.ask(actors[0]), NOTHING if pick & 1 else COMPOSED[0])
    client.wait(mapped, mapped)


def _gather(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Gather two replies; or one twice, which must be there twice; or a mapped one and another."""
    replies = [client.ask(actors[0])]
    replies.append(client.ask(actors[1]) if pick != 1 else replies[0])
    if pick == 3:
        replies[0] = client.compose(replies[0], COMPOSED[0])
    client.wait(client.gather(replies))


def _again(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    reply = client.ask(actors[0])
    others = [reply]
    if pick & 1:
        others += [client.compose(reply, COMPOSED[0])] * 2
    if pick & 2:
        others.append(client.gather((reply, reply)))
    client.wait(reply, *reversed(others))


def _late_wait(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    reply = client.ask(actors[0])
    client.operations.append(Settle())
    client.wait(reply, *([reply] if pick & 1 else ()))


def _burst(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    replies = [client.ask(actors[0])]
    if pick & 1:
        client.tell(actors[0])
    replies.append(client.ask(actors[0]))
    if pick & 2:
        replies.reverse()
    client.wait(*replies)


def _sleep(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    client.operations.append(SleepOp(1 + pick % 3))
    client.wait(client.ask(actors[0]))


def _refused(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    reply = client.ask(actors[0])
    client.operations.append(Result(reply))
    if pick & 1:
        client.wait(reply)


def _cancel(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Cancel what may be answered at the same moment, or has been; all who wait must agree."""
    reply = client.ask(actors[0])
    if pick & 2:
        client.wait(reply)
    client.operations.append(Cancel(reply))
    client.wait(reply, *([reply] if pick & 1 else ()))


def _cancel_late(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Cancel what is being handled; the actor must live on, and all who wait must agree."""
    reply = client.ask(actors[0])
    client.operations += [SleepOp(1), Cancel(reply)]
    client.wait(reply, *([reply] if pick & 1 else ()))
    if pick & 2:
        client.wait(client.ask(actors[0]))


def _cancel_then_ask(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Cancel what may not have been begun, or what another message waits behind; the actor must handle the other."""
    reply = client.ask(actors[0])
    behind = client.ask(actors[0]) if pick & 1 else ""
    client.operations.append(Cancel(behind if pick & 2 and behind else reply))
    client.wait(client.ask(actors[0]) if pick & 2 or not behind else behind)


def _cancel_gathered(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Cancel one of those that a gather is made of, while it is waited for through the gather; or the gather itself."""
    replies = [client.ask(actors[0])]
    replies.append(client.ask(actors[1]) if pick & 2 else replies[0])
    whole = client.gather(replies)
    client.operations.append(Cancel(replies[0] if pick & 1 else whole))
    client.wait(whole)


def _cancel_composed(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Cancel a reply that is waited for through another which is made of it, or that other one."""
    reply = client.ask(actors[0])
    mapped = client.compose(reply, COMPOSED[0])
    client.operations.append(Cancel(mapped if pick & 1 else reply))
    client.wait(mapped, *([reply] if pick & 2 else ()))


def _share(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Wait for what another client waits for, at the same time perhaps; where there is nothing yet, ask."""
    others = client.others()
    if not others:
        client.wait(client.ask(actors[0]))
    elif pick & 1:
        client.wait(*others[:2])
    else:
        client.wait(others[0])
    if pick & 2:
        client.wait(client.ask(actors[0]))


def _cancel_share(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Cancel what another client waits for; all who wait must agree, and the actor must live on."""
    others = client.others() or [client.ask(actors[0])]
    if pick & 1:
        client.operations.append(SleepOp(1))
    client.operations.append(Cancel(others[0]))
    if pick & 2:
        client.wait(others[0])


def _stop_settled(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Ask an actor that has certainly stopped."""
    client.operations += [StopOp(actors[0]), Settle()]
    if pick & 1:
        client.tell(actors[0])
    client.wait(client.ask(actors[0]))


def _stop_late(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    """Stop an actor that is handling a message."""
    reply = client.ask(actors[0])
    if pick & 1:
        reply = client.ask(actors[0])
    client.operations += [SleepOp(1), StopOp(actors[0])]
    client.wait(reply)


def _stop_twice(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    reply = client.ask(actors[0])
    client.operations += [StopOp(actors[0]), StopOp(actors[0])]
    client.wait(reply)


def _stop(client: ClientDraft, actors: Sequence[str], pick: int) -> None:
    if pick & 1:
        client.ask(actors[0])
    client.operations.append(StopOp(actors[0]))
    client.wait(client.ask(actors[0]))


GROUPS: dict[str, Group] = {
    group.name: group
    for group in (
        Group("ask", 1, 1, _ask),
        Group("two", 2, 2, _two),
        Group("falsy-ask", 1, 1, _falsy_ask),
        Group("tell", 1, 1, _tell),
        Group("tell-then-ask", 1, 2, _tell_then_ask),
        Group("compose", 1, 1, _compose, frozenset({"then"})),
        Group("compose-again", 1, 1, _compose_again, frozenset({"then"})),
        Group("gather", 2, 2, _gather),
        Group("again", 1, 1, _again),
        Group("late-wait", 1, 1, _late_wait),
        Group("burst", 1, 3, _burst),
        Group("sleep", 1, 1, _sleep),
        Group("unwaited", 1, 1, _unwaited),
        Group("refused", 1, 1, _refused, frozenset({"blocking-refused"})),
        Group("cancel", 1, 1, _cancel, frozenset({"cancel"})),
        Group("cancel-late", 1, 2, _cancel_late, frozenset({"cancel"})),
        Group("cancel-then-ask", 1, 3, _cancel_then_ask, frozenset({"cancel"})),
        Group("cancel-composed", 1, 1, _cancel_composed, frozenset({"cancel", "then"})),
        Group("cancel-gathered", 2, 2, _cancel_gathered, frozenset({"cancel", "gather"})),
        Group("share", 1, 1, _share),
        Group("cancel-share", 1, 1, _cancel_share, frozenset({"cancel"})),
        Group("stop", 1, 2, _stop, frozenset({"stop"})),
        Group("stop-settled", 1, 2, _stop_settled, frozenset({"stop"})),
        Group("stop-late", 1, 2, _stop_late, frozenset({"stop"})),
        Group("stop-twice", 1, 1, _stop_twice, frozenset({"stop"})),
    )
}

_BY_FEATURE: dict[str, tuple[str, ...]] = {
    "asks": ("two", "unwaited"),
    "gather": ("gather",),
    "compose": ("compose",),
    "read-again": ("compose-again",),
    "falsy": ("falsy-ask",),
    "several-waiters": ("again", "late-wait", "share"),
    "own-loop-result": ("refused",),
    "many-messages": ("burst", "tell-then-ask"),
    "tell": ("tell", "tell-then-ask"),
    "sleep": ("sleep",),
    "busy-actor": ("two",),
    "cancel": ("cancel", "cancel-late", "cancel-share"),
    "stop": ("stop", "stop-settled", "stop-late", "stop-twice"),
}


def groups_for(features: frozenset[str], capabilities: frozenset[str]) -> tuple[Group, ...]:
    """The groups that make these situations, with the plainest first; only what the capabilities allow."""
    wanted = {"ask"}.union(*(_BY_FEATURE.get(feature, ()) for feature in features))
    return tuple(group for name, group in GROUPS.items() if name in wanted and group.needs <= capabilities)
