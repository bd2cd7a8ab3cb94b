"""Small programs of one shape each: every strategy that is exhaustive counts what depth-first search counts."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from tests.search.test_oracle import setup

import askance


def everywhere_the_same(program: askance.Strands) -> int:
    """How many interleavings there are; fails unless all strategies see as many, and optimal-DPOR none in vain."""
    every = askance.explore(program, strategy="dfs", keep_going=True)
    assert every.complete
    for strategy in ("dpor", "source-dpor", "sleep-sets"):
        found = askance.explore(program, strategy=strategy, keep_going=True)
        assert found.complete
        assert (found.executions, found.interleavings) == (every.interleavings,) * 2
        assert strategy != "dpor" or not found.redundant
    return every.interleavings


@pytest.mark.parametrize("kind", [queue.Queue, queue.SimpleQueue])
def test_an_item_that_was_there_before_was_put_by_nobody(kind: Any) -> None:
    """Whoever gets it need not come after a strand that puts another: what that did before may race."""

    def filled() -> Any:
        shared = SimpleNamespace(items=kind(), value=askance.Shared(0))
        shared.items.put("first")
        return shared

    def write(shared: Any) -> None:
        shared.value.set(1)
        shared.items.put("second")

    def read(shared: Any) -> None:
        shared.items.get()
        shared.value.get()

    assert everywhere_the_same(askance.Strands(filled, [write, read])) == 2


def test_an_item_that_is_taken_without_waiting_is_gone() -> None:
    """The next one to be got is the one that was put after it."""

    def put(shared: Any) -> None:
        shared.items.put(1)
        shared.values[0].set(1)
        shared.items.put(2)

    def get(shared: Any) -> None:
        with contextlib.suppress(queue.Empty):
            shared.items.get_nowait()
            shared.items.get()
            shared.values[0].get()

    def look(shared: Any) -> None:
        shared.values[0].get()

    assert everywhere_the_same(askance.Strands(setup, [put, get, look])) == 6


def test_a_callback_that_a_loop_had_before_was_put_by_nobody() -> None:
    """It need not come after a strand that gives the loop another one: what that did before may race with it."""

    def filled() -> Any:
        shared = SimpleNamespace(loop=asyncio.new_event_loop(), value=askance.Shared(0))
        shared.loop.call_soon(shared.value.get)
        return shared

    def write(shared: Any) -> None:
        shared.value.set(1)
        shared.loop.call_soon_threadsafe(shared.loop.stop)

    def run(shared: Any) -> None:
        shared.loop.run_forever()

    # If the callback reads before the other writes, the call comes after both; if not, the call comes before the loop
    # runs, while its first round lasts, or after that.
    assert everywhere_the_same(askance.Strands(filled, [write, run])) == 4


def test_a_callback_whose_time_has_come_stands_among_those_that_were_called() -> None:
    """Each callback comes after whoever called it, though some are made ready by the clock."""

    def filled() -> Any:
        shared = SimpleNamespace(loop=asyncio.new_event_loop(), values=[askance.Shared(0), askance.Shared(0)])
        shared.loop.call_later(0, shared.values[0].get)
        return shared

    def call(shared: Any) -> None:
        shared.values[0].set(1)
        shared.loop.call_soon_threadsafe(shared.values[1].get)
        shared.values[1].set(1)

    def run(shared: Any) -> None:
        shared.loop.run_forever()

    assert everywhere_the_same(askance.Strands(filled, [call, run])) == 8


@pytest.mark.parametrize("first", [True, False])
def test_a_thread_may_be_asked_after_before_or_after_it_is_started(first: bool) -> None:
    """It does not live yet, it lives, it has ended; and it cannot be joined before it is started."""
    found = set()

    def made() -> Any:
        return SimpleNamespace(thread=threading.Thread(target=lambda: None), value=askance.Shared(0))

    def start(shared: Any) -> None:
        shared.thread.start()

    def alive(shared: Any) -> None:
        found.add(shared.thread.is_alive())

    def join(shared: Any) -> None:
        shared.value.get()
        try:
            shared.thread.join()
            found.add("joined")
        except RuntimeError:
            found.add("not started")

    for ask, answers in ((alive, {True, False}), (join, {"joined", "not started"})):
        found.clear()
        program = askance.Strands(made, [start, ask] if first else [ask, start])
        assert askance.explore(program, strategy="dpor", warm_up=False).complete
        assert found == answers
        everywhere_the_same(program)


def test_a_moment_that_passes_counts_for_who_looks_at_the_clock() -> None:
    """Where nothing is waited for, with a timeout of 0, time passes all the same: before others look, or after."""
    seen = set()

    def poll(shared: Any) -> None:
        shared.values[0].get()
        with contextlib.suppress(queue.Empty):
            shared.items.get(timeout=0)

    def look(shared: Any) -> None:
        shared.values[1].get()
        seen.add(time.monotonic())

    assert everywhere_the_same(askance.Strands(setup, [poll, look])) == 2
    seen.clear()
    assert askance.explore(askance.Strands(setup, [poll, look]), strategy="dpor", warm_up=False).complete
    assert len(seen) == 2
