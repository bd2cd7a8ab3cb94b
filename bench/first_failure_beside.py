"""How many executions the world's strategies need for a first failure, beside interleave-test on the same code.

    python bench/first_failure_beside.py [--seeds 30] [--most 300] [--environments DIR]

The programs are those of `racing_programs`: plain functions with threads, locks and queues. interleave-test is
installed from the registry into an environment of its own (kept in DIR; it needs Python 3.12). The table is the median
over the seeds; ">300" where most seeds saw none, and after a slash how many saw none. Exits 1 if the portfolio, which
is what runs by default, misses a program on some seed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from first_failure import cell
from racing_programs import RACING
from speed import OTHERS, environment

HERE = Path(__file__).resolve().parent
OURS = ("random", "pct:2", "pct:3", "pos", "surw", "portfolio")
THEIRS = ("random/line", "pct/line", "random/opcode", "pct/opcode")

TIMEOUT = 600.0
"""Seconds of real time for all seeds of one cell; a tool that takes longer has not managed."""


def measure(python: str, tool: str, option: str, program: str, seeds: int, most: int) -> list[int | None]:
    """The executions to the first failure for each seed; nothing if the tool did not manage."""
    command = [python, str(HERE / "first_failure_once.py"), tool, option, program, str(seeds), str(most)]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return []
    if finished.returncode:
        print(finished.stderr, file=sys.stderr)
        return []
    return [None if line == "-" else int(line) for line in finished.stdout.split()]


def main() -> int:
    """Print the table in Markdown; 1 if the portfolio missed something."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--most", type=int, default=300)
    parser.add_argument("--environments", type=Path, default=Path(tempfile.gettempdir()) / "askance-bench")
    options = parser.parse_args()
    columns = [(sys.executable, "askance", option) for option in OURS]
    requirement = OTHERS["interleave-test"][0]
    executables = environment("interleave-test", requirement, options.environments)
    if executables is None:
        print(f"{requirement} could not be installed: left out", file=sys.stderr)
    else:
        columns += [(str(executables / "python"), "interleave-test", option) for option in THEIRS]
    print(f"| program | {' | '.join(f'{tool} {option}' for _, tool, option in columns)} |")
    print(f"|---|{'---:|' * len(columns)}")
    missed = False
    for program in RACING:
        cells = []
        for python, tool, option in columns:
            found = measure(python, tool, option, program, options.seeds, options.most)
            cells.append(cell(found, options.most) if found else "did not manage")
            missed |= option == "portfolio" and (not found or None in found)
        print(f"| {program} | {' | '.join(cells)} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
