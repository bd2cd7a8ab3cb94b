"""The happens-before order of an execution's events, and the pairs of them that race.

Happens-before is kept as one integer for each event, whose bit i says that event i comes before it: with these sets
the questions that partial order reduction asks are single operations on integers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from askance.search.events import ENABLED, Access, Event
from askance.search.operations import GET, PUT, READ, WRITE, Name, conflict, item_taken


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
        # Events that came into a strand since its last one, as bits.
        self._into: dict[str, int] = {}
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
        after |= self._into.pop(event.path, 0)
        for path in event.into:
            if (last := self._last.get(path)) is not None:
                after |= 1 << last
            self._into[path] = self._into.get(path, 0) | bit
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
            item = item_taken(found.puts, access.items)
            if item:
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
        found = [i for i in self._beside(event) if not after >> i & 1 and self._possible(event, i)]
        for access in event.accesses:
            entry = self._objects.get(access.name)
            if entry is None:
                continue
            mode = access.mode
            for other, other_mode, _ in reversed(entry.history):
                if not conflict(other_mode, mode):
                    continue
                if after >> other & 1:
                    if other_mode == WRITE:
                        break
                    continue
                if not self._possible(event, other):
                    continue
                if other not in found:
                    found.append(other)
                if other_mode == WRITE or (other_mode == mode and mode != READ):
                    break
        if len(found) > 1:
            found = [i for i in found if not any(self.before[k] >> i & 1 for k in found)]
        return found

    def _beside(self, event: Event) -> list[int]:
        """The events of another strand that an event depends on whatever it does, or that depend so on it."""
        into = self._into.get(event.path, 0)
        found = [i for i in range(into.bit_length()) if into >> i & 1]
        return found + [self._last[path] for path in event.into if path in self._last]

    def _possible(self, event: Event, early: int) -> bool:
        """Whether what the event waits for is there without the early one, and without all that follows from that."""
        if self.events[early].barrier:
            return False
        for access in event.accesses:
            needs = access.needs
            if not needs or access.name not in self._objects:
                continue
            for number, mode, offers in self._objects[access.name].history:
                if number < early or not (number == early or self.before[number] >> early & 1):
                    continue
                # The first thing that would not have happened to the object: it is as it was before that.
                if mode == WRITE or needs != ENABLED:
                    if not needs & offers:
                        return False
                    break
        return True

    def racing(self, event: Event) -> list[int]:
        """The events that an operation races with which was announced and never happened."""
        return self._racing(event, self._after(event))
