"""From checks to verdicts: one clause, or all, on one case. The suite and the search call this for every execution."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from askance.clauses import answers, cancellation, deadlock, lifecycle, mailboxes
from askance.clauses.base import Case, Clause, Judgement, Violation

CHAPTERS = (answers, mailboxes, deadlock, cancellation, lifecycle)

ALL: Mapping[str, Clause] = MappingProxyType(
    {clause.id: clause for chapter in CHAPTERS for clause in chapter.CLAUSES}
)
"""Every clause by its id, in the order of the specification."""


def judge(clause: Clause, case: Case) -> Judgement:
    """The verdict of the clause on the case.

    "inconclusive": the execution did not end by itself. "unsupported": the implementation does not claim what the
    clause is about. "blocked": a clause on which this one rests falls on this very case. "untested": its situation
    did not arise. A violation of a clause that is not claimed counts if it happened all the same: a program that
    was written by hand may ask for more than is claimed.
    """
    if case.history.ending in ("steps", "error"):
        return Judgement(clause.id, "inconclusive")
    claimed = clause.claimed(case.adapter)
    if not claimed and violation_of(clause, case) is None:
        return Judgement(clause.id, "unsupported")
    if fallen := _fallen_below(clause, case):
        return Judgement(clause.id, "blocked", blocked_by=fallen)
    if (violation := violation_of(clause, case)) is not None:
        return Judgement(clause.id, "fail", violation)
    return Judgement(clause.id, "pass" if clause.reached(case) else "untested")


def judge_all(case: Case) -> Mapping[str, Judgement]:
    """The verdict of every clause on the case, in the order of the specification."""
    return {clause.id: judge(clause, case) for clause in ALL.values()}


def violation_of(clause: Clause, case: Case) -> Violation | None:
    """What the clause's check finds on the case, whatever it rests on; computed once a case."""
    return case.of(clause.check)


def _fallen_below(clause: Clause, case: Case) -> str:
    """The first clause among those that this one rests on, nearest the ground first, that falls on the case."""
    for below in clause.rests_on:
        fallen = _fallen_below(ALL[below], case)
        if fallen:
            return fallen
        if violation_of(ALL[below], case) is not None:
            return below
    return ""
