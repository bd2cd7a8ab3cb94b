"""A failure of real threads on a smaller program: the program is taken apart, and each part performed again.

Called once a clause fell. There is no schedule to keep, so a smaller program counts if it fails by itself, and not many
are tried: to perform one may take seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from askance.program import Program
from askance.shrink import smaller
from askance.suite.trial import Failure

__all__ = ["MOST_SECONDS", "MOST_TRIED", "reduced"]

MOST_TRIED = 40
"""So many smaller programs are performed at most."""
MOST_SECONDS = 40.0
"""And none is begun after so many seconds."""


def reduced(failure: Failure, fails: Callable[[Program], Failure | None]) -> Failure:
    """The failure on the smallest program found; `fails` performs a program, and gives its failure or None."""
    tried, began = 0, time.monotonic()
    seen = {failure.program}
    progress = True
    while progress:
        progress = False
        for program in smaller(failure.program):
            if program in seen:
                continue
            if tried == MOST_TRIED or time.monotonic() - began > MOST_SECONDS:
                return failure
            seen.add(program)
            tried += 1
            found = fails(program)
            if found is not None:
                failure, progress = found, True
                break
    return failure
