"""Why nothing can move, in the words of the program: which client or turn waits for which ask of which actor.

The engine knows strands and what they block on; the history knows turns and asks. A coroutine that awaits is no
blocked strand, so only both together tell the whole story: the wait-for graph of turns, its cycle, and the replies
that nobody is left to complete (clauses D1, D2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from askance.history import Deadlock, Event, Waiting
from askance.program import Program

__all__ = ["explained"]


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
    loop_strands: dict[int, str] = field(default_factory=dict)

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

    def blockers(self, op: str, blocked: dict[str, str]) -> tuple[list[str], list[str]]:
        """Which turns must move before the reply `op` can come, and which replies nobody is left to complete.

        `blocked` maps a strand that blocks its loop to the turn in which it does.
        """
        if op in self.parts:
            found = [self.blockers(part, blocked) for part in self.parts[op]]
            return [t for turns, _ in found for t in turns], [r for _, replies in found for r in replies]
        ask = self.asks.get(op)
        if ask is None:
            return [], [op]
        end = self.ended.get(ask.message)
        if end is not None:
            if end.detail.startswith("deferred "):
                return self.blockers(end.detail.removeprefix("deferred "), blocked)
            if op in {waiting for _, waiting in self.waits}:
                return [], [f"{op} (the ask {ask.message} to {ask.actor}, whose turn {end.who} has ended)"]
            return [], []
        begin = self.turns.get(ask.message)
        if begin is not None:
            return [begin.who], []
        busy = self.open_turns.get(ask.actor)
        if busy:
            return list(busy), []
        place = self.placed.get(ask.actor)
        strand = self.loop_strands.get(place, "") if place is not None else ""
        if strand in blocked:
            return [blocked[strand]], []
        return [], [f"{op} (the ask {ask.message} to {ask.actor}, which {ask.actor} never took up)"]


def explained(program: Program, events: Sequence[Event], engine: Deadlock) -> Deadlock:
    """The deadlock as the engine found it, with the program's clients, turns and asks put in.

    Every open wait of the history is listed first, with the source line of its strand where the strand itself is
    blocked; then the strands that block outside of any wait. The engine's own cycle stands where turns show none.
    """
    standing = Standing.of(events)
    lines = {waiting.strand: waiting for waiting in engine.waiting}
    loops = {event.strand for event in events if event.kind == "loop-blocked"}
    # A strand runs one turn at a time without a switch, so its last begun open wait is the one that blocks it.
    blocked = {wait.strand: who for (who, _), wait in standing.waits.items() if wait.strand in loops}
    waiting: list[Waiting] = []
    graph: dict[str, list[str]] = {}
    forgotten: list[str] = []
    told: set[str] = set()
    for (who, op), wait in standing.waits.items():
        turns, lost = standing.blockers(op, blocked)
        graph.setdefault(who, []).extend(turns)
        forgotten += [reply for reply in lost if reply not in forgotten]
        ask = standing.asks.get(op)
        target = f"{op} (ask to {ask.actor})" if ask is not None else op
        line = lines.get(wait.strand)
        blocks = line is not None and (
            (wait.loop is None and wait.strand not in loops) or blocked.get(wait.strand) == who
        )
        waiting.append(
            Waiting(who, wait.strand, target, line.where if line is not None and blocks else "an await")
        )
        if blocks:
            told.add(wait.strand)
    waiting += [entry for entry in engine.waiting if entry.strand not in told]
    return Deadlock(tuple(waiting), find_cycle(graph) or engine.cycle, tuple(forgotten) or engine.forgotten)


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
