"""Generated programs of two event loops on two threads that call and ask each other; `trace_counts.py` counts them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from random import Random

PROGRAMS = 20


def program(seed: int) -> Callable[[], None]:
    """A program of two loops; it has a few to a few thousand interleavings."""
    random = Random(f"loops {seed}")
    # Two questions in a row already have tens of thousands of interleavings.
    plan = random.choice((["call"], ["ask"], ["local"], ["local", "call"], ["local", "local"]))
    first, backwards = random.randrange(2), random.random() < 0.5

    def main() -> None:
        loops = [asyncio.new_event_loop() for _ in range(2)]
        threads = [threading.Thread(target=loop.run_forever) for loop in loops]
        for thread in threads:
            thread.start()
        log: list[int] = []

        async def answer() -> int:
            return 1

        async def work() -> None:
            other = loops[1 - first]
            for operation in plan:
                if operation == "call":
                    other.call_soon_threadsafe(log.append, 1)
                elif operation == "ask":
                    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(), other))
                else:
                    await answer()

        asyncio.run_coroutine_threadsafe(work(), loops[first]).result()
        for loop in reversed(loops) if backwards else loops:
            loop.call_soon_threadsafe(loop.stop)
        for thread in threads:
            thread.join()
        for loop in loops:
            loop.close()

    return main
