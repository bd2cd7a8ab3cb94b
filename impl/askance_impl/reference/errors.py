"""What can go wrong between actors, beyond what a handler raises; each message says what to do instead.

Raised by replies and actors of this package, caught by whoever asks.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Sequence

__all__ = ["ActorStopped", "AskCancelled", "AskCycle", "SystemClosed", "WouldBlock"]


class ActorStopped(RuntimeError):
    """The actor was stopped before it handled the message; it will never be handled."""

    def __init__(self, actor: str) -> None:
        super().__init__(f"actor {actor} has stopped: it did not handle this message and takes no more")
        self.actor = actor

    def __reduce__(self) -> tuple[type[ActorStopped], tuple[str]]:
        return type(self), (self.actor,)


class SystemClosed(ActorStopped):
    """The whole system was closed before the actor finished with the message."""

    def __init__(self, actor: str) -> None:
        RuntimeError.__init__(
            self, f"the system of actor {actor} is closed: this message will not be answered"
        )
        self.actor = actor


class AskCycle(RuntimeError):
    """An ask that would wait for the actor which is asking; `actors` names the cycle, first and last the same."""

    def __init__(self, actors: Sequence[str]) -> None:
        self.actors = tuple(actors)
        cycle = " -> ".join(self.actors)
        asker = self.actors[0]
        super().__init__(
            f"this wait closes a cycle of asks, in which each actor waits for the next for ever: {cycle}\n"
            f"  wrong:  await {self.actors[1]}.ask(...)    # while {asker} itself is being waited for\n"
            f"  right:  {self.actors[1]}.tell(...)         # do not wait, or\n"
            f"  right:  system.spawn(..., name={asker!r}, reentrant=True)"
            "    # take other messages while it waits"
        )

    def __reduce__(self) -> tuple[type[AskCycle], tuple[tuple[str, ...]]]:
        return type(self), (self.actors,)


class WouldBlock(RuntimeError):
    """A thread that runs an event loop was about to block; refused at once, whether or not the reply is there."""

    def __init__(self, what: str, wrong: str, right: str) -> None:
        super().__init__(
            f"{what} would block the thread of a running event loop: all that lives on the loop would stand still,"
            f" perhaps the actor that has to answer too\n  wrong:  {wrong}\n  right:  {right}"
        )
        self.wrong, self.right, self.what = wrong, right, what

    def __reduce__(self) -> tuple[type[WouldBlock], tuple[str, str, str]]:
        return type(self), (self.what, self.wrong, self.right)


class AskCancelled(asyncio.CancelledError, concurrent.futures.CancelledError):
    """The reply was cancelled: by `cancel()`, or because the only one who waited for it was.

    It is what both worlds call a cancellation, so `except` of either finds it. For the one who waits it is a
    failed ask, not a cancellation of its own task, and `except Exception` finds it too.
    """
