"""The deterministic world: unmodified threaded and asyncio code, in one operating system thread, on a chosen schedule.

`World(strategy).run(function)` runs a function as the main strand; whatever threads, locks, queues, pools and event
loops it uses are the world's, and time is virtual.
"""

# Before any `from _asyncio import`: in the other order asyncio keeps two tables of current tasks, writes one of them
# and reads the other, and `asyncio.timeout` finds no task.
import asyncio  # noqa: F401

from askance.world.core import Execution, World, current
from askance.world.patching import installed
from askance.world.strand import EngineFailure, NotSimulated, RealBlocking, Strand, StrandKilled

__all__ = [
    "EngineFailure",
    "Execution",
    "NotSimulated",
    "RealBlocking",
    "Strand",
    "StrandKilled",
    "World",
    "current",
    "installed",
]
