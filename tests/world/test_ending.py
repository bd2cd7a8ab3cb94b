"""How executions end: strands are killed cleanly, nothing stays behind, and nothing is printed."""

from __future__ import annotations

import asyncio
import gc
import queue
import threading
import time
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.world.schedules import Newest, Stay, Walk, executions, run, sound
from tests.world.test_loops import Running

from askance.world import StrandKilled, World, installed


def test_killed_strands_run_their_finally_blocks() -> None:
    """All of them, the main one's too, and context managers' exits."""
    log: list[str] = []

    def main() -> None:
        lock = threading.Lock()

        def worker(name: str) -> None:
            try:
                with lock:
                    threading.Event().wait()
            finally:
                log.append(name)

        threading.Thread(target=worker, args=("holds",)).start()
        threading.Thread(target=worker, args=("waits",)).start()
        try:
            threading.Event().wait()
        finally:
            log.append("main")

    for seed in range(10):
        log.clear()
        assert run(main, Walk(seed)).ending == "deadlock"
        assert sorted(log) == ["holds", "main", "waits"]


def test_killed_strands_cannot_wait_for_anything() -> None:
    """A `finally` block that would block is ended there; the execution does not hang."""
    log: list[str] = []

    def main() -> None:
        items: queue.Queue[int] = queue.Queue()
        never = threading.Event()
        try:
            never.wait()
        finally:
            for wait in (items.get, never.wait, threading.Lock().acquire, lambda: time.sleep(1)):
                try:
                    wait()
                except BaseException as error:
                    log.append(type(error).__name__)
                else:
                    log.append("went")
            items.get()
            log.append("not reached")

    assert run(main).ending == "deadlock"
    assert log == ["StrandKilled", "StrandKilled", "went", "StrandKilled"]


def test_killed_strands_can_still_wake_others_and_start_threads_to_no_effect() -> None:
    """What a `finally` block typically does raises nothing."""
    log: list[str] = []

    def main() -> None:
        event, condition, lock = threading.Event(), threading.Condition(), threading.Lock()
        semaphore, items = threading.Semaphore(0), queue.Queue[int]()
        with condition, lock:
            try:
                condition.wait()
            finally:
                event.set()
                condition.notify_all()
                semaphore.release()
                items.put(1)
                items.get()
                thread = threading.Thread(target=lambda: log.append("never"))
                thread.start()
                log.append(f"{thread.is_alive()} {threading.current_thread().name}")

    assert run(main).ending == "deadlock"
    assert log == ["False MainThread"]


@pytest.mark.parametrize("how", ["waits again", "polls", "sleeps"])
def test_a_library_that_catches_everything_and_goes_on_is_given_up(how: str) -> None:
    """`except BaseException: continue` in a worker's loop does not keep the execution from ending."""

    def main() -> None:
        items: queue.SimpleQueue[int] = queue.SimpleQueue()
        flag = threading.Event()

        def worker() -> None:
            while True:
                try:
                    if how == "waits again":
                        items.get()
                    elif how == "polls":
                        flag.is_set()
                        items.get(block=False)
                    else:
                        time.sleep(0 if flag.is_set() else 1)
                        flag.set()
                except BaseException:
                    continue

        threading.Thread(target=worker, daemon=True).start()
        time.sleep(0)

    with installed():
        for seed in range(3):
            assert World(Walk(seed), max_steps=200).run(main).ending == "done"


def test_the_kill_is_no_exception_that_code_meant_to_catch() -> None:
    """It is a BaseException, and is neither reported nor logged."""
    seen: list[type[BaseException]] = []

    def main() -> None:
        def worker() -> None:
            try:
                threading.Event().wait()
            except Exception:
                seen.append(Exception)
            except BaseException as error:
                seen.append(type(error))
                raise

        threading.Thread(target=worker).start()

    execution = run(main, Newest())
    assert seen == [StrandKilled]
    assert execution.uncaught == [] and execution.complaints == []


def test_coroutines_are_ended_with_their_loops() -> None:
    """Their `finally` blocks run; no task is said to have been destroyed, no coroutine to be never awaited."""
    log: list[str] = []

    def main() -> None:
        running = Running()

        async def work() -> None:
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                log.append("ended")

        async def never_begun() -> None:
            """Handed to a loop that nobody runs."""

        asyncio.run_coroutine_threadsafe(work(), running.loop)
        asyncio.run_coroutine_threadsafe(never_begun(), asyncio.new_event_loop()).result()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        execution = run(main, Newest())
        gc.collect()
    assert execution.ending == "deadlock"
    assert log == ["ended"]
    assert execution.complaints == []


def test_callbacks_that_were_queued_do_not_run_after_the_end() -> None:
    """A loop whose task was killed goes no further."""
    log: list[str] = []

    def main() -> None:
        loop = asyncio.new_event_loop()

        async def block() -> None:
            loop.call_soon(log.append, "late")
            threading.Event().wait()

        loop.run_until_complete(block())

    assert run(main).ending == "deadlock"
    assert log == []


def test_a_killed_coroutine_sees_its_own_loop() -> None:
    """In its `finally` block the running loop is still the one that it ran on."""
    log: list[Any] = []

    def main() -> None:
        async def work() -> None:
            loop = asyncio.get_running_loop()
            try:
                threading.Event().wait()
            finally:
                log.append(asyncio.get_running_loop() is loop)

        threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        execution = run(main)
        gc.collect()
    assert execution.ending == "deadlock" and execution.uncaught == []
    assert log == [True, True]
    assert asyncio._get_running_loop() is None


