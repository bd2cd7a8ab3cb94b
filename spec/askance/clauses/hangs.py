"""Why nothing can move although something waits: each hang followed to its root, and named.

The theory is the wait-for graph (Coffman, Elphick, Shoshani, "System Deadlocks", 1971), with turns as nodes: a
turn waits for a reply; the reply waits for the turn that handles its message; a message that nobody has begun
waits for the turn that its actor is busy with. Following these edges from an open wait ends in a cycle, or in
something that nobody is left to do. Every hang belongs to the clauses about its root and to no others, so that a
blocked loop is not also reported as a lost wakeup.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from askance.clauses.base import Case
from askance.clauses.denoted import describe, ended_by_failure
from askance.clauses.facts import Facts, Turn, Wait
from askance.run.stuck import MAIN

Root = Literal[
    "blocked-loop",  # a thread that runs an event loop blocked: nothing else of that loop can run
    "cycle",  # the edges lead back to a turn
    "held",  # the asked actor is idle, but what must run it is held by a turn that waits
    "not-begun",  # the asked actor is idle, and its message was never begun
    "not-woken",  # the turn ended, and its asker was not told
    "not-resumed",  # the turn began, waits for no reply, and never ended
    "stopped",  # the asked actor was stopped, and nobody failed the ask
    "cancelled",  # the ask, or the turn behind it, was cancelled
    "seen",  # this waiter has had the outcome of this very reply before
]


@dataclass(frozen=True, slots=True)
class Hang:
    """One wait that nobody will end: its root, and the way there as lines for the reader."""

    wait: Wait
    root: Root
    reply: str
    """The reply that nobody is left to complete."""
    way: tuple[str, ...]
    cycle: tuple[str, ...] = ()
    """The actors of the cycle, in the order of their asks; empty for other roots."""
    at: int = 0
    """The position at which nothing could move."""


def hangs(case: Case) -> tuple[Hang, ...]:
    """The hangs at the first standstill that has any; () if every wait ended."""
    facts = case.facts
    for at in facts.standstills:
        if open_waits := facts.open_waits(at):
            return tuple(replace(_follow(case, wait, at), at=at) for wait in open_waits)
    return ()


def roots(case: Case, *names: Root) -> tuple[Hang, ...]:
    """The hangs whose root is one of these."""
    return tuple(hang for hang in case.of(hangs) if hang.root in names)


def _follow(case: Case, wait: Wait, at: int) -> Hang:
    """The hang that begins at that wait."""
    facts = case.facts
    way: list[str] = []
    path: list[Turn] = []
    waiter, op = wait.who, wait.op
    blocked = _blocked_loops(facts, at)

    def ends(root: Root, reply: str) -> Hang:
        return Hang(wait, "blocked-loop" if blocked and root != "cycle" else root, reply, tuple(way))

    while True:
        way.append(f"{_at_line(case, waiter)} waits for {describe(case, op)}")
        if (cancelled := _cancelled_part(facts, op)) is not None:
            return ends("cancelled", cancelled)
        op = _pending_part(facts, op, at)
        message = facts.asks.get(op)
        if message is None:
            return ends("not-woken", op)
        turn = next((turn for turn in message.turns if turn.begin < at), None)
        if turn is None:
            busy = facts.occupying(message.actor, at)
            if busy is None:
                return ends(_idle(case, message.actor, message.sent, at, way), op)
            turn = busy
            way.append(f"{message.actor} has not begun it: it is busy with {turn.who}")
        if turn in path:
            cycle = path[path.index(turn) :]
            return replace(ends("cycle", op), cycle=tuple(dict.fromkeys(turn.actor for turn in cycle)))
        path.append(turn)
        if 0 <= turn.end < at:
            if turn.deferred:
                way.append(f"{turn.who} answered with the un-awaited reply {turn.deferred}")
                waiter, op = turn.who, turn.deferred
                continue
            if any(0 <= other.done < at and other.who == waiter for other in facts.waits_for.get(op, ())):
                return ends("seen", op)
            way.append(f"{turn.who} handled it and {turn.outcome or 'ended'}; {waiter} was not woken")
            worker = _held_worker(case, path[:-1], at)
            if worker:
                way.append(f"{worker}, a thread of the implementation's, waits for another ask meanwhile")
                return ends("held", op)
            return ends("not-woken", op)
        inner = next((inner for inner in turn.waits if inner.begin < at and not 0 <= inner.done < at), None)
        if inner is None:
            way.append(f"{turn.who} began it and never ended, though it waits for no reply")
            return ends("not-resumed", op)
        waiter, op = turn.who, inner.op


def _idle(case: Case, actor: str, sent: int, at: int, way: list[str]) -> Root:
    """Why an actor that handles nothing has not begun a message; adds the reason to the way."""
    facts = case.facts
    if facts.stops.get(actor, at) < at or actor in case.of(ended_by_failure):
        way.append(f"{actor} was stopped, and the ask was not failed")
        return "stopped"
    sender = facts.turn.get(facts.events[sent].who) if sent >= 0 else None
    if ended := _ended_by(case, actor, at):
        way.append(
            f"{actor} is idle and never began it; its last turn, {ended.who}, let an exception end its thread"
        )
        return "not-begun"
    held = _holders(case, actor, sender, at)
    if held:
        way.append(f"{actor} is idle and has not begun it; {held} holds what would run it")
        return "held"
    way.append(f"{actor} is idle and never began it")
    return "not-begun"


def _ended_by(case: Case, actor: str, at: int) -> Turn | None:
    """The actor's last turn by then, if it failed and nobody caught the exception on its strand."""
    facts = case.facts
    turn = next((turn for turn in reversed(facts.turns_of.get(actor, ())) if turn.begin < at), None)
    if turn is None or turn.outcome is None or turn.outcome.kind != "error":
        return None
    strand = facts.events[turn.begin].strand
    uncaught = any(facts.events[position].strand == strand for position in facts.of_kind("uncaught"))
    return turn if uncaught else None


