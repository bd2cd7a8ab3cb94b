"""The answer to an ask, before it is there: something to await on any event loop, or to block on in any plain thread.

Why not a future? Python has two, which look alike and do not compose:

* `asyncio.Future` belongs to one event loop. Only coroutines of that loop may await it, only that loop's thread may
  complete it, and nobody can block on it.
* `concurrent.futures.Future` belongs to nobody. Any thread may block on it or complete it, but it cannot be awaited,
  and a coroutine that blocks on it holds up its whole loop: the loop, perhaps, that has to complete it.

`asyncio.run_coroutine_threadsafe(f(x), loop)` gives the second kind. So when f itself calls g so, and returns what
it gets, the caller has a future in a future, and `future.result().result()` to write, at a depth that depends on how
f was written. And when f blocks instead, the loop stands still. `asyncio.wrap_future` turns the second kind into the
first, each time, by hand, at every call.

A `Reply` is one kind that serves both sides:

    y = await g.ask(x)                  # in a coroutine, on whichever loop
    y = g.ask(x).result()               # in a plain thread
    z = g.ask(x).then(h.ask)            # compose, and wait once
    a, b = await gather(g.ask(1), g.ask(2))

and a reply never holds another reply, nor any future: what a handler or a function given to `then` returns is waited
for until it is a value. So `f(g(x))` is one `await`, or one `.result()`, wherever f and g live.

How it works: the one who completes a reply claims it (the only lock, taken once, never given back), writes the
outcome, and then calls the waiters. One who waits adds a waiter, and then looks whether the outcome is there. Each
waiter is called by the one who takes it off the list, so none is called twice and none is forgotten. A waiter for a
coroutine goes through `call_soon_threadsafe` of that coroutine's loop, which is the one right way to wake a loop
from another thread: `call_soon` would leave an idle loop asleep.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import queue
import threading
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from askance_impl.reference import wait_for
from askance_impl.reference.errors import AskCancelled, WouldBlock

if TYPE_CHECKING:
    from types import TracebackType

    from askance_impl.reference.composition import Mapped
    from askance_impl.reference.loops import LoopThread

__all__ = ["Reply", "Waiter", "running_loop"]

T = TypeVar("T")

Waiter = Callable[[], "Reply | None"]
"""Called once when a reply is complete; it gives a reply that it has completed thereby, whose waiters come next."""


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs on this thread, if one does."""
    return asyncio._get_running_loop()  # which is in asyncio.events.__all__, and costs no exception


