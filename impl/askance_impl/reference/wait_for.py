"""Who waits for whom: the wait-for graph, and the search that finds an ask cycle before it becomes a deadlock.

The nodes are turns (an actor handling one message) and replies. A turn waits for the replies it is awaiting; the
reply of an ask waits for the turn which its actor is in, because an actor takes one message at a time; a composed
reply waits for its parts. If a turn is about to wait for a reply from which there is a way back to that turn, none
of them can ever go on (Knapp, Deadlock detection in distributed databases, ACM Computing Surveys 1987: a cycle in
the wait-for graph, with every actor a resource of one unit).

Carrying the chain of callers in each message is not enough. When client 1 asks a, which asks b, and client 2 asks
b, which asks a, neither chain holds an actor twice, and yet a and b wait for each other. Only the graph shows it.

The graph is nowhere kept as such, and no lock guards it. Each turn owns the list of what it waits for; an edge is
written first, and then the search looks. Of two turns on two threads which close a cycle at the same time, the
later one to write sees the edge of the other, so no cycle is missed; if both see it, both break it at the same ask.
What the search has seen may have changed since, so a cycle counts only if all of it is still there when looked at
again: an edge once gone does not come back, thus one found at both looks was there in between, together with all
the others.

A task that a handler starts belongs to its turn as long as the turn lasts: what it awaits, the turn awaits
(`asyncio.gather(a.ask(1), b.ask(2))` is two such tasks). A turn that has ended is waited for by no reply, so the
edges of a task that it left behind lead nowhere. A wait by somebody who is not in a turn adds no edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from askance_impl.reference.errors import AskCycle

__all__ = ["Turn", "Waited", "begin_wait", "check_dependence", "current_turn", "waiting"]


class Waited(Protocol):
    """A reply, as far as the search needs to know."""

    _done: bool
    _number: int
    """Asks are numbered in the order in which they were sent; -1 for any other reply."""

    def _turn_ahead(self) -> Turn | None:
        """The turn that has to end before this reply can come, if there is one now."""

    def _parts(self) -> Sequence[Waited]:
        """The replies that this one is made from."""

    def _fail_unless_shared(self, error: BaseException) -> bool:
        """Fail with `error`, unless more than one waits; False in that case."""


class Turn:
    """An actor handling one message, from the start of its handler to the end."""

    __slots__ = ("actor", "cancelled", "closing", "ended", "reply", "started", "task", "waits")

    def __init__(self, actor: Any, reply: Any) -> None:
        self.actor = actor
        self.reply = reply
        self.task: asyncio.Task[None] | None = None
        self.waits: list[Waited] = []
        self.started = False
        self.ended = False
        self.closing = False
        self.cancelled = False

    def cancel(self) -> None:
        """Raise CancelledError in the handler, where it waits. Only on the thread of the actor's loop."""
        if self.started and not self.ended and self.task is not None:
            self.cancelled = True
            self.task.cancel()


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)
"""The turn that this code runs in; None outside of handlers."""


class waiting:
    """`with waiting(reply)`: while the block waits for the reply, so does the turn that it runs in, if any.

    Entered when the waiter has been added to the reply. Raises AskCycle as `begin_wait` does.
    """

    __slots__ = ("reply", "turn")

    def __init__(self, reply: Waited) -> None:
        self.reply = reply
        self.turn = current_turn.get()

    def __enter__(self) -> None:
        if self.turn is not None:
            begin_wait(self.turn, self.reply)

    def __exit__(self, *error: object) -> None:
        if self.turn is not None:
            self.turn.waits.remove(self.reply)


def begin_wait(turn: Turn, reply: Waited) -> None:
    """Write the edge from `turn` to `reply`, and break the cycles that it closes.

    Of each cycle one ask fails with AskCycle, and so its message is not handled: the latest, for that is the one
    which closed the cycle. (With a -> b -> a it is the ask of b, even where a is the last to begin its wait.) An ask
    for which others wait too, who are perhaps in no cycle, is passed over for the next later one.

    Raises AskCycle, with the edge taken out, if others wait for each ask of a cycle.
    """
    turn.waits.append(reply)
    ahead = reply._turn_ahead()
    if ahead is not turn and not (ahead.waits if ahead is not None else reply._parts()):
        return  # the usual case: the ask of an actor which itself waits for nothing
    try:
        _break_cycles(turn, reply)
    except AskCycle:
        turn.waits.remove(reply)
        raise


def check_dependence(whole: Waited, part: Waited) -> None:
    """Break the cycles that are closed by the composed reply `whole` depending on `part`, as `begin_wait` does."""
    _break_cycles(whole, part)


def _break_cycles(asker: Turn | Waited, reply: Waited) -> None:
    while (path := _find_cycle(reply, asker)) is not None:
        asks = [(step, turn) for step in path if (turn := step._turn_ahead()) is not None]
        if not asks:
            raise AskCycle(["(a reply that depends on itself)"] * 2)
        actors = [asks[-1][1].actor.name, *[turn.actor.name for _, turn in asks]]
        latest_first = sorted(range(len(asks)), key=lambda index: asks[index][0]._number, reverse=True)
        # Round and round: from the asker of the ask that fails back to it.
        errors = {index: AskCycle([*actors[index:-1], *actors[: index + 1]]) for index in latest_first}
        if not any(asks[index][0]._fail_unless_shared(errors[index]) for index in latest_first):
            raise errors[0]


def _find_cycle(start: Waited, goal: Turn | Waited) -> list[Waited] | None:
    """The replies on a way from `start` back to `goal`, first `start`; None if there is no such way.

    `goal` is the turn that is about to wait for `start`, or a composed reply that is about to depend on it.
    """
    while (path := _search(start, goal)) is not None:
        if _still_there(path, goal):
            return path
    return None


def _search(start: Waited, goal: Turn | Waited) -> list[Waited] | None:
    came_from: dict[Waited, Waited | None] = {start: None}
    pending = [start]
    while pending:
        reply = pending.pop()
        if reply._done:
            continue
        turn = reply._turn_ahead()
        if reply is goal or (turn is goal and turn is not None):
            path: list[Waited] = []
            step: Waited | None = reply
            while step is not None:
                path.append(step)
                step = came_from[step]
            path.reverse()
            return path
        ahead = turn.waits if turn is not None else reply._parts()
        for following in tuple(ahead) if ahead else ():
            if following not in came_from:
                came_from[following] = reply
                pending.append(following)
    return None


def _still_there(path: list[Waited], goal: Turn | Waited) -> bool:
    """Whether every edge of the path is there now."""
    for reply, following in zip(path, [*path[1:], None], strict=True):
        turn = reply._turn_ahead()
        if reply._done:
            return False
        if following is None:
            return reply is goal or turn is goal
        if following not in (turn.waits if turn is not None else reply._parts()):
            return False
    return True
