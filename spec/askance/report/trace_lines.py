"""One step of an execution as a line of `askance replay --trace`."""

from __future__ import annotations

from askance.search.watched import Seen

__all__ = ["told_step"]


def told_step(step: Seen) -> str:
    """The step, after a line that says why the strand was switched."""
    mark = ">" if step.preempting else "~"
    before = f"     {mark} {step.reason}\n" if step.reason else ""
    operation = f"{step.operation} {step.object}".rstrip()
    return f"{before}{step.step:4}  {step.strand}: {operation}" + (f"  at {step.where}" if step.where else "")
