"""Where everything stands when nothing moves: each thread and task that waits, on what and at which line.

Read by the watchdog, from outside of the threads concerned. Also says which of them wait for a time only.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from askance.live.recorder import strand_name
from askance.run.stuck import innermost, inward, outward

__all__ = ["OURS", "Standing", "standing", "timed_wait"]

OURS = "askance "
"""How the names of the harness's own threads begin."""
KIT = str(Path(__file__).parents[1]) + "/"
LIBRARY = (str(Path(threading.__file__).parent) + "/",)
WAITING = {"wait", "result", "get", "acquire", "join", "select", "poll", "recv", "exception", "wait_for"}


class Standing:
    """One thread or task that waits: `entry` is its line of the report; `blocks` whether it holds up a loop."""

    def __init__(self, who: str, strand: str, on: str, where: str, *, blocks: bool = False) -> None:
        self.entry = (who, strand, on, where)
        self.name = strand
        self.blocks = blocks


def standing(loops: list[asyncio.AbstractEventLoop], busy: bool) -> list[Standing]:
    """Everything that waits; `busy`: also the opening thread, which is inside the implementation."""
    frames = sys._current_frames()
    found = []
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        if frame is None or not counts(thread, busy):
            continue
        chain = list(outward(frame))
        if idle(chain) or (thread.name == f"{OURS}main" and waits_for_clients(chain)):
            continue
        blocks = loop_of(chain) is not None and not in_select(chain)
        place = place_of(chain)
        name = "the thread that opens and closes" if thread.name == f"{OURS}main" else strand_name(thread)
        found.append(Standing(innermost(chain), f"strand {name!r}", doing(chain), place, blocks=blocks))
    for loop in loops:
        found += [of_task(task) for task in sorted(tasks(loop), key=lambda task: task.get_name())]
    return found


def counts(thread: threading.Thread, busy: bool) -> bool:
    """Whether the thread is one of the implementation's or of the program's."""
    if thread.name == f"{OURS}main":
        return busy
    return thread is not threading.main_thread() and not thread.name.startswith(OURS)


def tasks(loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[Any]]:
    """The pending tasks of the loop, which may run: then another look is needed."""
    try:
        return [task for task in asyncio.all_tasks(loop) if not task.done()]
    except RuntimeError:
        return []


def of_task(task: asyncio.Task[Any]) -> Standing:
    """A task that awaits."""
    chain = list(inward(task.get_coro()))
    who = innermost(reversed(chain))
    waiter = getattr(task, "_fut_waiter", None)
    on = "its turn on its event loop" if waiter is None else f"a {type(waiter).__name__}"
    return Standing(who, f"task {task.get_name()}", on, place_of(list(reversed(chain))))


def idle(chain: list[FrameType]) -> bool:
    """Whether the thread waits for work as it should: an idle loop, or an idle worker of a pool."""
    if in_select(chain):
        return True
    return bool(chain) and chain[0].f_code.co_name == "_worker"


def waits_for_clients(chain: list[FrameType]) -> bool:
    """Whether the opening thread only waits for the clients to end."""
    return any(
        frame.f_code.co_name == "join" and frame.f_code.co_filename.endswith("performance.py")
        for frame in chain
    )


def in_select(chain: list[FrameType]) -> bool:
    """Whether the innermost thing that the thread does is to wait for its loop's next event."""
    return any(
        frame.f_code.co_name == "select" and "selectors" in frame.f_code.co_filename for frame in chain[:1]
    )


def loop_of(chain: list[FrameType]) -> Any:
    """The event loop that the thread runs; None if it runs none."""
    for frame in chain:
        if frame.f_code.co_name == "run_forever" and "self" in frame.f_locals:
            return frame.f_locals["self"]
    return None


def place_of(chain: list[FrameType]) -> str:
    """The source line: of the implementation where it has one, else the innermost."""
    theirs = (frame for frame in chain if not frame.f_code.co_filename.startswith((KIT, *LIBRARY, "<")))
    frame = next(theirs, None) or next(iter(chain), None)
    return "nowhere" if frame is None else line_of(frame)


def line_of(frame: FrameType) -> str:
    """File, line and function."""
    code = frame.f_code
    return f"{Path(code.co_filename).name}:{frame.f_lineno} in {code.co_name}"


def doing(chain: list[FrameType]) -> str:
    """What the thread is in, by the innermost function that says so."""
    for frame in chain[:4]:
        if frame.f_code.co_name in WAITING:
            owner = frame.f_locals.get("self")
            kind = "" if owner is None else f"{type(owner).__name__}."
            return f"{kind}{frame.f_code.co_name}()"
    return f"{chain[0].f_code.co_name}()" if chain else "something"


def timed_wait(loops: list[asyncio.AbstractEventLoop], busy: bool) -> bool:
    """Whether anything waits for a time, and so will go on by itself."""
    for loop in loops:
        if any(not handle.cancelled() for handle in list(getattr(loop, "_scheduled", ()))):
            return True
    frames = sys._current_frames()
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        if frame is not None and counts(thread, busy) and has_timeout(list(outward(frame))):
            return True
    return False


def has_timeout(chain: list[FrameType]) -> bool:
    """Whether the thread's wait has an end, or it sleeps in a line of our interpreters."""
    if chain and chain[0].f_code.co_filename.startswith(KIT):
        return True
    if in_select(chain):
        return loop_of(chain) is None and chain[0].f_locals.get("timeout") is not None
    return any(
        frame.f_code.co_name in WAITING and frame.f_locals.get("timeout") is not None for frame in chain[:6]
    )
