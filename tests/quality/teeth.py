"""Shows that every clause has teeth: with the body of its check deleted, a quality test fails.

    python tests/quality/teeth.py [CLAUSE...]

For each clause the quality tests of its mutants are run in a process of their own, as they are (they must pass) and
without the check (one must fail). Exit status 1 if some clause's check could be deleted unnoticed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from askance.clauses import ALL
from askance_impl.mutants import MUTANTS

HERE = Path(__file__).parent


def passes(mutant: str, clause: str, *options: str) -> bool:
    """Whether the quality test of the mutant passes."""
    test = f"{HERE / 'test_mutants.py'}::test_a_mutant_is_caught[{clause}-{mutant}]"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test, *options],
        capture_output=True,
        text=True,
        cwd=HERE.parent.parent,
    )
    if run.returncode not in (0, 1):
        raise SystemExit(f"pytest could not run {test}:\n{run.stdout}\n{run.stderr}")
    return run.returncode == 0


def main(clauses: list[str]) -> int:
    """Try each clause; the exit status."""
    toothless = []
    for clause in clauses or list(ALL):
        mutant = next((name for name, mutant in MUTANTS.items() if mutant.clause == clause), None)
        if mutant is None:
            verdict = "has no mutant"
        elif not passes(mutant, clause):
            verdict = f"{mutant} is not caught even with the check"
        elif passes(mutant, clause, f"--without-check={clause}"):
            verdict = f"{mutant} is caught without the check too"
        else:
            print(f"{clause}  has teeth: {mutant} escapes without its check", flush=True)
            continue
        toothless.append(clause)
        print(f"{clause}  NO TEETH: {verdict}", flush=True)
    return 1 if toothless else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
