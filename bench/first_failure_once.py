"""One tool on one program, in the environment of that tool: prints the executions to its first failure, a line a seed.

`bench/first_failure_beside.py` runs this; "-" where there was none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from racing_programs import RACING


def askance(target: Callable[[], None], option: str, seed: int, most: int) -> int | None:
    """`askance.explore` with the strategy."""
    import askance

    result = askance.explore(target, strategy=option, executions=most, seed=seed)
    return result.executions if result.failed else None


def interleave_test(target: Callable[[], None], option: str, seed: int, most: int) -> int | None:
    """interleave-test with its strategy and granularity."""
    import interleave_test as it

    strategy, granularity = option.split("/")
    result = it.explore(
        target,
        iterations=most,
        seed=seed,
        strategy=strategy,
        granularity=granularity,
        raise_on_failure=False,
    )
    return None if result.ok else int(result.schedules_run)


TOOLS = {"askance": askance, "interleave-test": interleave_test}


def main() -> None:
    """TOOL OPTION PROGRAM SEEDS MOST: the executions to the first failure for each seed from 0."""
    tool, option, program, seeds, most = sys.argv[1:]
    for seed in range(int(seeds)):
        found = TOOLS[tool](RACING[program], option, seed, int(most))
        print("-" if found is None else found, flush=True)


if __name__ == "__main__":
    main()
