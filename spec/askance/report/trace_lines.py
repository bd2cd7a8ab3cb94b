"""One step of an execution as a line of `askance replay --trace`."""

from __future__ import annotations

from collections.abc import Mapping

from askance.report.schedule import renamed
from askance.search.watched import Seen

__all__ = ["told_step"]


def told_step(step: Seen, names: Mapping[str, str]) -> str:
    """The step, after a line that says why the strand was switched; `names` are what strands are called."""
    mark = ">" if step.preempting else "~"
    before = f"     {mark} {renamed(step.reason, names)}\n" if step.reason else ""
    strand, thing = names.get(step.strand, step.strand), names.get(step.object, step.object)
    operation = f"{step.operation} {thing}".rstrip()
    return f"{before}{step.step:4}  {strand}: {operation}" + (f"  at {step.where}" if step.where else "")
