"""A strand: one controlled thread of execution, on a greenlet; and what an engine throws into strands."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any

from greenlet import greenlet

if TYPE_CHECKING:
    import asyncio
    import threading

FIRST_IDENT = 10_000


class StrandKilled(BaseException):
    """Thrown into strands that are unfinished when their world closes, so that their `finally` blocks run."""


class EngineFailure(BaseException):
    """The engine or the strategy cannot go on with this execution: it ends as an error, with this text."""


class RealBlocking(EngineFailure):
    """Thrown by the watchdog into a strand that blocks for real: in a C call, a socket, or a loop without end."""


class NotSimulated(RuntimeError):
    """The code under test reached for something that the world does not simulate."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not simulated in the deterministic world; use the live engine")


class Strand:
    """One controlled thread. The world owns and changes it; strategies read `number`, `path`, `kind`, `object`.

    `number` is its order of creation in this execution (0 is the clock, 1 the main strand); `path` its place in the
    tree of creation ("1.2": the second strand that the main strand made), the same on every schedule.
    """

    __slots__ = (
        "chance",
        "children",
        "daemon",
        "done",
        "greenlet",
        "joiners",
        "kind",
        "life",
        "locals",
        "name",
        "number",
        "object",
        "objects",
        "path",
        "policy_loop",
        "running_loop",
        "slot",
        "thread",
        "timed_out",
        "timer",
    )

    def __init__(self, number: int, name: str, path: str) -> None:
        self.number = number
        self.name = name
        self.path = path
        self.kind = "start"
        self.object: Any = None
        # invariant: slot is the strand's index in world.runnable, or -1 when it cannot run
        self.slot = -1
        # What it does, and the greenlet that it does it on; none before its first step.
        self.life: Callable[[], greenlet] | None = None
        self.greenlet: greenlet | None = None
        self.running_loop: asyncio.AbstractEventLoop | None = None
        self.policy_loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None
        self.timer: list[Any] | None = None
        self.timed_out = False
        self.done = False
        self.daemon = False
        self.joiners: list[Strand] | None = None
        self.locals: dict[int, dict[str, Any]] | None = None
        self.chance: Random | None = None
        self.children = 0
        self.objects = 0

    @property
    def ident(self) -> int:
        """What `threading.get_ident()` gives in this strand."""
        return FIRST_IDENT + self.number

    def __repr__(self) -> str:
        return f"<Strand {self.number} {self.name} {self.kind}>"


Body = Callable[[], object]
