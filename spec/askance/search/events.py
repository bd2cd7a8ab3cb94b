"""Events of exhaustive search: what a step did, by names that hold for every execution, and how steps are ordered.

Happens-before is kept as one integer for each event, whose bit i says that event i comes before it: with these sets
the questions that partial order reduction asks are single operations on integers.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from askance.search.operations import BARRIER, GET, NONE, PUT, READ, WRITE, Name, conflict, mode_of, name_of
from askance.world import World
from askance.world.locks import Lock, RLock
from askance.world.queues import ControlledSimpleQueue

ALWAYS, TAKE, GIVE, ENABLED, ENDED = 0, 1, 2, 4, 8
"""What an operation needs of its object: nothing; something to take (a lock, an item); room; of a strand, that it was
let go on, or that it has ended."""


CLOCK: Name = ("0", 0, "strand")
"""What all that has to do with time depends on; a step of the clock needs a pending timer."""


class Access:
    """What an event did to one object.

    `needs`: what the operation waits for; `offers`: which of these needs the object met just before.
    """

    __slots__ = ("mode", "name", "needs", "offers")

    def __init__(self, name: Name, mode: int, needs: int = ALWAYS, offers: int = TAKE | GIVE) -> None:
        self.name = name
        self.mode = mode
        self.needs = needs
        self.offers = offers


class Event:
    """One step of the strand with that path: its accesses, and for each object the strongest of their modes.

    `timers`: how many were pending just before it.
    """

    __slots__ = ("accesses", "barrier", "modes", "path", "timers")

    def __init__(self, path: str) -> None:
        self.path = path
        self.accesses: list[Access] = []
        self.modes: dict[Name, int] = {}
        self.barrier = False
        self.timers = 0

    @property
    def is_tick(self) -> bool:
        """Whether it is a step of the clock."""
        return self.path == CLOCK[0]

    def add(self, access: Access) -> None:
        """The step also did this."""
        self.accesses.append(access)
        before = self.modes.get(access.name)
        self.modes[access.name] = access.mode if before in (None, access.mode) else WRITE

    def independent(self, other: Event) -> bool:
        """Whether the two, of different strands and both able to happen now, lead to the same state in either order."""
        if self.barrier or other.barrier or self.path == other.path:
            return False
        mine, others = self.modes, other.modes
        if len(others) < len(mine):
            mine, others = others, mine
        return not any(name in others and conflict(mode, others[name]) for name, mode in mine.items())


def announced(strand: Any, world: World) -> Event:
    """The event of the operation that a strand has announced, as far as it can be told beforehand."""
    event = Event(strand.path)
    event.timers = world.timers
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
        event.add(Access(name, mode, ALWAYS if strand.timed_out else _needs(kind, thing), _offers(thing)))
    if timed or kind in ("wait", "select", "sleep"):
        event.add(Access((strand.path, 0, "strand"), READ, ENABLED))
    return event


def _needs(kind: str, thing: Any) -> int:
    if kind in ("acquire", "get"):
        return TAKE
    if kind == "put":
        return GIVE
    return ENDED if kind == "join" and not isinstance(thing, queue.Queue) else ALWAYS


def _offers(thing: Any) -> int:
    """Which needs an object meets now."""
    if isinstance(thing, Lock | RLock):
        return TAKE if thing.owner is None else 0
    if isinstance(thing, threading.Semaphore):
        return TAKE if thing._value > 0 else 0
    if isinstance(thing, queue.Queue):
        size = thing._qsize()
        return (TAKE if size else 0) | (GIVE if thing.maxsize <= 0 or size < thing.maxsize else 0)
    if isinstance(thing, ControlledSimpleQueue):
        return (TAKE if thing._items else 0) | GIVE
    return TAKE | GIVE


class _Object:
    """The events that touched an object so far: (event, mode, offers), and the last of each mode.

    `last_offers`: what the last one offered that was a WRITE.
    """

    __slots__ = ("get", "history", "last_offers", "put", "puts", "reads", "write")

    def __init__(self) -> None:
        self.history: list[tuple[int, int, int]] = []
        self.last_offers = 0
        self.write = 0
        self.reads = 0
        self.put = 0
        self.get = 0
        self.puts: deque[int] = deque()


class Order:
    """The happens-before order of a sequence of events, and its races.

    `before[j]`: the events that happen before event j, as bits; `races[j]`: those i that race with j, where j could
    have happened first: nothing between orders them, and what j needs was there when i happened.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.before: list[int] = []
        self.races: list[list[int]] = []
        self._objects: dict[Name, _Object] = {}
        self._last: dict[str, int] = {}
        self._barrier = 0
        # For each event that took from a FIFO: from which, and the bit of the one that had put the item there.
        self.items: dict[int, tuple[Name, int]] = {}
        for event in events:
            self._add(event)

    def _add(self, event: Event) -> None:
        number = len(self.before)
        after = self._after(event)
        everything = (1 << number) - 1
        self.races.append(self._racing(event, after))
        bit = 1 << number
        if event.barrier:
            after = everything
            self._barrier = everything | bit
        for access in event.accesses:
            after |= self._enter(number, bit, access)
        # The objects' sets hold direct predecessors only: close them.
        after = self._closed(after & everything)
        self.before.append(after)
        self._last[event.path] = number

    def _after(self, event: Event) -> int:
        """What comes before an event whatever it does: its strand's past, and what let it go on."""
        after = self._barrier
        last = self._last.get(event.path)
        if last is not None:
            after |= self.before[last] | 1 << last
        for access in event.accesses:
            if access.needs == ENABLED:
                found = self._objects.get(access.name)
                if found is not None and not found.last_offers & ENABLED:
                    after |= self._closed(found.write)
        return after

    def _closed(self, direct: int) -> int:
        """The events whose bits are set, and all that happens before them."""
        closed = direct
        rest = direct
        while rest:
            # The last one's past is in its set already, so most bits need no look of their own.
            last = rest.bit_length() - 1
            past = self.before[last]
            closed |= past
            rest &= ~(past | 1 << last)
        return closed

    def _enter(self, number: int, bit: int, access: Access) -> int:
        """Note an access; the events directly before it on that object."""
        found = self._objects.get(access.name)
        if found is None:
            found = self._objects[access.name] = _Object()
        mode = access.mode
        found.history.append((number, mode, access.offers))
        if mode == READ:
            direct = found.write | found.put | found.get
            found.reads |= bit
        elif mode == PUT:
            direct = found.write | found.reads | found.put
            found.put = bit
            found.puts.append(bit)
        elif mode == GET:
            direct = found.write | found.reads | found.get
            if found.puts:
                item = found.puts.popleft()
                direct |= item
                self.items[number] = access.name, item
            found.get = bit
        else:
            direct = found.write | found.reads | found.put | found.get
            found.write = bit
            found.last_offers = access.offers
            found.reads = found.put = found.get = 0
        return direct

    def _racing(self, event: Event, after: int) -> list[int]:
        """The events that this one, which comes next, races with."""
        if event.barrier:
            return []
        found: list[int] = []
        for access in event.accesses:
            entry = self._objects.get(access.name)
            if entry is None:
                continue
            mode, needs = access.mode, access.needs
            for other, other_mode, offers in reversed(entry.history):
                if not conflict(other_mode, mode):
                    continue
                if after >> other & 1:
                    if other_mode == WRITE:
                        break
                    continue
                if self.events[other].barrier or (needs and not needs & offers):
                    continue
                if event.is_tick and self.before_tick(other, len(self.before), event) is None:
                    continue
                if other not in found:
                    found.append(other)
                if other_mode == WRITE or (other_mode == mode and mode != READ):
                    break
        if len(found) > 1:
            found = [i for i in found if not any(self.before[k] >> i & 1 for k in found)]
        return found

    def before_tick(self, early: int, late: int, tick: Event) -> list[int] | None:
        """What can happen between what was before the early event and a tick that comes in its place.

        As many as can of the events that do not depend on the early one, so that a timer is pending after them; None
        where none ever is.
        """
        timers = self.events[early].timers
        numbers: list[int] = []
        most = 0 if timers else None
        for number in range(early + 1, late):
            if self.before[number] >> early & 1:
                continue
            numbers.append(number)
            following = tick if number + 1 == late else self.events[number + 1]
            timers += following.timers - self.events[number].timers
            if timers > 0:
                most = len(numbers)
        return None if most is None else numbers[:most]

    def racing(self, event: Event) -> list[int]:
        """The events that an operation races with which was announced and never happened."""
        return self._racing(event, self._after(event))


def touch(event: Event, kind: str, thing: Any, mode: int) -> None:
    """Add what a step did besides what it had announced."""
    if mode == BARRIER:
        event.barrier = True
        return
    name = name_of(thing)
    if name is not None:
        # What the step does besides to the object that it waited for, it can do no sooner.
        needs = max((access.needs for access in event.accesses if access.name == name), default=ALWAYS)
        if kind == "notify":
            offers = ENABLED if thing.slot >= 0 else 0
        else:
            offers = 0 if kind == "release" else TAKE | GIVE
        event.add(Access(name, mode, needs, offers))
