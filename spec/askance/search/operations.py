"""Which operations depend on each other: what each kind of step does to the object that it names.

Two steps of different strands are independent where performing them in the other order leads to the same state, and
neither lets or keeps the other from running. The modes of access here are a safe approximation of that: whatever
is independent by them is so in truth (Mazurkiewicz, "Trace theory", 1987; Godefroid's conditional independence, 1996).

    READ    looks at the object          independent of READ
    WRITE   changes it                   depends on all
    PUT     appends to a FIFO            independent of GET, but the GET of that very item comes after it
    GET     takes from a FIFO's head     independent of PUT
    NONE    concerns no shared object
    BARRIER comes after everything before it, and before all that follows
"""

from __future__ import annotations

import queue
import threading
from typing import Any

from askance.world.queues import ControlledSimpleQueue

NONE, READ, WRITE, PUT, GET, BARRIER = range(6)

MODES: dict[str, int] = {
    "start": NONE,
    "spawn": WRITE,
    "begin": NONE,
    "woken": READ,
    "join": READ,
    "end": WRITE,
    "is-alive": READ,
    "acquire": WRITE,
    "try-acquire": WRITE,
    "release": WRITE,
    "locked": READ,
    "wait": NONE,
    "set": WRITE,
    "clear": WRITE,
    "is-set": READ,
    "look": READ,
    "notify": WRITE,
    "put": WRITE,
    "get": WRITE,
    "try-get": WRITE,
    "task-done": WRITE,
    "shutdown": WRITE,
    "size": READ,
    "wake": PUT,
    "call-soon": PUT,
    "handle": GET,
    "round": READ,
    "select": NONE,
    "run": WRITE,
    "stop": WRITE,
    "is-running": READ,
    "sleep": NONE,
    "yield": NONE,
    "tick": WRITE,
    "timer": READ,
    "time": READ,
    "read": READ,
    "write": WRITE,
    "settle": BARRIER,
}
"""What each kind of operation does to its object. Of an unknown kind the worst is assumed."""

WAKES = frozenset(("begin", "wait", "select", "sleep"))
"""Operations that another strand's step lets go on: that step is said to "notify" the strand."""


def is_fifo(thing: Any) -> bool:
    """Whether a queue is unbounded and first in, first out, so that putting never waits for getting."""
    if type(thing) is queue.Queue:
        return thing.maxsize <= 0
    return type(thing) is ControlledSimpleQueue


def conflict(first: int, second: int) -> bool:
    """Whether accesses of these modes to one object depend on each other."""
    if first == NONE or second == NONE:
        return False
    if first == READ:
        return second != READ
    if first == WRITE or second in (READ, WRITE):
        return True
    return first == second


def mode_of(strand: Any, kind: str, thing: Any) -> int:
    """The mode of the operation that a strand has announced.

    One with a timeout looks at its object whenever it runs, and so depends on more than one without.
    """
    mode = MODES.get(kind, WRITE)
    timed = strand.timer is not None or strand.timed_out
    if kind in ("put", "get"):
        if is_fifo(thing) and not timed:
            return PUT if kind == "put" else GET
    elif kind == "wait" and timed:
        return READ if isinstance(thing, threading.Event) else WRITE
    return mode
