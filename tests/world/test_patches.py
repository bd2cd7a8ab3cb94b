"""Patches: what they change is put back, they nest, and threads that no world controls do not notice them."""

from __future__ import annotations

import _thread
import asyncio
import concurrent.futures
import gc
import os
import queue
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from tests.world.schedules import Newest, Stay, Walk, run, sound, value

from askance.world import World, current, installed

OWNERS: list[Any] = [
    _thread,
    asyncio,
    asyncio.DefaultEventLoopPolicy,
    asyncio.events,
    asyncio.runners,
    asyncio.taskgroups,
    asyncio.tasks,
    concurrent.futures.Future,
    concurrent.futures._base,
    concurrent.futures._base._AcquireFutures,
    concurrent.futures.thread,
    concurrent.futures.ThreadPoolExecutor,
    os,
    queue,
    queue.Queue,
    queue.PriorityQueue,
    select,
    selectors.DefaultSelector,
    signal,
    socket,
    socket.socket,
    subprocess.Popen,
    sys.modules["_frozen_importlib"],
    threading,
    threading.BoundedSemaphore,
    threading.Condition,
    threading.Event,
    threading.Semaphore,
    threading.Thread,
    time,
    sys.modules[__name__],
]


def snapshot() -> dict[tuple[int, str], Any]:
    """Every attribute of what worlds change."""
    return {
        (number, name): held
        for number, owner in enumerate(OWNERS)
        for name, held in vars(owner).items()
        if name not in ("__annotations__", "__builtins__", "__warningregistry__", "_dangling")
    }


def differences(before: dict[tuple[int, str], Any]) -> list[str]:
    """Which attributes are not what they were."""
    after = snapshot()
    return [
        f"{OWNERS[number].__name__}.{name}"
        for number, name in before.keys() | after.keys()
        if before.get((number, name)) is not after.get((number, name))
    ]


def busy() -> int:
    """Uses a bit of everything."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asyncio.run(asyncio.sleep(1))
        return pool.submit(lambda: 7).result()


def test_every_attribute_is_put_back() -> None:
    """Of modules and classes, after good executions and bad ones."""
    value(busy)  # names that are made when first used
    before = snapshot()
    with installed():
        assert "threading.Thread.start" in {f"threading.{name}" for name in differences(before)}
        assert value(busy) == 7
        run(threading.Event().wait)
    assert differences(before) == []


def test_everything_is_put_back_after_an_exception() -> None:
    """Of the strategy's, or of whoever has them installed."""

    class Broken(Walk):
        """Fails at its first choice."""

        def pick(self, runnable: Any, current: Any) -> Any:
            raise ZeroDivisionError

    before = snapshot()
    with pytest.raises(KeyError), installed():
        raise KeyError

    def main() -> None:
        threading.Thread(target=int).start()
        time.sleep(0)

    execution = World(Broken()).run(main)
    assert execution.ending == "error"
    assert "ZeroDivisionError" in execution.error
    assert differences(before) == []
    assert current() is None


def test_a_failure_while_patching_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """All or none."""
    from askance.world import patching

    def fail() -> Any:
        raise RuntimeError("no watchdog today")

    before = snapshot()
    with monkeypatch.context() as patch:
        patch.setattr(patching.watchdog, "ready", fail)
        with pytest.raises(RuntimeError, match="no watchdog today"):
            run(int)
    assert differences(before) == []
    assert value(busy) == 7


def test_patches_nest() -> None:
    """Only the outermost puts anything back."""
    before = snapshot()
    with installed():
        with installed():
            value(busy)
        assert differences(before)
        value(busy)
    assert differences(before) == []


def test_signal_handlers_and_garbage_collection_are_put_back() -> None:
    """As is the exception hook, which is never touched."""
    before = (
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGURG),
        gc.isenabled(),
        sys.excepthook,
    )
    with installed():
        run(int)
    after = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGURG), gc.isenabled(), sys.excepthook)
    assert after == before


def test_there_is_no_world_outside_of_executions() -> None:
    """`current` gives the world that the caller runs in."""
    seen: list[Any] = []
    world = World(Stay())
    with installed():
        assert current() is None
        world.run(lambda: seen.append(current()))
        assert current() is None
    assert seen == [world]


def test_worlds_do_not_nest() -> None:
    """A strand cannot run a world; it is told so."""

    def main() -> None:
        with pytest.raises(RuntimeError, match="cannot be run inside a strand of another"):
            World(Stay()).run(int)

    value(main)


def real_work(log: list[Any], rounds: int) -> None:
    """What a program's other threads do: it must take real time, with real locks."""
    try:
        lock, event, condition = threading.Lock(), threading.Event(), threading.Condition()
        items: queue.Queue[int] = queue.Queue(1)
        simple: queue.SimpleQueue[int] = queue.SimpleQueue()
        local = threading.local()
        for number in range(rounds):
            with lock:
                time.sleep(0.0001)
            local.number = number
            helper = threading.Thread(target=lambda: (event.set(), items.put(1), simple.put(2)))
            helper.start()
            assert event.wait(30)
            event.clear()
            assert items.get(timeout=30) + simple.get(timeout=30) == 3
            helper.join(30)
            assert not helper.is_alive()
            with condition:
                assert not condition.wait(0.0001)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                assert pool.submit(lambda: 7).result(30) == 7
            assert asyncio.run(asyncio.sleep(0.0001, 8)) == 8
            assert local.number == number
            assert threading.current_thread().name == "real"
            assert threading.get_ident() == threading.current_thread().ident
            assert current() is None
            assert abs(time.time() - os.times().elapsed) >= 0
        log.append("done")
    except BaseException as error:
        log.append(error)
        raise