def test_what_a_killed_strand_raises_on_its_way_out_is_not_reported() -> None:
    """Nor is it the execution's exception: it would not have happened."""

    def main() -> None:
        def worker() -> None:
            try:
                threading.Event().wait()
            finally:
                raise KeyError("only because it was killed")

        threading.Thread(target=worker).start()
        worker()

    execution = run(main)
    assert execution.ending == "deadlock"
    assert execution.exception is None and execution.uncaught == []


def test_what_is_left_is_listed() -> None:
    """Strands that run on, loops that are open, tasks that are pending; nothing where all was closed."""

    def leaking() -> None:
        running = Running("left")
        running.loop.call_soon_threadsafe(
            lambda: running.loop.create_task(asyncio.sleep(10**6), name="sleepy")
        )

    def clean() -> None:
        asyncio.run(asyncio.sleep(1))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(int)

    leaks = run(leaking, Newest()).leaks
    assert "strand 'left' runs on" in leaks
    assert any("event loop 0" in leak and "not closed" in leak for leak in leaks)
    assert run(clean).leaks == []


@pytest.mark.parametrize("told", [True, False])
def test_a_daemon_that_was_told_to_end_is_not_left(told: bool) -> None:
    """Though nobody gave it the time to; one that waits for a word that never comes is."""

    def main() -> None:
        words: queue.Queue[None] = queue.Queue()
        ready = threading.Event()

        def worker() -> None:
            ready.set()
            words.get()

        threading.Thread(target=worker, name="worker", daemon=True).start()
        ready.wait()
        time.sleep(1)
        if told:
            words.put(None)

    leaks = [run(main, Walk(seed)).leaks for seed in range(20)]
    assert (["strand 'worker' runs on"] in leaks) is not told


def test_an_execution_is_freed_when_it_is_over() -> None:
    """Nothing in the process keeps its objects."""
    kept: list[Any] = []

    def main() -> None:
        lock = threading.Lock()
        kept.append(weakref.ref(lock))
        loop = asyncio.new_event_loop()
        kept.append(weakref.ref(loop))
        pool = ThreadPoolExecutor(1)
        kept.append(weakref.ref(pool))
        pool.submit(int).result()
        local = threading.local()
        local.value = lock
        kept.append(weakref.ref(local))
        threading.Event().wait()

    with installed():
        assert run(main).ending == "deadlock"
    gc.collect()
    assert [reference() for reference in kept] == [None] * 4


def test_an_execution_that_went_well_is_freed_without_a_collection() -> None:
    """Collecting costs more than many an execution: threads, locks, queues and loops are no garbage."""

    def main() -> None:
        lock = threading.Lock()
        items = queue.Queue[int]()
        loop = asyncio.new_event_loop()

        def work() -> None:
            with lock:
                items.put(1)

        threads = [threading.Thread(target=work), threading.Thread(target=loop.run_forever)]
        for thread in threads:
            thread.start()
        items.get()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(1), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        for thread in threads:
            thread.join()
        loop.close()

    with installed():
        for seed in range(20):
            world = World(Walk(seed))
            sound(world.run(main))
            freed = weakref.ref(world)
            del world
            assert freed() is None


def test_garbage_collection_is_off_inside_and_as_it_was_outside() -> None:
    """Finalizers must not run in the middle of a schedule."""
    assert gc.isenabled()
    assert run(gc.isenabled).value is False
    assert gc.isenabled()
    gc.disable()
    try:
        run(gc.isenabled)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_ended_world_answers_for_what_it_made() -> None:
    """Threads, locks, events, queues and futures that were made inside serve outside, as if they were new."""
    made: dict[str, Any] = {}

    def main() -> None:
        made["thread"] = threading.Thread(target=threading.Event().wait)
        made["thread"].start()
        made["lock"] = threading.Lock()
        made["rlock"] = threading.RLock()
        made["event"] = threading.Event()
        made["condition"] = threading.Condition()
        made["semaphore"] = threading.Semaphore(1)
        made["queue"] = queue.Queue[int]()
        made["queue"].put(7)
        made["simple"] = queue.SimpleQueue[int]()
        made["simple"].put(7)
        with ThreadPoolExecutor(1) as pool:
            made["future"] = pool.submit(lambda: 7)
        made["main thread"] = threading.current_thread()

    run(main, Newest())
    assert not made["thread"].is_alive()
    made["thread"].join()
    assert "stopped" in repr(made["thread"])
    assert "MainThread" in repr(made["main thread"])
    for name in ("lock", "rlock", "condition", "semaphore"):
        with made[name]:
            pass
    assert made["lock"].acquire(blocking=False) and not made["lock"].acquire(blocking=False)
    assert made["lock"].locked() and not made["event"].is_set()
    real = threading.Timer(0, made["event"].set)
    real.start()
    assert made["event"].wait(30)
    real.join()
    assert made["queue"].get(timeout=5) == made["simple"].get(timeout=5) == made["future"].result(5) == 7
    with pytest.raises(queue.Empty):
        made["simple"].get(block=False)
    with pytest.raises(queue.Empty):
        made["queue"].get(timeout=0)


def test_endings_are_the_same_on_every_schedule_that_leads_to_them() -> None:
    """Killing takes no choices: it is the same whatever was left."""

    def main() -> None:
        threading.Thread(target=threading.Event().wait).start()
        threading.Event().wait()

    results = executions(main, 10)
    assert {(e.ending, e.exception) for e in results} == {("deadlock", None)}
    assert run(main, Stay()).steps == run(main, Stay()).steps
