"""A schedule for the reader: what each strand did, in columns, with the switches marked.

Made from a strict replay in which every step is watched; determinism makes that free of doubt.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from askance.engine import Strategy
from askance.history import Event, History

__all__ = ["Slice", "Watching", "columns"]

WIDEST = 34
"""A column is no wider than so many characters."""
MOST_ROWS = 70
"""A longer schedule is cut in its middle."""


@dataclass(slots=True)
class Slice:
    """Steps that one strand made without a switch; `preempting`: the strand before it could have gone on."""

    strand: str
    first: int
    preempting: bool
    kind: str = ""
    """The first operation."""


class Watching:
    """Follows a strategy, and keeps the slices."""

    observes = True

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.slices: list[Slice] = []
        self.steps = 0
        self.left: Any = None
        self.last: Any = None

    def begin(self) -> None:
        """Begin with no slices."""
        self.strategy.begin()

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """What the strategy picks."""
        chosen = self.strategy.pick(runnable, current)
        self.left = current if chosen is not current and current is not None and current.slot >= 0 else None
        return chosen

    def stepped(self, strand: Any) -> None:
        """Count the step; a step of another strand than the last begins a slice."""
        self.steps += 1
        if strand is not self.last:
            preempting = self.left is not None and self.left is self.last
            self.slices.append(Slice(strand.name, self.steps, preempting, str(strand.kind)))
            self.last = strand
        self.left = None


def columns(history: History, slices: Sequence[Slice]) -> list[str]:
    """The schedule as lines: one column a strand; `>` marks a switch away from a strand that could have gone on."""
    names = _names(history)
    rows: list[tuple[str, str, bool]] = []
    starts = [one.first for one in slices]
    shown: set[int] = set()
    for event in history.events:
        if not event.strand:
            continue
        at = bisect_right(starts, event.step) - 1
        for number in range(max(shown, default=-1) + 1, at):
            # A switch that nothing came of is still one.
            if slices[number].preempting:
                rows.append((slices[number].strand, f"({slices[number].kind})", True))
                shown.add(number)
        first = at >= 0 and at not in shown and slices[at].strand == event.strand
        text = _text(event)
        if text:
            rows.append((event.strand, text, first and slices[at].preempting))
            if first:
                shown.add(at)
    order = list(dict.fromkeys(strand for strand, _, _ in rows))
    width = {
        strand: min(
            WIDEST,
            max(len(names.get(strand, strand)), *(len(text) for who, text, _ in rows if who == strand)),
        )
        for strand in order
    }
    lines = [
        "  " + "  ".join(names.get(strand, strand)[:WIDEST].ljust(width[strand]) for strand in order).rstrip()
    ]
    for strand, text, switched in _cut(rows):
        before = "  ".join(" " * width[other] for other in order[: order.index(strand)] if other)
        indent = before + ("  " if before else "")
        lines.append(("> " if switched else "  ") + indent + text)
    return lines


def _cut(rows: list[tuple[str, str, bool]]) -> list[tuple[str, str, bool]]:
    if len(rows) <= MOST_ROWS:
        return rows
    half = MOST_ROWS // 2
    left = len(rows) - 2 * half
    return [*rows[:half], (rows[half][0], f"... {left} more ...", False), *rows[-half:]]


def _names(history: History) -> dict[str, str]:
    """The strands that run loops of the implementation, by the loops' numbers."""
    loops: dict[str, set[int]] = {}
    for event in history.events:
        if event.kind in ("begin", "end") and event.loop is not None and event.strand:
            loops.setdefault(event.strand, set()).add(event.loop)
    return {strand: f"loop {min(found)}" for strand, found in loops.items() if len(found) == 1}


def _text(event: Event) -> str:
    """The event in a few words."""
    match event.kind:
        case "ask":
            return f"{event.op} = ask {event.actor}({event.value})"
        case "tell":
            return f"tell {event.actor}({event.value})"
        case "compose":
            return f"{event.op} = {event.detail}"
        case "wait":
            return (
                f"{event.who} waits for {event.op}"
                if event.who not in event.op.split(".")
                else f"waits for {event.op}"
            )
        case "done":
            return f"{event.op or event.message}: {event.outcome}"
        case "begin":
            return f"{event.who} begins, message {event.value}"
        case "end":
            return f"{event.who} ends: {event.outcome if event.outcome is not None else event.detail}"
        case "apply":
            return f"applies a function for {event.op}"
        case "stop" | "spawn":
            return f"{event.kind} {event.actor}" if event.who or event.kind == "stop" else ""
        case "cancel":
            return f"cancel {event.op}"
        case "loop-blocked":
            return "BLOCKS ITS EVENT LOOP"
        case "uncaught":
            return f"uncaught: {event.detail}"
        case "settle":
            return "nothing can move"
        case "closed":
            return "closed"
        case _:
            return ""
