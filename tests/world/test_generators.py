"""Async generators that are not run to their end are closed on their own loop, as `asyncio` does."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.world.schedules import values

GENERATORS: dict[str, Callable[[Any], Any]] = {
    "dropped": lambda generator: None,
    "kept until the end": lambda generator: generator,
}


@pytest.mark.parametrize("how", GENERATORS)
def test_an_unfinished_async_generator_is_closed_on_its_loop(how: str) -> None:
    """When it is dropped, or at the latest by `asyncio.run`; with two loops in play, on the right one."""

    def main() -> list[bool]:
        closed: list[bool] = []

        async def numbers() -> AsyncIterator[int]:
            loop = asyncio.get_running_loop()
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(0)
                closed.append(asyncio.get_running_loop() is loop)

        async def work() -> Any:
            generator = numbers()
            async for _ in generator:
                break
            kept = GENERATORS[how](generator)
            del generator
            for _ in range(3):
                await asyncio.sleep(0)
            return kept

        threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return closed

    hooks = sys.get_asyncgen_hooks()
    assert values(main, 20) == [[True, True]] * 20
    assert sys.get_asyncgen_hooks() == hooks


def test_an_async_generator_dropped_by_another_strand_is_closed_on_its_own_loop() -> None:
    """Its loop is woken for it."""

    def main() -> list[bool]:
        closed: list[bool] = []
        box: list[Any] = []

        async def numbers() -> AsyncIterator[int]:
            loop = asyncio.get_running_loop()
            try:
                yield 1
                yield 2
            finally:
                closed.append(asyncio.get_running_loop() is loop)

        async def work() -> None:
            box.append(numbers())
            await anext(box[0])
            await asyncio.get_running_loop().run_in_executor(None, box.clear)
            while not closed:
                await asyncio.sleep(1)

        asyncio.run(work())
        return closed

    assert values(main, 20) == [[True]] * 20
