"""Happens-before: when two executions are the same interleaving.

Executions that differ only in the order of independent steps are one interleaving: the same Mazurkiewicz trace. Its
signature here is a number built from every step's causes: a step's hash mixes the hash of its strand's step before,
and those of the steps on the same object that it depends on. No order of independent steps, no address and no seed
of the interpreter enters it, so it is the same in every process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from askance.search.operations import BARRIER, GET, INTO, MODES, NONE, PUT, READ, item_taken
from askance.search.recording import Access

_KIND = {kind: number for number, kind in enumerate(MODES, 1)}
_MASK = (1 << 61) - 1


class _Object:
    """The hashes of what was last done to an object."""

    __slots__ = ("get", "put", "puts", "reads", "write")

    def __init__(self) -> None:
        self.write = 0
        self.reads = 0
        self.put = 0
        self.get = 0
        self.puts: deque[int] = deque()


def _born(strand: Any) -> int:
    """The hash of a strand that has done nothing yet."""
    return hash(tuple(map(int, strand.path.split("."))))


def signature(accesses: Sequence[Access], items: Mapping[int, int]) -> int:
    """The same number for two executions of a program exactly if (but for a chance of 2**-61) they are one trace.

    `items`: as a `Recorder` keeps them.

    Python's hash of a tuple of integers serves as the mixing function: it is fixed by their values alone.
    """
    objects: dict[int, _Object] = {}
    strands: dict[Any, int] = {}
    kinds = _KIND
    for place, (strand, kind, thing, mode) in enumerate(accesses):
        before = strands.get(strand)
        if before is None:
            before = _born(strand)
        if mode == NONE:
            strands[strand] = hash((before, kinds.get(kind, 0)))
            continue
        if mode == INTO:
            # It comes after what that strand did, and before whatever it does from now on.
            met = strands.get(thing) or _born(thing)
            strands[strand] = done = hash((before, kinds.get(kind, 0), met))
            strands[thing] = hash((met, done))
            continue
        state = objects.get(id(thing))
        if state is None:
            # Whoever takes a queue's own lock excludes its operations, so both are one object here.
            original, thing = thing, getattr(thing, "mutex", thing)
            state = objects.setdefault(id(thing), _Object())
            objects[id(original)] = state
        if mode == READ:
            done = hash((before, kinds.get(kind, 0), state.write, state.put, state.get))
            state.reads = (state.reads + done) & _MASK
        elif mode == PUT:
            done = hash((before, 1, state.write, state.reads, state.put))
            state.put = done
            state.puts.append(done)
        elif mode == BARRIER:
            done = hash((before, sum(strands.values()) & _MASK))
        elif mode == GET:
            item = item_taken(state.puts, items.get(place))
            done = hash((before, 2, state.write, state.reads, state.get, item))
            state.get = done
        else:
            done = hash((before, kinds.get(kind, 0), state.write, state.reads, state.put, state.get))
            state.write = done
            state.reads = state.put = state.get = 0
        strands[strand] = done
    return sum(strands.values()) & _MASK
