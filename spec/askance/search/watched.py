"""Watching an execution that somebody will look at: every step, why strands are switched, where each one stands.

A `Watch` stands between a world and a strategy, as a `Recorder` does, and keeps what a reader wants besides. It can
also stop: at a step, at an event, or where a strand begins to wait for ever, it calls a function on that strand's own
stack. Reports and `askance replay` use it; a search never does.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any

from askance.engine import Strategy
from askance.run.stuck import innermost, inward, outward
from askance.search.events import Event, announced, touch
from askance.search.operations import MODES, mode_of
from askance.search.recording import Recorder
from askance.search.trace import Names
from askance.world import Strand, World
from askance.world.frames import is_harness_file, is_standard, place

__all__ = ["Moment", "Seen", "Standing", "Stop", "Watch", "WatchedWorld"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One step. `switch`: another strand made the step before; `reason`: why, "" where it did not.

    `preempting`: the strand before could have gone on. `where` is a line of the implementation, as far as one is on
    the strand's stack.
    """

    step: int
    strand: str
    operation: str
    object: str
    where: str
    line: str = ""
    switch: bool = False
    reason: str = ""
    preempting: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """A step that a strand has announced and cannot make yet; it looks like step 0."""

    made: Event
    seen: Seen
    address: tuple[str, int]
    thing: Any
    mode: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a strand, or a task that waits, stands: about to do what, at which line of the implementation.

    `doing` is the operation that comes next, "" where none is announced. `where` and the line's text are "" where no
    line of the implementation is concerned. `work`: the client or the turn that it is at work for, "" for none.
    """

    who: str
    doing: str
    where: str = ""
    line: str = ""
    work: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of an execution: just before a step, at the recording of an event, or where a strand waits for ever.

    `kind` is "step", "event" or "wait"; `number` the step, the position of the event, or which of the waits of
    `strand` it is.
    """

    kind: str
    number: int
    strand: str = ""


@dataclass
class Stop:
    """Calls `do`, once, when the moment comes; on the stack of the strand that it comes in."""

    moment: Moment
    do: Callable[[Watch], None]
    reached: bool = field(default=False, init=False)


