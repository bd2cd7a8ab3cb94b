"""Checks of chapter A, answers: what an ask gives, to whom, and where its waiter goes on."""

from __future__ import annotations

from askance.clauses.base import Case, Violation
from askance.clauses.blame import hang_of
from askance.clauses.denoted import denoted_by, describe, outcomes_text
from askance.clauses.facts import Wait
from askance.clauses.hangs import explanation
from askance.clauses.lost_errors import lost_errors
from askance.clauses.misfits import Misfit, first_of
from askance.clauses.placement import differing_placements, mixed_placements, placement_reached
from askance.clauses.values import same
from askance.history import Outcome
from askance.program import mapped


def where(case: Case, wait: Wait) -> str:
    """Which reply was waited for, by whom, on which strand."""
    event = case.facts.events[wait.begin]
    turn = case.facts.turn_of(wait.op)
    lines = [describe(case, wait.op)]
    if turn is not None:
        handled = case.facts.events[turn.begin]
        ended = "" if turn.outcome is None else f", which ended: {turn.outcome}"
        lines.append(f"handled in {turn.who} on strand {handled.strand or '?'}{ended}")
    lines.append(f"waited for by {wait.who} on strand {event.strand or '?'}")
    return "\n".join(lines)


def misfit_violation(case: Case, clause: str) -> Violation | None:
    """The first misfit of that clause as a violation."""
    misfit = first_of(case, clause)
    if misfit is None:
        return None
    return Violation(
        clause,
        f"{misfit.wait.op}: {outcomes_text(misfit.denoted)}",
        f"{misfit.wait.op}: {misfit.got}",
        where(case, misfit.wait),
        (misfit.wait.begin, misfit.wait.done),
    )


def _finished(case: Case, *kinds: str) -> bool:
    """Whether some wait ended that may end in an outcome of one of these kinds."""
    return any(
        wait.outcome is not None and any(one.kind in kinds for one in denoted_by(case, wait.op) or ())
        for wait in case.facts.waits
    )


def a1_violation(case: Case) -> Violation | None:
    """A wait whose value is not the one that the program denotes."""
    return misfit_violation(case, "A1")


def a1_reached(case: Case) -> bool:
    """Some wait ended that denotes a value."""
    return _finished(case, "value")


def a2_violation(case: Case) -> Violation | None:
    """Two waits for one reply that differ, one that never woke after another did, or a second completion."""
    facts = case.facts
    for op, waits in facts.waits_for.items():
        if op in facts.cancels:
            continue  # Who wins against a cancellation, and that all agree, is C5's.
        seen = [
            wait
            for wait in waits
            if wait.outcome is not None and wait.outcome.kind not in ("refused", "timeout")
        ]
        for wait in seen[1:]:
            first = seen[0]
            assert first.outcome is not None and wait.outcome is not None
            if not same(first.outcome, wait.outcome):
                return Violation(
                    "A2",
                    f"every wait for {op} sees the same: {first.who} saw {first.outcome}",
                    f"{wait.who} saw {wait.outcome}",
                    where(case, wait),
                    (first.done, wait.done),
                )
        if (violation := disagreeing_composition(case, "A2", op)) is not None:
            return violation
    if (hang := hang_of(case, "A2")) is not None:
        return Violation(
            "A2",
            f"every wait for {hang.reply} wakes",
            f"one wait for it ended, another by {hang.wait.who} never did",
            explanation(case, hang),
            (hang.wait.begin,),
        )
    raced = facts.cancels or any(wait.outcome and wait.outcome.kind == "timeout" for wait in facts.waits)
    for at in () if raced else facts.of_kind("uncaught"):
        event = facts.events[at]
        if "InvalidStateError" in event.detail:
            return Violation(
                "A2",
                "a reply is completed once",
                f"it was completed again: {event.detail}",
                f"on strand {event.strand or '?'}",
                (at,),
            )
    return None


def a2_reached(case: Case) -> bool:
    """Some reply was waited for twice, or waited for and composed."""
    facts = case.facts
    if any(sum(wait.outcome is not None for wait in waits) > 1 for waits in facts.waits_for.values()):
        return True
    composed = [made for op, made in facts.composed.items() if op in facts.waits_for]
    return any(part in facts.waits_for for made in composed for part in made.parts)


