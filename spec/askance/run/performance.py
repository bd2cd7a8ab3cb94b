"""A performance: one program, or a growing one, carried out on one freshly opened system.

The code is ordinary `threading` and `asyncio`; the engine it runs in decides what these do. `perform` carries out a
whole program; a state machine spawns actors and starts phases as it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

from askance.adapter import Adapter
from askance.history import Recorder
from askance.program import Actor, Client, Operation, Program, Settle, SleepOp
from askance.run.clients import RunningClient, client_for
from askance.run.turns import Directory

__all__ = ["Performance", "carried_out", "perform", "phases"]


class Performance:
    """One system of an implementation, its actors and its clients, from `open` to `close`.

    `patience` bounds every wait of clients (seconds; None: for ever, which is right in the world, where a deadlock
    is exact and ends the execution). `second` is how long a second of the program lasts, in seconds. Call all methods
    from one thread.
    """

    def __init__(
        self,
        adapter: Adapter,
        loops: int,
        recorder: Recorder,
        *,
        patience: float | None = None,
        second: float = 1,
    ) -> None:
        self.adapter = adapter
        self.loops = loops
        self.recorder = recorder
        self.patience = patience
        self.directory = Directory(adapter, recorder, second)
        self.clients: dict[str, RunningClient] = {}
        self.started: list[tuple[RunningClient, float | None]] = []

    def open(self) -> None:
        """Open a fresh system with the performance's number of loops."""
        self.directory.system = self.adapter.open(self.loops)

    def spawn(self, actor: Actor) -> None:
        """Spawn the actor, where the program places it if the implementation can place actors."""
        self.directory.spawn(actor.name, actor.behaviour, actor.loop)

    def phase(self, parts: Iterable[tuple[Client, Sequence[Operation]]]) -> None:
        """Start every client on its operations; return when all are started, waiting for none.

        A client that was in an earlier phase goes on with the replies it has. Its own operations are not looked at.
        """
        together: list[Operation] = []
        for client, operations in parts:
            running = self.clients.get(client.name)
            if running is None:
                running = self.clients[client.name] = client_for(client, self.directory, self.patience)
            running.start(operations)
            # One that waits for a reply of another client may have to wait as long as that one does.
            together = [*together, *operations]
            self.started.append((running, self.limit(together)))

    def join(self) -> tuple[str, ...]:
        """Wait for every client that was started; the names of those that have not ended within the patience."""
        started, self.started = self.started, []
        return tuple([running.name for running, limit in started if not running.join(limit)])

    def limit(self, operations: Sequence[Operation]) -> float | None:
        """How long the operations may take, in seconds: patience for each, and once more, and what they sleep."""
        if self.patience is None:
            return None
        slept = sum([operation.seconds for operation in operations if isinstance(operation, SleepOp)])
        return self.patience * (len(operations) + 1) + slept * self.directory.second

    def settled(self) -> None:
        """Record that nothing can move any more: a phase has ended."""
        self.recorder.add("settle")

    def let_go(self) -> None:
        """After the end: what handlers know, and who knows them, is freed now and not when garbage is collected."""
        for error in self.directory.errors:
            # It leads to those who waited, they to the reply, and the reply to the error.
            error.__traceback__ = None
        self.directory.refs.clear()
        self.directory.replies.clear()
        self.clients.clear()

    def close(self, *, abrupt: bool = False) -> None:
        """Close the system, and what the clients hold; `abrupt`: while actors may be at work."""
        if abrupt:
            self.recorder.add("closing")
        self.directory.system.close()
        for running in self.clients.values():
            running.close()
        self.recorder.add("closed")


def phases(clients: Sequence[Client]) -> list[list[tuple[Client, tuple[Operation, ...]]]]:
    """The clients' operations cut at each `Settle`: for each phase the clients that do something in it, in order."""
    cut: list[list[tuple[Operation, ...]]] = []
    for client in clients:
        parts: list[list[Operation]] = [[]]
        for operation in client.operations:
            if isinstance(operation, Settle):
                parts.append([])
            else:
                parts[-1].append(operation)
        cut.append([tuple(part) for part in parts])
    return [
        [(client, part) for client, part in zip(clients, row, strict=True) if part]
        for row in zip_longest(*cut, fillvalue=())
    ]


def perform(
    program: Program,
    adapter: Adapter,
    recorder: Recorder,
    settle: Callable[[], None],
    *,
    patience: float | None = None,
    second: float = 1,
) -> tuple[str, ...]:
    """Carry out the whole program: open, spawn all actors, each phase up to its settling, close.

    `settle` returns when nothing else can move. Every phase is settled, the last too unless the program is abrupt, so
    that whatever was told has been handled before the system closes. Returns () when all is done; else the names of the
    clients whose phase did not end within the patience, with the system left open, because closing might wait for them.
    Raises what the adapter's `open`, `spawn` or `close` raises.
    """
    performance = Performance(adapter, program.loops, recorder, patience=patience, second=second)
    return carried_out(performance, program, settle)


def carried_out(performance: Performance, program: Program, settle: Callable[[], None]) -> tuple[str, ...]:
    """Carry out the whole program as a performance that is new; as `perform`."""
    performance.open()
    for actor in program.actors:
        performance.spawn(actor)
    cut = phases(program.clients)
    for number, parts in enumerate(cut, 1):
        performance.phase(parts)
        unfinished = performance.join()
        if unfinished:
            return unfinished
        if number < len(cut) or not program.abrupt:
            settle()
            performance.settled()
    performance.close(abrupt=program.abrupt)
    return ()
