"""How one execution went: what an engine gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from askance.history import Deadlock

Ending = Literal["done", "deadlock", "steps", "error"]


@dataclass
class Execution:
    """How one execution went.

    `ending`: "done" (the main strand ended, by `value` or `exception`), "deadlock", "steps" (the step limit was
    reached), "error" (real blocking, or a schedule that could not be followed: `error` says).
    `uncaught` are exceptions that ended other strands or came out of event loop callbacks: (strand name, exception);
    `leaks` says what was left when the main strand had ended: strands, open loops, pending tasks, in that order;
    `complaints` what loops told their exception handlers besides, and coroutines that were never awaited: (strand name,
    message).
    """

    ending: Ending = "done"
    value: Any = None
    exception: BaseException | None = None
    error: str = ""
    deadlock: Deadlock | None = None
    uncaught: list[tuple[str, BaseException]] = field(default_factory=list)
    complaints: list[tuple[str, str]] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    blocked_loops: list[tuple[str, str, str]] = field(default_factory=list)
    choices: list[int] = field(default_factory=list)
    steps: int = 0
    decisions: int = 0
    timers_raced: bool = False
    strands: int = 0
