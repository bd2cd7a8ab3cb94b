"""Deadlocks are found exactly, and told so that a reader knows who waits for whom, and where."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.world.schedules import Newest, Stay, executions, run
from tests.world.test_loops import Running

from askance.history import Deadlock
from askance.world import Execution, World

HERE = "test_deadlocks.py"


def deadlock(main: Callable[[], object], strategy: Any = None) -> Deadlock:
    """The deadlock that `main` ends in."""
    return found(run(main, strategy))


def found(execution: Execution) -> Deadlock:
    """The deadlock that an execution ended in."""
    assert execution.ending == "deadlock", (execution.ending, execution.exception, execution.error)
    assert execution.deadlock is not None
    return execution.deadlock


def line_of(text: str) -> int:
    """The line of this file that ends in a comment with that text."""
    with open(__file__) as source:
        return next(n for n, line in enumerate(source, 1) if line.rstrip().endswith(f"# {text}"))


def test_two_locks_in_opposite_order_are_a_cycle() -> None:
    """Both strands are named, what each waits for, who holds it, and the source lines."""

    def main() -> None:
        first, second = threading.Lock(), threading.Lock()

        def one() -> None:
            with first, second:  # one waits here
                pass

        def two() -> None:
            with second, first:  # two waits here
                pass

        threads = [threading.Thread(target=body, name=body.__name__) for body in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()  # main waits here

    results = executions(main)
    assert {execution.ending for execution in results} == {"done", "deadlock"}
    text = next(found(execution) for execution in results if execution.ending == "deadlock")
    assert set(text.cycle) == {"strand 'one'", "strand 'two'"} and len(text.cycle) == 2
    waiting = {w.strand: w for w in text.waiting}
    assert waiting["strand 'one'"].on == "a lock that strand 'two' holds"
    assert waiting["strand 'two'"].on == "a lock that strand 'one' holds"
    assert waiting["strand 'main'"].on.startswith("the end of strand")
    for who in ("one", "two", "main"):
        place = waiting[f"strand '{who}'"].where
        assert f"{HERE}:{line_of(f'{who} waits here')} in " in place
    assert text.forgotten == ()


def test_a_reentrant_lock_that_another_strand_holds_is_named() -> None:
    """With its holder."""

    def main() -> None:
        lock = threading.RLock()

        def hold() -> None:
            lock.acquire()

        thread = threading.Thread(target=hold, name="holder")
        thread.start()
        thread.join()
        lock.acquire()

    [waiting] = deadlock(main).waiting
    assert waiting.on == "a lock that strand 'holder' holds"


def test_blocking_on_the_own_loop_is_a_cycle_of_one() -> None:
    """The loop's strand waits for a coroutine that is queued on the loop that it runs."""

    def main() -> None:
        running = Running("looping")

        async def inner() -> int:
            return 7

        async def outer() -> int:
            return asyncio.run_coroutine_threadsafe(inner(), running.loop).result()  # the blocking call

        asyncio.run_coroutine_threadsafe(outer(), running.loop).result()

    execution = run(main, Newest())
    text = found(execution)
    assert text.cycle == ("strand 'looping'",)
    waiting = {w.strand: w for w in text.waiting}["strand 'looping'"]
    assert "coroutine" in waiting.on and "inner" in waiting.on and "queued on event loop 0" in waiting.on
    assert f"{HERE}:{line_of('the blocking call')} in " in waiting.where and "outer" in waiting.where
    [(strand, kind, place)] = execution.blocked_loops
    assert (strand, kind) == ("looping", "wait")
    assert place == waiting.where
    assert text.forgotten == ()


def test_the_blocked_loop_is_told_before_it_blocks() -> None:
    """Who asked to be told hears of it while the strand still runs."""
    told: list[tuple[str, str, str]] = []

    def main() -> None:
        async def work() -> None:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(int).result()

        asyncio.run(work())

    execution = run(main, Stay(), on_loop_blocked=lambda *blocked: told.append(blocked))
    assert execution.ending == "done"
    assert told == execution.blocked_loops
    assert told and told[0][0] == "main" and HERE in told[0][2]


