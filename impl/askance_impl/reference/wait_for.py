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
later one to write sees the edge of the other, so no cycle is missed; at worst both see it and both are refused.
What the search has seen may have changed since, so a cycle counts only if all of it is still there when looked at
again: an edge once gone does not come back, thus one found at both looks was there in between, together with all
the others.

A task that a handler starts belongs to its turn as long as the turn lasts: what it awaits, the turn awaits
(`asyncio.gather(a.ask(1), b.ask(2))` is two such tasks). A wait by somebody who is not in a turn adds no edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, Protocol

from askance_impl.reference.errors import AskCycle

__all__ = ["Turn", "Waited", "begin_wait", "check_dependence", "current_turn"]


class Waited(Protocol):
    """A reply, as far as the search needs to know."""

    _done: bool

    def _turn_ahead(self) -> Turn | None:
        """The turn that has to end before this reply can come, if there is one now."""

    def _parts(self) -> Sequence[Waited]:
        """The replies that this one is made from."""

    def _give_up(self, error: BaseException, part: Waited | None) -> bool:
        """Nobody waits any more: fail with `error` and let go of `part`; False if somebody else still waits."""


class Turn:
    """An actor handling one message, from the start of its handler to the end."""

    __slots__ = ("actor", "closing", "ended", "reply", "started", "task", "waits")

    def __init__(self, actor: Any, reply: Any) -> None:
        self.actor = actor
        self.reply = reply
        self.task: asyncio.Task[None] | None = None
        self.waits: list[Waited] = []
        self.started = False
        self.ended = False
        self.closing = False

    def cancel(self) -> None:
        """Raise CancelledError in the handler, where it waits. Only on the thread of the actor's loop."""
        if self.started and not self.ended and self.task is not None:
            self.task.cancel()


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)
"""The turn that this code runs in; None outside of handlers."""


def begin_wait(turn: Turn, reply: Waited) -> None:
    """Write the edge from `turn` to `reply`; the caller takes it out of `turn.waits` when the wait has ended.

    Raises AskCycle, with the edge taken out, if the wait would never end. The asks on the way from the turn up to
    and with the first whose actor is in the cycle are dropped, unless somebody else waits for them.
    """
    turn.waits.append(reply)
    path = _find_cycle(reply, turn)
    if path is None:
        return
    turn.waits.remove(reply)
    error = AskCycle((turn.actor.name, *_actors(path)))
    _drop(path, error)
    raise error


def check_dependence(whole: Waited, part: Waited) -> None:
    """Raise AskCycle if `part`, on which the composed reply `whole` now depends, in the end waits for `whole`."""
    path = _find_cycle(part, whole)
    if path is None:
        return
    actors = _actors(path) or ["(a reply that depends on itself)"]
    error = AskCycle((actors[-1], *actors))
    _drop(path, error)
    raise error


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
        for following in tuple(turn.waits) if turn is not None else tuple(reply._parts()):
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


def _actors(path: list[Waited]) -> list[str]:
    """The names of the actors along a path, in order."""
    return [turn.actor.name for reply in path if (turn := reply._turn_ahead()) is not None]


def _drop(path: list[Waited], error: AskCycle) -> None:
    """Fail the first replies of a refused path, down to the first ask, so that its message is not handled."""
    for reply, part in zip(path, [*path[1:], None], strict=True):
        is_ask = reply._turn_ahead() is not None
        if not reply._give_up(error, None if is_ask else part) or is_ask:
            return
