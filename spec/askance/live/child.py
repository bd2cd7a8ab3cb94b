"""The child process: `python -m askance.live.child RESULTS LIFELINE`, started by its parent."""

from __future__ import annotations

import sys

from askance.live.guard import guard


def main() -> None:
    """Become the guard, and in another process the worker."""
    results, lifeline, stacks = (int(argument) for argument in sys.argv[1:4])
    guard(lifeline)
    from askance.live.worker import work

    work(results, stacks)


if __name__ == "__main__":
    main()
