"""Checks of chapter D, deadlock: nothing waits for ever, no loop is blocked, and others are served meanwhile."""

from __future__ import annotations

from collections import Counter

from askance.clauses.base import Case, Violation
from askance.clauses.blame import hang_of
from askance.clauses.checks.answers import where
from askance.clauses.denoted import describe, outcomes_text
from askance.clauses.facts import Turn, Wait
from askance.clauses.hangs import Hang, blocked_in_spawn, blocked_in_stop, explanation, hangs, roots
from askance.clauses.lateness import late_turns, pending_beside
from askance.clauses.lost_messages import lost_message, said
from askance.clauses.misfits import first_of
from askance.history import BLOCKING, Outcome
from askance.program import Client, Settle


def hang_violation(case: Case, clause: str, hang: Hang, expected: str, actual: str) -> Violation:
    """The violation that a hang is, told from the wait down to the root."""
    return Violation(clause, expected, actual, explanation(case, hang), (hang.wait.begin,))


def d1_violation(case: Case) -> Violation | None:
    """A wait that nobody is left to end, or an operation that never returned."""
    if (hang := hang_of(case, "D1")) is not None:
        return hang_violation(
            case,
            "D1",
            hang,
            f"when nothing can move any more, {hang.wait.who} has the outcome of {describe(case, hang.wait.op)}",
            f"{hang.wait.who} waits for {hang.wait.op}, and nobody is left to complete {hang.reply}",
        )
    if case.history.ending == "deadlock" and not case.of(hangs) and (operation := stuck(case)):
        told = "\n".join(map(str, case.history.deadlock.waiting if case.history.deadlock else ()))
        return Violation(
            "D1",
            "when nothing can move any more, every operation of every client has returned",
            f"{operation} has not returned, and waits for no reply",
            told,
        )
    if (message := lost_message(case, "D1")) is not None:
        return Violation(
            "D1",
            f"{said(message)} is begun before nothing can move any more: {message.actor} is idle",
            f"{message.actor} has not begun it, and no handler has run on its loop since it was sent",
            f"nobody is left to wake {message.actor}: its loop, or what waits there for its messages\n"
            f"sent by {message.sender} on strand {case.facts.events[message.sent].strand or '?'}",
            (message.sent,),
        )
    for late in case.of(late_turns):
        if late.asleep:
            message = case.facts.messages[late.turn.message]
            began = case.facts.events[late.turn.begin].time
            return Violation(
                "D1",
                f"{said(message)} is begun at once (second {late.ready:g}): {message.actor} is idle",
                f"it was begun in second {began:g}; until then nothing happened on its loop, which was not woken",
                f"sent by {message.sender} on strand {case.facts.events[message.sent].strand or '?'}\n"
                f"begun by {late.turn.who} on strand {case.facts.events[late.turn.begin].strand or '?'}",
                (message.sent, late.turn.begin),
            )
    return None


def d1_reached(case: Case) -> bool:
    """Nothing could move any more, after somebody had waited while others went on: a wakeup could have been lost."""
    return bool(case.facts.standstills) and any(wait.done > wait.begin + 1 for wait in case.facts.waits)


def stuck(case: Case) -> str:
    """Who has not returned from an operation of the library's; "" if that is the closing of the system (clause L7)."""
    begun = Counter(event.who for event in case.facts.events if event.kind == "client-begin")
    ended = Counter(event.who for event in case.facts.events if event.kind == "client-end")
    phase = sum(event.kind == "settle" for event in case.facts.events)
    never = [one.name for one in case.program.clients if begun[one.name] < _phases_of(one, phase)]
    inside = [who for who in begun if begun[who] > ended[who]]
    if inside:
        return " and ".join(f"an operation of {who}" for who in inside)
    return f"the message that starts {never[0]} on its loop" if never else ""


def _phases_of(client: Client, phase: int) -> int:
    """In how many phases up to that one the client has something to do; settles end phases."""
    busy = [False]
    for operation in client.operations:
        if isinstance(operation, Settle):
            busy.append(False)
        else:
            busy[-1] = True
    return sum(busy[: phase + 1])


