"""The parent's side: one child process, what it is sent, and what comes back; and its end, whatever it does.

What the child prints is read all the time and mostly thrown away, so that it can neither fill a pipe nor our memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from askance.history import Event, Waiting
from askance.live.wire import event_of, waiting_of
from askance.program import Program
from askance.program_json import dump

__all__ = ["Child", "ChildFailed", "Ran"]

KEPT = 4096
"""So many bytes of what the child prints are kept, from its beginning."""
LAST_WORDS = 5.0
"""At most so many seconds the last of it is waited for."""
STARTING = 300
"""Times as long as the child took to start that loading the adapter may take."""
TRYING, LEAST_TRYING = 1000, 30.0
"""Seconds of a program, and at least so many, that trying the adapter may take: the child gives up long before."""
SILENCE = 400
"""Seconds of a program, as long as they are in the child, for which it may say nothing at all."""


class ChildFailed(Exception):
    """The child could not be made ready: the adapter is broken, or loading it did not end. One message."""


@dataclass
class Ran:
    """What came of one program: events, how it ended, where everything stood, and what the times mean."""

    events: list[Event] = field(default_factory=list)
    ending: str = "deadlock"
    error: str = ""
    waiting: tuple[Waiting, ...] = ()
    stood: int = -1
    """How many events there were when nothing moved any more; -1: that never was so."""
    lag: float = 0.0
    second: float = 1.0
    close: float = 0.0
    """How long closing takes on an idle system, in seconds."""
    seconds: float = 0.0
    """How long it took, in seconds."""
    printed: int = 0
    """How many bytes the child has printed."""


class Child:
    """A child process that performs programs on one implementation; use as a context manager."""

    def __init__(
        self, implementation: str, *, check: bool = False, known: dict[str, float] | None = None
    ) -> None:
        self.implementation = implementation
        self.known = known
        """What an earlier child measured of the implementation; measured if it is None."""
        self.printed = 0
        self.kept = b""
        self.buffer = b""
        self.stacks = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
        results, theirs = os.pipe()
        lifeline, self.lifeline = os.pipe()
        self.results: int | None = results
        self.began = time.monotonic()
        descriptors = (theirs, lifeline, self.stacks.fileno())
        self.process = subprocess.Popen(
            [sys.executable, "-m", "askance.live.child", *map(str, descriptors)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=descriptors,
            start_new_session=True,
        )
        os.close(theirs)
        os.close(lifeline)
        self.drain = threading.Thread(target=self._drain, name="askance output", daemon=True)
        self.drain.start()
        self.selector = selectors.DefaultSelector()
        self.selector.register(results, selectors.EVENT_READ)
        self.worker = 0
        self.second = 1.0
        try:
            self._start(check)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drain(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self.process.stdout.fileno(), 65536):
                self.printed += len(data)
                if len(self.kept) < KEPT:
                    self.kept += data[: KEPT - len(self.kept)]

    def _start(self, check: bool) -> None:
        """Wait until the child is ready; raises ChildFailed."""
        self._send(
            {"implementation": self.implementation, "path": sys.path, "check": check, "known": self.known}
        )
        limit: float | None = None
        when = "while it was loaded"
        while True:
            message = self.receive(limit)
            if message is None:
                raise ChildFailed(f"{self.implementation}: {self._ended(when)}")
            if "broken" in message:
                raise ChildFailed(message["broken"])
            if "hello" in message:
                self.worker = message["hello"]
                limit = STARTING * (time.monotonic() - self.began)
            elif "machine" in message:
                when = "while one actor was asked"
                limit = max(LEAST_TRYING, TRYING * message["machine"])
            elif "ready" in message:
                self.second, self.known = message["ready"], message["known"]
                return

    def _send(self, document: Any) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(document).encode() + b"\n")
            self.process.stdin.flush()

    def receive(self, limit: float | None) -> dict[str, Any] | None:
        """The child's next message; None if it has ended, or has said nothing for so many seconds."""
        until = None if limit is None else time.monotonic() + limit
        while b"\n" not in self.buffer:
            left = None if until is None else max(0.0, until - time.monotonic())
            if self.results is None or not self.selector.select(left):
                return None
            data = os.read(self.results, 65536)
            if not data:
                self._close_results()
                return None
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def run(self, program: Program, *, brief: bool = False) -> Ran:
        """Have the child perform the program; what came of it. After `over` there is no more.

        `brief`: what seems to stand still is not watched for long.
        """
        ran = Ran(second=self.second)
        began = time.monotonic()
        self._send({"run": dump(program), "brief": brief})
        while True:
            message = self.receive(SILENCE * self.second)
            if message is None:
                self._lost(ran)
                break
            if "event" in message:
                ran.events.append(event_of(message["event"]))
            elif "standstill" in message:
                ran.waiting, ran.stood = waiting_of(message["standstill"]), len(ran.events)
            elif "ended" in message:
                ran.ending, ran.error = message["ended"], message["error"]
                ran.lag, ran.second, ran.close = message["lag"], message["second"], message["close"]
                if not message["clean"]:
                    self.close()
                break
        ran.seconds, ran.printed = time.monotonic() - began, self.printed
        return ran

    @property
    def over(self) -> bool:
        """Whether the child has ended, and another one must be started."""
        return self.results is None

    def _lost(self, ran: Ran) -> None:
        """The child has ended in the middle of the program, or does not answer: it is ended, and that is told."""
        if self.results is None:
            where = self._ended("in the middle of the program")
            ran.waiting, ran.stood = (Waiting("", "the process", "nothing any more", where),), len(ran.events)
        else:
            ran.waiting, ran.stood = tuple(self._held()), len(ran.events)
        self.close()

    def _ended(self, when: str) -> str:
        """How the child ended."""
        if self.results is not None:
            at = self._held()[0].where
            self.close()
            return f"its process did not answer {when}, stood at {at}, and was killed"
        status = self.process.wait()
        # What it printed last may still be on its way; unless somebody that it started holds the pipe open.
        self.drain.join(LAST_WORDS)
        last = self.kept.decode(errors="replace").strip().splitlines()
        said = f": {last[-1][:200]}" if last else ""
        return f"its process ended itself with status {status} {when}{said}"

    def _held(self) -> list[Waiting]:
        """Where the threads of a child are that does not answer, written by its signal handler in C."""
        self.stacks.seek(0, os.SEEK_END)
        size = self.stacks.tell()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.worker, signal.SIGUSR1)
        until = time.monotonic() + 20 * self.second
        text = b""
        while time.monotonic() < until and b"File" not in text:
            time.sleep(self.second / 10)
            self.stacks.seek(size)
            text = self.stacks.read()
        found = []
        for part in text.decode(errors="replace").split("\n\n"):
            lines = [line.strip() for line in part.splitlines()]
            if len(lines) > 1:
                at = lines[1].removeprefix("File ").replace('"', "").replace(", line ", ":")
                found.append(
                    Waiting("", lines[0].split(" (")[0].lower(), "a call that lets no other thread run", at)
                )
        return found or [
            Waiting("", "the process", "a call that lets no other thread run", "an unknown line")
        ]

    def _close_results(self) -> None:
        if self.results is not None:
            self.selector.close()
            os.close(self.results)
            self.results = None

    def close(self) -> None:
        """End the child and everything that it started; returns when nothing of it is left."""
        self._close_results()
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1
        self.process.wait()
        self.drain.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self.stacks.close()
