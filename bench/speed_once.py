"""One measurement of one tool on one program, in the environment of that tool: prints executions a second.

`bench/speed.py` runs this; it imports a tool only when it is asked to measure it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from speed_programs import PROGRAMS


def plain_threads(target: Callable[[], None], option: str) -> Callable[[int], int]:
    """The program on real threads."""

    def run(count: int) -> int:
        for _ in range(count):
            target()
        return count

    return run


def world(target: Callable[[], None], option: str) -> Callable[[int], int]:
    """The deterministic world with the random walk, and nothing around it."""
    from askance.search.random_walk import RandomWalk
    from askance.world import World, installed

    strategy = RandomWalk(0)

    def run(count: int) -> int:
        with installed():
            for _ in range(count):
                execution = World(strategy).run(target)
                assert execution.ending == "done" and execution.exception is None, execution
        return count

    return run


def explore(target: Callable[[], None], option: str) -> Callable[[int], int]:
    """`askance.explore`: recording, distinct interleavings and self-checks included."""
    import askance

    def run(count: int) -> int:
        result = askance.explore(target, strategy=option, executions=count)
        assert not result.failed, result
        return result.executions + result.redundant

    return run


def interleave_test(target: Callable[[], None], option: str) -> Callable[[int], int]:
    """interleave-test, with its granularity and strategy."""
    import interleave_test as it

    strategy, granularity = option.split("/")

    def run(count: int) -> int:
        result = it.explore(
            target,
            iterations=count,
            seed=0,
            strategy=strategy,
            granularity=granularity,
            raise_on_failure=False,
        )
        assert result.ok, result
        return count

    return run


def frontrun(target: Callable[[], None], option: str) -> Callable[[int], int]:
    """frontrun, which starts the threads itself; it must be launched by its own command."""
    import frontrun as tool
    import frontrun_programs

    setup, workers, invariant = frontrun_programs.PROGRAMS[target.__name__]

    def run(count: int) -> int:
        most: dict[str, Any] = {"max_attempts": count}
        if option == "dpor":
            most = {"max_executions": count, "stop_on_first": False}
        result = tool.explore(setup=setup, workers=workers, invariant=invariant, strategy=option, **most)
        return int(result.num_explored)

    return run


TOOLS = {
    "threads": plain_threads,
    "world": world,
    "explore": explore,
    "interleave-test": interleave_test,
    "frontrun": frontrun,
}


def main() -> None:
    """TOOL OPTION PROGRAM SECONDS: executions a second, measured for about that long."""
    tool, option, program, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    run = TOOLS[tool](PROGRAMS[program], option)
    run(3)
    count, spent, made = 8, 0.0, 0
    while spent < seconds:
        start = time.perf_counter()
        made = run(count)
        spent = time.perf_counter() - start
        if made < count:
            break
        count = max(count * 2, int(count * seconds / max(spent, 1e-6) * 1.1)) if spent < seconds else count
    print(made / spent)


if __name__ == "__main__":
    main()
