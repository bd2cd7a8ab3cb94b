"""Whether anything at all moves in this process and in those that it has started, as the operating system knows it.

On Linux exactly: a thread that neither is ready to run nor has been switched since the last look has done nothing.
Elsewhere nothing is known, and the watchdog goes by the history alone.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Activity", "descendants"]

PROC = Path("/proc/self/task")


class Activity:
    """Looks at the threads of this process, the harness's own apart, and at the processes below it."""

    known = PROC.exists()
    """Whether the operating system tells."""

    def moved(self, ours: set[int]) -> object:
        """Something that is equal at two looks if nothing ran in between, and None while something is ready to run.

        `ours` are the harness's own threads, by their native ids.
        """
        seen: list[tuple[str, str]] = []
        for task in sorted(os.listdir(PROC)):
            if int(task) not in ours:
                state, switches = looked_at(f"/proc/self/task/{task}/status")
                if state == "R":
                    return None
                seen.append((task, switches))
        for process in descendants(os.getpid()):
            for task in tasks_of(process):
                state, switches = looked_at(f"/proc/{process}/task/{task}/status")
                if state == "R":
                    return None
                seen.append((task, switches))
        return tuple(seen)


def looked_at(file: str) -> tuple[str, str]:
    """The state of a thread (R: running or ready), and how often it was switched; both empty if it has gone."""
    state, switches = "", ""
    try:
        with open(file, encoding="ascii", errors="replace") as lines:
            for line in lines:
                if line.startswith("State:"):
                    state = line.split()[1]
                elif "ctxt_switches" in line:
                    switches += line.split()[1] + " "
    except OSError:
        pass
    return state, switches


def tasks_of(process: int) -> list[str]:
    """The threads of the process."""
    try:
        return sorted(os.listdir(f"/proc/{process}/task"))
    except OSError:
        return []


def descendants(process: int) -> list[int]:
    """The processes that this one started, those that they started, and so on; () where nothing is known."""
    found: list[int] = []
    ahead = [process]
    while ahead:
        parent = ahead.pop()
        for task in tasks_of(parent):
            try:
                children = Path(f"/proc/{parent}/task/{task}/children").read_text("ascii").split()
            except OSError:
                continue
            ahead += [int(child) for child in children]
            found += [int(child) for child in children]
    return found
