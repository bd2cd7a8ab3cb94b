"""Optimal-DPOR, the sleep-set oracle and plain depth-first search agree on generated programs."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
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
HELD = (
    "hold",
    "drop",
    "await",
    "await-value",
    "notify",
    "notify-all",
    "fulfil",
    "cancel",
    "outcome",
    "callback",
)
QUEUES = (
    "put",
    "get",
    "room-put",
    "room-get",
    "room-try",
    "peek",
    "done",
    "all-done",
    "simple-put",
    "simple-get",
)
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
        conditions=[threading.Condition(), threading.Condition(threading.Lock())],
        futures=[Future(), Future()],
        room=queue.Queue(maxsize=1),
        simple=queue.SimpleQueue(),
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
        case "hold":
            lock.acquire()
        case "drop":
            if lock.locked():
                with contextlib.suppress(RuntimeError):
                    lock.release()
        case "await":
            with shared.conditions[which]:
                shared.conditions[which].wait()
        case "await-value":
            with shared.conditions[which]:
                shared.conditions[which].wait_for(value.get)
        case "notify" | "notify-all":
            with shared.conditions[which]:
                value.set(1)
                getattr(shared.conditions[which], operation.replace("-", "_"))()
        case "fulfil":
            with contextlib.suppress(InvalidStateError):
                shared.futures[which].set_result(1)
        case "cancel":
            shared.futures[which].cancel()
        case "outcome":
            with contextlib.suppress(CancelledError):
                shared.futures[which].result()
        case "callback":
            shared.futures[which].add_done_callback(lambda _: value.set(3))
        case "room-put":
            shared.room.put(1)
        case "room-get":
            shared.room.get()
        case "room-try":
            try:
                shared.room.put_nowait(1)
            except queue.Full:
                value.set(4)
        case "peek":
            if shared.items.qsize():
                value.get()
        case "done":
            with contextlib.suppress(ValueError):
                shared.items.task_done()
        case "all-done":
            shared.items.join()
        case "simple-put":
            shared.simple.put(1)
        case "simple-get":
            shared.simple.get()
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
@given(plans(PLAIN[:4] + HELD))
def test_dpor_counts_executions_that_end_while_strands_wait(planned: list[Plan]) -> None:
    """Locks kept, conditions nobody notifies, futures nobody completes: deadlocks are executions like others."""
    agree(planned, optimal=True)


@GENERATED
@given(plans(PLAIN[:2] + QUEUES))
def test_dpor_knows_what_each_operation_of_a_queue_waits_for(planned: list[Plan]) -> None:
    """For an item, for room, until all tasks are done, or for nothing."""
    agree(planned, optimal=True)


NOT_WAITING: list[list[Plan]] = [
    # What does not wait can come first whether the queue is full or not.
    [[("room-try", 1)], [("room-try", 1), ("room-get", 0)]],
    # Whoever looks at an empty queue is no reason why its reader could have come first.
    [[("get", 1)], [("write", 0), ("all-done", 1)]],
    # One joins for ever, and another put does not let it go on.
    [[("put", 1), ("all-done", 1)], [("put", 1)]],
    # Two tasks, done one after the other: between them is nothing to wait for.
    [[("put", 0), ("done", 0), ("all-done", 0)], [("put", 0), ("done", 0)]],
]


@pytest.mark.parametrize("planned", NOT_WAITING)
def test_what_a_queue_offers_is_told_for_each_need(planned: list[Plan]) -> None:
    """As many executions as interleavings, and none in vain."""
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


def test_a_deadlock_is_explained_without_another_step() -> None:
    """To tell who waits for whom, futures are asked whether they are done: that is no part of the execution."""

    def main() -> None:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever).start()
        never: Future[None] = Future()
        value = askance.Shared(0)

        async def wait() -> None:
            await asyncio.wrap_future(never)

        waiting = asyncio.run_coroutine_threadsafe(wait(), loop)
        threading.Thread(target=value.set, args=(7,), name="setter").start()
        waiting.result()

    result = askance.explore(main, strategy="dpor", keep_going=True)
    assert (result.executions, result.interleavings, result.redundant) == (4, 4, 0)
    assert all(failure.kind == "deadlock" for failure in result.failures)
    steps = [step.operation for step in result.failures[0].trace if step.strand == "setter"]
    assert steps == ["begin", "write Shared#1"]
