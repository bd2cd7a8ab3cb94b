"""What a live child told, as a history that clauses can judge: real times become seconds of the program.

Programs sleep for whole seconds, and everything else takes no time of theirs; so a real time that lies near a whole
number of the program's seconds is that number, and where one does not, or the machine was late, times tell nothing.
"""

from __future__ import annotations

from dataclasses import replace

from askance.history import Deadlock, History
from askance.live import Ran
from askance.program import Program
from askance.run.stuck import explained

__all__ = ["history_of"]

NEAR = 0.3
"""A time this far from a whole number of seconds is taken for the number."""
MOST_LAG = 0.2
"""If the watchdog was woken so many seconds late, other threads may have been, too."""
CLOSINGS = 30
"""Closing may take so many times as long as it does on an idle system: a busy one has more to end."""


def history_of(program: Program, ran: Ran) -> History:
    """The history of the program's execution; `timers_raced` where its times tell nothing."""
    times = seconds(ran)
    doubtful = ran.lag > MOST_LAG or any(abs(time - round(time)) > NEAR for time in times)
    events = tuple(
        [replace(event, time=float(round(time))) for event, time in zip(ran.events, times, strict=True)]
    )
    deadlock = None
    if ran.waiting:
        deadlock = explained(events[: ran.stood], Deadlock(ran.waiting))
    return History(
        program,
        events,
        ran.ending if ran.ending in ("done", "deadlock") else "error",  # type: ignore[arg-type]
        deadlock,
        ran.error,
        timers_raced=doubtful,
    )


def seconds(ran: Ran) -> list[float]:
    """The time of each event in seconds of the program; each phase begins at a whole second."""
    events = ran.events
    found: list[float] = []
    origin = events[0].time if events else 0.0
    base = 0.0
    beginning = True
    settled = 0.0
    for event in events:
        if event.kind == "spawn" and not event.who:
            found.append(base)
            continue
        if beginning and event.kind == "client-begin":
            origin, beginning = event.time, False
        time = base + (event.time - origin) / ran.second
        if event.kind == "settle":
            base = float(round(found[-1] if found else 0.0))
            time, settled, beginning = base, event.time, True
            origin = event.time
        elif event.kind == "closed":
            time = base + max(0.0, event.time - settled - CLOSINGS * ran.close) / ran.second
        elif event.kind in ("leaked", "uncaught", "loop-blocked"):
            time = found[-1] if found else base
        found.append(time)
    return found
