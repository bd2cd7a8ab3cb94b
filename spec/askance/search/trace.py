"""A trace: the steps of one execution as somebody reads them, and the table that shows them, a column a strand."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from askance.preempt.points import Place
from askance.search.recording import Recorder
from askance.world import Strand

COLUMN = 26
"""The widest column, in characters; longer texts are cut."""

STEPS = 120
"""The most steps that a table shows; of a longer trace it shows the last."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `operation` as "acquire Lock#1", `strand` by name, `where` as "path:line in function".

    `switched`: another strand made the step before and could have gone on (a preemption).
    """

    number: int
    strand: str
    operation: str
    where: str
    switched: bool = False

    def __str__(self) -> str:
        return f"{self.number} {self.strand}: {self.operation}" + (f" at {self.where}" if self.where else "")


def trace_of(recorder: Recorder) -> tuple[Step, ...]:
    """The steps that a recorder (one with lines) kept of an execution."""
    names = Names()
    steps: list[Step] = []
    for number, (start, (line, switched)) in enumerate(
        zip(recorder.starts, recorder.lines or (), strict=True), 1
    ):
        strand, kind, thing, _ = recorder.accesses[start]
        operation = kind if thing is None or thing is strand else f"{kind} {names.of(thing)}"
        steps.append(Step(number, strand.name, operation, line, switched))
    return tuple(steps)


class Names:
    """Names of objects in order of appearance: "Lock#1", "Queue#2"; strands by their own."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.counts: dict[str, int] = {}

    def of(self, thing: Any) -> str:
        """The object's name in this trace."""
        if isinstance(thing, Strand):
            return thing.name
        if isinstance(thing, threading.Thread):
            # Its strand's: some give their thread another name later, one with an address in it perhaps.
            world_and_strand = getattr(thing, "_askance", None)
            name = thing.name if world_and_strand is None else world_and_strand[1].name
            return str(getattr(thing, "_called", name))
        if isinstance(thing, Place):
            return repr(thing)
        number = getattr(thing, "number", None)
        if number is not None and "Loop" in type(thing).__name__:
            return f"loop#{number}"
        name = self.names.get(id(thing))
        if name is None:
            kind = type(thing).__name__
            self.counts[kind] = self.counts.get(kind, 0) + 1
            name = self.names[id(thing)] = f"{kind}#{self.counts[kind]}"
        return name


def table(steps: Sequence[Step]) -> str:
    """The steps as a table: number, a column for each strand in order of appearance, source line; ">" is a switch."""
    if not steps:
        return "(no steps)"
    shown = steps[-STEPS:]
    strands = list(dict.fromkeys(step.strand for step in shown))
    widths = {
        strand: min(
            COLUMN,
            max(len(strand), *(len(step.operation) for step in shown if step.strand == strand)),
        )
        for strand in strands
    }
    head = "  step  " + "  ".join(strand[:COLUMN].ljust(widths[strand]) for strand in strands)
    lines = [head.rstrip()]
    if len(shown) < len(steps):
        lines.append(f"        ... {len(steps) - len(shown)} earlier steps")
    for step in shown:
        cells = "  ".join(
            (_cut(step.operation, widths[strand]) if strand == step.strand else "").ljust(widths[strand])
            for strand in strands
        )
        lines.append(f"{'>' if step.switched else ' '} {step.number:4}  {cells}  {step.where}".rstrip())
    return "\n".join(lines)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