def _holders(case: Case, actor: str, sender: Turn | None, at: int) -> str:
    """The waiting turn that holds what must run the actor: its asker on the same loop, or on a pool's thread."""
    if sender is None or 0 <= sender.end < at:
        return ""
    if not case.can("async-handlers"):
        return sender.who
    loops = case.traits.loops
    placed = case.can("loops") and loops.get(actor) is not None
    return sender.who if placed and loops.get(actor) == loops.get(sender.actor) else ""


def _cancelled_part(facts: Facts, op: str) -> str | None:
    """The reply itself or the first of those that it is made of, if a client cancelled it."""
    if op in facts.cancels:
        return op
    composed = facts.composed.get(op)
    parts = (_cancelled_part(facts, part) for part in composed.parts) if composed is not None else ()
    return next((part for part in parts if part is not None), None)


def _held_worker(case: Case, above: list[Turn], at: int) -> str:
    """A thread that is nobody's turn or client and is blocked, not idle, while turns above wait for asks of theirs.

    It may be what must tell a waiter, held by an ask further up: a pool that nested asks exhaust. A thread on which
    turns have begun, and which is in none, is an actor's that waits for its next message.
    """
    deadlock = case.history.deadlock
    if len(above) < 2 or deadlock is None or at < len(case.facts.events):
        return ""
    facts = case.facts
    actors = {f"strand {facts.events[turn.begin].strand!r}" for turn in facts.turn.values()}
    idle = [one.strand for one in deadlock.waiting if not one.who and one.strand != MAIN]
    return next((one for one in idle if one.startswith("strand ") and one not in actors), "")


def _pending_part(facts: Facts, op: str, at: int) -> str:
    """The first part of a composed reply whose own turn has not ended; the reply itself if there is none."""
    composed = facts.composed.get(op)
    if composed is None:
        return op
    for part in composed.parts:
        inner = _pending_part(facts, part, at)
        message = facts.asks.get(inner)
        if message is None or inner in facts.composed:
            continue
        turns = [turn for turn in message.turns if turn.begin < at]
        if message.id not in facts.sent_in_vain and (
            not turns or not 0 <= turns[0].end < at or turns[0].deferred
        ):
            return inner
    return op


def _blocked_loops(facts: Facts, at: int) -> list[int]:
    """Positions before `at` at which a strand blocked while it ran an event loop."""
    return [position for position in facts.of_kind("loop-blocked") if position < at]


def blocked_in_stop(facts: Facts, at: int) -> str:
    """The actor that the turn which blocked its loop at that position was stopping (L3 if its own, else L7); or ""."""
    who = facts.events[at].who
    last = next((event for event in reversed(facts.events[:at]) if event.who == who), None)
    return last.actor if who and last is not None and last.kind == "stop" else ""


def blocked_in_spawn(facts: Facts, at: int) -> bool:
    """Whether the turn that blocked its loop at that position was spawning an actor (clause L5)."""
    who = facts.events[at].who
    last = next((event for event in reversed(facts.events[:at]) if event.who == who), None)
    return bool(who) and last is not None and last.kind == "spawn"


def _at_line(case: Case, who: str) -> str:
    """The waiter, with the source line at which it waits where the engine knows it."""
    deadlock = case.history.deadlock
    line = next((waiting.where for waiting in deadlock.waiting if waiting.who == who), "") if deadlock else ""
    return f"{who} (at {line})" if line else who


def explanation(case: Case, hang: Hang) -> str:
    """The way to the hang's root, one step a line, and what the engine says of the strands that wait."""
    lines = list(hang.way)
    if hang.root in ("not-begun", "not-woken", "not-resumed"):
        lines.append(f"nobody is left to complete {hang.reply}")
    if hang.cycle:
        lines.append("cycle: " + " -> ".join((*hang.cycle, hang.cycle[0])))
    facts = case.facts
    for position in _blocked_loops(facts, hang.at):
        event = facts.events[position]
        lines.append(f"strand {event.strand or event.who} blocked its event loop: {event.detail}")
    for waiting in case.history.deadlock.waiting if case.history.deadlock else ():
        said = f"{waiting.who} (at ", f"{waiting.who} waits for "
        if not waiting.who or not any(line.startswith(said) for line in hang.way):
            lines.append(str(waiting))
    return "\n".join(dict.fromkeys(lines))
