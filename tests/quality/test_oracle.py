"""Optimal-DPOR explores the interleavings that the sleep-set oracle does, on generated programs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

import askance

OPERATIONS = ("read", "write", "add", "lock", "put", "get", "look", "set", "wait", "take", "give", "sleep")


def setup() -> Any:
    """What the bodies share."""
    return SimpleNamespace(
        values=[askance.Shared(0), askance.Shared(0)],
        lock=threading.Lock(),
        items=queue.Queue(),
        event=threading.Event(),
        permits=threading.Semaphore(1),
    )


def body(operations: list[str], which: int) -> Callable[[Any], None]:
    """A strand that does these operations."""

    def run(shared: Any) -> None:
        value = shared.values[which]
        for operation in operations:
            match operation:
                case "read":
                    value.get()
                case "write":
                    value.set(1)
                case "add":
                    value.set(value.get() + 1)
                case "lock":
                    with shared.lock:
                        shared.values[0].get()
                case "put":
                    shared.items.put(1)
                case "get":
                    shared.items.get()
                case "look":
                    shared.items.empty()
                case "set":
                    shared.event.set()
                case "wait":
                    shared.event.wait()
                case "take":
                    shared.permits.acquire()
                case "give":
                    shared.permits.release()
                case "sleep":
                    threading.Event().wait(1)

    return run


@pytest.mark.parametrize("seed", range(40))
def test_dpor_agrees_with_the_oracle_on_generated_strands(seed: int) -> None:
    """As many interleavings, the same kinds of failure, no execution twice and none given up."""
    random = Random(f"strands {seed}")
    count = random.choice((2, 3))
    bodies = [
        body(random.choices(OPERATIONS[:-1], k=4 if count == 2 else 2), random.randrange(2))
        for _ in range(count)
    ]
    program = askance.Strands(setup, bodies)
    found = askance.explore(program, strategy="dpor", executions=20_000, keep_going=True)
    oracle = askance.explore(program, strategy="sleep-sets", executions=20_000, keep_going=True)
    assert found.complete and oracle.complete
    assert found.interleavings == oracle.interleavings == oracle.executions == found.executions
    assert {failure.kind for failure in found.failures} == {failure.kind for failure in oracle.failures}


@pytest.mark.parametrize("seed", range(20))
def test_dpor_agrees_with_the_oracle_where_timers_race(seed: int) -> None:
    """A timer fires in every place where one was pending."""
    random = Random(f"timers {seed}")
    bodies = [body([*random.choices(("read", "add", "lock", "sleep"), k=2), "sleep"], 0) for _ in range(2)]
    program = askance.Strands(setup, bodies)
    found = askance.explore(program, strategy="dpor", executions=20_000, keep_going=True)
    oracle = askance.explore(program, strategy="sleep-sets", executions=20_000, keep_going=True)
    assert found.complete and oracle.complete
    assert found.interleavings == oracle.interleavings
