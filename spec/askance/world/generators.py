"""Async generators: the loop that first iterates one closes it, whichever strand drops it.

`sys.set_asyncgen_hooks` is per operating system thread, and event loops set it while they run. A world has several
loops in one thread, so one pair of hooks serves all: it asks which loop the current strand runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any
from weakref import ref

from askance.world import state


class Generators:
    """The open async generators of a loop, in the order of their first iteration (asyncio keeps them in a set)."""

    def __init__(self) -> None:
        self._references: dict[int, ref[Any]] = {}

    def __len__(self) -> int:
        return len(self._references)

    def __iter__(self) -> Iterator[Any]:
        found = [reference() for reference in self._references.values()]
        return iter([generator for generator in found if generator is not None])

    def add(self, generator: Any) -> None:
        """Keep it until it is freed."""
        address = id(generator)
        self._references[address] = ref(generator, lambda _: self._references.pop(address, None))

    def discard(self, generator: Any) -> None:
        """Forget it."""
        self._references.pop(id(generator), None)

    def clear(self) -> None:
        """Forget all."""
        self._references.clear()


def first_iterated(generator: Any) -> None:
    """It belongs to the loop that the current strand runs, if it runs one."""
    world = state.active()
    if world is None:
        return
    loop: Any = world.current.running_loop
    if loop is not None:
        world.generators[id(generator)] = loop
        loop._asyncgen_firstiter_hook(generator)


def dropped(generator: Any) -> None:
    """Its loop is to close it, if the loop is still there."""
    world = state.active()
    loop: Any = None if world is None else world.generators.pop(id(generator), None)
    if world is None or loop is None or loop._closed or world.dying:
        return
    running: Any = world.current.running_loop
    if running is loop:
        # No step: who drops a generator has not asked for one.
        loop._call_soon(loop.create_task, (generator.aclose(),), None)
    else:
        loop.call_soon_threadsafe(loop.create_task, generator.aclose())


def hook() -> Any:
    """Put the hooks in place in this thread; gives what was there."""
    before = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(first_iterated, dropped)
    return before


def unhook(before: Any) -> None:
    """Put back what `hook` gave."""
    sys.set_asyncgen_hooks(*before)
