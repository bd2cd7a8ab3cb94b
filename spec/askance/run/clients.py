"""Clients: straight-line operations, performed on a plain thread, on a loop of the client's own, or on the system's.

A client keeps its replies from phase to phase. An operation that fails does not end it: how each wait ended is
recorded, and the next operation follows. Where an operation names a reply of another client, this one first waits until
it has been made; what is then waited for, or cancelled, is the library's very reply, by several at once.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from askance.history import BLOCKING
from askance.program import (
    AskOp,
    Await,
    Cancel,
    Client,
    Compose,
    GatherOp,
    Operation,
    Result,
    Settle,
    SleepOp,
    StopOp,
    TellOp,
)
from askance.run.replies import Gathered, Held, Mapped, NotSent, resolve, resolve_awaited
from askance.run.turns import NOT_AN_OUTCOME, Directory, Envelope

__all__ = ["DriverClient", "LoopClient", "RunningClient", "ThreadClient", "client_for"]


class RunningClient:
    """What clients of every place share: their replies, and the operations that wait for nothing."""

    def __init__(self, client: Client, directory: Directory, patience: float | None = None) -> None:
        self.name = client.name
        self.directory = directory
        self.patience = patience
        self.replies: dict[str, Any] = {}
        self.messages = 0

    def start(self, operations: Sequence[Operation]) -> None:
        """Begin to perform the operations; return at once."""
        raise NotImplementedError

    def join(self, timeout: float | None) -> bool:
        """Wait until the operations begun last have been performed (seconds; None: for ever); whether they have."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what the client holds, after the system has closed."""

    def begin(self) -> None:
        """Record that the client begins."""
        self.directory.add("client-begin", self.name, loop=self.directory.loop())

    def end(self) -> None:
        """Record that the client has performed all its operations."""
        self.directory.add("client-end", self.name, loop=self.directory.loop())

    def next_message(self) -> str:
        """The id of this client's next message."""
        message = f"{self.name}.{self.messages}"
        self.messages += 1
        return message

    def op(self, reply: str) -> str:
        """The id of the reply of that name in the history."""
        return reply if "." in reply else f"{self.name}.{reply}"

    def keep(self, name: str, reply: Any) -> None:
        """Keep what was made under that name, and let those go on that wait for it to be made."""
        self.replies[name] = reply
        self.directory.made(self.op(name), reply)

    def kept(self, reply: str) -> Any:
        """What is kept under that name, by this client or, if it says so, by another."""
        return self.directory.replies[reply] if "." in reply else self.replies[reply]

    def not_yet_made(self, operation: Operation) -> str:
        """The reply of another client that the operation needs, if it has not been made; else ""."""
        match operation:
            case Result(reply) | Await(reply) | Cancel(reply) if "." in reply:
                return "" if reply in self.directory.replies else reply
        return ""

    def attempt(self, operation: Operation) -> None:
        """Perform an operation that waits for nothing; what the library raises is recorded, not raised."""
        match operation:
            case AskOp(name, actor, value):
                self.keep(name, self.ask(name, actor, value))
            case TellOp(actor, value):
                self.tell(actor, value)
            case Compose(name, reply, symbol):
                self.keep(name, self.compose(name, reply, symbol))
            case GatherOp(name, replies):
                self.keep(name, self.gather(name, replies))
            case Cancel(reply):
                self.cancel(reply)
            case StopOp(actor):
                self.stop(actor)
            case Settle():
                pass
            case _:
                raise TypeError(f"{self.name} cannot perform {operation}")

    def ask(self, name: str, actor: str, value: Any) -> Held | NotSent:
        """Send an ask; what to keep as its reply."""
        directory = self.directory
        message = self.next_message()
        envelope = directory.sent(self.name, self.name, actor, message, value, self.op(name))
        try:
            return Held(directory.system.ask(directory.refs[actor], envelope))
        except BaseException as error:
            self.refused("ask", error, actor=actor, message=message)
            return NotSent(error)

    def tell(self, actor: str, value: Any) -> None:
        """Send without wanting a reply."""
        directory = self.directory
        message = self.next_message()
        envelope = directory.sent(self.name, self.name, actor, message, value)
        try:
            directory.system.tell(directory.refs[actor], envelope)
        except BaseException as error:
            self.refused("tell", error, actor=actor, message=message)

    def compose(self, name: str, reply: str, symbol: str) -> Any:
        """What to keep for the reply mapped by `symbol`."""
        directory = self.directory
        kept = self.replies[reply]
        directory.add("compose", self.name, op=self.op(name), detail=f"then {symbol} {self.op(reply)}")
        if isinstance(kept, NotSent):
            return kept
        if not directory.native_then or not isinstance(kept, Held):
            return Mapped(kept, symbol)
        function = directory.mapped(self.name, self.op(name), symbol, kept.gathered)
        try:
            return Held(directory.system.then(kept.reply, function))
        except BaseException as error:
            self.refused("then", error)
            return NotSent(error)

    def gather(self, name: str, replies: tuple[str, ...]) -> Any:
        """What to keep for all the replies together."""
        directory = self.directory
        kept = [self.replies[reply] for reply in replies]
        parts = " ".join([self.op(reply) for reply in replies])
        directory.add("compose", self.name, op=self.op(name), detail=f"gather {parts}")
        plain = [part for part in kept if isinstance(part, Held) and not part.gathered]
        if not directory.native_gather or len(plain) < len(kept):
            return Gathered(tuple(kept))
        try:
            return Held(directory.system.gather([part.reply for part in plain]), gathered=True)
        except BaseException as error:
            self.refused("gather", error)
            return NotSent(error)

    def cancel(self, reply: str) -> None:
        """Cancel the reply, or those that the kit would wait for in its place."""
        self.directory.add("cancel", self.name, op=self.op(reply))
        waiting = [self.kept(reply)]
        while waiting:
            match waiting.pop():
                case Held(held):
                    try:
                        self.directory.system.cancel(held)
                    except BaseException as error:
                        self.refused("cancel", error)
                case Mapped(part):
                    waiting.append(part)
                case Gathered(parts):
                    waiting += parts

    def stop(self, actor: str) -> None:
        """Ask the implementation to stop the actor."""
        directory = self.directory
        directory.add("stop", self.name, actor=actor)
        try:
            directory.system.stop(directory.refs[actor])
        except BaseException as error:
            self.refused("stop", error, actor=actor)

    def refused(self, what: str, error: BaseException, *, actor: str = "", message: str = "") -> None:
        """Record what an operation that waits for nothing raised; raise again what ends the strand itself."""
        if isinstance(error, NOT_AN_OUTCOME):
            raise error
        self.directory.refused(self.name, what, error, actor=actor, message=message)

    def waited(self, reply: str, wait: Callable[[Any], Any]) -> None:
        """Perform a wait that blocks, by `wait`, and record how it ended."""
        self.directory.add("wait", self.name, op=self.op(reply), detail=BLOCKING, loop=self.directory.loop())
        try:
            raw = resolve(self.kept(reply), wait)
        except BaseException as error:
            self.wait_failed(reply, error)
        else:
            self.wait_arrived(reply, raw)

    def wait_failed(self, reply: str, error: BaseException) -> None:
        """Record what a wait raised; raise again what ends the strand itself."""
        if isinstance(error, NOT_AN_OUTCOME):
            raise error
        self.directory.failed(self.name, self.op(reply), error)

    def wait_arrived(self, reply: str, raw: Any) -> None:
        """Record what a wait gave."""
        kept = self.kept(reply)
        gathered = isinstance(kept, Gathered) or (isinstance(kept, Held) and kept.gathered)
        self.directory.arrived(self.name, self.op(reply), raw, gathered)
        if inspect.iscoroutine(raw):
            # Nobody will ever await it, and Python would say so at a moment of its own choosing.
            raw.close()

    def block(self, reply: Any) -> Any:
        """Block the calling thread on a reply of the library's: right on a plain thread, wrong use on a loop."""
        return self.directory.system.result(reply, self.patience)


