"""Why nothing can move: the wait-for graph of the strands, tasks and futures of a world that has stopped.

A node is a strand or a task. It waits for what completes the thing that it waits on: a lock's owner, a thread that is
joined, the task behind a future (found through the callbacks that `asyncio` itself chains), the loop that a task needs
in order to run. A cycle of these is the classic deadlock (Coffman et al., 1971); a wait on a thing that no node will
complete is a forgotten reply, or a lost wakeup.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Iterator
from concurrent.futures.thread import _worker
from types import FrameType
from typing import TYPE_CHECKING, Any

from askance.history import Deadlock, Waiting
from askance.world.frames import own_frame, where, where_coroutine
from askance.world.locks import Lock, RLock
from askance.world.strand import Strand

if TYPE_CHECKING:
    from askance.world.core import World

_PRIMITIVES = (asyncio.Queue, asyncio.Lock, asyncio.Semaphore, asyncio.Condition, asyncio.Barrier)

__all__ = ["explain", "where"]


def explain(world: World) -> Deadlock:
    """Who waits for what, the cycle if there is one, and what nobody is left to complete."""
    graph = _Graph(world)
    nodes: list[Any] = [s for s in world.strands[1:] if not s.done and s.greenlet is not None]
    for loop in world.loops:
        nodes += loop.live_tasks()
    # Tasks of idle loops wait; tasks of a loop whose strand is blocked are shown by that strand.
    waiting: list[Waiting] = []
    forgotten: list[str] = []
    edges: dict[Any, list[Any]] = {}
    for node in nodes:
        thing = graph.waits_on(node)
        if thing is None:
            continue
        completers, description = graph.completers(thing)
        primitive = None if isinstance(node, Strand) or completers else _primitive(node)
        if primitive is not None:
            description = primitive
        edges[node] = completers
        if isinstance(node, Strand) and not graph.is_interesting(node):
            continue
        waiting.append(Waiting(world.waiter_name(node), graph.name(node), description, graph.where(node)))
        if not completers and primitive is None and graph.is_reply(thing):
            forgotten.append(f"{description}, for which {graph.name(node)} waits at {graph.where(node)}")
    cycle = _cycle(nodes, edges)
    return Deadlock(tuple(waiting), tuple(graph.name(node) for node in cycle), tuple(forgotten))


class _Graph:
    """The wait-for graph; things waited on are locks, conditions, strands, futures, queues, loops."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.runners = {
            id(strand.running_loop): strand for strand in world.strands if strand.running_loop is not None
        }

    def name(self, node: Any) -> str:
        """How a node is called in messages."""
        if isinstance(node, Strand):
            return f"strand {node.name!r}"
        number = getattr(node.get_loop(), "number", "?")
        return f"task {node.get_name()} ({_coroutine_name(node)}) on event loop {number}"

    def where(self, node: Any) -> str:
        """The source line where a node stands."""
        if isinstance(node, Strand):
            return where(_frame(node))
        return where_coroutine(node.get_coro())

    def is_interesting(self, strand: Strand) -> bool:
        """Idle pool workers and idle loops are waiting as they should."""
        return strand.kind not in ("select", "bodies") and (
            strand is self.world.main or own_frame(_frame(strand)) is not None
        )

    def is_reply(self, thing: Any) -> bool:
        """Whether a thing is one that somebody ought to complete, as opposed to a queue or a lock."""
        return isinstance(thing, concurrent.futures.Future | asyncio.Future) or hasattr(thing, "_flag")

    def waits_on(self, node: Any) -> Any:
        """The thing that a node waits on; None where it does not wait."""
        if isinstance(node, Strand):
            if node.kind == "select":
                return None
            future = self._future_of(node)
            return node.object if future is None else future
        waiter = node._fut_waiter
        if waiter is not None:
            return waiter
        runner = self.runners.get(id(node.get_loop()))
        return None if runner is None or runner.kind == "select" else node.get_loop()

    def _future_of(self, strand: Strand) -> Any:
        """The concurrent future whose `result()` or `exception()` a strand is in."""
        frame = _frame(strand)
        while frame is not None:
            candidate = frame.f_locals.get("self")
            if (
                isinstance(candidate, concurrent.futures.Future)
                and getattr(candidate, "_condition", None) is strand.object
            ):
                return candidate
            frame = frame.f_back
        return None

    def completers(self, thing: Any) -> tuple[list[Any], str]:
        """The nodes that could complete a thing, and what it is called."""
        if isinstance(thing, Lock | RLock):
            owner = thing.owner
            if owner is None:
                return [], "a lock"
            return [owner], f"a lock that {self.name(owner)} holds"
        if isinstance(thing, Strand):
            return [thing], f"the end of {self.name(thing)}"
        if isinstance(thing, concurrent.futures.Future):
            return self._completers_of_concurrent(thing)
        if isinstance(thing, asyncio.Task):
            return [thing], self.name(thing)
        if isinstance(thing, asyncio.Future):
            return self._completers_of_asyncio(thing)
        if isinstance(thing, asyncio.AbstractEventLoop):
            runner = self.runners.get(id(thing))
            return ([runner] if runner else []), f"its turn on event loop {getattr(thing, 'number', '?')}"
        # The world's own queues stand for the standard library's.
        kind = type(thing).__name__.removeprefix("Controlled")
        article = "an" if kind[:1] in "AEIOU" else "a"
        return [], f"{article} {kind}" if thing is not None else "nothing that has a name"

    def _completers_of_concurrent(self, future: Any) -> tuple[list[Any], str]:
        for source in _closed_over(callback for callback in future._done_callbacks):
            if isinstance(source, asyncio.Task) and not source.done():
                return [source], f"the concurrent Future of {self.name(source)}"
        queued = self._queued(future)
        if queued is not None:
            return queued[0], f"a concurrent Future whose {queued[1]}"
        waiting: list[Any] = []
        for strand in self.world.strands[1:]:
            if not strand.done and _works_on(strand, future):
                return [strand], f"the concurrent Future that {self.name(strand)} works on"
            if not strand.done and _will_work_on(strand, future):
                waiting.append(strand)
        if waiting:
            return waiting, f"a concurrent Future that is queued for {' and '.join(map(self.name, waiting))}"
        return [], "a concurrent Future"

    def _queued(self, future: Any) -> tuple[list[Any], str] | None:
        """The strand whose loop has a callback in its queue that concerns a future, and how to say so."""
        for loop in self.world.loops:
            for handle in loop._ready:
                contents = [*_cells(handle._callback), *(handle._args or ())]
                if any(content is future for content in contents):
                    runner = self.runners.get(id(loop))
                    names = [getattr(c, "__qualname__", "?") for c in contents if asyncio.iscoroutine(c)]
                    kind = f"coroutine {names[0]}" if names else "callback"
                    what = f"{kind} is queued on event loop {loop.number}"
                    if runner is None:
                        return [], f"{what}, which nobody runs"
                    if runner.kind == "select":
                        return [], f"{what}, which sleeps: call_soon from another thread does not wake it"
                    return [runner], what
        return None

    def _completers_of_asyncio(self, future: Any) -> tuple[list[Any], str]:
        children = getattr(future, "_children", None)
        if children:
            open_children = [child for child in children if not child.done()]
            found: list[Any] = []
            for child in open_children:
                found += self.completers(child)[0]
            return found, f"a gather of {len(children)}, {len(open_children)} of them pending"
        callbacks = [callback for callback, _ in future._callbacks or ()]
        for source in _closed_over(callbacks):
            if isinstance(source, concurrent.futures.Future) and not source.done():
                completers, description = self._completers_of_concurrent(source)
                return completers, f"an asyncio Future around {description}"
        queued = self._queued(future)
        if queued is not None:
            return queued[0], f"an asyncio Future whose {queued[1]}"
        return [], "an asyncio Future"


