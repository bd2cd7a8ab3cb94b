"""What strands do to event loops that they do not run, past `call_soon_threadsafe`; a world's loop is built on this.

asyncio's objects are not thread-safe. Code that touches them from another thread all the same depends on when it does:
a future may be completed before it is awaited, or after. So to complete or cancel one from there is a scheduling point,
as it is to set a timer; and a strategy that observes is told of whatever is touched: such a step depends on all that is
done to the loop ("reach"), and on every step of the strand that runs it, or ran it last ("into"). What the loop's own
strand does is neither: it costs nothing, and sets no more executions apart.
"""

from __future__ import annotations

import asyncio
from asyncio import base_events
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from askance.world import state
from askance.world.strand import Strand

if TYPE_CHECKING:
    from askance.world.core import World

    _Future = asyncio.Future[Any]
else:
    _Future = object


class Closing:
    """Whether a loop is closed: an object of its own, as everybody who calls a loop looks at that and nothing else."""

    __slots__ = ("of",)

    def __init__(self, of: tuple[str, int]) -> None:
        self.of = of


class ForeignLoop(base_events.BaseEventLoop):
    """A loop that tells what others do to it."""

    world: World
    serial: tuple[str, int]
    _closed: bool
    runner: Strand | None = None
    """Who runs it, or ran it last."""

    def __init__(self, world: World) -> None:
        self.world = world
        # Whether the strategy wants to know what is done to the loop's futures, tasks and handles.
        self.seen = bool(world.strategy.observes)
        if self.seen:
            self._closing = Closing(self.serial)
        super().__init__()

    def foreign(self) -> bool:
        """Whether the caller is another strand than the one that runs this loop."""
        return state.world is self.world and self.world.current.running_loop is not self

    def meddled(self) -> None:
        """The caller is about to change what belongs to the loop's own strand: a scheduling point, if it is another."""
        world = self.world
        if state.world is world:
            strand = world.current
            if strand.running_loop is not self and strand is not self.runner:
                world.point("reach", self)
                self.entered()

    def reached(self) -> None:
        """The caller is about to look at what belongs to the loop's own strand."""
        world = self.world
        if state.world is world and world.observes:
            strand = world.current
            if strand.running_loop is not self and strand is not self.runner:
                world.touch("reach", self)
                self.entered()

    def entered(self) -> None:
        """The step under way, of another strand, depends on all that the loop's own strand does."""
        runner = self.runner
        if self.world.observes and runner is not None and runner is not self.world.current:
            self.world.touch("into", runner)

    def looked(self) -> None:
        """The caller is about to see whether the loop is closed. Its own strand need not tell: that runs it."""
        if self.seen and self.foreign():
            self.world.touch("look", self._closing)

    def is_closed(self) -> bool:
        """Whether it is closed: no scheduling point, but what it says depends on who has closed it."""
        self.looked()
        return self._closed

    def close(self) -> None:
        """Close it; raises RuntimeError while it runs."""
        super().close()
        if self.seen and state.world is self.world:
            self.world.touch("set", self._closing)

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        """As asyncio's: it wakes nobody."""
        if self.world.current.running_loop is not self:
            self.looked()
            self.meddled()
        timer: Any = super().call_at(when, callback, *args, context=context)
        if self.seen:
            timer.__class__ = SeenTimer
        return timer


class ForeignFuture(_Future):
    """What a future or a task is besides: to change it from another strand is a scheduling point."""

    __slots__ = ()
    _loop: Any

    def set_result(self, result: Any) -> None:
        """As asyncio's."""
        loop = self._loop
        if isinstance(loop, ForeignLoop) and loop.world.current.running_loop is not loop:
            loop.meddled()
        super().set_result(result)

    def set_exception(self, exception: Any) -> None:
        """As asyncio's."""
        loop = self._loop
        if isinstance(loop, ForeignLoop) and loop.world.current.running_loop is not loop:
            loop.meddled()
        super().set_exception(exception)

    def cancel(self, msg: Any = None) -> bool:
        """As asyncio's."""
        loop = self._loop
        if isinstance(loop, ForeignLoop) and loop.world.current.running_loop is not loop:
            loop.meddled()
        return super().cancel(msg)


class SeenFuture(_Future):
    """What a future or a task is besides, where a strategy observes: it tells its loop who looks at it.

    But not of `cancelled`: asyncio itself asks that from other threads (in `wrap_future`), for what does not matter.
    """

    __slots__ = ()
    _loop: Any

    def __await__(self) -> Any:
        loop = self._loop
        if loop.world.current.running_loop is not loop:
            loop.reached()
        return super().__await__()

    __iter__ = __await__

    def done(self) -> bool:
        """As asyncio's."""
        loop = self._loop
        if loop.world.current.running_loop is not loop:
            loop.reached()
        return super().done()

    def result(self) -> Any:
        """As asyncio's."""
        loop = self._loop
        if loop.world.current.running_loop is not loop:
            loop.reached()
        return super().result()

    def exception(self) -> BaseException | None:
        """As asyncio's."""
        loop = self._loop
        if loop.world.current.running_loop is not loop:
            loop.reached()
        return super().exception()

    def add_done_callback(self, callback: Callable[..., object], **options: Any) -> None:
        """As asyncio's."""
        loop = self._loop
        if loop.world.current.running_loop is not loop:
            loop.reached()
        super().add_done_callback(callback, **options)

    def remove_done_callback(self, callback: Callable[..., object]) -> int:
        """As asyncio's."""
        loop = self._loop
        if loop.world.current.running_loop is not loop:
            loop.reached()
        return super().remove_done_callback(callback)


class SeenHandle(asyncio.Handle):
    """A handle that tells its loop who cancels it."""

    __slots__ = ()
    _loop: Any

    def cancel(self) -> None:
        """As asyncio's."""
        loop = self._loop
        if loop.world.current.running_loop is not loop:
            loop.reached()
        super().cancel()


class SeenTimer(asyncio.TimerHandle):
    """A timer's handle that tells its loop who cancels it."""

    __slots__ = ()
    _loop: Any

    def cancel(self) -> None:
        """As asyncio's."""
        loop = self._loop
        if loop.world.current.running_loop is not loop:
            loop.reached()
        super().cancel()


# Whether anybody observes must not show in what code prints of them.
SeenHandle.__name__ = asyncio.Handle.__name__
SeenTimer.__name__ = asyncio.TimerHandle.__name__
