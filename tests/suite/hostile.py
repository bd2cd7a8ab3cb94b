"""Implementations that take down, or stop, whatever process performs them: what a check in the world must survive."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

from askance.adapter import BaseAdapter, Handler, System


class Quiet(System):
    """Answers at once, in the asker's own thread."""

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        return handler

    def ask(self, ref: Any, message: Any) -> Any:
        return ref(message)

    def tell(self, ref: Any, message: Any) -> None:
        ref(message)

    def close(self) -> None:
        pass

    def result(self, reply: Any, timeout: float | None = None) -> Any:
        return reply


class Hostile(BaseAdapter):
    """After so many asks, each further one does harm first."""

    capabilities = frozenset({"result"})

    def __init__(self, harm: Callable[[], object], after: int = 0) -> None:
        self.name = harm.__name__
        self.harm = harm
        self.after = after
        self.asks = 0

    def open(self, loops: int) -> System:
        """A system that counts its asks together with the others."""
        adapter = self

        class Counting(Quiet):
            def ask(self, ref: Any, message: Any) -> Any:
                adapter.asks += 1
                if adapter.asks > adapter.after:
                    adapter.harm()
                return super().ask(ref, message)

        return Counting()


def exits() -> None:
    """End the process, as if all were well."""
    os._exit(0)


def killed() -> None:
    """End the process by a signal that nobody can handle."""
    os.kill(os.getpid(), signal.SIGKILL)


def crashes() -> None:
    """End the process in C."""
    ctypes.string_at(0)


def spins() -> None:
    """Never come back."""
    while True:
        pass


def stubborn() -> None:
    """Never come back, whatever is raised."""
    while True:
        try:
            spins()
        except BaseException:
            continue


def holds() -> None:
    """Wait in C, and let no other thread run."""
    while True:
        ctypes.PyDLL(None).pause()


class Fragile(BaseAdapter):
    """A handler's exception ends the process."""

    name = "fragile"
    capabilities = frozenset({"result"})

    def open(self, loops: int) -> System:
        """A system of which the errors are fatal."""

        class Fatal(Quiet):
            def ask(self, ref: Any, message: Any) -> Any:
                try:
                    return super().ask(ref, message)
                except Exception:
                    killed()

        return Fatal()


fragile = Fragile()
exit_at_once = Hostile(exits)
starts = Hostile(lambda: subprocess.Popen(["true"]))
starts.name = "starts"
