"""Controlled queues: methods of `queue.Queue` (and so of its subclasses), and a `queue.SimpleQueue`.

Putting and getting are one step each. A getter can run while there is something to get, a putter while there is room,
whoever joins while no task is unfinished.
"""

from __future__ import annotations

import queue
import sys
from _queue import Empty, SimpleQueue
from collections import deque
from collections.abc import Callable
from types import GenericAlias
from typing import TYPE_CHECKING, Any
from weakref import ref

from askance.world import state
from askance.world.conditions import pending_on
from askance.world.locks import Controlled, Lock
from askance.world.strand import Strand

if TYPE_CHECKING:
    from askance.world.core import World

os_ident = state.os_ident

_put = queue.Queue.put
_get = queue.Queue.get
_join = queue.Queue.join
_qsize = queue.Queue.qsize
_task_done = queue.Queue.task_done
ShutDown: Any = getattr(queue, "ShutDown", None)
CAN_SHUT_DOWN = ShutDown is not None


class _Ends:
    """Who waits at either end of a queue, and for its tasks to be done, in one world."""

    __slots__ = ("all_tasks_done", "getters", "joiners", "not_empty", "not_full", "putters", "world")

    def __init__(self, world: World, owner: Any) -> None:
        self.world = world
        self.getters: list[Strand] = []
        self.putters: list[Strand] = []
        self.joiners: list[Strand] = []
        # Code may use the queue's conditions by hand: who waits on one is woken, and who notifies one is heard.
        hook = (ref(owner), heard)
        self.not_empty = self._condition(owner.not_empty, hook)
        self.not_full = self._condition(owner.not_full, hook)
        self.all_tasks_done = self._condition(owner.all_tasks_done, hook)

    def _condition(self, condition: Any, hook: Any) -> list[Strand]:
        condition.__dict__["_askance_queue"] = hook
        return pending_on(condition, self.world)


def _ends(self: Any, world: World) -> _Ends:
    ends: _Ends | None = self.__dict__.get("_askance")
    if ends is None or ends.world is not world:
        self.__dict__["_askance"] = ends = _Ends(world, self)
    return ends


def _notify(world: World, waiters: list[Strand], n: int) -> None:
    """Wake whoever waits on one of the queue's conditions by hand."""
    world.let(waiters[:n])
    del waiters[:n]


def heard(self: Any, world: World) -> None:
    """Code has changed a queue by hand, and notified one of its conditions: see who can go on."""
    ends = _ends(self, world)
    if world.observes:
        world.touch("put", self)
    shut = CAN_SHUT_DOWN and self.is_shutdown
    (world.let if self._qsize() > 0 or shut else world.hold)(ends.getters)
    (world.let if self._qsize() < self.maxsize or shut else world.hold)(ends.putters)
    (world.hold if self.unfinished_tasks else world.let)(ends.joiners)


def _respect_mutex(mutex: Any) -> None:
    """Somebody who holds the queue's mutex by hand has it to himself."""
    while mutex.owner is not None:
        mutex.acquire()
        mutex.release()


def put(self: Any, item: Any, block: bool = True, timeout: float | None = None) -> None:
    """`Queue.put`: one step."""
    world = state.world
    if world is None or world.os_thread != os_ident():
        _put(self, item, block, timeout)
        return
    mutex = self.mutex
    if mutex.__class__ is Lock and mutex.owner is not None:
        _respect_mutex(mutex)
    ends = self.__dict__.get("_askance")
    if ends is None or ends.world is not world:
        ends = _ends(self, world)
    maxsize = self.maxsize
    if maxsize <= 0:
        world.point("put", self)
    elif not block:
        world.point("try-put", self)
    elif timeout is None and (self._qsize() < maxsize or (CAN_SHUT_DOWN and self.is_shutdown)):
        world.ready("put", self, ends.putters)
    else:
        if timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        strand = world.current
        before = world.now
        ends.putters.append(strand)
        try:
            able = self._qsize() < maxsize or (CAN_SHUT_DOWN and self.is_shutdown)
            world.wait("put", self, able=able, timeout=timeout)
        finally:
            ends.putters.remove(strand)
        if timeout is not None:
            timeout = max(0.0, timeout - (world.now - before))
    if mutex.__class__ is Lock and mutex.owner is not None:  # somebody took it meanwhile
        put(self, item, block, timeout)
        return
    if CAN_SHUT_DOWN and self.is_shutdown:
        raise ShutDown
    if 0 < maxsize <= self._qsize():
        raise queue.Full
    self._put(item)
    self.unfinished_tasks += 1
    if ends.joiners:
        world.hold(ends.joiners)
    if ends.getters:
        world.let(ends.getters)
    if ends.putters and 0 < maxsize <= self._qsize():
        world.hold(ends.putters)
    if ends.not_empty:
        _notify(world, ends.not_empty, 1)