class ThreadClient(RunningClient):
    """A client on a plain thread, which has no event loop."""

    thread: threading.Thread

    def start(self, operations: Sequence[Operation]) -> None:
        """Begin to perform the operations on a new thread of the client's name."""
        self.thread = threading.Thread(target=self.perform, args=(operations,), name=self.name, daemon=True)
        self.thread.start()

    def perform(self, operations: Sequence[Operation]) -> None:
        """Perform the operations in order."""
        self.begin()
        for operation in operations:
            if reply := self.not_yet_made(operation):
                made = threading.Event()
                if self.directory.when_made(reply, made.set):
                    made.wait()
            match operation:
                case Result(reply):
                    self.waited(reply, self.block)
                case SleepOp(seconds):
                    time.sleep(seconds * self.directory.second)
                case _:
                    self.attempt(operation)
        self.end()

    def join(self, timeout: float | None) -> bool:
        """Wait for the thread (seconds; None: for ever); whether it has ended."""
        self.thread.join(timeout)
        return not self.thread.is_alive()


class CoroutineClient(RunningClient):
    """What clients on loops share: their operations run in a coroutine."""

    async def perform(self, operations: Sequence[Operation]) -> None:
        """Perform the operations in order."""
        self.begin()
        for operation in operations:
            if reply := self.not_yet_made(operation):
                await self.another_has_made(reply)
            match operation:
                case Await(reply):
                    try:
                        await self.awaited(reply)
                    except GeneratorExit as error:
                        # Thrown into a coroutine it first closes, with a GeneratorExit of Python's own and without
                        # arguments, what the coroutine awaits, and was recorded there (PEP 380).
                        if not error.args:
                            raise
                case Result(reply):
                    self.waited(reply, self.block)
                case SleepOp(seconds):
                    await asyncio.sleep(seconds * self.directory.second)
                case _:
                    self.attempt(operation)
        self.end()

    async def another_has_made(self, reply: str) -> None:
        """Wait until the reply of another client has been made."""
        loop = asyncio.get_running_loop()
        made = asyncio.Event()
        if self.directory.when_made(reply, lambda: loop.call_soon_threadsafe(made.set)):
            await made.wait()

    async def awaited(self, reply: str) -> None:
        """Await the reply, and record how the wait ended, on which thread and loop."""
        self.directory.add("wait", self.name, op=self.op(reply), loop=self.directory.loop())
        try:
            raw = await resolve_awaited(self.kept(reply), self.pause)
        except BaseException as error:
            self.wait_failed(reply, error)
            if isinstance(error, GeneratorExit) and not error.args:
                raise
        else:
            self.wait_arrived(reply, raw)

    async def pause(self, reply: Any) -> Any:
        """Await one reply of the library's, no longer than the client has patience."""
        awaitable = self.directory.system.awaitable(reply)
        if self.patience is None:
            return await awaitable
        async with asyncio.timeout(self.patience):
            return await awaitable