def test_two_loops_that_block_on_each_other_are_a_cycle_of_two() -> None:
    """Both are named, though neither strand waits for the other directly."""

    def main() -> None:
        first, second = Running("first"), Running("second")
        ready = threading.Barrier(2)

        async def answer() -> int:
            return 7

        async def ask(other: asyncio.AbstractEventLoop) -> int:
            ready.wait()
            return asyncio.run_coroutine_threadsafe(answer(), other).result()

        futures = [
            asyncio.run_coroutine_threadsafe(ask(second.loop), first.loop),
            asyncio.run_coroutine_threadsafe(ask(first.loop), second.loop),
        ]
        for future in futures:
            future.result()

    for execution in executions(main, 20):
        if execution.ending == "deadlock":
            assert set(found(execution).cycle) == {"strand 'first'", "strand 'second'"}
            break
    else:
        raise AssertionError("no deadlock was found")


def test_asking_back_over_two_loops_is_a_cycle_through_tasks() -> None:
    """A blocks on B, B's coroutine awaits A: the cycle goes through the task that cannot run."""

    def main() -> None:
        first, second = Running("first"), Running("second")

        async def c() -> int:
            return 7

        async def b() -> int:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(c(), first.loop))

        async def a() -> int:
            return asyncio.run_coroutine_threadsafe(b(), second.loop).result()

        asyncio.run_coroutine_threadsafe(a(), first.loop).result()

    text = deadlock(main)
    assert len(text.cycle) == 2
    assert "strand 'first'" in text.cycle
    assert any("b) on event loop 1" in node for node in text.cycle)
    assert str(text).splitlines()[-1].startswith("cycle: ")


def test_an_answer_that_is_queued_on_a_blocked_loop_is_part_of_the_cycle() -> None:
    """The task has ended; but the loop that must pass its result on is blocked by who waits for it."""

    def main() -> None:
        first, second = Running("first"), Running("second")
        done = threading.Event()

        async def answer() -> int:
            done.set()
            return 7

        async def b() -> int:
            future = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(), first.loop))
            blocking.set()
            return await future

        blocking = threading.Event()

        async def a() -> int:
            future = asyncio.run_coroutine_threadsafe(b(), second.loop)
            await asyncio.to_thread(blocking.wait)
            return future.result()

        asyncio.run_coroutine_threadsafe(a(), first.loop).result()

    for execution in executions(main, 40):
        if execution.ending == "deadlock":
            assert "strand 'first'" in found(execution).cycle, str(execution.deadlock)


def test_a_future_that_nobody_will_complete_is_forgotten() -> None:
    """It is listed with who waits for it and where; there is no cycle."""

    def main() -> None:
        running = Running()

        async def work() -> int:
            return await asyncio.wrap_future(concurrent.futures.Future[int]())  # forgotten

        asyncio.run_coroutine_threadsafe(work(), running.loop).result()

    text = deadlock(main, Newest())
    assert text.cycle == ()
    [forgotten] = text.forgotten
    assert "an asyncio Future around a concurrent Future" in forgotten
    assert f"{HERE}:{line_of('forgotten')} in " in forgotten
    assert f"nobody is left to complete {forgotten}" in str(text)
    assert "the concurrent Future of task" in str(text)


def test_an_event_that_nobody_will_set_is_forgotten() -> None:
    """It is a reply of its kind."""

    def main() -> None:
        threading.Event().wait()

    [forgotten] = deadlock(main).forgotten
    assert forgotten.startswith("an Event, for which strand 'main' waits at ")


def test_a_coroutine_on_a_loop_that_nobody_runs_is_told() -> None:
    """The classic: a loop that was never started, or has been stopped."""

    def main() -> None:
        async def work() -> int:
            return 7

        asyncio.run_coroutine_threadsafe(work(), asyncio.new_event_loop()).result()

    assert "queued on event loop 0, which nobody runs" in str(deadlock(main))


