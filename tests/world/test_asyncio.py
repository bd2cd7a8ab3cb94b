"""asyncio as a library in a world: composing futures over loops and threads, tasks, time limits, and its primitives."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import Any

import pytest
from tests.world.schedules import Newest, executions, run, value, values
from tests.world.test_loops import Running


def test_a_coroutine_can_be_run_on_another_thread_and_waited_for() -> None:
    """`run_coroutine_threadsafe(...).result()` gives its value, or raises its exception."""

    def main() -> tuple[int, str]:
        running = Running()

        async def good() -> int:
            await asyncio.sleep(0)
            return 7

        async def bad() -> int:
            raise KeyError("key")

        result = asyncio.run_coroutine_threadsafe(good(), running.loop).result()
        try:
            asyncio.run_coroutine_threadsafe(bad(), running.loop).result()
        except KeyError as error:
            message = str(error)
        running.close()
        return result, message

    assert set(values(main, 30)) == {(7, "'key'")}


@pytest.mark.parametrize("placement", [(0, 0, 0), (0, 1, 0), (0, 1, 2)])
def test_three_layers_of_wrapped_futures_compose(placement: tuple[int, int, int]) -> None:
    """`await wrap_future(run_coroutine_threadsafe(...))`, three deep, on the own loop or others'."""

    def main() -> str:
        running = [Running(f"loop-{n}") for n in range(max(placement) + 1)]
        loops = [running[n].loop for n in placement]

        async def h(x: str) -> str:
            return f"h({x})"

        async def g(x: str) -> str:
            return f"g({await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(h(x), loops[2]))})"

        async def f(x: str) -> str:
            return f"f({await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(g(x), loops[1]))})"

        result = asyncio.run_coroutine_threadsafe(f("x"), loops[0]).result()
        for loop in running:
            loop.close()
        return result

    assert set(values(main, 40)) == {"f(g(h(x)))"}


def test_blocking_on_the_own_loop_is_a_deadlock() -> None:
    """`.result()` in a coroutine, for a coroutine of the same loop."""

    def main() -> int:
        running = Running()

        async def inner() -> int:
            return 7

        async def outer() -> int:
            return asyncio.run_coroutine_threadsafe(inner(), running.loop).result()

        return asyncio.run_coroutine_threadsafe(outer(), running.loop).result()

    assert {execution.ending for execution in executions(main, 10)} == {"deadlock"}


def test_blocking_on_another_loop_works_and_is_noted() -> None:
    """It is no deadlock, but the loop was blocked: strand, operation and line are kept."""

    def main() -> int:
        first, second = Running("first"), Running("second")

        async def inner() -> int:
            return 7

        async def outer() -> int:
            return asyncio.run_coroutine_threadsafe(inner(), second.loop).result()

        result = asyncio.run_coroutine_threadsafe(outer(), first.loop).result()
        first.close()
        second.close()
        return result

    results = executions(main, 20)
    assert {execution.value for execution in results} == {7}
    blocked = next(e.blocked_loops for e in results if e.blocked_loops)
    assert blocked[0][:2] == ("first", "wait") and "test_asyncio.py" in blocked[0][2]
    assert "outer" in blocked[0][2]


def test_an_executor_may_block_on_a_future_of_the_loop() -> None:
    """The loop goes on while its pool's thread waits."""

    def main() -> int:
        async def inner() -> int:
            await asyncio.sleep(1)
            return 7

        async def outer() -> int:
            loop = asyncio.get_running_loop()

            def block() -> int:
                return asyncio.run_coroutine_threadsafe(inner(), loop).result()

            return await loop.run_in_executor(None, block)

        return asyncio.run(outer())

    assert set(values(main, 30)) == {7}


def test_to_thread_runs_in_another_strand() -> None:
    """With the context of the caller."""

    def main() -> bool:
        async def work() -> bool:
            return await asyncio.to_thread(threading.get_ident) != threading.get_ident()

        return asyncio.run(work())

    assert set(values(main, 10)) == {True}


async def numbered(number: int, log: list[int]) -> int:
    """Takes a while, which depends on how the pool's threads go."""
    await asyncio.to_thread(threading.Event().set)
    log.append(number)
    return number


def test_gather_keeps_order_whatever_order_things_end_in() -> None:
    """And things do end in any order."""

    def main() -> tuple[list[int], tuple[int, ...]]:
        log: list[int] = []

        async def work() -> list[int]:
            return await asyncio.gather(*(numbered(number, log) for number in range(3)))

        return asyncio.run(work()), tuple(log)

    seen = values(main, 60)
    assert all(result == [0, 1, 2] for result, _ in seen)
    assert len({order for _, order in seen}) > 1


def test_as_completed_and_wait_see_things_as_they_end() -> None:
    """The order of the results is the order of the endings."""

    def main() -> tuple[list[int], list[int], int, int]:
        log: list[int] = []

        async def work() -> Any:
            seen = [await future for future in asyncio.as_completed([numbered(n, log) for n in range(3)])]
            tasks = [asyncio.create_task(numbered(n, [])) for n in range(3)]
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(tasks)
            return seen, list(log), len(done) + len(pending), len(done)

        result: tuple[list[int], list[int], int, int] = asyncio.run(work())
        return result

    seen = values(main, 60)
    assert all(order == log and total == 3 and done >= 1 for order, log, total, done in seen)
    assert len({tuple(order) for order, *_ in seen}) > 1


