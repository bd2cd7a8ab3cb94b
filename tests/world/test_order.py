"""Tasks and futures have names, and an order in sets, that are the same in every run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
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


def many(make: Callable[[], asyncio.Future[Any]]) -> list[int]:
    """The places, in order of creation, at which a set of fifty has what was made."""
    made = [make() for _ in range(50)]
    return [made.index(one) for one in set(made)]


class Promise(asyncio.Future):  # type: ignore[type-arg]
    """A library's own kind of future."""


class Turn(asyncio.Task):  # type: ignore[type-arg]
    """A library's own kind of task."""


Question = asyncio.Future[int]


@pytest.mark.parametrize(
    "make",
    [
        lambda: asyncio.Future(),
        lambda: Question(),
        lambda: Promise(),
        lambda: asyncio.gather(asyncio.current_task()),
        lambda: asyncio.Task(asyncio.sleep(0)),
        lambda: Turn(asyncio.sleep(0)),
    ],
    ids=["future", "alias", "own future", "gather", "task", "own task"],
)
def test_futures_of_any_making_iterate_in_order_of_creation(make: Callable[[], asyncio.Future[Any]]) -> None:
    """Those that were made past the loop's own methods, too: no address has a say."""

    def main() -> list[int]:
        async def work() -> list[int]:
            return many(make)

        return asyncio.run(work())

    assert value(main) == list(range(50))


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="eager tasks came with Python 3.12")
def test_eager_tasks_iterate_in_order_of_creation() -> None:
    """asyncio's factory holds the class of tasks itself; a task still begins at once."""

    def main() -> tuple[list[int], list[str]]:
        async def work() -> tuple[list[int], list[str]]:
            loop, log = asyncio.get_running_loop(), []

            async def turn() -> None:
                log.append("begun")
                await asyncio.sleep(0)

            loop.set_task_factory(asyncio.eager_task_factory)
            loop.create_task(turn())
            log.append("made")
            return many(lambda: loop.create_task(asyncio.sleep(1))), log

        return asyncio.run(work())

    assert value(main) == (list(range(50)), ["begun", "made"])


def test_what_stands_in_for_the_classes_of_futures_passes_for_them() -> None:
    """Type checks of code under test see asyncio's own classes: all futures and tasks are theirs, nothing else is."""

    def main() -> list[bool]:
        async def work() -> list[bool]:
            loop = asyncio.get_running_loop()
            task = loop.create_task(asyncio.sleep(0))
            futures = [asyncio.Future(), loop.create_future(), Promise(), asyncio.gather(task)]
            return [
                all(isinstance(one, asyncio.Future) for one in [*futures, task]),
                isinstance(task, asyncio.Task),
                any(isinstance(one, asyncio.Task) for one in futures),
                issubclass(asyncio.Task, asyncio.Future) and issubclass(Promise, asyncio.Future),
                isinstance(futures[0], Promise) or issubclass(asyncio.Task, Promise),
                asyncio.isfuture(asyncio.Future()) and asyncio.Future[int] is not None,
            ]

        return asyncio.run(work())

    assert value(main) == [True, True, False, True, False, True]


def test_messages_name_asyncio_s_own_classes() -> None:
    """As they would outside of a world: nobody knows ours."""

    def main() -> list[str]:
        async def fails() -> None:
            raise KeyError("lost")

        async def work() -> list[str]:
            loop = asyncio.get_running_loop()
            made = [loop.create_task(fails()), asyncio.Task(fails()), loop.create_future(), asyncio.Future()]
            await asyncio.sleep(1)
            return [repr(one).split()[0] for one in made]

        return asyncio.run(work())

    execution = run(main)
    assert execution.value == ["<Task", "<Task", "<Future", "<Future"]
    assert [line for _, line in execution.complaints] == [
        "Task exception was never retrieved: KeyError('lost')"
    ] * 2
