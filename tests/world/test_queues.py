"""Queues in a world: bounds, time limits, kinds, `join`, shutting down, and code that reaches into a queue."""

from __future__ import annotations

import queue
import sys
import threading
import time
from typing import Any

import pytest
from tests.world.schedules import ClockFirst, Newest, executions, run, value, values


def started(*functions: Any) -> list[threading.Thread]:
    """One started thread for each function."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    return threads


def join(threads: list[threading.Thread]) -> None:
    """Wait for all of them."""
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("kind", ["Queue", "SimpleQueue"])
def test_each_item_goes_to_one_getter_and_each_producer_keeps_its_order(kind: str) -> None:
    """Two producers, two consumers, every item once."""

    def main() -> list[list[str]]:
        items = getattr(queue, kind)()
        got: list[list[str]] = [[], []]

        def produce(name: str) -> None:
            for number in range(2):
                items.put(f"{name}{number}")

        def consume(mine: list[str]) -> None:
            for _ in range(2):
                mine.append(items.get())

        join(started(*(lambda n=n: produce(n) for n in "ab"), *(lambda g=g: consume(g) for g in got)))
        return got

    seen = values(main)
    for got in seen:
        assert sorted(got[0] + got[1]) == ["a0", "a1", "b0", "b1"]
        assert all(
            [item for item in g if item[0] == name] == sorted(i for i in g if i[0] == name)
            for g in got
            for name in "ab"
        )
    assert len({str(got) for got in seen}) > 10


@pytest.mark.parametrize("kind", ["Queue", "SimpleQueue"])
def test_getting_from_an_empty_queue_waits_tries_or_gives_up(kind: str) -> None:
    """For ever without a limit; not at all with `block=False` or no time; until the deadline with one."""

    def main() -> list[Any]:
        items = getattr(queue, kind)()
        log: list[Any] = []
        for options in ({"block": False}, {"timeout": 0}, {"timeout": 3}):
            try:
                items.get(**options)
            except queue.Empty:
                log.append(time.monotonic())
        with pytest.raises(ValueError, match="non-negative"):
            items.get(timeout=-1)
        [getter] = started(lambda: log.append(items.get()))
        items.put("late")
        getter.join()
        return [round(log[1] - log[0], 6), round(log[2] - log[1], 6), log[3]]

    assert value(main) == [0.0, 3.0, "late"]
    assert value(main, Newest()) == [0.0, 3.0, "late"]

    def forever() -> None:
        getattr(queue, kind)().get()

    assert run(forever).ending == "deadlock"


def test_a_timed_get_races_the_put() -> None:
    """It gives the item, or raises and leaves the item in the queue."""

    def main() -> tuple[str, int]:
        items: queue.Queue[str] = queue.Queue()
        threads = started(lambda: items.put("item"))
        try:
            got = items.get(timeout=1)
        except queue.Empty:
            got = "nothing"
        join(threads)
        return got, items.qsize()

    assert set(values(main)) == {("item", 0), ("nothing", 1)}


def test_a_full_queue_holds_up_whoever_puts() -> None:
    """Until there is room, or the deadline; a try raises at once."""

    def main() -> list[str]:
        items: queue.Queue[str] = queue.Queue(maxsize=1)
        items.put("first")
        log = []
        for options in ({"block": False}, {"timeout": 0}, {"timeout": 1}):
            try:
                items.put("too many", **options)  # type: ignore[arg-type]
            except queue.Full:
                log.append("full")
        threads = started(lambda: items.put("second"), lambda: items.put("third"))
        for _ in range(3):
            assert items.qsize() <= 1
            log.append(items.get())
        join(threads)
        return log

    for log in values(main, 30):
        assert log[:4] == ["full", "full", "full", "first"]
        assert sorted(log[4:]) == ["second", "third"]


def test_a_full_queue_that_nobody_empties_is_a_deadlock() -> None:
    """And the report says that it is a queue."""

    def main() -> None:
        items: queue.Queue[int] = queue.Queue(1)
        items.put(1)
        items.put(2)

    execution = run(main)
    assert execution.ending == "deadlock"
    assert "a Queue" in str(execution.deadlock)


def test_join_waits_until_every_item_is_done() -> None:
    """Not until it is taken."""

    def main() -> list[str]:
        items: queue.Queue[int] = queue.Queue()
        log: list[str] = []

        def work() -> None:
            for _ in range(2):
                items.get()
                log.append("done")
                items.task_done()

        items.put(1)
        items.put(2)
        threads = started(work)
        items.join()
        log.append("joined")
        join(threads)
        return log

    assert all(log == ["done", "done", "joined"] for log in values(main, 30))


def test_task_done_too_often_raises() -> None:
    """As the original."""

    def main() -> None:
        with pytest.raises(ValueError, match="too many times"):
            queue.Queue[int]().task_done()

    value(main)


def test_priorities_and_stacks_keep_their_order() -> None:
    """The subclasses differ in what they take out."""

    def main() -> tuple[list[int], list[int]]:
        heap: queue.PriorityQueue[int] = queue.PriorityQueue()
        stack: queue.LifoQueue[int] = queue.LifoQueue()
        for number in (2, 3, 1):
            heap.put(number)
            stack.put(number)
        return [heap.get() for _ in range(3)], [stack.get() for _ in range(3)]

    assert value(main) == ([1, 2, 3], [1, 3, 2])


def test_a_subclass_decides_how_items_are_kept() -> None:
    """`_put`, `_get` and `_qsize` are the subclass's, as the documentation of `queue` allows."""

    class Unique(queue.Queue[int]):
        """Keeps each item once."""

        def _init(self, maxsize: int) -> None:
            self.items: dict[int, None] = {}

        def _put(self, item: int) -> None:
            self.items[item] = None

        def _get(self) -> int:
            return self.items.popitem()[0]

        def _qsize(self) -> int:
            return len(self.items)

    def main() -> tuple[list[int], int]:
        items = Unique()
        for number in (1, 2, 1):
            items.put(number)
        return [items.get(), items.get()], items.qsize()

    assert value(main) == ([2, 1], 0)


