"""Why nothing can move, in the words of the program: which client or turn waits for which ask of which actor.

The engine knows strands and what they block on; the history knows turns and asks. A coroutine that awaits is no
blocked strand, so only both together tell the whole story: the wait-for graph of turns, its cycle, and the replies
that nobody is left to complete (clauses D1, D2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import FrameType
from typing import Any

from askance.history import Deadlock, Event, Waiting
from askance.run.clients import RunningClient
from askance.run.turns import Turn
from askance.world import Strand
from askance.world.frames import is_harness_place

__all__ = ["explained", "innermost", "inward", "outward", "waiter_name"]

MAIN = "strand 'main'"
"""The strand of the harness, which waits for the clients: no part of the program."""


@dataclass
class Standing:
    """What the events say is still going on at the end."""

    waits: dict[tuple[str, str], Event] = field(default_factory=dict)
    asks: dict[str, Event] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    turns: dict[str, Event] = field(default_factory=dict)
    open_turns: dict[str, list[str]] = field(default_factory=dict)
    ended: dict[str, Event] = field(default_factory=dict)
    placed: dict[str, int | None] = field(default_factory=dict)
    arrived: set[str] = field(default_factory=set)
    loop_strands: dict[int | None, str] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Sequence[Event]) -> Standing:
        """Read the events in order."""
        standing = cls()
        for event in events:
            standing.read(event)
        return standing

    def read(self, event: Event) -> None:
        """Take one more event into account."""
        match event.kind:
            case "ask":
                self.asks[event.op] = event
            case "compose":
                self.parts[event.op] = tuple(
                    [p for p in event.detail.split() if p in self.asks or p in self.parts]
                )
            case "wait":
                self.waits[event.who, event.op] = event
            case "done":
                self.waits.pop((event.who, event.op), None)
                self.arrived.add(event.op)
            case "begin":
                self.turns[event.message] = event
                self.open_turns.setdefault(event.actor, []).append(event.who)
                place = self.placed.get(event.actor)
                if place is not None:
                    self.loop_strands.setdefault(place, event.strand)
            case "end":
                self.ended[event.message] = event
                if event.who in self.open_turns.get(event.actor, ()):
                    self.open_turns[event.actor].remove(event.who)
            case "spawn":
                self.placed[event.actor] = event.value if isinstance(event.value, int) else None

    def blockers(self, op: str, blocked: dict[str, str]) -> tuple[list[tuple[str, ...]], list[str]]:
        """What must move before the reply `op` can come: steps of the graph that each end in a turn.

        Second, which replies nobody is left to complete. `blocked` maps a strand that blocks to its turn.
        """
        if op in self.parts:
            found = [self.blockers(part, blocked) for part in self.parts[op] if part not in self.arrived]
            steps = [step for steps, _ in found for step in steps]
            # A part whose turn has ended may well be complete; it is suspected only where no part can explain the wait.
            return steps, [] if steps else [reply for _, replies in found for reply in replies]
        ask = self.asks.get(op)
        if ask is None:
            return [], [op]
        end = self.ended.get(ask.message)
        if end is not None:
            if end.detail.startswith("deferred "):
                return self.blockers(end.detail.removeprefix("deferred "), blocked)
            return [], [f"{op} (the ask {ask.message} to {ask.actor}, whose turn {end.who} has ended)"]
        begin = self.turns.get(ask.message)
        if begin is not None:
            return [(begin.who,)], []
        busy = self.open_turns.get(ask.actor)
        if busy:
            return [(f"{ask.actor}, which is busy", turn) for turn in busy], []
        place = self.placed.get(ask.actor)
        strand = f"strand {self.loop_strands[place]!r}" if place in self.loop_strands else ""
        if strand in blocked:
            return [(f"{ask.actor}, whose loop is blocked", blocked[strand])], []
        return [], [f"{op} (the ask {ask.message} to {ask.actor}, which {ask.actor} never took up)"]

    def named(self, op: str) -> str:
        """The reply with the ask, or the parts, that it is of."""
        if op in self.asks:
            ask = self.asks[op]
            message = "" if ask.message == op else f" {ask.message}"
            return f"{op} (the ask{message} to {ask.actor})"
        return f"{op} (made of {', '.join(self.parts[op])})" if op in self.parts else op


def waiter_name(node: Any) -> str:
    """Which turn or client a strand or a task is at work for; "" if for none. The innermost counts."""
    if isinstance(node, Strand):
        return (
            "" if node.greenlet is None or node.name == "main" else innermost(outward(node.greenlet.gr_frame))
        )
    return innermost(reversed(list(inward(node.get_coro()))))


def innermost(frames: Iterable[FrameType]) -> str:
    """The turn or client of the first frame that belongs to one; "" if none does."""
    for frame in frames:
        own = frame.f_locals
        owner = own.get("turn", own.get("self"))
        if isinstance(owner, Turn):
            return owner.id
        if isinstance(owner, RunningClient):
            return owner.name
    return ""


def outward(frame: FrameType | None) -> Iterator[FrameType]:
    """The frame, and those that called it."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def inward(coroutine: Any) -> Iterator[FrameType]:
    """The frame of a suspended coroutine, and those of what it awaits."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)


def explained(events: Sequence[Event], engine: Deadlock) -> Deadlock:
    """The deadlock as the engine found it, with the program's clients, turns and asks put in.

    Every open wait of the history comes first, with the strand or task and the source line where the engine found
    it; then whatever else waits. The engine's own cycle and forgotten replies stand where the turns show neither.
    """
    standing = Standing.of(events)
    found: dict[str, Waiting] = {}
    for entry in engine.waiting:
        if entry.who:
            # A strand that blocks comes before the task that it runs, and says more.
            found.setdefault(entry.who, entry)
    blocked = {entry.strand: entry.who for entry in found.values() if entry.strand.startswith("strand ")}
    waiting: list[Waiting] = []
    graph: dict[str, list[str]] = {}
    forgotten: list[str] = []
    for (who, op), wait in standing.waits.items():
        steps, lost = standing.blockers(op, blocked)
        for step in steps:
            for node, following in pairwise((who, *step)):
                graph.setdefault(node, []).append(following)
        forgotten += [reply for reply in lost if reply not in forgotten]
        at = found.get(who)
        waiting.append(
            Waiting(
                who,
                at.strand if at is not None else f"strand {wait.strand!r}",
                standing.named(op),
                _place(at.where) if at is not None else "an await that no task is in any more",
            )
        )
    # Who waits for no reply is inside the implementation itself.
    told = {entry.who for entry in waiting if entry.who}
    waiting += [
        entry
        for entry in engine.waiting
        # The main strand is the harness's, until it is in the implementation's close().
        if entry.who not in told and not (entry.strand == MAIN and is_harness_place(entry.where))
    ]
    cycle = find_cycle(graph)
    if not cycle and not forgotten:
        return Deadlock(tuple(waiting), engine.cycle, engine.forgotten)
    return Deadlock(tuple(waiting), cycle, tuple(forgotten))


def _place(where: str) -> str:
    """The source line, "" where it is the harness's: what waits there is in the program, not in the code."""
    return "" if is_harness_place(where) else where


def find_cycle(graph: dict[str, list[str]]) -> tuple[str, ...]:
    """The first cycle in the graph, in the order of its keys; () if there is none."""
    finished: set[str] = set()
    for root in graph:
        path: list[str] = []
        stack = [iter([root])]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
                if path:
                    finished.add(path.pop())
            elif node in path:
                return tuple(path[path.index(node) :])
            elif node not in finished:
                path.append(node)
                stack.append(iter(graph.get(node, ())))
    return ()
