"""What happened in a failing execution, as plain data: its events and its steps, for the JSON report and the pictures.

Made from a strict replay in which every step is watched. Source lines are those of the implementation: where the
strand stood, or where the coroutine that a loop resumes awaits, the harness and the standard library left out.
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import Any, NamedTuple

import askance
from askance.engine import Strategy
from askance.history import Deadlock, Event, History
from askance.report.schedule import Watching
from askance.search.recording import Recorder
from askance.search.trace import trace_of
from askance.world.frames import is_standard_file, place

__all__ = ["Tracer", "files_data", "history_data", "trace_data", "waiting_data"]

_HARNESS = os.path.dirname(os.path.abspath(askance.__file__)) + os.sep
AHEAD = ("ask", "tell", "wait", "stop", "cancel", "compose", "spawn")
"""Events that are recorded as the implementation is called: the source line is where the strand goes next."""
BEHIND = ("done", "begin", "end", "apply", "loop-blocked", "uncaught")
"""Events whose source line is where the strand comes from."""


class Source(NamedTuple):
    """A source line: "path:line in function", and the file's absolute path."""

    shown: str
    file: str


class Tracer(Watching):
    """Follows a strategy inside a recorder, and keeps for each step its source line and why its strand was on.

    Hand `tracer.recorder` to the world.
    """

    def __init__(self, strategy: Strategy) -> None:
        super().__init__(strategy)
        self.sources: list[Source | None] = []
        self.reasons: list[str] = []
        self.recorder = Recorder(self, lines=True)

    def begin(self) -> None:
        """Begin with no steps."""
        super().begin()
        self.sources, self.reasons = [], []

    def stepped(self, strand: Any) -> None:
        """Keep the step."""
        self.reasons.append("" if strand is self.last else _reason(strand, self.last))
        self.sources.append(_source(strand, sys._getframe(2)))
        super().stepped(strand)


def _reason(strand: Any, last: Any) -> str:
    """Why another strand than the last makes the step."""
    if last is None:
        return ""
    if strand.kind == "tick":
        return "a timer fires"
    if last.kind == "tick":
        return "time has passed"
    if last.done:
        return f"{last.name} has ended"
    if last.slot >= 0:
        return f"the schedule leaves {last.name}, which could go on ({last.kind})"
    return f"{last.name} waits ({last.kind})"


# ---------------------------------------------------------------- source lines


def _source(strand: Any, frame: FrameType | None) -> Source | None:
    """The line of the implementation where the strand stands, or where what its loop resumes stands."""
    if strand.kind == "tick" or (strand.kind == "start" and strand.object is None):
        return None
    if strand.kind == "handle" and strand.object._ready:
        callback = strand.object._ready[0]._callback
        task: Any = getattr(callback, "__self__", None)
        if hasattr(task, "get_coro"):
            return _of_coroutine(task.get_coro())
        code = getattr(callback, "__code__", None)
        return None if code is None or _foreign(code) else _line(code, code.co_firstlineno)
    while frame is not None:
        if not _foreign(frame.f_code):
            return _line(frame.f_code, frame.f_lineno)
        frame = frame.f_back
    return None


def _of_coroutine(coroutine: Any) -> Source | None:
    """The innermost line of the implementation at which a suspended coroutine awaits."""
    found = None
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None and not _foreign(frame.f_code):
            found = _line(frame.f_code, frame.f_lineno)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return found


def _foreign(code: Any) -> bool:
    """Whether the code is the harness's, or in no file of a project."""
    return code.co_filename.startswith((_HARNESS, "<")) or is_standard_file(code.co_filename)


def _line(code: Any, line: int | None) -> Source:
    return Source(place(code, line or 0), os.path.abspath(code.co_filename))


# ---------------------------------------------------------------- data


