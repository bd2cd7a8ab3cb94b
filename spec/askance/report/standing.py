"""Where every strand stood at a moment, in the program's words: which client or turn it is at work for, and what on.

Called by the report, and by `askance replay --until`. A line of the implementation is shown where there is one; where a
strand is in none, what the client or the turn was doing says it all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from askance.history import Event
from askance.report.operations import MADE, PHRASES, operation_in_words
from askance.run.stuck import Standing as Open
from askance.search.watched import Watch

__all__ = ["at_work", "doing", "standing_data", "told_standing"]


def standing_data(watch: Watch, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Where each strand stands now, as data; `events` are those of the whole execution.

    `work` is in words, "" where the strand is at work for no client and no turn.
    """
    past = events[: watch.events]
    return [{**asdict(one), "work": at_work(one.work, past)} for one in watch.stands()]


def at_work(who: str, past: Sequence[Event]) -> str:
    """What a client or a turn is doing after these events; "" for nobody."""
    if not who:
        return ""
    standing = Open.of(past)
    waits = [op for waiter, op in standing.waits if waiter == who]
    if waits:
        return f"{who} waits for {standing.named(waits[-1])}"
    last = next((event for event in reversed(past) if event.who == who), None)
    match last:
        case None:
            return f"{who} has done nothing yet"
        case Event(kind="begin"):
            return f"turn {who} has begun, with message {last.value}"
        case Event(kind="end"):
            return f"turn {who} has ended"
        case Event(kind="client-begin"):
            return f"{who} has begun"
        case Event(kind="client-end"):
            return f"{who} has done all it had to do"
        case Event(kind="ask"):
            return f"{who} asks {last.actor} with {last.value} ({last.op})"
        case Event(kind="tell"):
            return f"{who} tells {last.actor} {last.value}"
        case Event(kind="stop" | "spawn" as kind):
            return f"{who} {kind}s {last.actor}"
        case Event(kind="cancel"):
            return f"{who} cancels {last.op}"
        case Event(kind="done"):
            return f"{who} has the outcome of {last.op}" if last.op else f"{who} was told at once"
        case Event(kind="loop-blocked"):
            return f"{who} blocks its event loop"
    return f"{who} makes {last.op} of other replies" if last.kind == "compose" else f"at work for {who}"


def told_standing(
    one: Mapping[str, Any], names: Mapping[str, str], loops: Mapping[str, str] | None = None
) -> list[str]:
    """Where one strand stands, in lines: who, and what it is at; then at which line; then that line.

    `names` are what strands are called, `loops` the engine's event loops.
    """
    name = names.get(one["who"], one["who"])
    operation, work = _next(one, name, loops or {}), _short(one.get("work", ""), name)
    if not one["where"]:
        return [f"{name}: {work or operation}"]
    at = f"{operation} at {one['where']}" if operation else f"at {one['where']}"
    lines = [f"{name}: {work}", f"    {at}"] if work else [f"{name}: {at}"]
    return [*lines, *([f"    {one['line']}"] if one["line"] else [])]


def doing(one: Mapping[str, Any], name: str, loops: Mapping[str, str]) -> str:
    """What a strand of that name is at, in a few words."""
    operation, work = _next(one, name, loops), _short(one.get("work", ""), name)
    return (f"{work}; {operation}" if operation and one["where"] else work) if work else operation


def _next(one: Mapping[str, Any], name: str, loops: Mapping[str, str]) -> str:
    operation, _, thing = one["doing"].partition(" ")
    told = operation_in_words({"operation": operation, "object": thing}, loops, name)
    # A strand waits already; all else it has only announced.
    return f"next it {told}" if operation in PHRASES and operation not in MADE else told


def _short(work: str, name: str) -> str:
    """A strand that has its client's name says it once."""
    return work.removeprefix(f"{name} ")
