"""A failure of real threads on a smaller program: the program is taken apart, and each part performed again.

Called once a clause fell. There is no schedule to keep, so a smaller program counts if it fails by itself, and not many
are tried: to perform one may take seconds.
"""

from __future__ import annotations

from collections.abc import Callable

from askance.program import Program
from askance.shrink import smaller
from askance.suite.trial import Failure

__all__ = ["MOST_TRIED", "reduced"]

MOST_TRIED = 40
"""So many smaller programs are performed."""


def reduced(failure: Failure, fails: Callable[[Program], Failure | None]) -> Failure:
    """The failure on the smallest program found; `fails` performs a program, and gives its failure or None."""
    tried = 0
    seen = {failure.program}
    progress = True
    while progress:
        progress = False
        for program in smaller(failure.program):
            if program in seen:
                continue
            if tried == MOST_TRIED:
                return failure
            seen.add(program)
            tried += 1
            found = fails(program)
            if found is not None:
                failure, progress = found, True
                break
    return failure