def d2_violation(case: Case) -> Violation | None:
    """A wait that never ended because what must run the asked actor is held, though no ask leads back."""
    if (hang := hang_of(case, "D2")) is not None:
        return hang_violation(
            case,
            "D2",
            hang,
            f"{describe(case, hang.wait.op)} ends: no ask leads back to where it came from",
            f"{hang.wait.who} waits for {hang.wait.op} for ever: {_held_by(hang)}",
        )
    return None


def d2_reached(case: Case) -> bool:
    """A turn waited for an ask that leads to no cycle."""
    return any(
        wait.done >= 0
        for turn in case.facts.turns
        if turn.actor not in case.traits.cyclic
        for wait in turn.waits
    )


def _held_by(hang: Hang) -> str:
    match hang.root:
        case "blocked-loop":
            return "a thread that must run an event loop is blocked"
        case "held":
            return "what must run the asked actor is held by a turn that waits"
        case "cycle":
            return "turns wait for each other"
        case _:
            return "threads wait for each other's locks"


def d3_violation(case: Case) -> Violation | None:
    """A cycle that hung or went unnoticed, or a cycle error for an ask that closes none."""
    if (hang := hang_of(case, "D3")) is not None:
        named = f" ({' -> '.join((*hang.cycle, hang.cycle[0]))})" if hang.cycle else ""
        return hang_violation(
            case,
            "D3",
            hang,
            f"the ask that closes the cycle{named} fails with an error that names it, or runs",
            f"{hang.wait.who} waits for {hang.wait.op} for ever",
        )
    misfit = first_of(case, "D3")
    if misfit is None:
        return None
    false = misfit.got.kind == "cycle"
    return Violation(
        "D3",
        f"{misfit.wait.op}: {outcomes_text(misfit.denoted)}"
        + (": this ask closes no cycle" if false else ""),
        f"{misfit.wait.op}: {misfit.got}",
        where(case, misfit.wait),
        (misfit.wait.begin, misfit.wait.done),
    )


def d3_reached(case: Case) -> bool:
    """Whether an ask was refused as the one that closes a cycle, or a turn began that its own actor waits for."""
    facts = case.facts
    if any(wait.outcome is not None and wait.outcome.kind == "cycle" for wait in facts.waits) or roots(
        case, "cycle"
    ):
        return True
    return any(_asked_by_itself(case, turn) for turn in facts.turns if turn.actor in case.traits.cyclic)


def _asked_by_itself(case: Case, turn: Turn) -> bool:
    facts = case.facts
    above: Turn | None = turn
    seen = set()
    while above is not None and above.who not in seen:
        seen.add(above.who)
        above = facts.turn.get(facts.messages[above.message].sender)
        if above is not None and above.actor == turn.actor:
            return True
    return False


def d4_violation(case: Case) -> Violation | None:
    """A strand that blocked while it ran an event loop, or a blocking wait there that was not refused."""
    facts = case.facts
    for at in facts.of_kind("loop-blocked"):
        if blocked_in_spawn(facts, at) or blocked_in_stop(facts, at):
            continue  # Clauses L5, L3 and L7.
        event = facts.events[at]
        asker = _asker_on(case, event.strand, at)
        what = f"{describe(case, asker.op)}, waited for by {asker.who}" if asker is not None else ""
        return Violation(
            "D4",
            "a blocking wait on a reply raises at once on the thread of a loop"
            if asker is None
            else f"blocking on {asker.op} raises at once: {asker.who} runs on an event loop",
            f"strand {event.strand or event.who or '?'} blocked inside its event loop",
            "\n".join(line for line in (event.detail, what) if line),
            (asker.begin, at) if asker is not None else (at,),
        )
    if case.can("blocking-refused"):
        for wait in own_loop_results(case):
            if wait.outcome is None or wait.outcome.kind == "refused" or _complete(case, wait):
                continue
            if not _time_passed(case, wait) and _of_the_reply(wait.outcome):
                continue  # It may have been completed between the ask and the look: nothing blocked.
            return Violation(
                "D4",
                f"blocking on {wait.op} raises at once: {wait.who} runs on an event loop",
                f"{wait.op}: {wait.outcome}" + (f" ({wait.outcome.detail})" if wait.outcome.detail else ""),
                where(case, wait),
                (wait.begin, wait.done),
            )
    misfit = first_of(case, "D4")
    if misfit is None:
        return None
    return Violation(
        "D4",
        f"{misfit.wait.op}: {outcomes_text(misfit.denoted)}",
        f"{misfit.wait.op}: {misfit.got}",
        where(case, misfit.wait),
        (misfit.wait.begin, misfit.wait.done),
    )


