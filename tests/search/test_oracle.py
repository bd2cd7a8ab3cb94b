"""Optimal-DPOR, the sleep-set oracle and plain depth-first search agree on generated programs."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from bench import two_loops
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import askance
from askance.search.result import Exploration

MOST_SCHEDULES = 1500
"""Programs with more are not told apart by brute force here."""

PLAIN = ("read", "write", "add", "lock", "both", "try", "again", "put", "get", "set", "wait", "take", "give")
BRANCHING = ("raise", "start", "join", "if-zero")
TIMED = ("sleep", "lock-within", "get-within", "wait-within", "take-within")


def setup() -> Any:
    """What the bodies share."""
    return SimpleNamespace(
        values=[askance.Shared(0), askance.Shared(0)],
        locks=[threading.Lock(), threading.Lock()],
        again=threading.RLock(),
        items=queue.Queue(),
        event=threading.Event(),
        permits=threading.Semaphore(1),
    )


def operate(shared: Any, operation: str, which: int) -> None:
    """One operation of a body."""
    value, lock = shared.values[which], shared.locks[which]
    match operation:
        case "read":
            value.get()
        case "write":
            value.set(1)
        case "add":
            value.set(value.get() + 1)
        case "lock":
            with lock:
                value.get()
        case "both":
            with lock, shared.locks[1 - which]:
                pass
        case "try":
            if lock.acquire(blocking=False):
                lock.release()
        case "again":
            with shared.again, shared.again:
                value.set(2)
        case "put":
            shared.items.put(1)
        case "get":
            shared.items.get()
        case "set":
            shared.event.set()
        case "wait":
            shared.event.wait()
        case "take":
            shared.permits.acquire()
        case "give":
            shared.permits.release()
        case "raise":
            if value.get():
                raise ValueError("set already")
        case "start" | "join":
            thread = threading.Thread(target=operate, args=(shared, "write", which))
            thread.start()
            if operation == "join":
                value.get()
                thread.join()
        case "if-zero":
            if value.get() == 0:
                shared.values[1 - which].set(1)
        case "sleep":
            time.sleep(1 + which)
        case "lock-within":
            if lock.acquire(timeout=1):
                lock.release()
        case "get-within":
            try:
                shared.items.get(timeout=1)
            except queue.Empty:
                value.set(3)
        case "wait-within":
            shared.event.wait(1)
        case "take-within":
            shared.permits.acquire(timeout=1)


Plan = list[tuple[str, int]]


def body(plan: Plan) -> Callable[[Any], None]:
    """A strand that does what is planned."""

    def run(shared: Any) -> None:
        for operation, which in plan:
            operate(shared, operation, which)

    return run


def plans(operations: tuple[str, ...]) -> st.SearchStrategy[list[Plan]]:
    """Two or three strands with a few operations each."""
    step = st.tuples(st.sampled_from(operations), st.integers(0, 1))
    return st.one_of(
        st.lists(st.lists(step, min_size=1, max_size=3), min_size=2, max_size=2),
        st.lists(st.lists(step, min_size=1, max_size=1), min_size=3, max_size=3),
    )


def explored(planned: list[Plan], strategy: str) -> Exploration:
    """All of the program's interleavings, or as many as are looked at."""
    program = askance.Strands(setup, [body(plan) for plan in planned])
    return askance.explore(program, strategy=strategy, executions=MOST_SCHEDULES, keep_going=True)


def kinds(result: Exploration) -> set[tuple[str, str]]:
    """How executions failed."""
    return {(failure.kind, type(failure.exception).__name__) for failure in result.failures}


def agree(planned: list[Plan], *, optimal: bool) -> None:
    """Fails unless every exhaustive strategy sees the same interleavings and the same failures."""
    found = explored(planned, "dpor")
    oracle = explored(planned, "sleep-sets")
    assert found.complete and oracle.complete
    assert found.executions == found.interleavings == oracle.executions == oracle.interleavings
    assert not (optimal and found.redundant)
    assert kinds(found) == kinds(oracle)
    source = explored(planned, "source-dpor")
    assert source.complete and source.executions == source.interleavings == found.interleavings
    assert kinds(source) == kinds(oracle)
    every = explored(planned, "dfs")
    if every.complete:
        assert every.interleavings == found.interleavings
        assert kinds(every) == kinds(found)
    else:
        assert every.interleavings <= found.interleavings


GENERATED = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@GENERATED
@given(plans(PLAIN + BRANCHING))
def test_dpor_executes_each_interleaving_once_and_begins_none_in_vain(planned: list[Plan]) -> None:
    """As many executions as there are happens-before signatures among all schedules, and none redundant."""
    agree(planned, optimal=True)


@GENERATED
@given(plans(PLAIN[:5] + TIMED))
def test_dpor_misses_no_interleaving_where_timers_race(planned: list[Plan]) -> None:
    """A timer that may fire early is one that every strand's step is tried against."""
    agree(planned, optimal=False)


MISSED: list[list[Plan]] = [
    [[("lock-within", 0), ("take-within", 0)], [("start", 1), ("sleep", 0), ("read", 1)]],
]


@pytest.mark.parametrize("planned", MISSED)
def test_a_timeout_that_rules_something_out_rules_it_out_on_its_own_branch_only(planned: list[Plan]) -> None:
    """Where waits time out, races of what comes after them are found as well."""
    agree(planned, optimal=False)


@pytest.mark.parametrize("seed", range(two_loops.PROGRAMS))
def test_dpor_agrees_with_the_oracle_on_two_loops(seed: int) -> None:
    """Two event loops on two threads that call and ask each other: as many interleavings."""
    found = askance.explore(two_loops.program(seed), strategy="dpor", executions=20_000)
    oracle = askance.explore(two_loops.program(seed), strategy="sleep-sets", executions=20_000)
    assert found.complete and oracle.complete
    assert found.executions == found.interleavings == oracle.interleavings > 1
    assert found.redundant == 0
