"""Events of exhaustive search: what a step did, by names that hold for every execution, and how steps are ordered.

An event says what it needs of an object and what the object offered before it: that is how steps which may have to wait
are put in another order only where that is possible.
"""

from __future__ import annotations

import queue
import threading
from typing import Any

from askance.search.operations import (
    BARRIER,
    GET,
    INTO,
    NONE,
    READ,
    WRITE,
    Name,
    conflict,
    items_in,
    mode_of,
    name_of,
)
from askance.world import World
from askance.world.locks import Lock, RLock
from askance.world.queues import ControlledSimpleQueue

ALWAYS, TAKE, GIVE, ENABLED, ENDED, FINISHED = 0, 1, 2, 4, 8, 16
"""What an operation needs of its object: nothing; something to take (a lock, an item); room; of a strand, that it was
let go on, or that it has ended; of a queue, that all its tasks are done."""

READY = TAKE | GIVE | FINISHED
"""What an object offers that keeps nobody waiting."""


CLOCK: Name = ("0", 0, "strand")
"""What all that has to do with time depends on."""


class Access:
    """What an event did to one object.

    `needs`: what the operation waits for; `offers`: which of these needs the object met just before; `items`: how many
    items it held, where one is taken from a FIFO.
    """

    __slots__ = ("items", "mode", "name", "needs", "offers")

    def __init__(self, name: Name, mode: int, needs: int = ALWAYS, offers: int = READY) -> None:
        self.name = name
        self.mode = mode
        self.needs = needs
        self.offers = offers
        self.items: int | None = None


class Event:
    """One step of the strand with that path: its accesses, and for each object the strongest of their modes.

    `into`: paths of other strands, on whose every step it depends.
    """

    __slots__ = ("accesses", "barrier", "into", "modes", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.accesses: list[Access] = []
        self.modes: dict[Name, int] = {}
        self.barrier = False
        self.into: tuple[str, ...] = ()

    def add(self, access: Access) -> None:
        """The step also did this."""
        self.accesses.append(access)
        before = self.modes.get(access.name)
        self.modes[access.name] = access.mode if before in (None, access.mode) else WRITE

    def united(self, other: Event) -> Event:
        """An event that depends on whatever this one or the other depends on."""
        both = Event(self.path)
        both.barrier = self.barrier or other.barrier
        both.into = self.into + other.into
        both.modes = dict(self.modes)
        for name, mode in other.modes.items():
            both.modes[name] = mode if both.modes.get(name, mode) == mode else WRITE
        return both

    def independent(self, other: Event) -> bool:
        """Whether the two, of different strands and both able to happen now, lead to the same state in either order."""
        if self.barrier or other.barrier or self.path == other.path:
            return False
        if (self.into or other.into) and (other.path in self.into or self.path in other.into):
            return False
        mine, others = self.modes, other.modes
        if len(others) < len(mine):
            mine, others = others, mine
        return not any(name in others and conflict(mode, others[name]) for name, mode in mine.items())


def announced(strand: Any, world: World) -> Event:
    """The event of the operation that a strand has announced, as far as it can be told beforehand."""
    event = Event(strand.path)
    kind, thing = strand.kind, strand.object
    if kind == "tick":
        event.barrier = not world.racing_timers
        event.add(Access(CLOCK, WRITE))
        return event
    if kind == "start" and thing is None:
        event.add(Access((strand.path, 0, "strand"), READ, ENABLED))
        return event
    if kind == "settle":
        event.barrier = True
        return event
    timed = strand.timer is not None or strand.timed_out
    mode = mode_of(strand, kind, thing)
    if mode != NONE:
        name = name_of(thing) or ("", 0, kind)
        access = Access(name, mode, ALWAYS if strand.timed_out else _needs(kind, thing), _offers(thing))
        if mode == GET:
            access.items = items_in(thing)
        event.add(access)
    if timed or kind in ("wait", "select", "sleep"):
        event.add(Access((strand.path, 0, "strand"), READ, ENABLED))
    return event


def _needs(kind: str, thing: Any) -> int:
    if kind in ("acquire", "get"):
        return TAKE
    if kind == "put":
        return GIVE
    if kind == "join":
        return FINISHED if isinstance(thing, queue.Queue) else ENDED
    return ALWAYS


def _offers(thing: Any) -> int:
    """Which needs an object meets now."""
    if isinstance(thing, Lock | RLock):
        return TAKE if thing.owner is None else 0
    if isinstance(thing, threading.Semaphore):
        return TAKE if thing._value > 0 else 0
    if isinstance(thing, queue.Queue):
        if getattr(thing, "is_shutdown", False):
            room = items = True  # nobody waits at either end any more
        else:
            size = thing._qsize()
            items, room = size > 0, thing.maxsize <= 0 or size < thing.maxsize
        finished = not thing.unfinished_tasks
        return (TAKE if items else 0) | (GIVE if room else 0) | (FINISHED if finished else 0)
    if isinstance(thing, ControlledSimpleQueue):
        return (TAKE if thing._items else 0) | GIVE
    return READY


def touch(event: Event, kind: str, thing: Any, mode: int) -> None:
    """Add what a step did besides what it had announced."""
    if mode == BARRIER:
        event.barrier = True
        return
    if mode == INTO:
        event.into += (thing.path,)
        return
    name = name_of(thing)
    if name is not None:
        # What the step does besides to the object that it waited for, it can do no sooner.
        needs = max((access.needs for access in event.accesses if access.name == name), default=ALWAYS)
        offers = READY
        if kind == "release":
            offers = 0
        elif kind == "notify":
            offers = ENABLED if thing.slot >= 0 else 0
        elif mode == READ:
            offers = _offers(thing)
        event.add(Access(name, mode, needs, offers))
