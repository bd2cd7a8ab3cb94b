"""A schedule for the reader: what each strand did, in columns, with the switches and their reasons marked.

Made from a strict replay in which every step is watched; determinism makes that free of doubt. The rows are plain
data, so that they travel in the report; how wide they are shown is decided where they are printed.
"""

from __future__ import annotations

import re
import textwrap
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from askance.engine import Strategy
from askance.history import Event, History
from askance.report.operations import PHRASES, loop_names, operation_in_words
from askance.search.watched import Seen

__all__ = ["Slice", "Watching", "columns", "laid_out", "marked", "renamed", "rows", "slices", "strand_names"]

WIDEST = 44
"""A column is no wider than so many characters."""
NARROWEST = 18
"""Where columns would be narrower, the strands stand below each other."""
MOST_ROWS = 70
"""A longer schedule is cut in its middle."""
WIDTH = 110

MARKS = {
    ">": "the strand before is interrupted: it could go on",
    "~": "the strand before has to wait",
    "x": "the strand before has ended",
    "t": "time passes",
}
"""How a row that begins after a switch is marked."""


@dataclass(slots=True)
class Slice:
    """Steps that one strand made without a switch; `preempting`: the strand before it could have gone on."""

    strand: str
    first: int
    preempting: bool
    kind: str = ""
    """The first operation, in words."""
    reason: str = ""
    """Why the strand before was left; "" where that does not matter."""


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


def slices(seen: Sequence[Seen], names: Mapping[str, str]) -> list[Slice]:
    """The steps in slices, their first operations in words; `names` are what strands are called."""
    loops = loop_names([asdict(one) for one in seen], names)
    found: list[Slice] = []
    for one in seen:
        if not found or one.strand != found[-1].strand:
            did = operation_in_words(asdict(one), loops, names.get(one.strand, one.strand), made=True)
            reason = _reason(one.reason, loops, names)
            found.append(Slice(one.strand, one.step, one.preempting, did, reason))
    return found