class Watch(Recorder):
    """Passes a world's questions on to `strategy`, keeps the steps, and stops where it is told to."""

    def __init__(
        self, strategy: Strategy, stop: Stop | None = None, tell: Callable[[Seen], None] | None = None
    ) -> None:
        super().__init__(strategy)
        self.world: WatchedWorld | None = None
        self.stop = stop
        self.tell = tell
        self.seen: list[Seen] = []
        self.counts: dict[str, int] = {}
        """How many operations each strand has made, by its path."""
        self.addresses: list[tuple[str, int]] = []
        """Of each step: the strand's path, and the number of its operation."""
        self.made: list[Event] = []
        """Each step, as partial orders need it."""
        self.blocked: dict[str, Blocked] = {}
        """What strands that wait have announced, by their paths."""
        self.waits: dict[str, int] = {}
        """How often each strand has begun to wait, by its name."""
        self.events = 0
        self.names = Names()
        self.at: FrameType | None = None
        """Where it has stopped."""
        self.before: Strand | None = None
        self.left: Strand | None = None

    def begin(self) -> None:
        """A new execution."""
        super().begin()
        self.inner_pick = self.strategy.pick
        self.pick = self._watching_pick

    def _watching_pick(self, runnable: Sequence[Any], current: Any) -> Any:
        chosen = self.inner_pick(runnable, current)
        self.left = current if chosen is not current and current is not None and current.slot >= 0 else None
        return chosen

    def stepped(self, strand: Any) -> None:
        """Keep one step."""
        super().stepped(strand)
        world = self.world
        assert world is not None
        kind, thing = str(strand.kind), strand.object
        if kind == "start" and thing is None:
            kind = "begin"
        before = self.before
        switch = before is not None and before is not strand
        preempting = switch and before is self.left
        frame = None if strand is world.clock else sys._getframe(1)
        standing = standing_of(strand, frame)
        seen = Seen(
            world.steps,
            strand.name,
            kind,
            "" if thing is None or thing is strand else self.names.of(thing),
            standing.where,
            standing.line,
            switch,
            self._reason(before, strand) if switch and before is not None else "",
            preempting,
        )
        self.seen.append(seen)
        self.made.append(announced(strand, world))
        self.blocked.pop(strand.path, None)
        self.counts[strand.path] = self.counts.get(strand.path, 0) + 1
        self.addresses.append((strand.path, self.counts[strand.path]))
        self.before, self.left = strand, None
        if self.tell is not None:
            self.tell(seen)
        self.look("step", world.steps)

    def touched(self, strand: Strand, kind: str, thing: Any) -> None:
        """Keep what a step did besides."""
        super().touched(strand, kind, thing)
        touch(self.made[-1], kind, thing, MODES[kind])

    def _reason(self, before: Strand, after: Any) -> str:
        if after.number == 0:
            return "time passes"
        if before.number == 0:
            return "its time has come"
        if before.done:
            return f"{before.name} has ended"
        doing = self.pending(before)
        return (
            f"{before.name} could go on: {doing}"
            if before is self.left
            else f"{before.name} cannot go on: {doing}"
        )

    def pending(self, strand: Strand) -> str:
        """What a strand has announced, in words."""
        kind, thing = str(strand.kind), strand.object
        if kind == "start" and thing is None:
            return "begin"
        return kind if thing is None or thing is strand else f"{kind} {self.names.of(thing)}"

    def event(self) -> None:
        """An event is about to be recorded."""
        self.events += 1
        self.look("event", self.events - 1)

    def waiting(self, strand: Strand) -> None:
        """A strand begins to wait."""
        world = self.world
        assert world is not None
        self.waits[strand.name] = self.waits.get(strand.name, 0) + 1
        if strand.kind not in ("select", "bodies", "settle") and strand.object is not None:
            kind, thing = str(strand.kind), strand.object
            standing = standing_of(strand, sys._getframe(1))
            name = "" if thing is strand else self.names.of(thing)
            seen = Seen(0, strand.name, kind, name, standing.where, standing.line)
            address = strand.path, self.counts.get(strand.path, 0) + 1
            mode = mode_of(strand, kind, thing)
            self.blocked[strand.path] = Blocked(announced(strand, world), seen, address, thing, mode)
        self.look("wait", self.waits[strand.name], strand.name)

    def look(self, kind: str, number: int, strand: str = "") -> None:
        """Stop, if this is the moment."""
        stop = self.stop
        if stop is not None and not stop.reached and stop.moment == Moment(kind, number, strand):
            stop.reached = True
            self.at = sys._getframe(1)
            stop.do(self)

    def stands(self) -> list[Standing]:
        """Where every strand stands that has begun and not ended, and every task of a loop that waits."""
        world = self.world
        assert world is not None
        found = []
        for strand in world.strands[1:]:
            if strand.done or (strand.greenlet is None and strand is not world.current):
                continue
            current = strand is world.current
            frame = self.at if current else strand.greenlet.gr_frame  # type: ignore[union-attr]
            if strand is world.main and implementation_frame(frame) is None:
                continue
            if strand.kind in ("select", "bodies") and not current:
                found.append(Standing(strand.name, "idle: its loop has nothing to do"))
            else:
                # Who records an event has done what it announced last.
                done = current and self.stop is not None and self.stop.moment.kind == "event"
                standing = standing_of(strand, frame, "" if done else self.pending(strand))
                found.append(replace(standing, work=innermost(outward(frame))))
        for loop in world.loops:
            for task in loop.live_tasks():
                if task._fut_waiter is not None and (who := world.waiter_name(task)):
                    frames = reversed(list(inward(task.get_coro())))
                    lines = (standing_of(who, one, "awaits") for one in frames if not _is_foreign(one))
                    found.append(replace(next(lines, Standing(who, "awaits")), work=who))
        return found


class WatchedWorld(World):
    """A world that tells its `Watch` of events and of waits, too."""

    def __init__(self, watch: Watch, *, max_steps: int) -> None:
        super().__init__(watch, max_steps=max_steps)
        self.watch = watch
        watch.world = self

    def stamp(self) -> tuple[int, float, str]:
        """What a recorder puts on an event that it is about to keep."""
        if not self.dying:
            self.watch.event()
        return super().stamp()

    def _go_on(self) -> None:
        if not self.dying:
            self.watch.waiting(self.current)
        super()._go_on()


def implementation_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is neither askance's nor the standard library's."""
    while frame is not None and _is_foreign(frame):
        frame = frame.f_back
    return frame


def _is_foreign(frame: FrameType) -> bool:
    return is_harness_file(frame.f_code.co_filename) or is_standard(frame)


def standing_of(who: str | Strand, frame: FrameType | None, doing: str = "") -> Standing:
    """Where a strand or a task stands: the innermost line of the implementation, if there is one."""
    name = who if isinstance(who, str) else who.name
    found = implementation_frame(frame)
    if found is None:
        return Standing(name, doing)
    code, number = found.f_code, found.f_lineno
    line = linecache.getline(code.co_filename, number).strip()
    return Standing(name, doing, place(code, number), line)
