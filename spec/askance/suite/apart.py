"""Work in a process of its own, so that nothing that an implementation does can harm what comes after.

The suite judges clauses here on the world engine, one after another in one process, and another one after that has
been lost; an adapter's shape is checked in one as well. The process is forked, and what it makes comes back as plain
data. If it ends itself, takes all the memory, or stands in a call that lets nothing else run, that is one sentence
for one clause. `askance.live.guard` sees to it that nothing of it stays.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import mmap
import os
import re
import selectors
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from askance.live.guard import guard
from askance.run import AdapterError, UsageError
from askance.world import watchdog

__all__ = ["POSSIBLE", "Apart", "Lost", "apart"]

POSSIBLE = sys.platform == "linux" and hasattr(os, "fork")
"""Whether work can be done apart here; elsewhere it is done in this process."""
LOOK = 0.5
"""Seconds between two looks at the process."""
SILENT = 60
"""After so many looks at which the process's watchdog had not moved, something in it lets no other thread run."""
SHOWN = 2_000
"""So many bytes of what the process prints are shown."""
LEAST_MEMORY = 1 << 30
"""Bytes that a process may take in any case; more if the machine has more to spare."""
GRACE = 10
"""Looks that a process has to end in when it has closed its results."""

Report = Callable[[Any], None]


class Lost(Exception):
    """The process did not bring its work to an end: says what became of it."""

    def __init__(self, what: str, *, stuck: bool = True) -> None:
        super().__init__(what)
        self.stuck = stuck
        """Whether it would have gone on for ever, and not ended itself."""


Work = Callable[[Any, Report], Any]
"""What is done with a request; the second argument tells the parent something meanwhile."""


def apart(work: Callable[[Report], Any], heard: Report = lambda said: None) -> Any:
    """What `work` gives, as `Apart.do` says, in a process for it alone."""
    with Apart(lambda request, report: work(report)) as process:
        return process.do(None, heard)


class Apart:
    """A process that does work on request; use as a context manager. This is the parent's side.

    `bites` is how often the world's watchdog may bite in one piece of work before the process is given up.
    """

    def __init__(self, work: Work, bites: int = 1) -> None:
        self.beats = mmap.mmap(-1, 1)
        self.stacks = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self.results, theirs = os.pipe()
        self.output, printing = os.pipe()
        requests, self.requests = os.pipe()
        lifeline, self.lifeline = os.pipe()
        self.memory = max(LEAST_MEMORY, memory_available() // 2)
        self.worker = 0
        self.said = b""
        self.printed = 0
        self.status: int | None = None
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        with warnings.catch_warnings():
            # Other threads of ours wait in calls of the system's, and hold no lock that the child could want.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.guard = os.fork()
        if self.guard == 0:
            for descriptor in (self.results, self.output, self.requests, self.lifeline):
                os.close(descriptor)
            _child(work, bites, requests, theirs, printing, lifeline, self.beats, self.stacks.fileno())
        for descriptor in (requests, theirs, printing, lifeline):
            os.close(descriptor)

    def __enter__(self) -> Apart:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all that it started; returns when nothing of it is left."""
        if self.status is None:
            os.close(self.lifeline)
            _, status = os.waitpid(self.guard, 0)
            self.status = os.waitstatus_to_exitcode(status)
        for descriptor in (self.results, self.output, self.requests):
            os.close(descriptor)
        self.stacks.close()

    def do(self, request: Any, heard: Report = lambda said: None) -> Any:
        """What the work gives for the request, as JSON makes it; what it reports meanwhile is handed to `heard`.

        Raises Lost if there is no result, and then the process is of no more use; and the UsageError that the work
        raised. While it is waited for, Ctrl-C raises here.
        """
        self.printed = 0
        with contextlib.suppress(BrokenPipeError):
            os.write(self.requests, json.dumps(request).encode() + b"\n")
        silent, beat, looked = 0, -1, time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self.results, selectors.EVENT_READ)
            selector.register(self.output, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select(LOOK):
                    data = os.read(key.fd, 1 << 16)
                    if key.fd == self.output:
                        self.show(data)
                    if not data:
                        selector.unregister(key.fd)
                    if key.fd == self.results:
                        if not data:
                            raise self.ended()
                        for message in self.messages(data):
                            if "result" in message:
                                return message["result"]
                            self.hear(message, heard)
                if time.monotonic() - looked < LOOK:
                    continue
                looked = time.monotonic()
                silent = silent + 1 if self.beats[0] == beat else 0
                beat = self.beats[0]
                if silent > SILENT:
                    raise Lost(
                        f"it stands in a call that lets no other thread run{self.where()}, and was killed"
                    )
                if memory_of(self.worker) > self.memory:
                    taken = f"{self.memory >> 20:,} MiB of memory"
                    raise Lost(f"its process took more than {taken}{self.where()}, and was killed")

    def messages(self, data: bytes) -> list[dict[str, Any]]:
        """What the process has said by now, as far as it is whole."""
        *lines, self.said = (self.said + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def hear(self, message: dict[str, Any], heard: Report) -> None:
        """Take note of what is not the result; raises what it says was raised."""
        match message:
            case {"worker": pid}:
                self.worker = pid
            case {"told": said}:
                heard(said)
            case {"adapter": text}:
                raise AdapterError(text)
            case {"usage": text}:
                raise UsageError(text)
            case {"stuck": text}:
                raise Lost(text)
            case {"lost": text}:
                raise Lost(text, stuck=False)
            case {"raised": text}:
                raise RuntimeError(f"in the process that judged the clause:\n{text}")

    def show(self, data: bytes) -> None:
        """Print what the process printed, up to a limit."""
        shown = data[: max(0, SHOWN - self.printed)]
        self.printed += len(data)
        if shown:
            sys.stdout.write(shown.decode(errors="replace"))
            if self.printed > SHOWN:
                print("\n[it printed more, which is not shown]")

    def ended(self) -> Lost:
        """How the process ended that closed its results without one."""
        for _ in range(GRACE):
            pid, status = os.waitpid(self.guard, os.WNOHANG)
            if pid:
                os.close(self.lifeline)
                self.status = os.waitstatus_to_exitcode(status)
                break
            time.sleep(LOOK)
        else:
            return Lost(f"its process cut its line to us, did not end{self.where()}, and was killed")
        how = f"its process ended itself with status {self.status}"
        if self.status > 128:
            with contextlib.suppress(ValueError):
                how = f"its process was ended by {signal.Signals(self.status - 128).name}"
        return Lost(f"{how}{self.where(ask=False)}", stuck=False)

    def where(self, *, ask: bool = True) -> str:
        """Where the process stands, written by its handler in C, as the end of a sentence; `ask`: make it say so."""
        if ask and self.worker:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.worker, signal.SIGUSR1)
                time.sleep(LOOK)
        self.stacks.seek(0)
        return in_words(self.stacks.read().decode(errors="replace"))


def in_words(stacks: str) -> str:
    """The innermost places of faulthandler's text, as the end of a sentence; "" if it has none."""
    _, _, current = stacks.rpartition("(most recent call first)")
    places = re.findall(r'File "(.*?)", line (\d+) in (\S+)', current)[:3]
    named = [f"{short(file)}:{line} in {function}" for file, line, function in places]
    return f" at {', called from '.join(named)}" if named else ""


def short(file: str) -> str:
    """The end of the path, which is enough to know the file by."""
    return "/".join(Path(file).parts[-2:])


def memory_available() -> int:
    """Bytes of memory that the machine has to spare; 0 where it does not tell."""
    with contextlib.suppress(OSError, ValueError):
        found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text("ascii"))
        return int(found[1]) << 10 if found else 0
    return 0