def d4_reached(case: Case) -> bool:
    """Somebody blocked, or was refused to, on a loop; without a claim to refuse: somebody waited on a loop."""
    if case.facts.of_kind("loop-blocked"):
        return True
    if case.can("blocking-refused"):
        return any(
            wait.outcome is not None and wait.outcome.kind == "refused" for wait in own_loop_results(case)
        )
    events = case.facts.events
    return any(wait.done > wait.begin and events[wait.done].loop is not None for wait in case.facts.waits)


def own_loop_results(case: Case) -> list[Wait]:
    """The waits by which clients that live on a loop block on replies; they may await the same replies besides."""
    blocked_on = case.traits.blocked_on
    if not blocked_on:
        return []
    events = case.facts.events
    return [
        wait for wait in case.facts.waits if wait.op in blocked_on and events[wait.begin].detail == BLOCKING
    ]


def _asker_on(case: Case, strand: str, at: int) -> Wait | None:
    """The wait that blocked the strand: the last one that began there and was open."""
    events = case.facts.events
    here = [wait for wait in case.facts.open_waits(at) if events[wait.begin].strand == strand]
    return max(here, key=lambda wait: wait.begin, default=None)


def _complete(case: Case, wait: Wait) -> bool:
    """Whether the reply may have been complete when the wait began: then there is nothing to block on."""
    turns = [case.facts.turn_of(op) for op in case.facts.asks_behind(wait.op)]
    return bool(turns) and all(turn is not None and 0 <= turn.end < wait.begin for turn in turns)


def _of_the_reply(outcome: Outcome) -> bool:
    """Whether it is how the reply ended, and no failure of the blocking wait itself."""
    return outcome.kind not in ("error", "timeout") or outcome.error is not None


def _time_passed(case: Case, wait: Wait) -> bool:
    events = case.facts.events
    return not case.history.timers_raced and events[wait.done].time > events[wait.begin].time


def d5_violation(case: Case) -> Violation | None:
    """A message that an idle actor began late, while somebody on the same loop waited."""
    if case.history.timers_raced:
        return None
    facts = case.facts
    events = facts.events
    for late in case.of(late_turns):
        turn, ready = late.turn, late.ready
        message = facts.messages[turn.message]
        began = events[turn.begin].time
        pending = None if late.asleep else pending_beside(case, turn, ready)
        if pending is not None:
            return Violation(
                "D5",
                f"{turn.actor} begins {message.id} at once (second {ready:g}), while {pending.who} "
                f"waits for {pending.op}",
                f"it began in second {began:g}, {began - ready:g} seconds later",
                f"{describe(case, pending.op)}, waited for on the same event loop\n"
                f"{turn.who} on strand {events[turn.begin].strand or '?'}",
                (pending.begin, message.sent, turn.begin),
            )
    return None


def d5_reached(case: Case) -> bool:
    """A turn began on a loop on which somebody else waited."""
    if case.history.timers_raced:
        return False
    facts = case.facts
    return any(
        (pending := pending_beside(case, turn, facts.events[turn.begin].time)) is not None
        and pending.begin < turn.begin
        for turn in facts.turns
    )
