"""The process between a parent and the worker: it leaves nothing behind, whatever the worker and its parent do.

It takes in whatever the worker's processes orphan, waits until the worker ends or its parent is gone, and ends all
processes below it. It runs no other code, so nothing that the implementation does can stop it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
from typing import NoReturn

from askance.live.activity import descendants

__all__ = ["guard"]

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def guard(lifeline: int) -> None:
    """Fork: return in the worker, and be its guard in the other process, which never returns.

    `lifeline` is a pipe that nobody writes to, whose other end the parent holds.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    parent = os.getpid()
    waking, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    worker = os.fork()
    if worker == 0:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for descriptor in (waking, wake, lifeline):
            os.close(descriptor)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)
        return
    watch(worker, lifeline, waking, wake)


def watch(worker: int, lifeline: int, waking: int, wake: int) -> NoReturn:
    """Wait for the end of the worker, or of the parent; then end everything. Exits with the worker's status."""
    for descriptor in os.listdir("/proc/self/fd") if sys.platform == "linux" else ():
        # The results' pipe must end when the worker does; `waking` must not, or it is read without end.
        if int(descriptor) not in (lifeline, waking, wake):
            with contextlib.suppress(OSError):
                os.close(int(descriptor))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = 0
    while True:
        ready, _, _ = select.select([lifeline, waking], [], [])
        if waking in ready:
            os.read(waking, 64)
            ended, found = ended_children()
            if worker in ended:
                status = found[worker]
                break
        if lifeline in ready:
            break
    end_all(worker)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def ended_children() -> tuple[set[int], dict[int, int]]:
    """The children that have ended, and how."""
    statuses: dict[int, int] = {}
    with contextlib.suppress(ChildProcessError):
        while True:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                break
            statuses[process] = status
    return set(statuses), statuses


def end_all(worker: int) -> None:
    """Kill every process below this one, until there is none."""
    if sys.platform != "linux":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(worker, signal.SIGKILL)
        return
    while below := descendants(os.getpid()):
        for process in below:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)
