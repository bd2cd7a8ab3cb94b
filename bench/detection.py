"""How often each strategy finds known bugs, beside the theory: they must agree within the 99% confidence interval.

    python bench/detection.py [--executions 20000] [--seed 0]

The programs start with all strands ready, each access, lock and unlock is a step, and a run stops at its failure. The
exact values are those of the random walk, of PCT with depth 2, and of POS, worked out for these programs. Exits 1 if
one is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from math import sqrt

import programs

import askance

QUANTILE = 2.5758293035489004
"""Of the normal distribution, at 0.995."""

TABLE = (
    ("lost2", programs.lost2(), {"random": 1 / 2, "pct:2": 1 / 4, "pos": 0.335}),
    ("reorder_3", programs.reorder_3(), {"random": 4 / 81, "pct:2": 1 / 24, "pos": 0.098}),
    ("deadlock01", programs.deadlock01(), {"random": 1 / 2, "pct:2": 1 / 12, "pos": 0.338}),
)
"""(name, program, {strategy: probability of a failure})."""

OTHERS = ("surw", "urw", "portfolio")
"""Strategies without an exact value here, measured for comparison."""


def main() -> int:
    """Print the table; 1 if a rate is outside of its interval."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--executions", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    wrong = 0
    print(f"{'program':12}{'strategy':11}{'exact':>8}{'measured':>10}{'99% interval':>19}{'seconds':>9}")
    for name, program, exact in TABLE:
        for strategy in (*exact, *OTHERS):
            start = time.process_time()
            result = askance.explore(
                program, strategy=strategy, executions=options.executions, seed=options.seed, keep_going=True
            )
            spent = time.process_time() - start
            rate = result.failed / result.executions
            wanted = exact.get(strategy)
            spread = QUANTILE * sqrt((wanted or rate) * (1 - (wanted or rate)) / result.executions)
            middle = wanted if wanted is not None else rate
            inside = abs(rate - middle) <= spread
            wrong += not inside
            print(
                f"{name:12}{strategy:11}{'' if wanted is None else f'{wanted:.4f}':>8}{rate:10.4f}"
                f"{f'{middle - spread:.4f} .. {middle + spread:.4f}':>19}{spent:9.1f}{'' if inside else '   OUTSIDE'}"
            )
    print("every rate agrees with the theory" if not wrong else f"{wrong} rates do not agree with the theory")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