def _reason(reason: str, loops: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Why a strand was left, what it is about to do in words: "c0 could go on: acquire Lock#1" says so."""
    for state in ("could go on", "cannot go on"):
        who, found, doing = reason.partition(f" {state}: ")
        if found:
            operation, _, thing = doing.partition(" ")
            step = {"operation": operation, "object": thing}
            said = operation_in_words(step, loops, names.get(who, who))
            return f"{who} {state}: {'next it ' if operation in PHRASES else ''}{said}"
    return reason


def columns(
    history: History, found: Sequence[Slice], names: Mapping[str, str], width: int = WIDTH
) -> list[str]:
    """The schedule as lines; `names` are what strands are called (see `strand_names`)."""
    return laid_out(rows(history, found, names), width)


def rows(history: History, found: Sequence[Slice], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The schedule as data: {strand, text, mark, reason} for each event that matters, and each switch of note."""
    made: list[dict[str, Any]] = []
    starts = [one.first for one in found]
    mailboxes = _mailboxes(history)
    shown = -1
    for event, mailbox in zip(history.events, mailboxes, strict=True):
        if not event.strand:
            continue
        at = bisect_right(starts, event.step) - 1
        for number in range(shown + 1, at):
            # A switch that nothing came of is still one.
            if found[number].preempting:
                made.append(_row(names, found[number], f"({found[number].kind})"))
                shown = number
        text = _text(event) + mailbox
        if text:
            if not made and found[at].strand == event.strand and not found[at].preempting:
                # What was before the first row is not shown, so that a switch would mean nothing.
                made.append(_row(names, replace(found[at], reason=""), text))
                shown = at
            elif at > shown and found[at].strand == event.strand:
                made.append(_row(names, found[at], text))
                shown = at
            else:
                made.append(_row(names, Slice(event.strand, event.step, False), text))
    return made


def _row(names: Mapping[str, str], one: Slice, text: str) -> dict[str, Any]:
    return {
        "strand": names.get(one.strand, one.strand),
        "text": text,
        "mark": _mark(one),
        "reason": renamed(one.reason, names),
        "step": one.first,
    }


def _mark(one: Slice) -> str:
    if one.preempting:
        return ">"
    if not one.reason:
        return " "
    if one.reason.endswith("has ended"):
        return "x"
    return "t" if one.reason in ("time passes", "its time has come") else "~"


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The text with strands called by their names: "strand 'Thread-1 (run)'" becomes "loop 0"."""
    for strand, name in names.items():
        called = re.escape(strand)
        text = re.sub(rf"(?:[Ss]trand )?'{called}'|(?:[Ss]trand )?(?<![\w-]){called}(?!\w)", name, text)
    return text


# ---------------------------------------------------------------- layout


def laid_out(made: Sequence[Mapping[str, Any]], width: int = WIDTH) -> list[str]:
    """The rows as lines of that width: one column a strand, or where that is too narrow, one below the other."""
    kept = _cut(list(made))
    order = list(dict.fromkeys(row["strand"] for row in kept))
    if not order:
        return []
    needed = {
        strand: min(WIDEST, max(len(strand), *(len(row["text"]) for row in kept if row["strand"] == strand)))
        for strand in order
    }
    room = width - 2 * len(order)
    while sum(needed.values()) > room:
        widest = max(order, key=needed.__getitem__)
        if needed[widest] <= NARROWEST:
            return _stacked(kept, order, width)
        needed[widest] -= 1
    lines = ["  " + "  ".join(strand[: needed[strand]].ljust(needed[strand]) for strand in order).rstrip()]
    for row in kept:
        strand = row["strand"]
        indent = "".join(" " * (needed[other] + 2) for other in order[: order.index(strand)])
        for at, line in enumerate(_wrapped(row["text"], needed[strand])):
            lines.append(f"{row['mark'] if at == 0 else ' '} {indent}{line}")
    return lines


def _stacked(kept: Sequence[Mapping[str, Any]], order: Sequence[str], width: int) -> list[str]:
    """Each row with its strand's name before it."""
    names = min(16, max(map(len, order)))
    lines = []
    for row in kept:
        for at, line in enumerate(_wrapped(row["text"], max(16, width - names - 5))):
            name = row["strand"][:names] if at == 0 else ""
            lines.append(f"{row['mark'] if at == 0 else ' '} {name:<{names}} | {line}")
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ") or [""]


def marked(made: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the marks mean that occur, and the reason of each switch away from a strand that could go on."""
    used = {row["mark"] for row in made}
    lines = [f"{mark} {meaning}" for mark, meaning in MARKS.items() if mark in used]
    lines += [
        f"> step {row['step']}: {row['strand']} goes on, though {row['reason']}"
        for row in made
        if row["mark"] == ">" and row["reason"]
    ]
    return lines


def _cut(made: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    if len(made) <= MOST_ROWS:
        return made
    half = MOST_ROWS // 2
    left = len(made) - 2 * half
    gap = {
        "strand": made[half]["strand"],
        "text": f"... {left} more ...",
        "mark": " ",
        "reason": "",
        "step": 0,
    }
    return [*made[:half], gap, *made[-half:]]


# ---------------------------------------------------------------- words


def strand_names(history: History, runners: Sequence[str] = ()) -> dict[str, str]:
    """What the strands that run loops of the implementation are called: by the loops' numbers in the program.

    A strand is loop 0 if only actors and clients of the program's loop 0 ran there, and these ran nowhere else.
    `runners` are the strands that run event loops: if only one has no number yet, and only one is left, it has that.
    """
    program = history.program
    placed: dict[str, Any] = {client.name: client.where for client in program.clients}
    found: dict[str, set[int]] = {}
    for event in history.events:
        if event.kind == "spawn":
            placed[event.actor] = event.value
        if event.kind in ("begin", "end", "client-begin") and event.loop is not None and event.strand:
            place = placed.get(event.who if event.kind == "client-begin" else event.actor)
            if isinstance(place, int):
                found.setdefault(event.strand, set()).add(place)
    numbers = [number for numbers in found.values() for number in numbers]
    names = {
        strand: min(loops)
        for strand, loops in found.items()
        if len(loops) == 1 and numbers.count(min(loops)) == 1
    }
    nameless = [strand for strand in dict.fromkeys(runners) if strand not in found and strand not in placed]
    left = [number for number in range(program.loops) if number not in numbers]
    if len(nameless) == len(left) == 1:
        names[nameless[0]] = left[0]
    return {strand: f"loop {number}" for strand, number in names.items()}


def _mailboxes(history: History) -> list[str]:
    """For each event: at the begin of a turn, what waits in the actor's mailbox besides; "" where nothing does."""
    waiting: dict[str, dict[str, str]] = {}
    found = []
    for event in history.events:
        said = ""
        mailbox = waiting.setdefault(event.actor, {})
        if event.kind in ("ask", "tell"):
            mailbox[event.message] = str(event.value)
        elif event.kind == "begin":
            mailbox.pop(event.message, None)
            if mailbox:
                said = f" [mailbox: {', '.join(mailbox.values())}]"
        found.append(said)
    return found


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
        case "closing" | "closed" as kind:
            return kind
        case _:
            return ""