def _frame(strand: Strand) -> FrameType | None:
    return None if strand.greenlet is None else strand.greenlet.gr_frame


def _coroutine_name(task: Any) -> str:
    return str(getattr(task.get_coro(), "__qualname__", "coroutine"))


def _cells(function: Any) -> Iterator[Any]:
    """What a callback closes over (or, for a partial or a bound method, holds)."""
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # an empty cell
            continue


def _closed_over(callbacks: Any) -> Iterator[Any]:
    for callback in callbacks:
        yield from _cells(callback)


def _works_on(strand: Strand, future: Any) -> bool:
    """Whether a pool worker is running the function of this future."""
    frame = _frame(strand)
    while frame is not None:
        candidate = frame.f_locals.get("self")
        if frame.f_code.co_name == "run" and getattr(candidate, "future", None) is future:
            return True
        frame = frame.f_back
    return False


def _will_work_on(strand: Strand, future: Any) -> bool:
    """Whether a strand is a worker of the pool in whose queue this future stands."""
    frame = _frame(strand)
    while frame is not None:
        if frame.f_code is _worker.__code__:
            items = getattr(frame.f_locals["work_queue"], "_items", ())
            return any(getattr(item, "future", None) is future for item in items)
        frame = frame.f_back
    return False


def _primitive(task: Any) -> str | None:
    """The asyncio Queue, Lock or the like that a task waits at: it is at rest there, and waits for no reply."""
    coroutine = task.get_coro()
    found = None
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and isinstance(frame.f_locals.get("self"), _PRIMITIVES):
            found = f"an asyncio {type(frame.f_locals['self']).__name__}"
        coroutine = getattr(coroutine, "cr_await", None)
    return found


def _cycle(nodes: list[Any], edges: dict[Any, list[Any]]) -> list[Any]:
    """A cycle of the wait-for graph, from its first node in order of creation; empty if there is none."""
    for start in nodes:
        path = [start]
        seen = {id(start)}
        branches = [iter(edges.get(start, ()))]
        while branches:
            step = next(branches[-1], None)
            if step is None:
                branches.pop()
                path.pop()
            elif step is start:
                return path
            elif id(step) not in seen:
                seen.add(id(step))
                path.append(step)
                branches.append(iter(edges.get(step, ())))
    return []
