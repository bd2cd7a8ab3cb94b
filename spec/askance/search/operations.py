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
    INTO    depends on every step of the strand that it names
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections import deque
from typing import Any

from askance.preempt.points import Place
from askance.world import Strand
from askance.world.foreign import Closing
from askance.world.loop import WorldLoop
from askance.world.queues import ControlledSimpleQueue

Name = tuple[str, int, str]
"""(path of the strand that made an object, how many it had made before, what it is): the same on every schedule."""

NONE, READ, WRITE, PUT, GET, BARRIER, INTO = range(7)

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
    "try-put": WRITE,
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
    "bodies": NONE,
    "statement": NONE,
    "access": WRITE,
    "moment": WRITE,
    "reach": WRITE,
    "into": INTO,
}
"""What each kind of operation does to its object. Of an unknown kind the worst is assumed."""

WAKES = frozenset(("begin", "wait", "select", "sleep"))
"""Operations that another strand's step lets go on: that step is said to "notify" the strand."""


def is_fifo(thing: Any) -> bool:
    """Whether a queue is unbounded and first in, first out, so that putting never waits for getting."""
    if type(thing) is queue.Queue:
        return thing.maxsize <= 0
    return type(thing) is ControlledSimpleQueue


def items_in(thing: Any) -> int | None:
    """How many items a queue holds, or callbacks a loop that are ready; None where that cannot be told."""
    if isinstance(thing, queue.Queue):
        return int(thing._qsize())
    if isinstance(thing, WorldLoop):
        # Timers add some that nobody put, in steps that look at the loop and so come after whatever was put before.
        return len(thing._ready)
    return len(thing._items) if isinstance(thing, ControlledSimpleQueue) else None


def item_taken(puts: deque[int], items: int | None) -> int:
    """Of the noted puts that are not taken yet, as far as is known, the one that the next to get from a FIFO takes.

    `items`: how many it holds. If there are more than noted, the oldest were there before anything was: 0 stands for
    these. If there are fewer, the oldest were taken by what does not wait, or by hand.
    """
    if items is not None:
        while len(puts) > items:
            puts.popleft()
        if len(puts) < items:
            return 0
    return puts.popleft() if puts else 0


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


def one_object(first: Any, second: Any) -> bool:
    """Whether two announced operations name the same object; a queue and its own lock are one."""
    if first is None or second is None:
        return False
    return first is second or getattr(first, "mutex", first) is getattr(second, "mutex", second)


_met = itertools.count(1)


def name_of(thing: Any) -> Name | None:
    """The name of an object that an operation names; None where it names none that strands share.

    Objects made outside of worlds are numbered when they are first named, and keep the number.
    """
    if isinstance(thing, Strand):
        return thing.path, 0, "strand"
    if isinstance(thing, Place):
        # Plain objects have no names that hold on every schedule; all of a type are taken for one.
        return "", 0, f"{thing.kind}.{thing.label}"
    if isinstance(thing, Closing):
        return *thing.of, "closing"
    serial = getattr(thing, "serial", None)
    if serial is not None:
        return serial[0], serial[1], ""
    if isinstance(thing, threading.Condition):
        lock, what = thing._lock, "condition"  # type: ignore[attr-defined]
    elif isinstance(thing, threading.Semaphore):
        lock, what = thing._cond._lock, "semaphore"  # type: ignore[attr-defined]
    elif isinstance(thing, queue.Queue):
        lock, what = thing.mutex, ""
    elif isinstance(thing, threading.Event):
        path, number = thing.__dict__.get("_askance_serial") or ("", next(_met))
        thing.__dict__["_askance_serial"] = (path, number)
        return path, number, "event"
    else:
        return None
    path, number = getattr(lock, "serial", ("", 0))
    return path, number, what
