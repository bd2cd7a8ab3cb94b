"""Code that the world cannot control is named, and never hung on; Ctrl-C ends an execution cleanly."""

from __future__ import annotations

import asyncio
import itertools
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.world.schedules import Newest, run, sound, value

from askance.world import NotSimulated, installed, watchdog


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watchdog waits a fraction of a second."""
    monkeypatch.setattr(watchdog, "patience", 0.2)


def held() -> Any:
    """A real lock that somebody holds."""
    lock = threading.Lock()
    lock.acquire()
    return lock


HIDDEN = itertools.repeat(held())
"""Where the world does not look for locks."""

BLOCKING: dict[str, Callable[[], Any]] = {
    "a real lock": lambda: next(HIDDEN).acquire(),
    "a pipe": lambda: os.read(os.pipe()[0], 1),
    "a loop without end": lambda: [None for _ in iter(int, 1)],
}


@pytest.mark.parametrize("what", BLOCKING)
@pytest.mark.usefixtures("impatient")
def test_real_blocking_is_an_error_that_names_strand_and_line(what: str) -> None:
    """Whether it waits in C or runs in circles."""

    def main() -> None:
        thread = threading.Thread(target=lambda: BLOCKING[what](), name="stuck")  # stuck here
        thread.start()
        thread.join()

    execution = run(main, Newest())
    assert execution.ending == "error"
    assert "strand 'stuck' blocks for real at " in execution.error
    assert "test_watchdog.py:" in execution.error
    assert "it made no scheduling step for 0.2 seconds" in execution.error
    assert "use the live engine" in execution.error
    assert execution.uncaught == [] and execution.exception is None


@pytest.mark.usefixtures("impatient")
def test_code_that_catches_everything_does_not_swallow_the_watchdog() -> None:
    """The execution ends at the next scheduling point at the latest."""

    def main() -> None:
        while True:
            try:
                while True:
                    pass
            except BaseException:
                time.sleep(0)

    execution = run(main)
    assert execution.ending == "error"
    assert "strand 'main' blocks for real" in execution.error


@pytest.mark.usefixtures("impatient")
def test_real_blocking_in_a_coroutine_is_found_too() -> None:
    """asyncio catches exceptions of tasks; this one all the same ends the execution."""

    def main() -> None:
        async def work() -> None:
            while True:
                pass

        asyncio.run(work())

    execution = run(main)
    assert execution.ending == "error"
    assert "strand 'main' blocks for real" in execution.error and "work" in execution.error


@pytest.mark.usefixtures("impatient")
def test_a_killed_strand_that_runs_in_circles_is_interrupted() -> None:
    """A `finally` block without end does not hang the end of the execution; the deadlock stays the verdict."""

    def main() -> None:
        try:
            threading.Event().wait()
        finally:
            while True:
                pass

    execution = run(main)
    assert execution.ending == "deadlock"
    assert "blocks for real" in execution.error


@pytest.mark.usefixtures("impatient")
def test_a_world_in_another_thread_is_watched_as_well() -> None:
    """Signals reach only the main thread; the exception comes by another way."""
    seen: list[Any] = []

    def work() -> None:
        def main() -> None:
            while True:
                pass

        seen.append(run(main))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    [execution] = seen
    assert execution.ending == "error"
    assert "strand 'main' blocks for real" in execution.error


def test_slow_code_that_makes_steps_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watchdog counts steps, not seconds of the whole execution."""
    monkeypatch.setattr(watchdog, "patience", 0.05)
    clock = time.perf_counter

    def main() -> int:
        spent = 0
        begin = real_time()
        while real_time() - begin < 0.3:
            time.sleep(0)
            spent += 1
        return spent

    real_time = type("Clock", (), {"__call__": staticmethod(clock)})()
    assert sound(run(main, max_steps=10**9)).value > 0


UNSIMULATED: dict[str, Callable[[], object]] = {
    "a socket": socket.socket,
    "a connection": lambda: socket.create_connection(("localhost", 9)),
    "a look-up": lambda: socket.getaddrinfo("localhost", 9),
    "a pair of sockets": socket.socketpair,
    "a wait for descriptors": lambda: select.select([0], [], [], 0),
    "a fork": os.fork,
    "a shell": lambda: os.system("true"),
    "a subprocess": lambda: subprocess.Popen([sys.executable, "-c", ""]),
    "a run": lambda: subprocess.run([sys.executable, "-c", ""]),
    "asyncio's connection": lambda: asyncio.run(asyncio.open_connection("localhost", 9)),
    "asyncio's server": lambda: asyncio.run(start_server()),
    "asyncio's subprocess": lambda: asyncio.run(asyncio.create_subprocess_exec(sys.executable)),
    "asyncio's shell": lambda: asyncio.run(asyncio.create_subprocess_shell("true")),
    "a reader": lambda: asyncio.new_event_loop().add_reader(0, print),
    "a writer": lambda: asyncio.new_event_loop().add_writer(0, print),
}


async def start_server() -> None:
    """A server of asyncio's."""
    await asyncio.start_server(lambda reader, writer: None, "localhost", 0)


@pytest.mark.parametrize("what", UNSIMULATED)
def test_what_is_not_simulated_raises_at_once(what: str) -> None:
    """It says so, and where to turn."""

    def main() -> None:
        with pytest.raises(
            NotSimulated, match="is not simulated in the deterministic world; use the live engine"
        ):
            UNSIMULATED[what]()

    value(main)


def test_what_is_not_simulated_works_outside() -> None:
    """While patches are in place, in a real thread or between executions."""
    with installed():
        left, right = socket.socketpair()
        with left, right:
            left.send(b"x")
            assert right.recv(1) == b"x"
        assert socket.getaddrinfo("127.0.0.1", 9)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, as in a program of one's own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    """What the terminal does at Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_the_execution_and_comes_out_of_run() -> None:
    """The strands are ended, their `finally` blocks run, and the patches are gone."""
    log: list[str] = []
    before = threading.Event.wait

    def main() -> None:
        def worker() -> None:
            try:
                threading.Event().wait()
            finally:
                log.append("worker")

        threading.Thread(target=worker).start()
        try:
            time.sleep(0)
            interrupt()
            time.sleep(0)
            log.append("went on")
        finally:
            log.append("main")

    with pytest.raises(KeyboardInterrupt):
        run(main, Newest())
    assert sorted(log) == ["main", "worker"]
    assert threading.Event.wait is before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interruptible")
def test_code_under_test_cannot_swallow_ctrl_c() -> None:
    """Not even with `except BaseException` in a task."""

    def main() -> None:
        async def work() -> None:
            interrupt()
            while True:
                try:
                    await asyncio.sleep(0)
                except GeneratorExit:
                    raise
                except BaseException:
                    continue

        asyncio.run(work())

    with pytest.raises(KeyboardInterrupt):
        run(main, max_steps=1000)


@pytest.mark.usefixtures("interruptible")
def test_the_second_ctrl_c_does_not_wait_for_a_step() -> None:
    """For code that makes none."""

    def main() -> None:
        interrupt()
        interrupt()
        while True:
            pass

    with pytest.raises(KeyboardInterrupt):
        run(main)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_between_executions_is_raised_where_it_comes() -> None:
    """As ever, although patches are in place."""
    with installed():
        run(int)
        with pytest.raises(KeyboardInterrupt):
            interrupt()