def test_call_soon_that_woke_nobody_is_told() -> None:
    """The reply waits on a loop that sleeps."""

    def main() -> None:
        running = Running()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), running.loop).result()
        future: concurrent.futures.Future[int] = concurrent.futures.Future()

        def complete() -> None:
            future.set_result(7)

        running.loop.call_soon(complete)
        future.result()

    texts = [str(found(execution)) for execution in executions(main) if execution.ending == "deadlock"]
    assert any("sleeps: call_soon from another thread does not wake it" in text for text in texts)


def test_joining_a_stuck_thread_names_the_thread() -> None:
    """And the thread says what it waits for."""

    def main() -> None:
        items: queue.Queue[int] = queue.Queue()
        thread = threading.Thread(target=lambda: items.get(), name="consumer")
        thread.start()
        thread.join()

    text = deadlock(main)
    assert [(w.strand, w.on) for w in text.waiting] == [
        ("strand 'main'", "the end of strand 'consumer'"),
        ("strand 'consumer'", "a Queue"),
    ]


def test_strands_that_join_each_other_are_a_cycle() -> None:
    """Threads that wait for one another's end."""

    def main() -> None:
        def join_main() -> None:
            threading.main_thread().join()

        thread = threading.Thread(target=join_main, name="other")
        thread.start()
        thread.join()

    assert set(deadlock(main).cycle) == {"strand 'main'", "strand 'other'"}


def test_idle_workers_and_idle_loops_are_no_culprits() -> None:
    """They wait as they should: the report is about the main strand alone."""

    def main() -> None:
        Running()
        pool = ThreadPoolExecutor(2)
        pool.submit(int).result()
        threading.Event().wait()

    text = deadlock(main)
    assert [w.strand for w in text.waiting] == ["strand 'main'"]
    assert len(text.forgotten) == 1


def test_an_idle_mailbox_is_no_forgotten_reply() -> None:
    """A task that waits for the next item of its queue is at rest; so is one that waits for a lock's turn."""

    def main() -> None:
        async def actor(mailbox: asyncio.Queue[int]) -> None:
            while True:
                await mailbox.get()

        async def work() -> None:
            task = asyncio.create_task(actor(asyncio.Queue()), name="actor")
            await asyncio.get_running_loop().create_future()
            task.cancel()

        asyncio.run(work())

    text = deadlock(main)
    assert len(text.forgotten) == 1 and "work" in text.forgotten[0]
    [idle] = [w for w in text.waiting if "actor" in w.strand]
    assert idle.on == "an asyncio Queue"


def test_a_queued_task_of_a_pool_waits_for_its_workers() -> None:
    """All of them block on tasks that stand behind them in the queue: a cycle through the pool."""

    def main() -> None:
        pool = ThreadPoolExecutor(1, thread_name_prefix="worker")

        def outer() -> int:
            return pool.submit(int).result()

        pool.submit(outer).result()

    text = deadlock(main, Newest())
    assert text.cycle == ("strand 'worker_0'",)
    assert "a concurrent Future that is queued for strand 'worker_0'" in str(text)
    assert text.forgotten == ()


def test_a_gather_waits_for_its_open_parts() -> None:
    """And says how many there are."""

    def main() -> None:
        async def never() -> None:
            await asyncio.get_running_loop().create_future()

        async def work() -> None:
            await asyncio.gather(asyncio.sleep(0), never(), never())

        asyncio.run(work())

    assert "a gather of 3, 2 of them pending" in str(deadlock(main))


def test_a_main_strand_that_has_ended_is_no_deadlock() -> None:
    """Whatever its threads wait for."""

    def main() -> None:
        threading.Thread(target=threading.Event().wait).start()
        Running()

    assert {execution.ending for execution in executions(main, 10)} == {"done"}


def test_the_words_of_the_program_come_first() -> None:
    """A report calls a waiter what the harness calls it."""

    def main() -> None:
        threading.Event().wait()

    world = World(Stay())
    world.waiter_name = lambda node: "client c0"
    execution = world.run(main)
    assert found(execution).waiting[0].who == "client c0"
    assert re.match(r"client c0 waits for an Event at ", str(execution.deadlock))
