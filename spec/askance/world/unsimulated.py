"""What a world does not simulate raises at once, instead of blocking for real: sockets, selectors, processes."""

from __future__ import annotations

import asyncio
import multiprocessing.process
import os
import select
import selectors
import socket
import subprocess
from collections.abc import Callable
from typing import Any

from askance.world import state
from askance.world.strand import NotSimulated


def _refusing(original: Callable[..., Any], what: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        if state.active() is not None:
            raise NotSimulated(what)
        return original(*args, **kwargs)

    refuse.__doc__ = original.__doc__
    refuse.__name__ = getattr(original, "__name__", "refuse")
    return refuse


_TARGETS: tuple[tuple[type, str, str], ...] = (
    (socket.socket, "__init__", "a real socket"),
    (selectors.DefaultSelector, "__init__", "a selector"),
    (subprocess.Popen, "__init__", "a subprocess"),
    (multiprocessing.process.BaseProcess, "start", "a process"),
    (asyncio.BaseEventLoop, "run_forever", "an event loop that was made outside of the world"),
)

METHODS: tuple[tuple[Any, str, Callable[..., Any]], ...] = tuple(
    (owner, name, _refusing(getattr(owner, name), what)) for owner, name, what in _TARGETS
)
"""(class, method, replacement), for `patching` to put in place."""

_CALLS: tuple[tuple[Any, str, str], ...] = (
    (socket, "getaddrinfo", "looking up a host"),
    (socket, "gethostbyname", "looking up a host"),
    (socket, "gethostbyaddr", "looking up a host"),
    (select, "select", "waiting for a file descriptor"),
    (os, "system", "a subprocess"),
    (os, "fork", "a process"),
)

FUNCTIONS: tuple[tuple[Any, Any], ...] = tuple(
    (getattr(owner, name), _refusing(getattr(owner, name), what))
    for owner, name, what in _CALLS
    if hasattr(owner, name)
)
"""(original, replacement), for `patching` to put in place wherever a module holds the original."""
