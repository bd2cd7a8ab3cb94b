"""Implementations that misbehave as badly as they can, each in one way: what the live engine must survive."""

from __future__ import annotations

import asyncio
import ctypes
import os
import subprocess
import sys
import threading
from typing import Any

from askance.adapter import BaseAdapter, Handler, System


class Simple(System):
    """One thread for each ask; correct, for one message at a time."""

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        return handler

    def ask(self, ref: Any, message: Any) -> Any:
        reply = Reply()
        thread = threading.Thread(target=reply.fill, args=(ref, message), daemon=True)
        thread.start()
        return reply

    def tell(self, ref: Any, message: Any) -> None:
        self.ask(ref, message).result(None)

    def close(self) -> None:
        pass


class Reply:
    """Holds what a handler gave."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.found: list[Any] = []

    def fill(self, handler: Handler, message: Any) -> None:
        """Run the handler."""
        try:
            self.found.append((handler(message), None))
        except BaseException as error:
            self.found.append((None, error))
        self.there.set()

    def result(self, timeout: float | None) -> Any:
        """What the handler returned or raised."""
        if not self.there.wait(timeout):
            raise TimeoutError
        value, error = self.found[0]
        if error is not None:
            raise error
        return value


class HangsInAsk(Simple):
    """Asking never returns."""

    def ask(self, ref: Any, message: Any) -> Any:
        threading.Event().wait()


class HangsInClose(Simple):
    """Closing never returns."""

    def close(self) -> None:
        threading.Event().wait()


class Exits(Simple):
    """Asking ends the process."""

    def ask(self, ref: Any, message: Any) -> Any:
        print("good bye", flush=True)
        os._exit(7)


class Leaks(Simple):
    """Every spawn leaves a thread, and a process below a process."""

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        threading.Thread(target=threading.Event().wait, name="leaked-thread", daemon=True).start()
        inner = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
        subprocess.Popen([sys.executable, "-c", inner], stdin=subprocess.PIPE, start_new_session=True)
        return handler


class Prints(Simple):
    """Every ask prints without end, on a thread of its own."""

    def ask(self, ref: Any, message: Any) -> Any:
        threading.Thread(target=self.chatter, name="chatter", daemon=True).start()
        return super().ask(ref, message)

    def chatter(self) -> None:
        """Never stops."""
        while True:
            print("x" * 10_000)


class HoldsPython(Simple):
    """Asking goes into C and lets no other thread run."""

    def ask(self, ref: Any, message: Any) -> Any:
        ctypes.PyDLL(None).pause()


class Polls(Simple):
    """A thread looks every moment whether there is anything to do, until the system closes."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.poll, name="poller")
        self.thread.start()

    def poll(self) -> None:
        """Look, until the system closes."""
        while not self.closing.wait(0.001):
            pass

    def close(self) -> None:
        self.closing.set()
        self.thread.join()


class Shares(Simple):
    """The first system of a process starts a thread with a loop, for all systems and for good."""

    loop: asyncio.AbstractEventLoop | None = None

    def __init__(self) -> None:
        if Shares.loop is None:
            Shares.loop = asyncio.new_event_loop()
            threading.Thread(target=Shares.loop.run_forever, name="shared", daemon=True).start()


class Opens(BaseAdapter):
    """Opens a system of that class."""

    capabilities = frozenset({"result"})

    def __init__(self, kind: type[System]) -> None:
        self.kind = kind
        self.name = kind.__name__.lower()  # type: ignore[misc]

    def open(self, loops: int) -> System:
        """A fresh system."""
        return self.kind()


class HangsInOpen(Opens):
    """Opening never returns."""

    def open(self, loops: int) -> System:
        """Never returns."""
        threading.Event().wait()
        raise AssertionError


class LiveOnly(Opens):
    """Cannot run in the world."""

    engines = frozenset({"live"})


def broken(*_: Any) -> Any:
    """Raises."""
    raise RuntimeError("not today")


class Raises(System):
    """Every method raises."""

    spawn = ask = tell = stop = close = result = broken


simple = Opens(Simple)
live_only = LiveOnly(Simple)
hangs_in_open = HangsInOpen(Simple)
hangs_in_ask = Opens(HangsInAsk)
hangs_in_close = Opens(HangsInClose)
exits = Opens(Exits)
leaks = Opens(Leaks)
prints = Opens(Prints)
holds_python = Opens(HoldsPython)
polls = Opens(Polls)
shares = Opens(Shares)
raises = Opens(Raises)