def disagreeing_composition(case: Case, clause: str, op: str) -> Violation | None:
    """Where a reply may end in several ways, a composition of it must have seen the way that its other waiters saw.

    If a client cancelled the reply that is C5's, otherwise A2's.
    """
    composed = case.facts.composed.get(op)
    seen = [
        wait
        for wait in case.facts.waits_for.get(op, ())
        if wait.outcome is not None and wait.outcome.kind not in ("refused", "timeout")
    ]
    if composed is None or composed.kind != "then" or not seen:
        return None
    (part,) = composed.parts
    if len(denoted_by(case, part) or ()) < 2 or (part in case.facts.cancels) is not (clause == "C5"):
        return None
    for wait in case.facts.waits_for.get(part, ()):
        if wait.outcome is None or wait.outcome.kind in ("refused", "timeout"):
            continue
        expected = wait.outcome
        if expected.kind == "value":
            expected = Outcome("value", mapped(composed.symbol, expected.value))
        got = seen[0].outcome
        if got is not None and not same(expected, got):
            return Violation(
                clause,
                f"{op} sees what {wait.who} saw of {part}: {expected}",
                f"{op}: {got}",
                where(case, seen[0]),
                (wait.done, seen[0].done),
            )
    return None


def a3_violation(case: Case) -> Violation | None:
    """A wait whose result is, or holds, something to be waited for again."""
    misfit = first_of(case, "A3")
    if misfit is None:
        return None
    return Violation(
        "A3",
        f"{misfit.wait.op}: {_flat_text(misfit)}",
        f"{misfit.wait.op}: {misfit.got.detail or 'a nested awaitable'}",
        where(case, misfit.wait)
        + "\na result that must be waited for again hides one reply in another: await the inner one first",
        (misfit.wait.begin, misfit.wait.done),
    )


def a3_reached(case: Case) -> bool:
    """Some turn waited for an ask, or returned one un-awaited: something could have come nested."""
    return any(turn.deferred or any(wait.outcome for wait in turn.waits) for turn in case.facts.turns)


def _flat_text(misfit: Misfit) -> str:
    """What should have come: the answers that are denoted, without the ways in which a wait may be cut short."""
    answers = frozenset(one for one in misfit.denoted if one.kind in ("value", "error"))
    return outcomes_text(answers) if answers else "a value, after one wait"


def a4_violation(case: Case) -> Violation | None:
    """A wait that ended otherwise than in the error that is denoted, or never, because the error was lost."""
    if (violation := misfit_violation(case, "A4")) is not None:
        return violation
    owed = hang_of(case, "A4")
    for hang, turn in case.of(lost_errors):
        if hang is not owed:
            continue
        return Violation(
            "A4",
            f"{hang.reply}: {turn.outcome}, as {turn.who} did",
            f"{hang.reply}: the error was lost, and {hang.wait.who} waits for ever",
            explanation(case, hang),
            (turn.end, hang.wait.begin),
        )
    return None


def a4_reached(case: Case) -> bool:
    """Some wait ended that denotes an error."""
    return _finished(case, "error")


def a5_violation(case: Case) -> Violation | None:
    """A composition whose parts are right and whose outcome is not."""
    return misfit_violation(case, "A5")


def a5_reached(case: Case) -> bool:
    """A plain thread waited for a composition."""
    return any(_by_thread(case, wait) for wait in case.facts.waits)


def _by_thread(case: Case, wait: Wait) -> bool:
    """Whether a plain thread waited for a composition: of replies, or of what one ask's handlers asked in turn."""
    if wait.who not in case.traits.threads or wait.outcome is None or wait.outcome.kind == "refused":
        return False
    turn = case.facts.turn_of(wait.op)
    return wait.op in case.facts.composed or (turn is not None and bool(turn.waits or turn.deferred))


def a6_violation(case: Case) -> Violation | None:
    """A coroutine that resumed on another strand or loop than it waited on, or that could not wait there."""
    facts = case.facts
    for wait in facts.waits:
        if wait.done <= wait.begin:
            continue
        began, ended = facts.events[wait.begin], facts.events[wait.done]
        if ended.loop is None and began.loop is None:
            continue
        turn = facts.turn.get(wait.who)
        home = facts.events[turn.begin].loop if turn is not None else began.loop
        moved = began.strand != ended.strand or (home is not None and home != ended.loop)
        if moved:
            return Violation(
                "A6",
                f"{wait.who} resumes on its own loop's thread, strand {began.strand}" + _loop_text(home),
                f"it resumed on strand {ended.strand}" + _loop_text(ended.loop),
                where(case, wait),
                (wait.begin, wait.done),
            )
    return misfit_violation(case, "A6")


