"""How many interleavings exhaustive search completes, beside how many there are: they must be the same.

    python bench/trace_counts.py [--large]

A row for each program of the literature: its Mazurkiewicz traces by the formula, what optimal-DPOR and the sleep-set
oracle completed, the distinct ones among these (by happens-before signature), what each began in vain, and the time.
Then generated programs of two loops on two threads, where the oracle's count is what optimal-DPOR must reach. Exits 1
if a count is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from math import factorial

import programs
import two_loops

import askance

LIMIT = 1_000_000

MANY_STRANDS = ("indexer", "file_system")
"""Of these sleep sets begin too many executions in vain: source-DPOR takes their place."""


def rows(large: bool) -> Iterator[tuple[str, askance.Strands, int]]:
    """(name, program, number of traces)."""
    for n in range(1, 11 if large else 8):
        yield f"readers({n})", programs.readers(n), 2**n
    for n in range(1, 8):
        yield f"lastzero({n})", programs.lastzero(n), 2 if n == 1 else (n + 3) * 2**n // 4
    yield "writes_and_reads(2,1)", programs.writes_and_reads(2, 1), 6
    yield "writes_and_reads(3,1)", programs.writes_and_reads(3, 1), 20
    yield "conditional", programs.conditional(), 5
    yield "strangers(5)", programs.strangers(5), 1
    for n, k in ((2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1)) + (((3, 3), (4, 2)) if large else ()):
        yield f"fan_in({n},{k})", programs.fan_in(n, k), factorial(n * k) // factorial(k) ** n
    for n in range(1, 5 if large else 4):
        yield f"two_phase_commit({n})", programs.two_phase_commit(n), factorial(n) ** 2
    for n in (2, 3, 4):
        yield f"philosophers({n})", programs.philosophers(n), 2**n - 1
    # Few of many strands meet here: more than sleep sets alone can do.
    for n in (11, 12, 13) + ((14, 15) if large else ()):
        yield f"indexer({n})", programs.indexer(n), 8 ** (n - 11)
    for n in (13, 14, 16) + ((18, 19) if large else ()):
        yield f"file_system({n})", programs.file_system(n), 2 ** (n - 13)


def completed(program: Callable[[], None], strategy: str) -> tuple[int, int, int, float, bool]:
    """(completed, distinct, redundant, seconds of processor time, whether everything was explored)."""
    start = time.process_time()
    result = askance.explore(program, strategy=strategy, executions=LIMIT, keep_going=True)
    spent = time.process_time() - start
    return result.executions, result.interleavings, result.redundant, spent, result.complete


def main() -> int:
    """Print the table; 1 if a count is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", action="store_true", help="larger instances as well (some minutes)")
    large = parser.parse_args().large
    wrong = 0
    print(
        f"{'program':24}{'traces':>8}  {'strategy':12}{'completed':>10}{'distinct':>10}{'in vain':>9}{'seconds':>9}"
    )
    for name, program, traces in rows(large):
        many = name.startswith(MANY_STRANDS)
        for strategy in ("dpor", "source-dpor") if many else ("dpor", "sleep-sets"):
            executions, distinct, redundant, spent, complete = completed(program, strategy)
            right = executions == distinct == traces and complete and not (strategy == "dpor" and redundant)
            wrong += not right
            print(
                f"{name:24}{traces:8}  {strategy:12}{executions:10}{distinct:10}{redundant:9}{spent:9.2f}"
                f"{'' if right else '   WRONG'}"
            )
    executions, _, _, spent, complete = completed(programs.strangers(5), "dfs")
    right = executions == 252 and complete
    wrong += not right
    print(
        f"{'strangers(5)':24}{252:8}  {'dfs':12}{executions:10}{1:10}{0:9}{spent:9.2f}{'' if right else '   WRONG'}"
    )
    for seed in range(two_loops.PROGRAMS):
        oracle = completed(two_loops.program(seed), "sleep-sets")
        found = completed(two_loops.program(seed), "dpor")
        right = found[0] == found[1] == oracle[1] and not found[2] and found[4] and oracle[4]
        wrong += not right
        for strategy, (executions, distinct, redundant, spent, _) in (
            ("dpor", found),
            ("sleep-sets", oracle),
        ):
            print(
                f"{f'two_loops({seed})':24}{oracle[1]:8}  {strategy:12}{executions:10}{distinct:10}{redundant:9}"
                f"{spent:9.2f}{'' if right else '   WRONG'}"
            )
    print("every count is right" if not wrong else f"{wrong} counts are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
