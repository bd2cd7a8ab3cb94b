"""What a runner needs of an engine, and what an engine needs of a strategy: the seams between the floors.

The runner performs a program with ordinary `threading` and `asyncio` calls; the engine (world or live) decides what
these do. A strategy decides which strand runs next, and sees of the world only what stands here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class StrandView(Protocol):
    """What a strategy may read of a strand: its number (order of creation), its stable name, its pending operation."""

    number: int
    name: str
    kind: str
    object: Any


class Strategy(Protocol):
    """Chooses the next strand at each decision point (two or more strands could run).

    `observes`: when True the world also calls `stepped` after each executed step, decision or not; and, if the
    strategy has such a method, `touched(strand, kind, thing)` for what the step under way does besides what it
    announced: wakes a strand, looks at the clock.
    """

    observes: bool

    def begin(self) -> None:
        """A new execution starts: forget the last one, derive this one's seed from the strategy's own."""

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """One of `runnable` (two or more StrandViews, the clock among them where a timer may fire early).

        `current` made the last step; it is None, or not among `runnable`, when it ended or is blocked.
        """

    def stepped(self, strand: Any) -> None:
        """`strand` has executed the operation it had announced (`strand.kind` on `strand.object`)."""
