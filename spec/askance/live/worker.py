"""The worker: loads the adapter, measures, performs each program that it is sent, and tells of everything at once.

Its main thread is the watchdog of every execution. After an execution in which something hung or was left behind the
worker ends itself: what stands still would be in the way of the next program.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import signal
import sys
import threading
from dataclasses import replace
from typing import Any, NoReturn

from askance.adapter import Adapter
from askance.live.calibration import Calibration, measured_machine, with_implementation
from askance.live.leftovers import Lasting, registered_loops
from askance.live.performing import Performing
from askance.live.stacks import OURS
from askance.live.wire import Pipe
from askance.program_json import load
from askance.run import AdapterError, UsageError, load_adapter
from askance.run.selfcheck import check_shape

__all__ = ["work"]

HUNG = object()
PATIENCE = 100
"""Seconds of a program, as long as the machine alone makes them, that measuring the implementation may take."""
LEAST_PATIENCE = 30.0
"""But at least so many seconds of real time: if it went on beside the first program, that would be blamed for it."""


def work(results: int, stacks: int) -> NoReturn:
    """Serve the parent until it has no more for us."""
    faulthandler.register(signal.SIGUSR1, file=stacks, all_threads=True)
    # pdb and the like must not wait for us; what is read from the parent comes through a descriptor of our own.
    commands = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    pipe = Pipe(results)
    first = json.loads(commands.readline())
    sys.path[:] = first["path"]
    pipe.send({"hello": os.getpid()})
    try:
        adapter = load_adapter(first["implementation"])
    except UsageError as error:
        pipe.send({"broken": str(error)})
        leave()
    registered_loops()
    machine = measured_machine()
    pipe.send({"machine": machine.second})
    checked = first.get("check")
    found = watched(machine, lambda: check_shape(adapter) if checked else None)
    if isinstance(found, AdapterError):
        pipe.send({"broken": str(found)})
        leave()
    known: dict[str, float] | None = first.get("known")
    if known is None and not (checked and found is HUNG):
        measured = watched(machine, lambda: with_implementation(machine, adapter))
        known = vars(measured) if isinstance(measured, Calibration) else None
    elif known and known.get("spawn"):
        # Whatever the library starts once in a process is started now.
        watched(machine, lambda: with_implementation(machine, adapter, asks=1))
    calibration = replace(
        machine, **{name: (known or {}).get(name, 0.0) for name in ("ask", "spawn", "close")}
    )
    pipe.send({"ready": calibration.second, "known": vars(calibration)})
    serve(commands, pipe, adapter, calibration)
    leave()


def serve(commands: Any, pipe: Pipe, adapter: Adapter, calibration: Calibration) -> None:
    """Perform the programs that the parent sends, until one of them leaves something behind."""
    for line in commands:
        # Nothing is here that a program left: what is here may stay.
        lasting = Lasting()
        command = json.loads(line)
        program = load(command["run"])
        performing = Performing(program, adapter, calibration, pipe, lasting, command["brief"])
        ended = performing.carry_out()
        pipe.send(ended)
        if not ended["clean"]:
            return
        if ended["slow"]:
            calibration = calibration.slower()


def watched(machine: Calibration, call: Any) -> Any:
    """What the call gives or raises; HUNG if it takes too long, which the clauses will judge."""
    found: list[Any] = []

    def perform() -> None:
        try:
            found.append(call())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=perform, name=f"{OURS}trial", daemon=True)
    thread.start()
    thread.join(max(PATIENCE * machine.second, LEAST_PATIENCE))
    return found[0] if found else HUNG


def leave() -> NoReturn:
    """End this process without waiting for whatever the implementation left."""
    asyncio.set_event_loop(None)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
