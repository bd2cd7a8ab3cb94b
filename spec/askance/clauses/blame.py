"""Which clause a hang belongs to: exactly one, by its root and by what was done to the actor that owes the reply."""

from __future__ import annotations

from askance.clauses.base import Case
from askance.clauses.facts import Message
from askance.clauses.hangs import Hang, blocked_in_spawn, blocked_in_stop, hangs
from askance.clauses.letting_go import given_up, let_go
from askance.clauses.lost_errors import lost_errors
from askance.errors import KINDS


def hang_of(case: Case, clause: str) -> Hang | None:
    """The first hang of the case that belongs to that clause."""
    return next((hang for hang, blamed in case.of(_blamed) if blamed == clause), None)


def _blamed(case: Case) -> tuple[tuple[Hang, str], ...]:
    """Every hang with its clause."""
    return tuple((hang, _clause_of(case, hang)) for hang in case.of(hangs))


def _clause_of(case: Case, hang: Hang) -> str:
    match hang.root:
        case "blocked-loop" if any(
            blocked_in_spawn(case.facts, at) for at in case.facts.of_kind("loop-blocked")
        ):
            return "L5"
        case "blocked-loop" if stopping := _stopping(case):
            return stopping
        case "not-begun" | "not-resumed" if case.history.deadlock and case.history.deadlock.cycle:
            # The engine saw threads wait for each other, on locks of the implementation's own.
            return "D3" if on_a_cycle(case, hang) else "D2"
        case "cycle" | "held" | "blocked-loop":
            return "D3" if on_a_cycle(case, hang) else "D2"
        case "seen":
            return "A2"
        case "cancelled":
            return "C1"
        case "stopped":
            return "L1" if sent_after_stop(case, hang.reply) else "L2"
        case "not-woken" if _another_was_told(case, hang.reply) or _mapped_for_another(case, hang.reply):
            return "A2"
        case "not-woken" if stopped := stopped_meanwhile(case, hang.reply):
            return stopped
        case "not-woken":
            return "A4" if any(lost is hang for lost, _ in case.of(lost_errors)) else "D1"
    return _clause_of_owing_actor(case, hang)


def _stopping(case: Case) -> str:
    """L3 if a handler that stops its own actor blocks its loop, L7 if it stops another; "" for all else."""
    facts = case.facts
    for at in facts.of_kind("loop-blocked"):
        if actor := blocked_in_stop(facts, at):
            return "L3" if facts.turn[facts.events[at].who].actor == actor else "L7"
    return ""


def stopped_meanwhile(case: Case, op: str) -> str:
    """The clause of an answer that was lost while its actor was being stopped; "" if it was not.

    If its own turn stopped the actor that is L3, if somebody else did in the course of that turn it is L2.
    """
    facts = case.facts
    turn = facts.turn_of(op)
    if turn is None or turn.outcome is None or turn.actor not in facts.stops:
        return ""
    during = [event for event in facts.events[turn.begin : turn.end] if event.kind == "stop"]
    during = [event for event in during if event.actor == turn.actor]
    if any(event.who == turn.who for event in during):
        return "L3"
    return "L2" if during else ""


def _mapped_for_another(case: Case, op: str) -> bool:
    """Whether a composition of this very reply was told its outcome: then its other waiter was forgotten."""
    facts = case.facts
    made = {one.op for one in facts.composed.values() if op in one.parts}
    return any(facts.events[at].op in made for at in facts.of_kind("apply")) or any(
        wait.outcome is not None and wait.outcome.kind not in ("refused", "timeout", "cancelled")
        for one in made
        for wait in facts.waits_for.get(one, ())
    )


def _another_was_told(case: Case, op: str) -> bool:
    """Whether a wait for this reply, or one that it is made of, has ended: then one of several was not told."""
    composed = case.facts.composed.get(op)
    waits = (
        wait
        for one in (op, *(composed.parts if composed else ()))
        for wait in case.facts.waits_for.get(one, ())
    )
    return any(wait.outcome is not None and wait.outcome.kind not in ("refused", "timeout") for wait in waits)


