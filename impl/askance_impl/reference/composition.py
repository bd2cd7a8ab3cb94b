"""Replies made from replies: `then` and `gather`, and how whatever is returned arrives flat.

Called by `Reply.then`, by handlers and clients through `gather`, and by actors on what their handlers return.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from types import GeneratorType
from typing import Any

from askance_impl.reference import wait_for
from askance_impl.reference.errors import AskCycle
from askance_impl.reference.reply import Reply, running_loop

__all__ = ["Gathered", "Mapped", "as_raised", "flat", "gather", "is_awaitable"]


class Mapped(Reply):
    """The reply of a function of the value of another reply."""

    __slots__ = ("_context", "_function", "_loop", "_source", "_task")

    def __init__(self, source: Reply, function: Callable[[Any], Any]) -> None:
        super().__init__(source._home)
        self._source: Reply | None = source
        self._function: Callable[[Any], Any] | None = function
        self._loop = running_loop()
        self._context = contextvars.copy_context()
        self._task: asyncio.Task[None] | None = None
        source._add_waiter(self._source_done)

    def _source_done(self) -> Reply | None:
        """The source is complete: apply the function here and now if this is its loop, else send it there."""
        source = self._source
        if source is None or self._done:
            return None
        if source._error is not None:
            return self._end(error=source._error)
        if self._loop is None or running_loop() is self._loop:
            return self._apply()
        try:
            self._loop.call_soon_threadsafe(self._apply_there)
        except RuntimeError as error:  # the loop is closed, and the function may run nowhere else
            return self._end(error=as_raised(error))
        return None

    def _apply_there(self) -> None:
        if self._apply() is not None:
            self._announce()

    def _apply(self) -> Reply | None:
        source, function = self._source, self._function
        if source is None or function is None or self._done:
            return None
        self._function = None
        try:
            value = self._context.run(function, source._value)
        except BaseException as error:
            return self._end(error=as_raised(error))
        if isinstance(value, Reply):
            return self._depend_on(value)
        if is_awaitable(value):
            return self._resolve(value)
        return self._end(value)

    def _depend_on(self, inner: Reply) -> Reply | None:
        """The function gave a reply: its outcome becomes this one's."""
        self._source = inner
        inner._add_waiter(self._inner_done)
        try:
            wait_for.check_dependence(self, inner)
        except AskCycle as error:
            inner._remove_waiter(self._inner_done)
            return self._end(error=error)
        if self._done and inner._leave(self._inner_done):
            inner.cancel()  # this reply was cancelled while the function ran
        return None

    def _inner_done(self) -> Reply | None:
        inner = self._source
        return None if inner is None else self._end(inner._value, inner._error)

    def _resolve(self, value: Any) -> Reply | None:
        """The function gave some other awaitable: a task on a loop waits for it."""
        loop = running_loop()
        if loop is not None:
            self._start(loop, value)
            return None
        home = None if self._home is None else self._home.loop
        try:
            if home is None:
                raise RuntimeError("no event loop to await this on")
            home.call_soon_threadsafe(self._start, home, value)
        except RuntimeError as error:
            if inspect.iscoroutine(value):
                value.close()
            return self._end(error=as_raised(error))
        return None

    def _start(self, loop: asyncio.AbstractEventLoop, value: Any) -> None:
        self._task = self._context.copy().run(loop.create_task, self._settle(value))
        self._task.add_done_callback(functools.partial(self._task_done, value))
        if self._done:
            self._task.cancel()  # this reply was cancelled while the function ran

    async def _settle(self, value: Any) -> None:
        try:
            value = await flat(value)
        except BaseException as error:
            self._complete(error=as_raised(error))
        else:
            self._complete(value)

    def _task_done(self, value: Any, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # before its first step, after which it catches everything
            self.cancel()
            if inspect.iscoroutine(value):
                value.close()

    def _end(self, value: Any = None, error: BaseException | None = None) -> Reply | None:
        """Write the outcome and let go of what it was made from; gives itself, whose waiters come next."""
        ended = self._finish(value, error)
        self._source = self._function = None
        return self if ended else None

    def _withdraw(self) -> Sequence[Reply]:
        source, task = self._source, self._task
        self._source = self._function = None
        if task is not None and not task.done():
            with contextlib.suppress(RuntimeError):  # the loop is closed, and with it the task
                task.get_loop().call_soon_threadsafe(task.cancel)
        if source is None:
            return ()
        source._remove_waiter(self._source_done)
        return (source,) if source._leave(self._inner_done) else ()

    def _parts(self) -> Sequence[Reply]:
        source = self._source
        return () if source is None else (source,)


class Gathered(Reply):
    """The values of several replies, as a list in the order given; or the failure of the first of them that failed.

    It waits for all in either case, so that the outcome depends on the parts alone and not on who was quicker, and
    so that a handler which has waited for it has left nothing behind that still goes on.
    """

    __slots__ = ("_arrivals", "_arrived", "_failed", "_sources")

    def __init__(self, sources: Sequence[Reply]) -> None:
        super().__init__(sources[0]._home if sources else None)
        self._sources = list(sources)
        self._arrived: list[None] = []
        self._failed: list[int] = []
        self._arrivals = [functools.partial(self._part_done, index) for index in range(len(sources))]
        if not sources:
            self._finish([])
        for source, arrival in zip(self._sources, self._arrivals, strict=True):
            source._add_waiter(arrival)

    def _part_done(self, index: int) -> Reply | None:
        if self._sources[index]._error is not None:
            self._failed.append(index)
        # Two parts which arrive at the same time may both find the list full: then one of them finishes.
        self._arrived.append(None)
        if len(self._arrived) < len(self._sources):
            return None
        error = self._sources[min(self._failed)]._error if self._failed else None
        ended = self._finish([source._value for source in self._sources], error)
        self._arrivals = []  # which know this reply, in a circle
        return self if ended else None

    def _withdraw(self) -> Sequence[Reply]:
        arrivals, self._arrivals = self._arrivals, []
        return [
            source for source, arrival in zip(self._sources, arrivals, strict=True) if source._leave(arrival)
        ]

    def _parts(self) -> Sequence[Reply]:
        return [source for source in self._sources if not source._done]


def gather(*replies: Reply) -> Gathered:
    """One reply for all, which waits for all: their values in the order given, or the first failure in that order.

    To go on at the first failure in time, `asyncio.gather` takes replies too.
    """
    return Gathered(replies)


def is_awaitable(value: Any) -> bool:
    """Whether `value` is still to be waited for: a reply, a future of either kind, a task, a coroutine."""
    return (
        hasattr(type(value), "__await__")
        or isinstance(value, Future)
        or (type(value) is GeneratorType and inspect.isawaitable(value))
    )


async def flat(value: Any) -> Any:
    """What `value` gives in the end: awaits it, and what it gives, until that is no awaitable of any kind."""
    while is_awaitable(value):
        if isinstance(value, asyncio.Future) and value.get_loop() is not asyncio.get_running_loop():
            value = asyncio.run_coroutine_threadsafe(_await(value), value.get_loop())
        if isinstance(value, Future):
            value = _Adopted(value)
        value = await value
    return value


async def _await(future: asyncio.Future[Any]) -> Any:
    return await future


class _Adopted(Reply):
    """The reply of a concurrent future. (`asyncio.wrap_future` never completes if the error is a StopIteration.)"""

    __slots__ = ("_future",)

    def __init__(self, future: Future[Any]) -> None:
        super().__init__()
        self._future = future
        future.add_done_callback(self._future_done)

    def _future_done(self, future: Future[Any]) -> None:
        if future.cancelled():
            self.cancel()
            return
        error = future.exception()
        self._complete(None if error is not None else future.result(), error)

    def _withdraw(self) -> Sequence[Reply]:
        self._future.cancel()
        return ()


def as_raised(error: BaseException) -> BaseException:
    """The exception as the called function raised it; call this where it was caught.

    The traceback loses the frame that caught it, which would keep alive, in a circle, the reply that keeps the error.
    And where Python has put another exception in the place of a StopIteration, which cannot leave a coroutine and
    arrives as a RuntimeError whose cause it is (PEP 479), that cause is the one.
    """
    cause = error.__cause__
    if type(error) is RuntimeError and isinstance(cause, StopIteration) and error.args in _REPLACED:
        return cause
    trace = error.__traceback__
    return error.with_traceback(None if trace is None else trace.tb_next)


_REPLACED = (("coroutine raised StopIteration",), ("generator raised StopIteration",))
