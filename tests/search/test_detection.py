"""Strategies find known bugs as often as their papers say."""

from __future__ import annotations

from math import sqrt

import pytest
from bench import programs

import askance

EXACT = [
    ("lost2", "random", 1 / 2),
    ("lost2", "pct:2", 1 / 4),
    ("lost2", "pos", 0.335),
    ("lost2", "urw", 2 / 3),
    ("lost2", "surw", 2 / 3),
    ("reorder_3", "random", 4 / 81),
    ("reorder_3", "pct:2", 1 / 24),
    ("reorder_3", "pos", 0.098),
    ("deadlock01", "random", 1 / 2),
    ("deadlock01", "pct:2", 1 / 12),
    ("deadlock01", "pos", 0.338),
]


@pytest.mark.parametrize(("name", "strategy", "probability"), EXACT)
def test_the_rate_of_detection_is_that_of_the_theory(name: str, strategy: str, probability: float) -> None:
    """Over 1,000 executions the rate lies within four standard deviations."""
    program = getattr(programs, name)()
    result = askance.explore(program, strategy=strategy, executions=1000, keep_going=True)
    deviation = sqrt(probability * (1 - probability) / result.executions)
    assert abs(result.failed / result.executions - probability) < 4 * deviation


def test_pct_says_how_likely_a_bug_was_missed() -> None:
    """The bound of the paper, for n strands, k steps and depth d."""
    from askance.search.pct import missed

    assert missed(2, 4, 2, 1) == pytest.approx(1 - 1 / 8)
    assert missed(2, 4, 2, 100) == pytest.approx((7 / 8) ** 100)
    assert missed(3, 10, 1, 5) == pytest.approx((2 / 3) ** 5)


def test_depth_one_is_found_by_priorities_alone() -> None:
    """PCT of depth 1 never preempts: two strands run one after the other, and no update is lost."""
    result = askance.explore(programs.lost2(), strategy="pct:1", executions=200, keep_going=True)
    assert result.failed == 0
    assert result.interleavings == 2