class LoopClient(CoroutineClient):
    """A client on an event loop of its own, which the implementation knows nothing of.

    The loop lasts from phase to phase, because awaited replies may be bound to it; each phase runs it on a new thread.
    """

    loop: asyncio.AbstractEventLoop | None = None
    thread: threading.Thread

    def start(self, operations: Sequence[Operation]) -> None:
        """Begin to perform the operations in a coroutine on the client's loop, on a new thread."""
        self.thread = threading.Thread(target=self.run, args=(operations,), name=self.name, daemon=True)
        self.thread.start()

    def run(self, operations: Sequence[Operation]) -> None:
        """Run the loop until the operations have been performed."""
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            self.directory.foreign_loop(self.loop)
        self.loop.run_until_complete(self.perform(operations))

    def join(self, timeout: float | None) -> bool:
        """Wait for the thread (seconds; None: for ever); whether it has ended."""
        self.thread.join(timeout)
        return not self.thread.is_alive()

    def close(self) -> None:
        """Close the client's loop."""
        if self.loop is not None and not self.loop.is_running():
            self.loop.close()


class DriverClient(CoroutineClient):
    """A client as a coroutine on a loop of the system's: the turns of an actor that is spawned there for it.

    The implementation sees one more actor, which is told to start each phase; the history sees a client.
    """

    def __init__(
        self, client: Client, loop: int, directory: Directory, patience: float | None = None
    ) -> None:
        super().__init__(client, directory, patience)
        self.placement = loop
        self.ref: Any = None
        self.phases: deque[tuple[Sequence[Operation], threading.Event]] = deque()
        self.ended = threading.Event()

    async def handle(self, envelope: Envelope) -> None:
        """Perform the operations of the next phase."""
        operations, ended = self.phases.popleft()
        try:
            await self.perform(operations)
        finally:
            ended.set()

    def start(self, operations: Sequence[Operation]) -> None:
        """Begin to perform the operations in a turn of the driver."""
        system = self.directory.system
        if self.ref is None:
            self.ref = system.spawn(self.handle, self.placement)
        self.ended = threading.Event()
        self.phases.append((operations, self.ended))
        system.tell(self.ref, Envelope(f"{self.name}.start", "", None))

    def join(self, timeout: float | None) -> bool:
        """Wait for the driver's turn to end (seconds; None: for ever); whether it has."""
        return self.ended.wait(timeout)

    def close(self) -> None:
        """Forget the driver, which knows this client."""
        self.ref = None


def client_for(client: Client, directory: Directory, patience: float | None = None) -> RunningClient:
    """The running client for a client of a program, by where it is."""
    if client.where == "thread":
        return ThreadClient(client, directory, patience)
    if client.where == "loop":
        return LoopClient(client, directory, patience)
    return DriverClient(client, client.where, directory, patience)