def test_a_task_group_cancels_its_other_tasks_when_one_fails() -> None:
    """And raises the failure when all have ended."""

    def main() -> list[str]:
        log: list[str] = []

        async def fail() -> None:
            await asyncio.to_thread(threading.Event().set)
            raise ValueError

        async def endless(name: str) -> None:
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                log.append(name)

        async def work() -> None:
            with pytest.raises(BaseExceptionGroup) as caught:
                async with asyncio.TaskGroup() as group:
                    for name in "abc":
                        group.create_task(endless(name))
                    group.create_task(fail())
            assert [type(error) for error in caught.value.exceptions] == [ValueError]

        asyncio.run(work())
        return log

    assert values(main, 10) == [["a", "b", "c"]] * 10


@pytest.mark.parametrize("how", ["timeout", "wait_for"])
def test_a_time_limit_races_what_it_limits(how: str) -> None:
    """Both may win where they come from different strands; on time if timers do not race."""

    def main() -> str:
        async def slow() -> str:
            await asyncio.to_thread(threading.Event().set)
            return "value"

        async def work() -> str:
            try:
                if how == "wait_for":
                    return await asyncio.wait_for(slow(), 5)
                async with asyncio.timeout(5):
                    return await slow()
            except TimeoutError:
                return "too late"

        return asyncio.run(work())

    assert set(values(main, 60)) == {"value", "too late"}
    assert set(values(main, 20, racing_timers=False)) == {"value"}


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_cancelling_a_concurrent_future_cancels_its_task() -> None:
    """Unless the task has ended before."""

    def main() -> str:
        running, log = Running(), list[str]()

        async def work() -> str:
            try:
                await asyncio.sleep(0)
                return "value"
            except asyncio.CancelledError:
                log.append("cancelled")
                raise

        future = asyncio.run_coroutine_threadsafe(work(), running.loop)
        future.cancel()
        try:
            result = future.result()
        except concurrent.futures.CancelledError:
            result = "no value"
        running.close()
        return result + "".join(f", {entry}" for entry in log)

    assert set(values(main, 400)) == {"value", "no value", "no value, cancelled"}


def test_cancelling_a_wrapping_future_cancels_what_it_wraps() -> None:
    """Through to the task on the other loop."""

    def main() -> bool:
        running, cancelled = Running(), threading.Event()

        async def inner() -> None:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                cancelled.set()
                raise

        async def outer() -> None:
            task = asyncio.ensure_future(
                asyncio.wrap_future(asyncio.run_coroutine_threadsafe(inner(), running.loop))
            )
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(outer())
        running.close()
        return cancelled.is_set()

    assert set(values(main, 20, racing_timers=False)) == {True}


def test_asyncios_own_primitives_serve() -> None:
    """Queue, Lock, Event, Semaphore and Condition, between tasks of one loop."""

    def main() -> list[Any]:
        log: list[Any] = []

        async def work() -> None:
            queue: asyncio.Queue[int] = asyncio.Queue(1)
            lock, event, semaphore, condition = (
                asyncio.Lock(),
                asyncio.Event(),
                asyncio.Semaphore(1),
                asyncio.Condition(),
            )

            async def produce() -> None:
                for number in range(3):
                    await queue.put(number)
                await event.wait()
                async with condition:
                    condition.notify()

            async def consume() -> None:
                for _ in range(3):
                    async with lock, semaphore:
                        log.append(await queue.get())
                        queue.task_done()
                event.set()

            async with asyncio.TaskGroup() as group, condition:
                group.create_task(produce())
                group.create_task(consume())
                await condition.wait()
            await queue.join()

        asyncio.run(work())
        return log

    assert values(main, 5) == [[0, 1, 2]] * 5


def test_a_runner_keeps_its_loop_and_context() -> None:
    """Several calls, one loop; closing cancels what is left."""

    def main() -> list[str]:
        log: list[str] = []

        async def endless() -> None:
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                log.append("cancelled")

        kept: set[asyncio.Task[None]] = set()

        async def begin() -> asyncio.AbstractEventLoop:
            kept.add(asyncio.create_task(endless()))
            await asyncio.sleep(0)
            return asyncio.get_running_loop()

        async def again() -> asyncio.AbstractEventLoop:
            return asyncio.get_running_loop()

        with asyncio.Runner() as runner:
            assert runner.run(begin()) is runner.run(again()) is runner.get_loop()
        return log

    assert value(main) == ["cancelled"]


def test_a_coroutine_waiting_for_nothing_that_comes_is_a_deadlock() -> None:
    """The task and its line are named, and the future is forgotten."""

    def main() -> None:
        async def lonely() -> None:
            await asyncio.get_running_loop().create_future()

        asyncio.run(lonely())

    execution = run(main, Newest())
    assert execution.ending == "deadlock" and execution.deadlock is not None
    [forgotten] = execution.deadlock.forgotten
    assert "an asyncio Future" in forgotten
    assert "lonely" in forgotten and "test_asyncio.py" in forgotten
