"""The actor system: so many event loops, each on a thread of its own, and the actors that live there.

    with System(loops=2) as system:
        async def g(x):
            return x * 2

        async def f(x):
            return await gs.ask(x / 2)

        gs = system.spawn(g, loop=1)
        fs = system.spawn(f, loop=0)
        assert fs.ask(10).result() == 10

It makes no difference on which loops f and g are, whether on the same or on two, nor whether f awaits the reply of g
or returns it as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar

from askance_impl.reference.actor import Actor, log_failure
from askance_impl.reference.errors import SystemClosed, WouldBlock
from askance_impl.reference.loops import LoopThread
from askance_impl.reference.supervision import Supervision, resume
from askance_impl.reference.wait_for import current_turn

__all__ = ["System", "this_actor"]


class System:
    """Actors on `loops` event loops. `on_failure(actor, error)` hears of handlers that fail on a told message."""

    loop_class: ClassVar[type[LoopThread]] = LoopThread
    actor_class: ClassVar[type[Actor]] = Actor

    def __init__(
        self, loops: int = 1, *, on_failure: Callable[[Actor, BaseException], object] = log_failure
    ) -> None:
        if loops < 1:
            raise ValueError(f"a system needs at least one loop, not {loops}")
        self.closed = False
        self.on_failure = on_failure
        self.loops = [self.loop_class(number) for number in range(loops)]
        self._spawned = itertools.count()

    def spawn(
        self,
        handler: Callable[[Any], Any],
        loop: int | None = None,
        *,
        name: str | None = None,
        reentrant: bool = False,
        supervision: Supervision = resume,
    ) -> Actor:
        """Start an actor, whose `handler(message)`, a coroutine function or a plain one, runs on loop number `loop`.

        From everywhere, handlers included. Without `loop`, actors are dealt out to the loops in turn. A `reentrant`
        actor begins with the next message while it awaits something, so its state may change at each await, but it
        may be part of a cycle of asks. `supervision` says what becomes of the actor when a handler of it fails: see
        `askance_impl.reference.supervision`. Raises SystemClosed if the system is closed, IndexError if there is no
        such loop.
        """
        number = next(self._spawned)
        if loop is not None and not 0 <= loop < len(self.loops):
            raise IndexError(f"no loop {loop}: this system has loops 0 to {len(self.loops) - 1}")
        home = self.loops[number % len(self.loops) if loop is None else loop]
        name = name or f"{getattr(handler, '__name__', type(handler).__name__)}-{number}"
        actor = self.actor_class(self, home, handler, name, reentrant, supervision)
        home.actors[actor] = None
        if self.closed:
            actor.stop()
            raise SystemClosed(name)
        return actor

    def close(self) -> None:
        """Stop every actor, cancel the handlers in progress, end every loop and thread; returns when they have ended.

        From any plain thread, as often as you like. Asks which are not answered by then fail with SystemClosed.
        Raises WouldBlock on a thread that runs one of the system's own loops, which cannot wait for its own end.
        """
        if any(loop.is_here() for loop in self.loops):
            raise WouldBlock(
                "system.close() in a handler",
                "system.close()",
                "actor.stop(), and system.close() in the thread that made the system",
            )
        self.closed = True
        for loop in self.loops:
            for actor in list(loop.actors):
                actor.stop()
        for loop in self.loops:
            loop.close()
        for loop in self.loops:
            loop.join()

    def __enter__(self) -> System:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def this_actor() -> Actor:
    """The actor whose handler calls this. Raises LookupError outside of handlers."""
    turn = current_turn.get()
    if turn is None:
        raise LookupError("this_actor() was called outside of a handler")
    actor: Actor = turn.actor
    return actor
