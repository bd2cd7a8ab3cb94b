"""The event loop of a world: asyncio's own `BaseEventLoop`, without a selector.

Its ready queue is FIFO, as asyncio promises. The start of each handle is a scheduling point, and so is
`call_soon_threadsafe`, the only thing that wakes an idle loop: `call_soon` from a foreign thread does not, as in real
life ("Concurrency and Multithreading" in the asyncio documentation).
"""

from __future__ import annotations

import asyncio
import re
import threading
import weakref
from heapq import heappop
from typing import TYPE_CHECKING, Any, NoReturn

from askance.world import state
from askance.world.foreign import ForeignLoop, SeenHandle
from askance.world.futures import STEP, ObservedFuture, ObservedTask, WorldFuture, WorldTask
from askance.world.generators import Generators
from askance.world.strand import EngineFailure, NotSimulated, Strand, StrandKilled

if TYPE_CHECKING:
    from askance.world.core import World


_UNNAMED = re.compile(r"Task-\d+")
"""What asyncio calls a task that was given no name: its number in the process."""
_EAGER: Any = getattr(asyncio, "eager_task_factory", None)
"""asyncio's own factory of tasks that begin at once (Python 3.12): it holds the class of tasks itself."""


class WorldLoop(ForeignLoop):
    """An event loop that belongs to one world."""

    _ready: Any
    _scheduled: Any
    _stopping: bool
    _closed: bool
    _timer_cancelled_count: int
    _exception_handler: Any
    _task_factory: Any
    _thread_id: Any

    def __init__(self, world: World) -> None:
        self.number = len(world.loops)
        self.serial = world.new_serial()
        super().__init__(world)
        self._task_type = ObservedTask if self.seen else WorldTask
        self._future_type = ObservedFuture if self.seen else WorldFuture
        self.set_debug(False)
        world.loops.append(self)
        self.tasks: list[weakref.ref[asyncio.Task[Any]]] = []
        self._woken = False
        self._idle: Strand | None = None
        self._made = 0
        self._made_by_factory = False
        self._asyncgens = Generators()
        # While the loop is busy: what the clock knows of its next timer.
        self._deadline = Strand(-1, f"timer of {self!r}", "")
        self._deadline.slot = 0

    def __repr__(self) -> str:
        return f"<event loop {self.number}>"

    def __hash__(self) -> int:
        return self.number

    def time(self) -> float:
        """Virtual seconds."""
        world = self.world
        if world.observes:
            world.touch("time", world.clock)
        return world.now

    def run_forever(self) -> None:
        """Run until `stop` is called."""
        self.looked()
        self._check_closed()  # type: ignore[attr-defined]
        world = self.world
        world.point("run", self)
        if world.observes:
            self.entered()
        self._check_running()
        self.runner = world.current
        self._thread_id = threading.get_ident()
        world.set_running_loop(self)
        try:
            while True:
                self._run_once()
                if self._stopping:
                    break
        finally:
            self._stopping = False
            self._thread_id = None
            if self._deadline.timer is not None:
                world.cancel_timer(self._deadline)
            world.set_running_loop(None)

    def _run_once(self) -> None:
        world = self.world
        if world.dying:
            raise StrandKilled
        ready = self._ready
        scheduled = self._scheduled
        if world.observes:
            world.touch("round", self)
            if scheduled:
                world.touch("time", world.clock)
        while scheduled and scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heappop(scheduled)._scheduled = False
        if not ready and not self._stopping and not self._woken:
            timeout = scheduled[0]._when - world.now if scheduled else None
            if timeout is None or timeout > 0:
                self._idle = world.current
                try:
                    world.wait("select", self, able=False, timeout=timeout)
                finally:
                    self._idle = None
                if world.observes:
                    world.touch("round", self)
                    if scheduled:
                        world.touch("time", world.clock)
        self._woken = False
        while scheduled and scheduled[0]._when <= world.now:
            handle = heappop(scheduled)
            handle._scheduled = False
            ready.append(handle)
        if scheduled or self._deadline.timer is not None:
            self._expect(world, scheduled[0]._when if scheduled and ready else None)
        for _ in range(len(ready)):
            world.point("handle", self)
            if world.dying:
                raise StrandKilled
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()
        # As asyncio does: an exception's traceback keeps this frame (from Python 3.12 on), and so its own task.
        handle = None

    def _expect(self, world: World, when: float | None) -> None:
        """Time passes while handles run: the next timer of a busy loop may become due meanwhile, as a choice."""
        deadline = self._deadline
        if deadline.timer is not None:
            if deadline.timer[0] == when:
                return
            world.cancel_timer(deadline)
        if when is not None and world.racing_timers:
            world.add_timer(deadline, when)

    def _write_to_self(self) -> None:
        """Wake the loop if it is idle."""
        self._woken = True
        idle = self._idle
        if idle is not None and idle.slot < 0 and not self.world.dying:
            if self.world.observes:
                self.world.touch("notify", idle)
            self.world.enable(idle)

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        """Queue the callback; from a foreign strand a scheduling point first, but no waking."""
        world = self.world
        foreign = world.current.running_loop is not self
        if foreign or self._closed:
            self.looked()
            self._check_closed()  # type: ignore[attr-defined]
        if state.world is world:
            if foreign:
                world.point("call-soon", self)
            elif world.observes:
                world.touch("call-soon", self)
        if type(callback) is STEP and not isinstance(callback.__self__, WorldTask):
            self._adopt(callback.__self__)
        handle = self._call_soon(callback, args, context)  # type: ignore[attr-defined]
        if self.seen:
            handle.__class__ = SeenHandle
        return handle

    def stop(self) -> None:
        """End `run_forever` after this round; from a foreign strand a scheduling point first, but no waking."""
        if self.foreign():
            self.world.point("stop", self)
            self.entered()
        super().stop()

    def _check_running(self) -> None:
        """asyncio's own look at whether it runs already: no step, as nothing depends on it but misuse."""
        if self._thread_id is not None:
            raise RuntimeError("This event loop is already running")
        if state.world is self.world and self.world.current.running_loop is not None:
            raise RuntimeError("Cannot run the event loop while another loop is running")

    def set_debug(self, enabled: bool) -> None:
        """Worlds have their own ways to debug; and asyncio's look at whether the loop runs is no step."""
        self._debug = enabled

    def is_running(self) -> bool:
        """Whether some strand runs it."""
        if self.foreign():
            self.world.point("is-running", self)
            self.entered()
        return super().is_running()

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> Any:
        """A scheduling point; then the callback is queued and the loop woken, in one step."""
        if self.seen:
            self.looked()
        if self._closed:
            self._check_closed()  # type: ignore[attr-defined]
        if state.world is self.world:
            self.world.point("wake", self)
        handle = self._call_soon(callback, args, context)  # type: ignore[attr-defined]
        if self.seen:
            handle.__class__ = SeenHandle
        self._write_to_self()
        return handle

    def _process_events(self, event_list: Any) -> None:
        """There is no selector, and so there are no events."""

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None, **options: Any) -> Any:
        """A task with a name, and an order in sets, that are the same in every run."""
        if self.seen:
            self.looked()
        self._check_closed()  # type: ignore[attr-defined]
        if self._task_factory is None:
            return self.task(coro, name, context=context, **options)
        if self._task_factory is _EAGER:
            return self.task(coro, name, context=context, **{"eager_start": True, **options})
        next_name = self._next_name()
        self._made_by_factory = True
        try:
            task = super().create_task(
                coro, name=next_name if name is None else name, context=context, **options
            )
        finally:
            self._made_by_factory = False
        self.tasks.append(weakref.ref(task))
        return task

    def task(self, coro: Any, name: Any = None, **options: Any) -> Any:
        """A task as `create_task` without a factory makes it, and as `asyncio.Task(...)` is to make it."""
        if self._made_by_factory:
            return self._task_type(coro, loop=self, name=name, **options)
        next_name = self._next_name()
        task = self._task_type(coro, loop=self, name=next_name if name is None else name, **options)
        self.tasks.append(weakref.ref(task))
        return task

    def _next_name(self) -> str:
        self.world.current.objects += 1
        self._made += 1
        return f"Task-{self.number}.{self._made}"

    def _adopt(self, task: asyncio.Task[Any]) -> None:
        """A task of a class of its own takes its first step: it may have been made past `create_task`."""
        if not self._made_by_factory and not any(reference() is task for reference in self.tasks):
            if _UNNAMED.fullmatch(task.get_name()):
                task.set_name(self._next_name())
            self.tasks.append(weakref.ref(task))

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Without the limit of minutes that `asyncio.run` sets: it is no timeout that anybody wants to see race."""
        await super().shutdown_default_executor()

    def create_future(self) -> asyncio.Future[Any]:
        """A future with an order in sets that is the same in every run."""
        return self._future_type(loop=self)

    def live_tasks(self) -> list[asyncio.Task[Any]]:
        """The tasks that are not done, in order of creation."""
        tasks = [task for task in (reference() for reference in self.tasks) if task is not None]
        return [task for task in tasks if not task.done()]

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """The handler that was set, if one was; and the world keeps what the handler would only log."""
        exception = context.get("exception")
        world = self.world
        if world.dying or isinstance(exception, StrandKilled | EngineFailure):
            return
        strand = world.current.name if state.world is world else "main"
        message = str(context.get("message", "")) + (f": {exception!r}" if exception is not None else "")
        if self._exception_handler is not None:
            super().call_exception_handler(context)
        elif exception is not None and "handle" in context:
            world.execution.uncaught.append((strand, exception))
            return
        world.execution.complaints.append((strand, message))

    async def create_connection(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotSimulated."""
        raise NotSimulated("a network connection")

    async def create_server(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotSimulated."""
        raise NotSimulated("a network server")

    async def create_datagram_endpoint(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotSimulated."""
        raise NotSimulated("a datagram endpoint")

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotSimulated."""
        raise NotSimulated("a subprocess")

    async def subprocess_shell(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotSimulated."""
        raise NotSimulated("a subprocess")

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        """Raises NotSimulated."""
        raise NotSimulated("waiting for a file descriptor")

    def add_writer(self, fd: Any, callback: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        """Raises NotSimulated."""
        raise NotSimulated("waiting for a file descriptor")
