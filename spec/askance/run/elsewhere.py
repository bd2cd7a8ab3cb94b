"""Handlers that run in other processes: what they take along, and how their events come back.

A handler that a library pickles carries a `Directory`. Unpickled in another process it is a `Distant` one: it records,
looks up refs and numbers turns by asking the process that opened the system, through a connection to its `Office`.
Each call waits for its answer, so that whatever happens after an event is recorded after it, in whichever process.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import secrets
import threading
from collections.abc import Callable, MutableMapping
from multiprocessing.connection import Client, Connection, Listener
from typing import Any
from weakref import WeakValueDictionary

from askance.adapter import Adapter
from askance.history import Recorder
from askance.program import Err, Expression
from askance.run.classify import Classifier
from askance.run.turns import Directory

__all__ = ["OFFICE_THREAD", "DistantRecorder", "Office", "pickled"]

OFFICE_THREAD = "askance office"
"""The name of the threads that serve other processes; what begins with "askance " is the harness's."""

_known: WeakValueDictionary[tuple[int, str], Directory] = WeakValueDictionary()
"""The directories of this process by its id and their token: a forked process must not take them for its own."""
_tokens = itertools.count()


class Office:
    """Answers the handlers of one directory that run in other processes, until it is closed."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.key = secrets.token_bytes(16)
        self.listener = Listener(authkey=self.key)
        self.counters: dict[str, Callable[[], int]] = {}
        self.closed = False
        self._serve(self._accept)

    def _serve(self, work: Callable[..., None], *arguments: Any) -> None:
        threading.Thread(target=work, args=arguments, name=OFFICE_THREAD, daemon=True).start()

    def _accept(self) -> None:
        while not self.closed:
            try:
                connection = self.listener.accept()
            except (OSError, EOFError, multiprocessing.AuthenticationError):
                continue
            self._serve(self._answer, connection)

    def _answer(self, connection: Connection[Any, Any]) -> None:
        with connection, contextlib.suppress(EOFError, OSError):
            while True:
                method, arguments = connection.recv()
                connection.send(getattr(self, f"on_{method}")(*arguments))

    def on_add(self, strand: str, fields: dict[str, Any]) -> None:
        """An event of that strand."""
        recorder: Any = self.directory.recorder
        recorder.add(strand=strand, **fields)

    def on_ref(self, name: str) -> Any:
        """The ref of the actor of that name; None if there is none."""
        return self.directory.refs.get(name)

    def on_spawned(self, name: str, ref: Any, behaviour: Expression) -> None:
        """A handler has spawned an actor."""
        self.directory.raised.learn(behaviour)
        self.directory.refs[name] = ref

    def on_turn(self, actor: str) -> int:
        """The number of the actor's next turn, whichever of its copies runs it."""
        return self.counters.setdefault(actor, itertools.count(1).__next__)()

    def on_label(self) -> int:
        """The label of a loop that was seen first in another process."""
        return self.directory.next_label()

    def on_raised(self, error: Err) -> bool:
        """Whether some behaviour raises this error."""
        return error in self.directory.raised

    def close(self) -> None:
        """Take no more connections."""
        self.closed = True
        self.listener.close()


class Line:
    """A connection to the office, one for each process and directory; calls wait for their answers."""

    def __init__(self, address: Any, key: bytes) -> None:
        self.address, self.key = address, key
        self.connection: Connection[Any, Any] = Client(address, authkey=key)
        self.lock = threading.Lock()

    def call(self, method: str, *arguments: Any) -> Any:
        """What the office answers."""
        with self.lock:
            self.connection.send((method, arguments))
            return self.connection.recv()


class DistantRecorder(Recorder):
    """Sends its events to the office."""

    def __init__(self, line: Line) -> None:
        super().__init__(lambda: (0, 0.0, ""))
        self.line = line

    def add(self, kind: Any, who: str = "", **fields: Any) -> None:
        """Append one event to the history of the process that opened the system; return when it is there."""
        strand = f"process {os.getpid()} {threading.current_thread().name}"
        self.line.call("add", strand, {"kind": kind, "who": who, **fields})


class DistantRefs(MutableMapping[str, Any]):
    """Refs by name: known here, or asked for."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.found:
            ref = self.line.call("ref", name)
            if ref is None:
                raise KeyError(name)
            self.found[name] = ref
        return self.found[name]

    def __setitem__(self, name: str, ref: Any) -> None:
        self.found[name] = ref

    def __delitem__(self, name: str) -> None:
        del self.found[name]

    def __iter__(self) -> Any:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


class DistantErrors:
    """The errors that behaviours raise, known to the office."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def learn(self, behaviour: Expression) -> None:
        """Nothing: the office learns of it when the spawned actor's ref is known."""

    def __contains__(self, error: object) -> bool:
        return bool(self.line.call("raised", error))


class Distant(Directory):
    """The directory of handlers that run in another process than the one that opened the system."""

    def __init__(
        self, token: str, address: Any, key: bytes, adapter: Adapter, system: Any, second: float
    ) -> None:
        self.line = Line(address, key)
        super().__init__(adapter, DistantRecorder(self.line), second)
        self.token = token
        self.system = system
        self.refs = DistantRefs(self.line)  # type: ignore[assignment]
        self.raised = DistantErrors(self.line)  # type: ignore[assignment]
        self.classifier = Classifier(adapter, self.raised)

    def __reduce__(self) -> Any:
        line = self.line
        return opened, (self.token, line.address, line.key, self.adapter, self.system, self.second)

    def turns(self, actor: str) -> Callable[[], int]:
        """What numbers the turns of that actor: the office, since the actor may have copies."""
        return lambda: int(self.line.call("turn", actor))

    def next_label(self) -> int:
        """The label of the next loop that appears."""
        return int(self.line.call("label"))

    def spawn(self, name: str, behaviour: Expression, loop: int | None, who: str = "") -> Any:
        """Spawn an actor under `name`; return its ref, which the office knows from now on."""
        ref = super().spawn(name, behaviour, loop, who)
        self.line.call("spawned", name, ref, behaviour)
        return ref


def pickled(directory: Directory) -> Any:
    """What `Directory.__reduce__` gives: in the same process the directory itself, in another a `Distant` one.

    Raises what pickling `System.elsewhere()` raises. Where the recorder keeps no office (in the world), the directory
    can be copied within its process and nowhere else.
    """
    token = directory.token
    if token is None:
        token = directory.token = f"{os.getpid()}.{next(_tokens)}"
        _known[os.getpid(), token] = directory
    office_of: Callable[[Directory], Office] | None = getattr(directory.recorder, "office_of", None)
    if office_of is None:
        return known, (token,)
    office = office_of(directory)
    system = directory.system.elsewhere()
    return opened, (token, office.listener.address, office.key, directory.adapter, system, directory.second)


def known(token: str) -> Directory:
    """The directory of that token, in the process that made it; raises LookupError in another."""
    try:
        return _known[os.getpid(), token]
    except KeyError:
        raise LookupError("handlers run in other processes only on the live engine") from None


def opened(token: str, address: Any, key: bytes, adapter: Adapter, system: Any, second: float) -> Directory:
    """The directory of that token in this process, which connects to the office if it is another's."""
    directory = _known.get((os.getpid(), token))
    if directory is None:
        directory = _known[os.getpid(), token] = Distant(token, address, key, adapter, system, second)
    return directory