def get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
    """`Queue.get`: one step."""
    world = state.world
    if world is None or world.os_thread != os_ident():
        return _get(self, block, timeout)
    mutex = self.mutex
    if mutex.__class__ is Lock and mutex.owner is not None:
        _respect_mutex(mutex)
    ends = self.__dict__.get("_askance")
    if ends is None or ends.world is not world:
        ends = _ends(self, world)
    if not block:
        world.point("try-get", self)
    elif timeout is None and (self._qsize() > 0 or (CAN_SHUT_DOWN and self.is_shutdown)):
        world.ready("get", self, ends.getters)
    else:
        if timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        strand = world.current
        before = world.now
        ends.getters.append(strand)
        try:
            able = self._qsize() > 0 or (CAN_SHUT_DOWN and self.is_shutdown)
            world.wait("get", self, able=able, timeout=timeout)
        finally:
            ends.getters.remove(strand)
        if timeout is not None:
            timeout = max(0.0, timeout - (world.now - before))
    if mutex.__class__ is Lock and mutex.owner is not None:  # somebody took it meanwhile
        return get(self, block, timeout)
    if not self._qsize():
        if CAN_SHUT_DOWN and self.is_shutdown:
            raise ShutDown
        raise queue.Empty
    item = self._get()
    if ends.getters and not self._qsize() and not (CAN_SHUT_DOWN and self.is_shutdown):
        world.hold(ends.getters)
    if ends.putters:
        world.let(ends.putters)
    if ends.not_full:
        _notify(world, ends.not_full, 1)
    return item


def qsize(self: Any) -> int:
    """`Queue.qsize`: one step."""
    return _look(self)


def empty(self: Any) -> bool:
    """`Queue.empty`: one step."""
    return not _look(self)


def full(self: Any) -> bool:
    """`Queue.full`: one step."""
    return bool(0 < self.maxsize <= _look(self))


def _look(self: Any) -> int:
    world = state.active()
    if world is None:
        return _qsize(self)
    world.point("size", self)
    return int(self._qsize())


def task_done(self: Any) -> None:
    """`Queue.task_done`: one step."""
    world = state.active()
    if world is None:
        _task_done(self)
        return
    world.point("task-done", self)
    unfinished = self.unfinished_tasks - 1
    if unfinished < 0:
        raise ValueError("task_done() called too many times")
    self.unfinished_tasks = unfinished
    if not unfinished:
        ends = _ends(self, world)
        world.let(ends.joiners)
        _notify(world, ends.all_tasks_done, sys.maxsize)


def join(self: Any) -> None:
    """`Queue.join`: one step."""
    world = state.active()
    if world is None:
        _join(self)
        return
    ends = _ends(self, world)
    strand = world.current
    if world.observes:
        world.touch("size", self)
    while self.unfinished_tasks:
        ends.joiners.append(strand)
        try:
            world.wait("join", self, able=False)
        finally:
            ends.joiners.remove(strand)