class Reply:
    """A value, an error or a cancellation, once it is there. Made by `Actor.ask`, `then`, `map` and `gather`."""

    __slots__ = ("__weakref__", "_claim", "_done", "_error", "_home", "_traceback", "_value", "_waiters")

    _number = -1

    def __init__(self, home: LoopThread | None = None) -> None:
        self._claim = threading.Lock()
        self._done = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._traceback: TracebackType | None = None
        self._waiters: list[Waiter] = []
        self._home = home

    # ---- waiting

    def __await__(self) -> Generator[Any, None, Any]:
        """The value, or the handler's exception raised, in a coroutine on any loop; it resumes on that loop's thread.

        Raises AskCycle if the reply waits for the very turn that awaits it. If the awaiting task is cancelled, or
        its `asyncio.timeout` expires, and nobody else waits for this reply, the ask is cancelled.
        """
        if not self._done:
            yield from self._suspend()
        try:
            return self._outcome()
        finally:
            del self  # else a failed reply, its error, the traceback and this frame keep each other alive

    def _suspend(self) -> Generator[Any, None, None]:
        """Suspend the running task until the reply is complete."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not future.done():
                future.set_result(None)

        def waiter() -> None:
            if running_loop() is loop:
                wake()
                return
            with contextlib.suppress(
                RuntimeError
            ):  # the loop was closed: nothing is suspended there any more
                loop.call_soon_threadsafe(wake)

        self._add_waiter(waiter)
        try:
            with wait_for.waiting(self):
                yield from future
        except asyncio.CancelledError:
            if self._leave(waiter):
                self.cancel()
            raise
        except BaseException:  # a cycle, or the end of a coroutine that nobody runs any more
            self._remove_waiter(waiter)
            raise

    def result(self, timeout: float | None = None) -> Any:
        """The value, or the handler's exception raised, in a plain thread, blocking until it is there.

        Raises TimeoutError after `timeout` seconds; the ask goes on, and may be waited for again. Raises WouldBlock
        on a thread that runs an event loop, even if the reply is there: code that works only when the answer is
        quick is better refused on its first day. Raises AskCycle where `__await__` does (a handler may wait in a
        thread of its own, through `asyncio.to_thread`).
        """
        if running_loop() is not None:
            raise WouldBlock("reply.result()", "value = actor.ask(x).result()", "value = await actor.ask(x)")
        if not self._done:
            self._block(timeout)
        try:
            return self._outcome()
        finally:
            del self

    def _block(self, timeout: float | None) -> None:
        """Block this thread until the reply is complete; raises TimeoutError after `timeout` seconds."""
        # A queue for one message: it is in C, where an event takes its condition's lock, and makes another, in Python.
        complete: queue.SimpleQueue[None] = queue.SimpleQueue()
        waiter = functools.partial(complete.put, None)
        self._add_waiter(waiter)
        try:
            with wait_for.waiting(self):
                complete.get(timeout=None if timeout is None else max(timeout, 0))
        except queue.Empty:
            if not self._done:
                raise TimeoutError(f"no reply within {timeout} seconds") from None
        finally:
            if not self._done:
                self._remove_waiter(waiter)

    def done(self) -> bool:
        """Whether the outcome is there."""
        return self._done

    def cancelled(self) -> bool:
        """Whether the reply was cancelled. A handler that raises CancelledError by itself does not count."""
        return self._done and isinstance(self._error, AskCancelled)

    def _outcome(self) -> Any:
        try:
            if self._error is not None:
                # The traceback at failure, so that it does not grow with every one who reads the reply.
                raise self._error.with_traceback(self._traceback)
            return self._value
        finally:
            del self

    # ---- composing

    def then(self, function: Callable[[Any], Any]) -> Mapped:
        """A reply of `function(value)`; if that is a reply or another awaitable, of what it gives in the end.

        `function` runs exactly once, and not at all if this reply fails: the error passes through. Called on an event
        loop, `then` runs the function on this same loop, so it may touch what belongs to the actor that wrote it.
        Called from a plain thread, it runs the function at once if the value is there, else where it arrives.
        """
        from askance_impl.reference.composition import Mapped

        return Mapped(self, function)

    def map(self, function: Callable[[Any], Any]) -> Mapped:
        """As `then`. There is no reply of a reply, so what `function` returns arrives flat here too."""
        return self.then(function)

    # ---- ending

    def cancel(self) -> bool:
        """Give the ask up: all who wait get AskCancelled, and a value that comes later is dropped.

        A message that is still in the mailbox is not handled. A handler in progress gets CancelledError where it
        waits, and so on along the asks that it waits for. The actors live on, with their mailboxes. Returns False
        if the outcome was there already.
        """
        if self._done:
            return False
        unwanted: list[Reply] = [self]
        cancelled = False
        while unwanted:
            reply = unwanted.pop()
            if reply._finish(error=AskCancelled("the ask was cancelled")):
                cancelled = cancelled or reply is self
                reply._announce()
                unwanted.extend(reply._withdraw())
        return cancelled

    def _finish(self, value: Any = None, error: BaseException | None = None) -> bool:
        """Write the outcome, without calling the waiters; False if there is one already."""
        if not self._claim.acquire(False):
            return False
        self._value = value
        if error is not None:
            self._error = error
            self._traceback = error.__traceback__
        self._done = True
        return True

    def _complete(self, value: Any = None, error: BaseException | None = None) -> None:
        """Write the outcome and call the waiters; an outcome that comes too late is dropped."""
        if self._finish(value, error) and self._waiters:
            self._announce()

    def _announce(self) -> None:
        """Call the waiters, and theirs in turn: a loop and no recursion, so that compositions may be of any length."""
        complete: list[Reply] = [self]
        while complete:
            waiters = complete.pop()._waiters
            while waiters:
                try:
                    waiter = waiters.pop(0)
                except IndexError:
                    break  # somebody else took the last one
                following = waiter()
                if following is not None:
                    complete.append(following)

    def _add_waiter(self, waiter: Waiter) -> None:
        self._waiters.append(waiter)
        if self._done:
            self._announce()

    def _remove_waiter(self, waiter: Waiter) -> None:
        with contextlib.suppress(ValueError):  # it is being called
            self._waiters.remove(waiter)

    def _leave(self, waiter: Waiter) -> bool:
        """One who waited gives up. Whether it was the last, so that nobody wants the answer any more."""
        self._remove_waiter(waiter)
        return not self._waiters and not self._done

    # ---- for the kinds of replies

    def _withdraw(self) -> Sequence[Reply]:
        """This reply was cancelled: tell those who were going to complete it. Gives the replies to cancel next."""
        return ()

    def _turn_ahead(self) -> wait_for.Turn | None:
        return None

    def _parts(self) -> Sequence[Reply]:
        return ()

    def _fail_unless_shared(self, error: BaseException) -> bool:
        if len(self._waiters) > 1:
            return False
        self._complete(error=error)
        return True
