"""The same seed gives the same execution: again, in another process, with other hashes, and from its record."""

from __future__ import annotations

import asyncio
import concurrent.futures
import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.world.schedules import Follow, Walk, run
from tests.world.test_loops import Running

from askance.world import Execution, World, current, installed


def pools() -> list[Any]:
    """Pools, sets of futures, callbacks, and waits for the first of several."""
    log: list[Any] = []
    with (
        concurrent.futures.ThreadPoolExecutor(3) as pool,
        concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="second") as second,
    ):
        futures = {pool.submit(lambda n=n: (time.sleep(0), n)[1]): n for n in range(5)}
        futures.update({second.submit(lambda n=n: n): n for n in range(5, 8)})
        for future in set(futures):
            future.add_done_callback(lambda f: log.append((futures[f], threading.current_thread().name)))
        done, pending = concurrent.futures.wait(futures, return_when="FIRST_COMPLETED")
        log.append([futures[future] for future in done])
        log.append([futures[future] for future in pending])
        log += [futures[future] for future in concurrent.futures.as_completed(set(futures))]
    return log


def loops() -> list[Any]:
    """Loops that ask each other things, tasks in sets, groups that fail, time limits, generators."""
    log: list[Any] = []
    running = [Running(f"loop-{n}") for n in range(2)]

    async def answer(number: int) -> int:
        await asyncio.sleep(number % 3)
        if number == 4:
            raise ValueError
        return number

    async def numbers() -> Any:
        try:
            for number in range(3):
                yield number
        finally:
            log.append(f"closed on {threading.current_thread().name}")

    async def ask() -> None:
        tasks = {
            asyncio.ensure_future(
                asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(n), running[n % 2].loop))
            )
            for n in range(6)
        }
        order = {task: n for n, task in enumerate(tasks)}
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        log.append([order[task] for task in done])
        for task in pending:
            task.cancel()
        log.append([order[task] for task in pending])
        async for _ in numbers():
            break
        for future in asyncio.as_completed([answer(n) for n in (2, 0, 1)], timeout=2):
            try:
                log.append(await future)
            except TimeoutError:
                log.append("late")
                break
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(6):
                    group.create_task(answer(number)).add_done_callback(
                        lambda t: log.append((t.get_name(), t.cancelled()))
                    )
        except* ValueError:
            log.append("failed")

    async def both() -> None:
        await asyncio.gather(
            *(asyncio.wrap_future(asyncio.run_coroutine_threadsafe(ask(), r.loop)) for r in running),
            return_exceptions=True,
        )

    asyncio.run(both())
    for r in running:
        r.close()
    return log


def everything() -> list[Any]:
    """Locks, conditions, queues, events, timers, thread-locals."""
    log: list[Any] = []
    lock, turn, items, local = (
        threading.RLock(),
        threading.Condition(),
        queue.PriorityQueue[int](2),
        threading.local(),
    )

    def produce(name: str) -> None:
        local.name = name
        for number in range(3):
            items.put(number)
            with lock, turn:
                turn.notify()
                log.append((local.name, number, time.monotonic()))

    def consume() -> None:
        for _ in range(3):
            try:
                log.append(items.get(timeout=2))
            except queue.Empty:
                log.append("empty")
            with turn:
                log.append(turn.wait(1))

    threads = [threading.Thread(target=produce, args=(name,)) for name in "ab"]
    threads += [threading.Thread(target=consume, daemon=True) for _ in range(2)]
    timer = threading.Timer(3, lambda: log.append("timer"))
    for thread in (*threads, timer):
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        while not items.empty():
            log.append(("drained", items.get()))
    timer.join()
    return log


PROGRAMS: dict[str, Callable[[], list[Any]]] = {"pools": pools, "loops": loops, "everything": everything}


def digest(execution: Execution) -> str:
    """All that an execution shows."""
    shown = (
        execution.ending,
        repr(execution.value),
        repr(execution.exception),
        str(execution.deadlock),
        execution.choices,
        execution.steps,
        execution.uncaught,
        execution.complaints,
        execution.leaks,
        execution.blocked_loops,
    )
    return hashlib.sha256(json.dumps(shown, default=repr).encode()).hexdigest()


def digests(name: str, count: int = 15) -> list[str]:
    """One for each of so many seeds."""
    with installed():
        return [digest(World(Walk(seed)).run(PROGRAMS[name])) for seed in range(count)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_seed_gives_the_same_execution_again(name: str) -> None:
    """Although other executions, and garbage, came between."""
    first = digests(name)
    litter = [object() for _ in range(10_000)]
    second = digests(name)
    del litter
    assert first == second
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_seed_gives_the_same_execution_in_any_process(name: str) -> None:
    """Whatever hash seed and memory layout it has."""
    root = str(Path(__file__).parent.parent.parent)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "litter = [bytes(n % 977) for n in range(int(sys.argv[3]))]\n"
        "from tests.world.test_determinism import digests\n"
        "print(*digests(sys.argv[2], 6), sep='\\n')\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code, root, name, str(litter)],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout.split()
        for seed, litter in (("1", 0), ("4242", 5000))
    ]
    assert outputs[0] == outputs[1] == digests(name, 6)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_recorded_schedule_replays(name: str) -> None:
    """The choices alone say everything."""
    for seed in range(10):
        recorded = run(PROGRAMS[name], Walk(seed))
        assert digest(run(PROGRAMS[name], Follow(recorded.choices))) == digest(recorded)


def test_choices_are_made_only_where_there_is_a_choice() -> None:
    """At each of them two or more strands could run."""

    class Counting(Walk):
        """Sees what it may choose from."""

        sizes: list[int]

        def pick(self, runnable: Any, current: Any) -> Any:
            self.sizes.append(len(runnable))
            return super().pick(runnable, current)

    strategy = Counting(1)
    strategy.sizes = []
    execution = run(everything, strategy)
    assert len(strategy.sizes) == execution.decisions
    assert min(strategy.sizes) >= 2


def test_objects_have_the_same_names_on_every_schedule() -> None:
    """A lock is known by who made it and as the how many-th of its objects, not by its address."""

    def main() -> list[Any]:
        made: dict[str, Any] = {}

        def make(name: str) -> None:
            made[name] = [threading.Lock(), threading.RLock()]

        threads = [threading.Thread(target=make, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert current() is not None
        return [[lock.serial for lock in made[name]] for name in "ab"]

    with installed():
        names = {repr(World(Walk(seed)).run(main).value) for seed in range(20)}
    assert len(names) == 1