def test_real_threads_go_about_their_business_while_worlds_run() -> None:
    """Locks, events, queues, pools, loops, time and thread-locals of theirs are real."""
    log: list[Any] = []
    thread = threading.Thread(target=real_work, args=(log, 20), name="real")
    thread.start()
    executions = 0
    with installed():
        while thread.is_alive():
            for seed in range(10):
                assert sound(World(Walk(seed)).run(busy)).value == 7
                executions += 1
    thread.join(30)
    assert log == ["done"]
    assert executions > 10


def test_a_real_thread_that_waits_is_not_woken_by_strands() -> None:
    """A condition of import time is used by both; each side's notifications stay on its side."""
    ready, woken = threading.Event(), threading.Event()

    def real() -> None:
        with SHARED:
            ready.set()
            SHARED.wait(60)
            woken.set()

    thread = threading.Thread(target=real)
    thread.start()
    ready.wait(30)

    def main() -> bool:
        seen: list[bool] = []

        def wait() -> None:
            with SHARED:
                seen.append(SHARED.wait(timeout=5))

        strand = threading.Thread(target=wait)
        strand.start()
        with SHARED:
            SHARED.notify_all()
        strand.join()
        return seen[0]

    with installed():
        assert value(main, Newest()) is True
        assert not woken.is_set()
        with SHARED:
            SHARED.notify_all()
        thread.join(30)
    assert woken.is_set()


SHARED = threading.Condition()


def test_a_world_can_be_run_in_any_thread() -> None:
    """One after the other, with a strand's view of itself."""
    seen: list[Any] = []

    def main() -> tuple[str, bool]:
        return threading.current_thread().name, current() is not None

    thread = threading.Thread(target=lambda: seen.append(value(main)))
    thread.start()
    thread.join(30)
    assert seen == [("MainThread", True)]
    assert value(main) == ("MainThread", True)


def test_a_world_that_was_made_in_one_thread_can_be_run_in_another() -> None:
    """What counts is who runs it."""
    world = World(Newest())
    seen: list[Any] = []

    def main() -> float:
        thread = threading.Thread(target=lambda: time.sleep(1000))
        thread.start()
        thread.join()
        return time.monotonic()

    thread = threading.Thread(target=lambda: seen.append(world.run(main)))
    thread.start()
    thread.join(30)
    assert sound(seen[0]).strands == 2


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A real event loop."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


def test_a_real_loop_works_between_executions(loop: asyncio.AbstractEventLoop) -> None:
    """One that was made before, and one that is made while patches are in place."""
    with installed():
        run(busy)
        assert loop.run_until_complete(asyncio.sleep(0.001, 7)) == 7
        assert asyncio.run(asyncio.sleep(0.001, 8)) == 8
        run(busy)
    assert loop.run_until_complete(asyncio.sleep(0.001, 9)) == 9


def test_no_dummy_thread_is_ever_made() -> None:
    """The interpreter would print an error about it at exit (3.13)."""
    before = [thread for thread in threading._active.values() if isinstance(thread, threading._DummyThread)]

    def main() -> None:
        threading.current_thread()
        _thread.start_new_thread(threading.current_thread, ())
        threading.Thread(target=threading.current_thread).start()
        threading.enumerate()

    for seed in range(5):
        sound(run(main, Walk(seed)))
    after = [thread for thread in threading._active.values() if isinstance(thread, threading._DummyThread)]
    assert after == before
    gc.collect()
    assert all(weakref.getweakrefcount(thread) >= 0 for thread in threading.enumerate())


def test_a_world_can_be_run_by_code_of_a_running_loop() -> None:
    """Of a test framework's, say: its strands do not see that loop, which is there again afterwards."""

    def main() -> int:
        assert asyncio._get_running_loop() is None
        return asyncio.run(asyncio.sleep(1, 7))

    async def test() -> tuple[int, bool, bool]:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        result = value(main)
        run(threading.Event().wait)
        await asyncio.sleep(0)
        return result, asyncio.get_running_loop() is loop, asyncio.current_task() is task

    assert asyncio.run(test()) == (7, True, True)


def test_a_loop_that_was_made_outside_is_refused() -> None:
    """It would wait on a real selector; the error says what it is."""
    loop = asyncio.new_event_loop()

    def main() -> str:
        try:
            loop.run_forever()
        except RuntimeError as error:
            return str(error)
        return "ran"

    try:
        assert value(main).startswith("an event loop that was made outside of the world is not simulated")
    finally:
        loop.close()
