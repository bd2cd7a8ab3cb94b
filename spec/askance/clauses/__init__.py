"""The clauses: what an implementation must do, each with its check over one case; `judge` gives the verdicts.

case = Case(program, history, meaning, adapter)
for id, judgement in judge_all(case).items(): ...
"""

from askance.clauses.base import (
    FEATURE_NEEDS,
    FEATURES,
    Case,
    Clause,
    Judgement,
    Level,
    Verdict,
    Violation,
)
from askance.clauses.judging import ALL, judge, judge_all, violation_of
from askance.clauses.placement import placements

__all__ = [
    "ALL",
    "FEATURES",
    "FEATURE_NEEDS",
    "Case",
    "Clause",
    "Judgement",
    "Level",
    "Verdict",
    "Violation",
    "judge",
    "judge_all",
    "placements",
    "violation_of",
]
