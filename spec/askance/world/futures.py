"""Tasks and futures of asyncio that sets keep in the same order in every run, however they are made.

A set iterates in the order of its elements' hashes, and by default those are addresses. `WorldLoop.create_task` and
`create_future` make what stands here; `AnyTask` and `AnyFuture` stand in for `asyncio.Task` and `asyncio.Future`
wherever a module holds these; and classes that modules have derived from them get the same hash.
"""

from __future__ import annotations

import asyncio
import weakref
from asyncio import base_events
from collections.abc import Iterator
from typing import Any

__all__ = ["FUNCTIONS", "STEP", "AnyFuture", "AnyTask", "WorldFuture", "WorldTask", "subclasses"]

real_future: Any = asyncio.Future
real_task: Any = asyncio.Task

_IMMUTABLE = 1 << 8
"""Py_TPFLAGS_IMMUTABLETYPE: the attributes of such a class cannot be set."""


def _order(self: Any) -> int:
    """A hash that is the order in which a world was first asked for one; outside of worlds, the address as ever."""
    try:
        number: int = self._askance_hash
    except AttributeError:
        world = getattr(self.get_loop(), "world", None)
        if world is None:
            return object.__hash__(self)
        world.hashes = number = world.hashes + 1
        self._askance_hash = number
    return number


class WorldTask(asyncio.Task):  # type: ignore[type-arg]
    """A task that sets keep in the same order in every run."""

    __hash__ = _order


class WorldFuture(asyncio.Future):  # type: ignore[type-arg]
    """A future that sets keep in the same order in every run."""

    __hash__ = _order


class _StandsIn(type):
    """What stands in for a class takes for its own whatever is of that class."""

    def __instancecheck__(cls, instance: object) -> bool:
        original = _ORIGINALS.get(cls)
        return isinstance(instance, original) if original else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        original = _ORIGINALS.get(cls)
        return issubclass(subclass, original) if original else super().__subclasscheck__(subclass)


class AnyFuture(WorldFuture, metaclass=_StandsIn):
    """`asyncio.Future`, called directly."""


class AnyTask(WorldTask, metaclass=_StandsIn):
    """`asyncio.Task`, called directly: it has a name as those of `create_task` have, and is listed with them."""

    def __init__(self, coro: Any, *, loop: Any = None, name: Any = None, **options: Any) -> None:
        loop = asyncio.get_event_loop() if loop is None else loop
        name_for = getattr(loop, "name_for", None)
        if name_for is not None:
            name = name_for(name)
        super().__init__(coro, loop=loop, name=name, **options)
        if name_for is not None:
            loop.list_task(self)


for _kind in (WorldFuture, AnyFuture, WorldTask, AnyTask):
    # asyncio's messages and representations name the class.
    _kind.__name__ = _kind.__qualname__ = "Task" if issubclass(_kind, real_task) else "Future"

_ORIGINALS: dict[type, Any] = {AnyFuture: real_future, AnyTask: real_task}


def _step_type() -> type:
    """What a new task hands to `call_soon`: asyncio has no name for it."""

    async def nothing() -> None:
        pass

    loop: Any = base_events.BaseEventLoop()
    task = asyncio.Task(nothing(), loop=loop)
    handle = loop._ready.popleft()
    handle._run()
    assert task.done()
    loop.close()
    return type(handle._callback)


STEP: Any = _step_type()
"""The type of what a new task hands to `call_soon`."""


def subclasses() -> Iterator[tuple[Any, str, Any]]:
    """(class, "__hash__", replacement) for classes of futures that modules have defined so far, `gather`'s too."""
    seen: weakref.WeakSet[type] = weakref.WeakSet()
    pending = list(real_future.__subclasses__())
    while pending:
        cls = pending.pop()
        if cls not in seen:
            seen.add(cls)
            pending += type.__subclasses__(cls)
            if cls.__hash__ is object.__hash__ and not cls.__flags__ & _IMMUTABLE:
                yield cls, "__hash__", _order


FUNCTIONS: tuple[tuple[Any, Any], ...] = ((real_future, AnyFuture), (real_task, AnyTask))
"""(original, replacement), for `patching` to put in place wherever a module holds the original."""
