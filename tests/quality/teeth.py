"""Shows that every clause has teeth: with the body of its check deleted, a quality test fails.

    python tests/quality/teeth.py [-n PROCESSES] [CLAUSE...]

For each clause the quality test of one of its mutants is called as it is (it must pass) and with a check that finds
nothing (it must fail). Prints a table; the exit status is 1 if some clause's check could be deleted unnoticed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import warnings
from pathlib import Path

from askance.clauses import ALL, Case
from askance_impl.mutants import MUTANTS, Mutant

sys.path.insert(0, str(Path(__file__).parent))

from test_mutants import test_a_mutant_is_caught


def nothing_found(case: Case) -> None:
    """A check whose body was deleted."""


def passes(mutant: Mutant) -> bool:
    """Whether the quality test of the mutant passes."""
    try:
        test_a_mutant_is_caught(mutant)
    except AssertionError:
        return False
    return True


def tried(clause: str) -> tuple[str, bool, str]:
    """The clause, whether it has teeth, and a line that tells how that is known."""
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    began = time.perf_counter()
    mutant = next((one for one in MUTANTS.values() if one.clause == clause and passes(one)), None)
    if mutant is None:
        return clause, False, "no mutant of it is caught even with its check"
    check = ALL[clause].check
    object.__setattr__(ALL[clause], "check", nothing_found)
    try:
        caught = passes(mutant)
    finally:
        object.__setattr__(ALL[clause], "check", check)
    took = f"{time.perf_counter() - began:5.1f} s"
    if caught:
        return clause, False, f"{took}  {mutant.name} is caught without its check too"
    return clause, True, f"{took}  {mutant.name} is caught, and escapes without the check"


def main(arguments: list[str]) -> int:
    """Try each clause; the exit status."""
    parser = argparse.ArgumentParser(description="Delete each clause's check and see a quality test fail.")
    parser.add_argument("clauses", nargs="*", metavar="CLAUSE", help="default: all")
    parser.add_argument("-n", dest="processes", type=int, default=1, metavar="PROCESSES")
    asked = parser.parse_args(arguments)
    clauses = asked.clauses or list(ALL)
    if unknown := [clause for clause in clauses if clause not in ALL]:
        parser.error(f"there is no clause {unknown[0]!r}; the clauses are {', '.join(ALL)}")
    toothless = []
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        for clause, has_teeth, told in pool.imap(tried, clauses):
            print(f"{clause}  {'has teeth' if has_teeth else 'NO TEETH '}  {told}", flush=True)
            toothless += [] if has_teeth else [clause]
    print(f"{len(clauses) - len(toothless)} of {len(clauses)} clauses have teeth")
    return 1 if toothless else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
