"""Processes: handlers that run in others, and a parent that is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from askance.adapter import BaseAdapter, Handler, System
from askance.clauses import Case, judge_all
from askance.live.activity import descendants
from askance.program import Actor, Apply, Ask, AskOp, Client, Err, Msg, Program, Raise, Result
from askance.suite.live import Runner
from askance.suite.trial import denoted

LIMIT = 60
"""Seconds after which a test that waits for another process gives up."""


class Pool(System):
    """A process a spawn, which runs one handler for one message at a time; a handler may ask by a pool of its own."""

    def __init__(self) -> None:
        self.pools: list[ProcessPoolExecutor] = []

    def spawn(self, handler: Handler, loop: int | None) -> Any:
        self.pools.append(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))
        return (len(self.pools) - 1, handler)

    def ask(self, ref: Any, message: Any) -> Any:
        return self.pools[ref[0]].submit(ref[1], message)

    def tell(self, ref: Any, message: Any) -> None:
        self.ask(ref, message)

    def close(self) -> None:
        for pool in self.pools:
            pool.shutdown()

    def elsewhere(self) -> System:
        return Inside()


class Inside(System):
    """What handlers have in place of the pools: what they ask runs where they are."""

    def ask(self, ref: Any, message: Any) -> Any:
        return (ref[1], message)

    def result(self, reply: Any, timeout: float | None = None) -> Any:
        handler, message = reply
        return handler(message)


class PoolAdapter(BaseAdapter):
    """Opens pools."""

    name = "pool"
    capabilities = frozenset({"result"})
    engines = frozenset({"live"})

    def open(self, loops: int) -> System:
        """A fresh system."""
        return Pool()


pool = PoolAdapter()


def test_events_of_other_processes_come_back() -> None:
    """Turns in other processes stand in the history, in order and numbered once, refs and errors are known there."""
    program = Program(
        1,
        (
            Actor("a", 0, Apply("f", (Ask("b", Msg()),))),
            Actor("b", 0, Apply("g", (Msg(),))),
            Actor("c", 0, Raise(Err("KeyError", "gone"))),
        ),
        (
            Client(
                "c0",
                "thread",
                tuple(
                    operation
                    for at, actor in enumerate("abc")
                    for operation in (AskOp(f"r{at}", actor, at), Result(f"r{at}"))
                ),
            ),
        ),
    )
    with Runner("tests.live.test_processes:pool") as runner:
        history = runner.run(program)
    assert history.ending == "done", history
    turns = [(event.who, event.strand.split()[0]) for event in history.events if event.kind == "begin"]
    assert [who for who, _ in turns] == ["a#1", "b#1", "b#2", "c#1"]
    assert {where for _, where in turns} == {"process"}
    judged = judge_all(Case(program, history, denoted(program, pool), pool))
    fell = {clause for clause, found in judged.items() if found.verdict == "fail"}
    # An actor that has copies in several processes does not run on one thread: that is the pool's own fault.
    assert fell == {"M4"}


@pytest.mark.skipif(sys.platform != "linux", reason="processes are counted in /proc")
def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    """When the parent is killed in the middle of a run, the child and what it started end by themselves."""
    code = (
        "import sys, os\n"
        "from askance.live import Child\n"
        "from tests.live.test_citizens import ASK\n"
        "child = Child('tests.live.citizens:hangs_in_close', known={})\n"
        "print(child.process.pid, child.worker, flush=True)\n"
        "child.run(ASK)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ, PYTHONPATH="."),
    )
    assert parent.stdout is not None and parent.stdin is not None
    below = [int(number) for number in parent.stdout.readline().split()]
    assert set(below) <= set(descendants(parent.pid))
    parent.send_signal(signal.SIGKILL)
    parent.wait(LIMIT)
    parent.stdin.close()
    parent.stdout.close()
    gone = threading.Event()
    until = time.monotonic() + LIMIT
    while any(alive(process) for process in below) and time.monotonic() < until:
        gone.wait(0.01)
    assert not any(alive(process) for process in below)


def alive(process: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
