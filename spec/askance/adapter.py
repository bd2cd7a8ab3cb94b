"""The port that an implementation fills, 20 to 60 lines: an `Adapter` that opens `System`s.

The kit supplies the handlers (interpreters of behaviours) and calls only what stands here. An implementer
subclasses `System` and overrides what the library does otherwise than the defaults say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

CAPABILITIES: dict[str, str] = {
    "async-handlers": "handlers are coroutine functions, run on an event loop (else: plain functions that block)",
    "loops": "an actor can be placed on a chosen event loop",
    "await": "a reply can be awaited from a coroutine on any loop",
    "result": "a plain thread can block on a reply",
    "then": "replies have a composition operator of the library's own",
    "gather": "replies can be gathered by the library's own operator",
    "deferred": "a handler may return an un-awaited reply, which arrives flat",
    "timeout": "a blocking wait and an awaited reply can be given up after a time",
    "cancel": "a pending ask can be cancelled",
    "stop": "an actor can be stopped while the system lives on",
    "spawn": "a handler may spawn actors",
    "handlers-only-tell": "handlers send and never wait: asks are for clients, and no behaviour has one",
    "cycles-refused": "an ask that closes a cycle of asks fails with an error that names the cycle",
    "reentrant": "an actor that waits for a reply takes further messages meanwhile",
    "blocking-refused": "blocking on a reply from an event loop's thread raises at once",
}
"""The closed vocabulary of capabilities; an adapter that declares another word is a usage error."""

Handler = Callable[[Any], Any]
"""What the kit gives to `spawn`: a coroutine function, or a blocking function, of one message."""


class System:
    """One running instance of the implementation, fresh for each execution.

    `Reply` below is whatever the library's ask gives: the kit never looks inside it, it only passes it back to
    the methods here.
    """

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        """Start an actor that runs `handler(message)` for each message; return its ref.

        `loop` is an index below the `loops` given to `open`, or None for the library's choice. Called from the
        opening thread, and from handlers where the adapter declares "spawn".
        """
        raise NotImplementedError

    def ask(self, ref: Any, message: Any) -> Any:
        """Send, and return the library's reply, unwrapped nowhere. Called from any thread, client or handler."""
        raise NotImplementedError

    def tell(self, ref: Any, message: Any) -> None:
        """Send without wanting a reply. Called from any thread, client or handler."""
        raise NotImplementedError

    def stop(self, ref: Any) -> None:
        """Ask the actor to stop; must not wait for it."""
        raise NotImplementedError

    def elsewhere(self) -> Any:
        """What handlers that run in another process use in place of this system: it is pickled with each handler.

        Only for libraries that run handlers in processes of their own, on the live engine. The object needs the methods
        that handlers use (`ask`, `tell`, `stop`, `spawn`, `result` or `awaitable`) and must be picklable, as refs must:
        the kit passes them from process to process by the actors' names. What handlers record there comes back to
        the history by itself, over a connection that the pickled handler makes when it is first called. Default: this
        system itself.
        """
        return self

    def close(self) -> None:
        """End every loop, thread and actor of this system; returns when they have ended."""
        raise NotImplementedError

    def result(self, reply: Any, timeout: float | None = None) -> Any:
        """Block the calling thread until the reply is there (seconds; None: for ever).

        Default: `reply.result(timeout)`.
        """
        return reply.result(timeout)

    def awaitable(self, reply: Any) -> Awaitable[Any]:
        """What a coroutine on the running loop awaits to get the reply's value. Default: the reply itself."""
        awaitable: Awaitable[Any] = reply
        return awaitable

    def then(self, reply: Any, function: Callable[[Any], Any]) -> Any:
        """The library's own composition: a reply of `function` applied to the value of `reply`."""
        raise NotImplementedError

    def gather(self, replies: Sequence[Any]) -> Any:
        """The library's own gather: one reply that gives the values of all, in order."""
        raise NotImplementedError

    def cancel(self, reply: Any) -> None:
        """Cancel the pending ask. Default: `reply.cancel()`."""
        reply.cancel()


@runtime_checkable
class Adapter(Protocol):
    """What `askance` needs to know of an implementation: its name, what it can do, and how to open it."""

    name: str
    capabilities: frozenset[str]

    def open(self, loops: int) -> System:
        """Start a fresh system with that many event loops (1 or more)."""


class BaseAdapter:
    """Defaults for what an adapter may declare; subclass it, or write the attributes yourself."""

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[str]]

    stopped: ClassVar[tuple[type[BaseException], ...]] = ()
    """Exceptions that the library raises for an ask or tell to a stopped actor."""
    cycle: ClassVar[tuple[type[BaseException], ...]] = ()
    """Exceptions that the library raises for an ask that closes a cycle."""
    refused: ClassVar[tuple[type[BaseException], ...]] = ()
    """Exceptions that the library raises when a reply is blocked on from a loop's thread."""
    timed_out: ClassVar[tuple[type[BaseException], ...]] = (TimeoutError,)
    """Exceptions that the library raises when a wait with a timeout is given up."""
    nested: ClassVar[tuple[type, ...]] = ()
    """Types of the library's replies, beyond futures and awaitables: a result that is or holds one is nested (A3)."""
    failing_handler_ends_actor: ClassVar[bool] = False
    """Whether an actor ends when its handler raises (clause L6)."""
    any_thread: ClassVar[bool] = False
    """Whether actors have no thread of their own: a pool gives each turn any of its threads (clause M4)."""
    versions: ClassVar[tuple[str, ...]] = ()
    """Distributions whose installed versions stand in the report."""
    engines: ClassVar[frozenset[str]] = frozenset({"world", "live"})
    """The engines that it can run on: "world" only if nothing blocks outside of Python's threads and event loops."""

    def open(self, loops: int) -> System:
        """Start a fresh system with that many event loops (1 or more)."""
        raise NotImplementedError