def a6_reached(case: Case) -> bool:
    """A coroutine on one loop waited for an actor on another."""
    facts = case.facts
    for wait in facts.waits:
        if wait.done < 0 or facts.events[wait.done].loop is None:
            continue
        turn = facts.turn_of(wait.op)
        if turn is not None and facts.events[turn.begin].loop != facts.events[wait.done].loop:
            return True
    return False


def _loop_text(loop: int | None) -> str:
    return "" if loop is None else ", on a loop of its own" if loop < 0 else f", on event loop {loop}"


def a7_violation(case: Case) -> Violation | None:
    """An outcome that depends on where the actors live."""
    found = differing_placements(case) or mixed_placements(case)
    return None if found is None else Violation("A7", *found)


def a7_reached(case: Case) -> bool:
    """Outcomes of different placements were compared."""
    return placement_reached(case)


def a8_violation(case: Case) -> Violation | None:
    """A mapped function that ran twice, or a mapped reply whose outcome is not the mapped one."""
    facts = case.facts
    runs: dict[str, int] = {}
    for at in facts.of_kind("apply"):
        event = facts.events[at]
        if event.op in runs:
            return Violation(
                "A8",
                f"the function of {describe(case, event.op)} runs once",
                f"it ran again, on {event.outcome}",
                f"first on strand {facts.events[runs[event.op]].strand or '?'}, then on strand {event.strand or '?'}",
                (runs[event.op], at),
            )
        runs[event.op] = at
    return misfit_violation(case, "A8")


def a8_reached(case: Case) -> bool:
    """A mapped reply was waited for, by the implementation's own operator."""
    facts = case.facts
    mapped = {facts.events[at].op for at in facts.of_kind("apply")}
    return any(wait.outcome is not None and wait.op in mapped for wait in facts.waits)


def a9_violation(case: Case) -> Violation | None:
    """A gather whose parts are right and whose order, or choice of failure, is not."""
    return misfit_violation(case, "A9") or _later_failure(case)


def _later_failure(case: Case) -> Violation | None:
    """A gather that reports a failure which was neither the first to happen nor the first in the order written.

    A turn has ended before its reply is complete, and others may run in between: of failures in one second of virtual
    time any may have been the first, and where a timer fired early, time tells nothing.
    """
    facts = case.facts
    if case.history.timers_raced:
        return None
    for op, composed in facts.composed.items():
        turns = [facts.turn_of(part) for part in composed.parts] if composed.kind == "gather" else []
        for wait in facts.waits_for.get(op, ()) if turns else ():
            failed = [turn for turn in turns if turn and turn.outcome and turn.outcome.kind == "error"]
            failed = [turn for turn in failed if turn.end < wait.done]
            if wait.outcome is None or wait.outcome.kind != "error" or len(failed) < 2:
                continue
            soonest = min(facts.events[turn.end].time for turn in failed)
            firsts = {turn.outcome for turn in failed if facts.events[turn.end].time == soonest}
            firsts.add(failed[0].outcome)
            if wait.outcome not in firsts and wait.outcome in {turn.outcome for turn in failed}:
                return Violation(
                    "A9",
                    f"{op}: {outcomes_text(frozenset(first for first in firsts if first))}, the first failure",
                    f"{op}: {wait.outcome}, a later one",
                    where(case, wait),
                    (wait.begin, wait.done),
                )
    return None


def a9_reached(case: Case) -> bool:
    """A gather was waited for whose parts ended in another order than written, or of which several failed."""
    facts = case.facts
    for op, composed in facts.composed.items():
        if composed.kind != "gather" or not any(wait.outcome for wait in facts.waits_for.get(op, ())):
            continue
        behind = [[facts.turn_of(ask) for ask in facts.asks_behind(part)] for part in composed.parts]
        turns = [[turn for turn in part if turn is not None and turn.end >= 0] for part in behind]
        ends = [max(turn.end for turn in part) for part in turns if part]
        failed = [
            part for part in turns if any(turn.outcome and turn.outcome.kind == "error" for turn in part)
        ]
        if ends != sorted(ends) or len(failed) > 1:
            return True
    return False