def shutdown(self: Any, immediate: bool = False) -> None:
    """`Queue.shutdown` (Python 3.13): one step."""
    world = state.active()
    if world is None:
        _shutdown(self, immediate)
        return
    world.point("shutdown", self)
    self.is_shutdown = True
    ends = _ends(self, world)
    if immediate:
        while self._qsize():
            self._get()
            if self.unfinished_tasks > 0:
                self.unfinished_tasks -= 1
        if not self.unfinished_tasks:
            world.let(ends.joiners)
        _notify(world, ends.all_tasks_done, sys.maxsize)
    world.let(ends.getters)
    world.let(ends.putters)
    _notify(world, ends.not_empty, sys.maxsize)
    _notify(world, ends.not_full, sys.maxsize)


RealSimpleQueue = SimpleQueue


class ControlledSimpleQueue(Controlled):
    """`queue.SimpleQueue`: unbounded; the original is in C and cannot be controlled."""

    __slots__ = ("__weakref__", "_items", "_outside")

    _outside: Any
    __class_getitem__: Any = classmethod(GenericAlias)

    def __new__(cls) -> Any:
        # `queue.SimpleQueue()` outside of worlds gives the real thing.
        if cls is ControlledSimpleQueue and state.active() is None:
            return RealSimpleQueue()
        return object.__new__(cls)

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._outside = None
        self._made()

    @classmethod
    def dual(cls, original: Any) -> ControlledSimpleQueue:
        """To stand in for `original`, which goes on to serve outside of worlds."""
        made: ControlledSimpleQueue = object.__new__(cls)
        made.__init__()  # type: ignore[misc]
        made._outside = original
        return made

    def outside(self) -> Any:
        """The real queue that stands in for this one outside of worlds; it begins with what a world left."""
        if self._outside is None:
            self._outside = RealSimpleQueue()
            while self._items:
                self._outside.put(self._items.popleft())
        return self._outside

    def _adopt(self, world: World) -> None:
        super()._adopt(world)
        self._items.clear()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put without waiting; `block` and `timeout` are there for compatibility, as in the original."""
        world = state.active()
        if world is None:
            self.outside().put(item)
            return
        if self.world is not world:
            self._adopt(world)
        world.point("put", self)
        self._items.append(item)
        world.let(self.pending)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """The oldest item, waiting for one (seconds; None: for ever); raises queue.Empty."""
        world = state.active()
        if world is None:
            return self.outside().get(block, timeout)
        if self.world is not world:
            self._adopt(world)
        if not block:
            world.point("try-get", self)
        else:
            if timeout is not None and timeout < 0:
                raise ValueError("'timeout' must be a non-negative number")
            strand = world.current
            self.pending.append(strand)
            try:
                world.wait("get", self, able=bool(self._items), timeout=timeout)
            finally:
                self.pending.remove(strand)
        if not self._items:
            raise Empty
        item = self._items.popleft()
        if not self._items:
            world.hold(self.pending)
        return item

    def put_nowait(self, item: Any) -> None:
        """As `put`."""
        self.put(item)

    def get_nowait(self) -> Any:
        """As `get(block=False)`."""
        return self.get(block=False)

    def empty(self) -> bool:
        """Whether there is nothing to get."""
        return not self.qsize()

    def qsize(self) -> int:
        """How many items there are."""
        world = state.active()
        if world is None:
            return int(self.outside().qsize())
        world.point("size", self)
        return len(self._items)


METHODS: tuple[tuple[type, str, Callable[..., Any]], ...] = (
    (queue.Queue, "put", put),
    (queue.Queue, "get", get),
    (queue.Queue, "task_done", task_done),
    (queue.Queue, "join", join),
    (queue.Queue, "qsize", qsize),
    (queue.Queue, "empty", empty),
    (queue.Queue, "full", full),
)
"""(class, method, replacement), for `patching` to put in place."""

_shutdown: Any = getattr(queue.Queue, "shutdown", None)
if _shutdown is not None:
    METHODS = (*METHODS, (queue.Queue, "shutdown", shutdown))