def _clause_of_owing_actor(case: Case, hang: Hang) -> str:
    """The clause of a hang at a message that was not begun, or at a turn that did not end."""
    message = case.facts.asks.get(hang.reply)
    if message is None:
        return "D1"
    if hang.reply in case.of(let_go).cancelled:
        return "C3"
    return clause_of_unbegun(case, message, hang.at, otherwise="D1") if not message.turns else "D1"


def clause_of_unbegun(case: Case, message: Message, at: int, otherwise: str) -> str:
    """The clause that a message violates which its idle actor has not begun at a standstill.

    If nothing happened on the actor's loop since the message was sent, the loop was not woken (D1). If the loop went
    on, the actor itself is gone: after a cancellation (C3), an ask that was given up (C4), or a failure (L6). A spawned
    actor that never handled anything did not come to life (L5).
    """
    facts = case.facts
    if message.actor not in case.traits.loops and message.actor not in facts.turns_of:
        return "L5"
    if case.can("async-handlers") and not loop_went_on(case, message, at):
        return "L6" if _ended_its_loop(case, message.actor, at) else "D1"
    last = max((turn.begin for turn in facts.turns_of.get(message.actor, ())), default=-1)
    if last < case.of(let_go).actors.get(message.actor, at) < at:
        return "C3"
    if last < case.of(given_up).get(message.actor, at) < at:
        return "C4"
    if failed_before(case, message.actor, at):
        return "L6"
    return "L5" if message.actor not in case.traits.loops else otherwise


def _ended_its_loop(case: Case, actor: str, at: int) -> bool:
    """Whether the actor's last turn by then raised what `asyncio` lets through to the thread that runs the loop."""
    turns = [turn for turn in case.facts.turns_of.get(actor, ()) if turn.begin < at]
    error = turns[-1].outcome.error if turns and turns[-1].outcome is not None else None
    return error is not None and error.kind in KINDS and issubclass(KINDS[error.kind], SystemExit)


def loop_went_on(case: Case, message: Message, at: int) -> bool:
    """Whether anything happened on the receiver's loop after the message had surely been sent, and before `at`.

    If so the loop was awake with the message in its queue, and no wakeup was lost. The send is over when its sender
    is seen to do something else. A sender on the very loop of the receiver has kept it awake.
    """
    facts = case.facts
    events = facts.events
    placed = case.traits.loops.get(message.actor)
    neighbours = {message.actor} | {
        actor for actor, loop in case.traits.loops.items() if loop is not None and loop == placed
    }
    homes = {events[turn.begin].strand for actor in neighbours for turn in facts.turns_of.get(actor, ())}
    sender = events[message.sent].who
    if placed is not None and _lives_on(case, sender, placed):
        return True
    sent = next((here for here in range(message.sent + 1, at) if events[here].who == sender), at)
    return any(events[here].strand in homes for here in range(sent, min(at, len(events))))


def _lives_on(case: Case, who: str, loop: int) -> bool:
    """Whether the client or turn runs on that loop of the system's."""
    turn = case.facts.turn.get(who)
    if turn is not None:
        return case.traits.loops.get(turn.actor) == loop
    return any(client.name == who and client.where == loop for client in case.program.clients)


def on_a_cycle(case: Case, hang: Hang) -> bool:
    """Whether the reply that hangs is asked of actors whose asks lead to a cycle."""
    facts = case.facts
    return any(case.traits.leads_to_a_cycle(facts.asks[op].actor) for op in facts.asks_behind(hang.wait.op))


def failed_before(case: Case, actor: str, at: int) -> bool:
    """Whether the actor's last turn by then failed: it should have lived on (clause L6)."""
    turns = [turn for turn in case.facts.turns_of.get(actor, ()) if turn.begin < at]
    return bool(turns) and turns[-1].outcome is not None and turns[-1].outcome.kind == "error"


def sent_after_stop(case: Case, op: str) -> bool:
    """Whether the ask was sent after its actor had surely stopped: nothing could move any more in between."""
    facts = case.facts
    message = facts.asks.get(op)
    if message is None:
        return False
    stopped = facts.stops.get(message.actor, len(facts.events))
    return any(stopped < standstill < message.sent for standstill in facts.standstills)
