"""How many executions each strategy needs for its first failure, on the implementations that are known to fail.

    python bench/first_failure.py [--seeds 30] [--most 200] [--only NAME]

The programs are what `askance check` shrank each failure to (`first_failure_programs`, named by implementation and
clause), and those of the exhaustive family on which the same clauses fall. A failure is this clause and no other. The
table is the median over the seeds; ">200" where most seeds saw none, and after a slash how many saw none.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from askance.adapter import Adapter
from askance.clauses import ALL, Case, judge
from askance.generate.continuing import carry_out
from askance.meaning import Meaning
from askance.program import Program
from askance.run import load_adapter, load_program
from askance.search.named import named
from askance.search.recording import Recorder
from askance.search.replay import Stay
from askance.suite.exhaustive_family import FAMILY
from askance.suite.trial import MAX_STEPS, denoted
from askance.world import World, installed

STRATEGIES = ("random", "pct:2", "pct:3", "pos", "surw", "urw", "portfolio")
FOLDER = Path(__file__).parent / "first_failure_programs"
OF_FAMILY = (
    ("pykka", "L2", "ask-racing-stop"),
    ("naive-call-soon", "D1", "cycle-two-askers"),
    ("naive-call-soon", "D1", "gather"),
    ("naive-call-soon", "L2", "ask-racing-stop"),
    ("naive-nested", "A3", "diamond"),
    ("naive-blocking", "D2", "gather"),
    ("naive-blocking", "D4", "diamond"),
)
"""(implementation, clause, program of the family)."""


def failures() -> Iterator[tuple[str, str, str, Program]]:
    """(implementation, clause, what the program is called, program)."""
    for file in sorted(FOLDER.glob("*.json")):
        implementation, _, clause = file.stem.rpartition("-")
        yield implementation, clause, "shrunk", load_program(file)
    for implementation, clause, name in OF_FAMILY:
        yield implementation, clause, name, FAMILY[name]


def first_failure(
    adapter: Adapter, clause: str, program: Program, known: Meaning, strategy: str, seed: int, most: int
) -> int | None:
    """The number of the first execution on which the clause falls, from 1; None if there is none up to `most`."""
    chosen = named(strategy, seed)
    profile = getattr(chosen, "profile", None)
    if profile is not None:
        recorder = Recorder(Stay())
        world = World(recorder, max_steps=MAX_STEPS)
        carry_out(program, (), adapter, world)
        profile(world.execution, recorder)
    for number in range(1, most + 1):
        history = carry_out(program, (), adapter, World(chosen, max_steps=MAX_STEPS))
        if judge(ALL[clause], Case(program, history, known, adapter)).verdict == "fail":
            return number
    return None


def cell(found: list[int | None], most: int) -> str:
    """The median, and how many saw nothing."""
    missed = found.count(None)
    median = statistics.median([most + 1 if number is None else number for number in found])
    text = f">{most}" if median > most else f"{median:g}"
    return f"{text} / {missed}" if missed else text


def main() -> int:
    """Print the table in Markdown; 1 if a failure was never found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--most", type=int, default=200)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    print(f"| implementation | clause | program | {' | '.join(STRATEGIES)} |")
    print(f"|---|---|---|{'---:|' * len(STRATEGIES)}")
    never = 0
    with installed():
        for implementation, clause, name, program in failures():
            if options.only not in f"{implementation}-{clause}-{name}":
                continue
            adapter = load_adapter(implementation)
            known = denoted(program, adapter)
            # Lazy imports and caches are settled before anything counts.
            carry_out(program, (), adapter, World(Stay(), max_steps=MAX_STEPS))
            cells = []
            for strategy in STRATEGIES:
                found = [
                    first_failure(adapter, clause, program, known, strategy, seed, options.most)
                    for seed in range(options.seeds)
                ]
                never += all(number is None for number in found)
                cells.append(cell(found, options.most))
            print(f"| {implementation} | {clause} | {name} | {' | '.join(cells)} |", flush=True)
    return 1 if never else 0


if __name__ == "__main__":
    sys.exit(main())