def trace_data(tracer: Tracer) -> list[dict[str, Any]]:
    """The steps: number, strand, operation, object, source line, and why another strand than before made it.

    `switch` is true where the strand before could have gone on. `where` is "" where no line of the implementation
    is concerned.
    """
    switches = {one.first for one in tracer.slices if one.preempting}
    steps = []
    for step, source, reason in zip(trace_of(tracer.recorder), tracer.sources, tracer.reasons, strict=True):
        operation, _, thing = step.operation.partition(" ")
        steps.append(
            {
                "step": step.number,
                "strand": step.strand,
                "operation": operation,
                "object": thing,
                "where": source.shown if source else "",
                "switch": step.number in switches,
                "reason": reason,
            }
        )
    return steps


def history_data(history: History, tracer: Tracer) -> list[dict[str, Any]]:
    """The events, each with its index; where known, with its source line, and with the mailbox at a delivery.

    What is empty is left out. `mailbox`: the messages that the actor has been sent and has not begun, when it begins
    this one.
    """
    trace = trace_data(tracer)
    strands: dict[str, list[int]] = {}
    for step in trace:
        strands.setdefault(step["strand"], []).append(step["step"])
    later: dict[str, int] = {}
    ends: list[int] = [sys.maxsize] * len(history.events)
    for at in range(len(history.events) - 1, -1, -1):
        event = history.events[at]
        ends[at] = later.get(event.strand, sys.maxsize)
        later[event.strand] = event.step
    begins: dict[str, int] = {}
    mailboxes = _Mailboxes()
    found = []
    for index, event in enumerate(history.events):
        made = _event(index, event)
        numbers = strands.get(event.strand, [])
        first = bisect_right(numbers, begins.get(event.strand, -1))
        last = bisect_right(numbers, event.step)
        before = (trace[number - 1]["where"] for number in reversed(numbers[first:last]))
        after = (trace[number - 1]["where"] for number in numbers[last : bisect_right(numbers, ends[index])])
        source = _first(after if event.kind in AHEAD else before if event.kind in BEHIND else ())
        if source:
            made["source"] = source
        mailbox = mailboxes.after(event)
        if mailbox is not None:
            made["mailbox"] = mailbox
        begins[event.strand] = event.step
        found.append(made)
    return found


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _event(index: int, event: Event) -> dict[str, Any]:
    made: dict[str, Any] = {"index": index, "kind": event.kind}
    for name in ("who", "actor", "message", "op", "detail", "sender"):
        if text := getattr(event, name):
            made[name] = text
    if event.outcome is not None:
        made["outcome"] = {"kind": event.outcome.kind, "text": str(event.outcome)}
    if event.value is not None:
        made["value"] = event.value if isinstance(event.value, bool | int | str) else str(event.value)
    made |= {"step": event.step, "time": event.time, "strand": event.strand}
    if event.loop is not None:
        made["loop"] = event.loop
    return made


class _Mailboxes:
    """What each actor has been sent and has not begun; a message may begin before its sender knows that it is sent."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[str]] = {}
        self.begun: set[str] = set()

    def after(self, event: Event) -> list[str] | None:
        """The mailbox that is left where the event is a delivery; None where it is none."""
        waiting = self.waiting.setdefault(event.actor, [])
        if event.kind in ("ask", "tell") and event.message not in self.begun:
            waiting.append(event.message)
        if event.kind != "begin":
            return None
        self.begun.add(event.message)
        if event.message in waiting:
            waiting.remove(event.message)
        return list(waiting)


def waiting_data(deadlock: Deadlock | None) -> dict[str, Any] | None:
    """Who waits for whom where nothing can move: the waits, the cycle, and what nobody is left to complete."""
    if deadlock is None:
        return None
    return {
        "waiting": [
            {"who": one.who, "strand": one.strand, "on": one.on, "where": one.where}
            for one in deadlock.waiting
        ],
        "cycle": list(deadlock.cycle),
        "forgotten": list(deadlock.forgotten),
    }


def files_data(tracer: Tracer) -> dict[str, str]:
    """The absolute path of each file that a source line is in, by the path that is shown."""
    found: Sequence[Source] = [source for source in tracer.sources if source is not None]
    return {source.shown.rpartition(" in ")[0].rpartition(":")[0]: source.file for source in found}
