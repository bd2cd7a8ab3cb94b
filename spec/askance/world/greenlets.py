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


def take(hub: greenlet, context: Context | None, life: Life) -> greenlet:
    """A greenlet that leads that life when it is switched to; what escapes from the life comes out in `hub`."""
    idle: list[greenlet] | None = getattr(_idle, "greenlets", None)
    taken = idle.pop() if idle else _made()
    if taken.parent is not hub:
        taken.parent = hub
    taken.gr_context = context
    taken.__dict__["life"] = life
    return taken


def _made() -> greenlet:
    """A new one, begun by a greenlet that is kept for that, and whose stack is as good as empty.

    A greenlet begins as deep in calls as whoever switches to it first, and keeps that for as long as it lives: begun
    by strands, which were begun by strands, they would come to the interpreter's limit of recursion.
    """
    maker: greenlet | None = getattr(_idle, "maker", None)
    if maker is None:
        maker = _idle.maker = greenlet(_make)
    maker.parent = getcurrent()
    made: greenlet = maker.switch()
    return made


def _make() -> None:
    mine = getcurrent()
    while True:
        # It starts without arguments: those of its start a greenlet keeps for as long as it lives.
        made = greenlet(_serve, mine)
        made.switch()
        customer = mine.parent
        assert customer is not None
        customer.switch(made)


def _serve() -> None:
    mine = getcurrent()
    idle = _idle.__dict__.setdefault("greenlets", [])
    hub = mine.parent
    assert hub is not None
    hub.switch()
    while True:
        # A life has no name here: who looks at this frame's variables, as a deadlock's explanation does, would keep it.
        onward = mine.__dict__.pop("life")()
        idle.append(mine)
        onward.switch()
