"""An event loop that runs on a thread of its own, until it is told to wind up. Used by `System` and its actors.

A loop's thread is the only one that may touch what belongs to the loop: its tasks, its asyncio futures, the actors
placed on it. All others send it a callback with `call_soon_threadsafe`. (`call_soon` from another thread puts the
callback into the loop's queue too, but does not wake the loop: if it is idle, nothing happens until something
else happens.)
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from askance_impl.reference.reply import running_loop

if TYPE_CHECKING:
    from askance_impl.reference.actor import Actor

__all__ = ["LoopThread"]


class LoopThread:
    """One event loop, its thread, and the actors that live there."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.loop = asyncio.new_event_loop()
        self.actors: dict[Actor, None] = {}
        self._closing = False
        self._posted: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self._wakeup = threading.Lock()  # held from when the loop is being woken until it has woken
        self._thread = threading.Thread(target=self._run, name=f"loop {number}", daemon=True)
        self._thread.start()

    def is_here(self) -> bool:
        """Whether the calling code runs on this loop, so that it may touch what lives there."""
        return running_loop() is self.loop

    def post(self, callback: Callable[..., Any], *arguments: Any) -> None:
        """Have the loop call the function soon; from any thread. Once the loop is closed, it never will.

        Callbacks that come before the loop has woken share one wakeup, the dear part where many are sent at once.
        """
        self._posted.append((callback, arguments))
        if self._wakeup.acquire(False):
            with contextlib.suppress(RuntimeError):  # it is closed
                self.loop.call_soon_threadsafe(self._call_posted)

    def _call_posted(self) -> None:
        self._wakeup.release()  # and then look: whoever posts from here on wakes the loop again
        for _ in range(len(self._posted)):
            callback, arguments = self._posted.popleft()
            callback(*arguments)

    def close(self) -> None:
        """Tell the loop to wind up: cancel what runs there and end. Does not wait for it, `join` does."""
        self._closing = True
        self.post(self.loop.stop)

    def join(self) -> None:
        """Block until the loop is closed and its thread has ended."""
        self._thread.join()

    def _run(self) -> None:
        while not self._closing:
            self._insist(self.loop.run_forever)
        while self._unfinished():
            self._insist(self._wind_up)
        self.loop.close()
        for actor in list(self.actors):
            actor.abandon()

    def _insist(self, run: Callable[[], object]) -> None:
        """Run the loop, even if a task raises SystemExit or KeyboardInterrupt.

        asyncio notes these two in the task, as any exception, and then lets them go through the loop to the thread.
        Here the task is one of many that share the loop, and has no business ending it.
        """
        with contextlib.suppress(SystemExit, KeyboardInterrupt):
            run()

    def _unfinished(self) -> list[asyncio.Task[Any]]:
        """The tasks of the loop that have not ended, in the order made (their names are numbered by asyncio)."""
        return sorted(asyncio.all_tasks(self.loop), key=lambda task: (len(task.get_name()), task.get_name()))

    def _wind_up(self) -> None:
        for actor in list(self.actors):
            actor.wind_up()
        for task in self._unfinished():
            task.cancel()
        self.loop.run_until_complete(self._wait_for_all())

    async def _wait_for_all(self) -> None:
        this = asyncio.current_task()
        tasks = [task for task in self._unfinished() if task is not this]
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
        await self.loop.shutdown_default_executor()
