"""Which event loop a strand gets where it asks asyncio for one: the policy, and what makes a loop."""

from __future__ import annotations

import asyncio
from asyncio import events
from typing import Any

from askance.world import state
from askance.world.loop import WorldLoop


def new_event_loop() -> asyncio.AbstractEventLoop:
    """`asyncio.new_event_loop`: the world's, inside one."""
    world = state.active()
    if world is None:
        return real_new_event_loop()
    return WorldLoop(world)


real_new_event_loop = events.new_event_loop


class WorldPolicy(asyncio.AbstractEventLoopPolicy):
    """The event loop policy while worlds may run: each strand has a loop of its own, or none."""

    def __init__(self, outside: Any) -> None:
        self.outside = outside

    def get_event_loop(self) -> asyncio.AbstractEventLoop:
        """The strand's loop; in the main strand one is made the first time, as asyncio's default policy does."""
        world = state.active()
        if world is None:
            outside: asyncio.AbstractEventLoop = self.outside().get_event_loop()
            return outside
        strand = world.current
        if strand.policy_loop is None and strand is world.main and not world.main_loop_was_set:
            strand.policy_loop = WorldLoop(world)
        if strand.policy_loop is None:
            raise RuntimeError(f"There is no current event loop in thread {strand.name!r}.")
        return strand.policy_loop

    def set_event_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """The strand's loop from now on."""
        world = state.active()
        if world is None:
            self.outside().set_event_loop(loop)
        else:
            world.current.policy_loop = loop
            world.main_loop_was_set = world.main_loop_was_set or world.current is world.main

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """A loop of the world."""
        world = state.active()
        if world is None:
            outside: asyncio.AbstractEventLoop = self.outside().new_event_loop()
            return outside
        return WorldLoop(world)

    def get_child_watcher(self) -> Any:
        """The outside policy's (Python 3.11)."""
        return self.outside().get_child_watcher()

    def set_child_watcher(self, watcher: Any) -> None:
        """The outside policy's (Python 3.11)."""
        self.outside().set_child_watcher(watcher)


class SelectorEventLoop(asyncio.SelectorEventLoop):
    """`asyncio.SelectorEventLoop`: the world's loop, inside one."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        world = state.active()
        return super().__new__(cls) if world is None else WorldLoop(world)
