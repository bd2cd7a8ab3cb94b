"""The three programs whose speed is measured; nothing in them knows of any tool."""

from __future__ import annotations

import asyncio
import queue
import threading


def cnt() -> None:
    """Two threads increment a counter three times each, under a lock."""
    lock = threading.Lock()
    total = [0]

    def work() -> None:
        for _ in range(3):
            with lock:
                total[0] += 1

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total[0] == 6


def pc() -> None:
    """Two producers put three items each into a queue, one consumer gets all six."""
    items: queue.Queue[int] = queue.Queue()
    got: list[int] = []

    def produce(first: int) -> None:
        for number in range(3):
            items.put(first + number)

    def consume() -> None:
        for _ in range(6):
            got.append(items.get())

    threads = [
        threading.Thread(target=produce, args=(0,)),
        threading.Thread(target=produce, args=(10,)),
        threading.Thread(target=consume),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [0, 1, 2, 10, 11, 12]


def fg() -> None:
    """Two event loops on two threads: the main thread asks f on one, which asks g on the other."""
    loops = [asyncio.new_event_loop() for _ in range(2)]
    threads = [threading.Thread(target=loop.run_forever) for loop in loops]
    for thread in threads:
        thread.start()

    async def g(x: int) -> int:
        return x + 1

    async def f(x: int) -> int:
        return 2 * await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(g(x), loops[1]))

    assert asyncio.run_coroutine_threadsafe(f(10), loops[0]).result() == 22
    for loop in loops:
        loop.call_soon_threadsafe(loop.stop)
    for thread in threads:
        thread.join()
    for loop in loops:
        loop.close()


PROGRAMS = {"cnt": cnt, "pc": pc, "fg": fg}