def test_code_that_empties_a_queue_by_hand_wakes_who_waits() -> None:
    """Under the mutex, with the queue's own conditions, as everybody does who needs a `clear`."""

    def main() -> list[str]:
        items: queue.Queue[str] = queue.Queue(maxsize=1)
        items.put("old")
        log: list[str] = []

        def put() -> None:
            items.put("new")
            log.append("put")

        def finish() -> None:
            items.join()
            log.append("joined")

        putter, joiner = started(put, finish)
        with items.mutex:
            items.queue.clear()
            items.unfinished_tasks = 0
            items.all_tasks_done.notify_all()
            items.not_full.notify_all()
        putter.join()
        items.get()
        items.task_done()
        joiner.join()
        return sorted(log)

    assert all(log == ["joined", "put"] for log in values(main))


def test_code_that_waits_on_a_queues_condition_is_woken_by_a_put() -> None:
    """A `peek` written with `not_empty` works."""

    def main() -> str:
        items: queue.Queue[str] = queue.Queue()
        threads = started(lambda: items.put("item"))
        with items.not_empty:
            while not items.queue:
                items.not_empty.wait()
            seen = items.queue[0]
        join(threads)
        return seen

    assert set(values(main, 30)) == {"item"}


def test_who_holds_the_mutex_has_the_queue_to_himself() -> None:
    """Nobody puts or gets meanwhile."""

    def main() -> tuple[int, int]:
        items: queue.Queue[str] = queue.Queue()
        with items.mutex:
            threads = started(lambda: items.put("item"))
            before = len(items.queue)
            time.sleep(0)
            after = len(items.queue)
        join(threads)
        return before, after

    assert set(values(main, 30)) == {(0, 0)}


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Queue.shutdown came with Python 3.13")
def test_shutting_a_queue_down_ends_all_waits() -> None:
    """Who waits to put or get gets ShutDown; what is in the queue can still be got, unless immediate."""

    def main() -> tuple[list[str], list[str]]:
        log: list[str] = []
        empty: Any = queue.Queue()
        full: Any = queue.Queue(1)
        full.put("kept")

        def attempt(call: Any) -> None:
            try:
                call()
                log.append("went")
            except queue.ShutDown:  # type: ignore[attr-defined]
                log.append("shut down")

        threads = started(lambda: attempt(empty.get), lambda: attempt(lambda: full.put("lost")))
        empty.shutdown()
        full.shutdown()
        join(threads)
        assert full.get() == "kept"
        attempt(full.get)
        attempt(lambda: full.put("late"))
        other: Any = queue.Queue()
        other.put("dropped")
        threads = started(other.join)
        other.shutdown(immediate=True)
        join(threads)
        attempt(other.get)
        return log[:2], log[2:]

    assert all(seen == (["shut down"] * 2, ["shut down"] * 3) for seen in values(main, 30))


def test_looking_at_a_queues_size_lets_others_run() -> None:
    """So a loop that polls `empty()` is no endless one."""

    def main() -> str:
        items: queue.Queue[str] = queue.Queue()
        other: queue.SimpleQueue[str] = queue.SimpleQueue()
        threads = started(lambda: items.put("item"), lambda: other.put("item"))
        while items.empty() or other.empty():
            pass
        join(threads)
        assert items.full() is False
        return items.get_nowait() + other.get_nowait()

    assert set(values(main, 20)) == {"itemitem"}


def test_an_early_deadline_takes_no_item() -> None:
    """Who gave up does not have the item that came afterwards."""

    def main() -> list[str]:
        items: queue.SimpleQueue[str] = queue.SimpleQueue()
        log: list[str] = []

        def get() -> None:
            try:
                log.append(items.get(timeout=1))
            except queue.Empty:
                log.append("nothing")

        threads = started(get)
        join(threads)
        items.put("item")
        return [*log, items.get()]

    assert run(main, ClockFirst()).value == ["nothing", "item"]


def test_two_getters_for_one_item_is_a_deadlock_for_one() -> None:
    """The getter that comes too late waits for ever, and is named."""

    def main() -> None:
        items: queue.Queue[int] = queue.Queue()
        threads = started(items.get, items.get)
        items.put(1)
        join(threads)

    for execution in executions(main, 20):
        assert execution.ending == "deadlock"


def test_a_queue_is_called_what_its_user_calls_it() -> None:
    """Not by the name of the class that the world has in the place of the standard library's."""
    deadlock = run(lambda: queue.SimpleQueue[int]().get()).deadlock
    assert deadlock is not None
    assert [one.on for one in deadlock.waiting] == ["a SimpleQueue"]