def memory_of(process: int) -> int:
    """Bytes of memory that the process has in use; 0 where nothing is known."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = Path(f"/proc/{process}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


# ---------------------------------------------------------------- the other process


def _child(
    work: Work,
    bites: int,
    requests: int,
    results: int,
    printing: int,
    lifeline: int,
    beats: mmap.mmap,
    stacks: int,
) -> NoReturn:
    """Become the guard, and in another process do the work; never returns."""
    try:
        guard(lifeline)
        _take_over(printing, stacks)
        _serve(work, bites, requests, results, beats)
    finally:
        os._exit(70)


def _take_over(printing: int, stacks: int) -> None:
    """What is printed goes to the parent, nobody is there to type, SIGTERM ends the process, and a crash says where."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for descriptor in (1, 2):
        os.dup2(printing, descriptor)
    os.close(printing)
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    faulthandler.enable(stacks, all_threads=False)
    faulthandler.register(signal.SIGUSR1, stacks, all_threads=False)
    with contextlib.suppress(OSError):
        # Where memory is short, the machine is to end this process and no other.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _serve(work: Work, bites: int, requests: int, results: int, beats: mmap.mmap) -> NoReturn:
    """Do what is requested, and send what came of it, until there is no more."""

    def send(message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(results, data) :]

    def stuck(text: str) -> NoReturn:
        send({"stuck": text})
        os._exit(0)

    def beat() -> None:
        beats[0] = (beats[0] + 1) % 256

    send({"worker": os.getpid()})
    with open(requests, "rb") as lines:
        for line in lines:
            watchdog.serve(beat, stuck, bites)
            send(_done(work, json.loads(line), lambda said: send({"told": said})))
    os._exit(0)


def _done(work: Work, request: Any, report: Report) -> dict[str, Any]:
    """What came of one piece of work, as the parent is told."""
    try:
        return {"result": work(request, report)}
    except AdapterError as error:
        return {"adapter": str(error)}
    except UsageError as error:
        return {"usage": str(error)}
    except KeyboardInterrupt:
        # Nobody at the keyboard: Ctrl-C does not reach this process.
        return {"lost": "the implementation raised KeyboardInterrupt, which stopped the harness"}
    except MemoryError:
        return {"lost": "its process ran out of memory"}
    except BaseException:
        return {"raised": traceback.format_exc()}
