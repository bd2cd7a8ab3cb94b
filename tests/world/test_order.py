"""Tasks and futures have names, and an order in sets, that are the same in every run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from tests.world.schedules import run, value


def test_tasks_are_named_alike_in_every_run() -> None:
    """By their loop, and their number on it."""

    def main() -> list[str]:
        async def work() -> list[str]:
            tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(2)]
            await asyncio.gather(*tasks)
            return [task.get_name() for task in tasks]

        return asyncio.run(work())

    assert value(main) == value(main) == ["Task-0.2", "Task-0.3"]


def test_all_tasks_lists_them_in_order_of_creation() -> None:
    """As a set that iterates so, whatever made the tasks."""

    def main() -> list[str]:
        def factory(loop: Any, coroutine: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
            return asyncio.Task(coroutine, loop=loop, **options)

        async def work() -> list[str]:
            tasks = [asyncio.create_task(asyncio.sleep(1)) for _ in range(5)]
            asyncio.get_running_loop().set_task_factory(factory)
            tasks += [asyncio.create_task(asyncio.sleep(1)) for _ in range(5)]
            seen = asyncio.all_tasks()
            assert set(tasks) < set(seen) and isinstance(seen, set)
            return [task.get_name() for task in seen]

        return asyncio.run(work())

    assert value(main) == [f"Task-0.{number}" for number in range(1, 12)]


def test_sets_of_tasks_and_futures_iterate_in_order_of_creation() -> None:
    """Addresses, which differ from run to run, have no say."""

    def main() -> tuple[list[int], list[int]]:
        async def work() -> tuple[list[int], list[int]]:
            loop = asyncio.get_running_loop()
            futures = [loop.create_future() for _ in range(6)]
            tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(6)]
            await asyncio.gather(*tasks)
            return [futures.index(future) for future in set(futures)], [
                tasks.index(task) for task in set(tasks)
            ]

        return asyncio.run(work())

    assert value(main) == value(main)


def test_tasks_made_past_create_task_have_names_and_an_order_too() -> None:
    """asyncio numbers those through the process, and by name 10 comes before 9; here they count as any other."""

    def main() -> list[str]:
        async def work() -> list[str]:
            loop = asyncio.get_running_loop()
            made = [asyncio.Task(asyncio.sleep(1), loop=loop) for _ in range(11)]
            made.append(asyncio.Task(asyncio.sleep(1), loop=loop, name="Task-7 of mine"))
            assert len(asyncio.all_tasks()) == len(made) + 1
            return [task.get_name() for task in asyncio.all_tasks()]

        return asyncio.run(work())

    direct = [f"Task-0.{number}" for number in range(2, 13)]
    assert value(main) == value(main) == ["Task-0.1", *direct, "Task-7 of mine"]


def test_tasks_made_past_create_task_are_seen_when_left_behind() -> None:
    """A loop closed over them leaves them pending, as it does with any other."""

    def main() -> asyncio.Task[None]:
        loop = asyncio.new_event_loop()
        task = asyncio.Task(asyncio.sleep(1), loop=loop)
        loop.close()
        return task

    execution = run(main)
    assert [line for line in execution.leaks if "pending" in line] == [
        "task Task-0.1 is pending on <event loop 0>"
    ]
