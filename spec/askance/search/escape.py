"""Threads that escape control: real ones, started while a world runs, by code that kept an original from before.

The interpreter itself says when it starts a thread (audit events, `sys.addaudithook`), so none is missed, however
short its life; but Python 3.11 does not, and there they are missed. A hook cannot be taken out again; this one does
nothing but one comparison outside of worlds.
"""

from __future__ import annotations

import sys
from typing import Any

from askance.world import state
from askance.world.frames import where

_EVENTS = frozenset({"_thread.start_new_thread", "_thread.start_joinable_thread"})
_escaped: list[str] = []
_watching = False


def watch() -> None:
    """From now on remember threads that escape."""
    global _watching
    if not _watching:
        _watching = True
        sys.addaudithook(_hook)
    _escaped.clear()


def escaped() -> str:
    """Where the first thread that escaped since `watch` was started: "path:line in function"; "" if none did."""
    return _escaped[0] if _escaped else ""


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if state.world is not None and event in _EVENTS and state.active() is not None:
        _escaped.append(where(sys._getframe(1)))
