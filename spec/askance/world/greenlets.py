"""Greenlets that serve one strand after another: to make one costs as much as twenty steps.

A greenlet whose strand has ended waits for the next, of whatever world. Each operating system thread has its own.
"""

from __future__ import annotations

from _thread import _local as real_local
from collections.abc import Callable
from contextvars import Context
from typing import Any

from greenlet import getcurrent, greenlet

Life = Callable[[], greenlet]
"""What a strand does from its first step to its last; gives the greenlet that goes on then."""

_idle: Any = real_local()


def take(hub: greenlet, context: Context | None) -> greenlet:
    """A greenlet to be switched to with a `Life`; what escapes from that life comes out in `hub`."""
    idle: list[greenlet] | None = getattr(_idle, "greenlets", None)
    if idle:
        taken = idle.pop()
    else:
        # It starts without arguments: those of its start a greenlet keeps for as long as it lives.
        taken = greenlet(_serve, getcurrent())
        taken.switch()
    if taken.parent is not hub:
        taken.parent = hub
    taken.gr_context = context
    return taken


def _serve() -> None:
    mine = getcurrent()
    idle = _idle.__dict__.setdefault("greenlets", [])
    hub = mine.parent
    assert hub is not None
    # A life has no name here: who looks at this frame's variables, as a deadlock's explanation does, would keep it.
    hub = hub.switch()()
    while True:
        idle.append(mine)
        hub = hub.switch()()
