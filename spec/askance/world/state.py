"""Which world is running now, if one is: the one global that every controlled primitive asks first.

`world` is set only while strands of a world run, so between executions, in the hub, and in every other operating
system thread, all replaced functions behave as the originals do.
"""

from __future__ import annotations

from _thread import get_ident as os_ident
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askance.world.core import World

__all__ = ["active", "called", "os_ident", "world"]

world: World | None = None

called: Mapping[str, str] = {}
"""What strands are called, by their paths, in place of the names that the code under test gives their threads.

A library that numbers its threads for as long as the process lives gives them other names in each replay.
"""


def active() -> World | None:
    """The world that the calling code runs in, or None: outside of any, or in a thread that no world controls."""
    running = world
    return running if running is not None and running.os_thread == os_ident() else None
