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

from askance.world.foreign import ForeignFuture, SeenFuture

__all__ = [
    "FUNCTIONS",
    "STEP",
    "AnyFuture",
    "AnyTask",
    "ObservedFuture",
    "ObservedTask",
    "WorldFuture",
    "WorldTask",
    "subclasses",
]

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


class WorldTask(ForeignFuture, asyncio.Task):  # type: ignore[type-arg]
    """A task that sets keep in the same order in every run."""

    __hash__ = _order


class WorldFuture(ForeignFuture, asyncio.Future):  # type: ignore[type-arg]
    """A future that sets keep in the same order in every run."""

    __hash__ = _order


class ObservedTask(SeenFuture, WorldTask):
    """A task that tells its loop who touches it."""


class ObservedFuture(SeenFuture, WorldFuture):
    """A future that tells its loop who touches it."""


# Whether anybody observes must not show in what code prints of them.
ObservedTask.__name__ = WorldTask.__name__
ObservedFuture.__name__ = WorldFuture.__name__


class _StandsIn(type):
    """What stands in for a class takes for its own whatever is of that class."""

    def __instancecheck__(cls, instance: object) -> bool:
        original = _ORIGINALS.get(cls)
        return isinstance(instance, original) if original else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        original = _ORIGINALS.get(cls)
        return issubclass(subclass, original) if original else super().__subclasscheck__(subclass)


class AnyFuture(WorldFuture, metaclass=_StandsIn):
    """`asyncio.Future`, called directly: gives what the loop's `create_future` gives."""

    def __new__(cls, *, loop: Any = None) -> Any:
        """A future of the loop's own kind; of a class that is derived from this one, an object as usual."""
        if cls is not AnyFuture:
            return super().__new__(cls)
        loop = asyncio.get_event_loop() if loop is None else loop
        return loop.create_future() if hasattr(loop, "world") else real_future(loop=loop)


class AnyTask(WorldTask, metaclass=_StandsIn):
    """`asyncio.Task`, called directly: gives a task with a name and a place as those of `create_task` have them."""

    def __new__(cls, coro: Any, *, loop: Any = None, **options: Any) -> Any:
        """A task of the loop's own kind; of a class that is derived from this one, an object as usual."""
        if cls is not AnyTask:
            return super().__new__(cls)
        loop = asyncio.get_event_loop() if loop is None else loop
        return loop.task(coro, **options) if hasattr(loop, "world") else real_task(coro, loop=loop, **options)


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
