"""Thread pools and concurrent futures in a world."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from tests.world.schedules import Newest, Walk, executions, run, sound, value, values


def test_map_gives_results_in_order() -> None:
    """Whatever order the workers end in."""

    def main() -> tuple[list[int], tuple[int, ...]]:
        order: list[int] = []

        def square(number: int) -> int:
            time.sleep(0)
            order.append(number)
            return number * number

        with ThreadPoolExecutor(3) as pool:
            return list(pool.map(square, range(3))), tuple(order)

    seen = values(main, 200)
    assert all(result == [0, 1, 4] for result, _ in seen)
    assert len({order for _, order in seen}) > 3


def test_submit_gives_value_and_exception() -> None:
    """The exception is the one that was raised."""

    def main() -> tuple[int, bool]:
        error = KeyError("key")

        def fail() -> None:
            raise error

        with ThreadPoolExecutor(1) as pool:
            good, bad = pool.submit(lambda: 7), pool.submit(fail)
            return good.result(), bad.exception() is error

    assert set(values(main, 10)) == {(7, True)}


def test_never_more_workers_than_allowed() -> None:
    """And as many as that on some schedule; all are ended by shutdown."""

    def main() -> int:
        names: set[str] = set()

        def work() -> None:
            names.add(threading.current_thread().name)
            time.sleep(0)

        with ThreadPoolExecutor(2, thread_name_prefix="worker") as pool:
            for _ in range(4):
                pool.submit(work)
        assert names <= {"worker_0", "worker_1"}
        assert threading.active_count() == 1
        return len(names)

    assert set(values(main)) == {1, 2}


def test_each_worker_is_initialized() -> None:
    """Before its first task, once; a failing initializer breaks the pool."""

    def main() -> list[Any]:
        local = threading.local()

        def initialize(value: int) -> None:
            local.value = value

        with ThreadPoolExecutor(2, initializer=initialize, initargs=(7,)) as pool:
            seen: list[Any] = list(pool.map(lambda _: local.value, range(3)))

        def fail() -> None:
            raise ValueError

        pool = ThreadPoolExecutor(1, initializer=fail)
        with pytest.raises(concurrent.futures.BrokenExecutor):
            pool.submit(int).result()
        pool.shutdown()
        return seen

    assert values(main, 10) == [[7, 7, 7]] * 10


def test_cancelling_races_the_worker() -> None:
    """A future is cancelled, or runs; never both."""

    def main() -> tuple[bool, int]:
        ran: list[int] = []
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(ran.append, 1)
            cancelled = future.cancel()
            if cancelled:
                with pytest.raises(concurrent.futures.CancelledError):
                    future.result()
            else:
                future.result()
        return cancelled, len(ran)

    assert set(values(main)) == {(True, 0), (False, 1)}


def test_shutdown_can_cancel_what_has_not_begun() -> None:
    """`cancel_futures` leaves none that hangs."""

    def main() -> list[bool]:
        pool = ThreadPoolExecutor(1)
        futures = [pool.submit(time.sleep, 0) for _ in range(3)]
        pool.shutdown(cancel_futures=True)
        return [future.done() for future in futures]

    assert values(main, 20) == [[True] * 3] * 20


def test_submitting_after_shutdown_is_refused() -> None:
    """RuntimeError, as outside."""

    def main() -> None:
        pool = ThreadPoolExecutor(1)
        pool.shutdown()
        with pytest.raises(RuntimeError, match="after shutdown"):
            pool.submit(int)

    value(main)


def test_as_completed_gives_futures_in_the_order_they_end() -> None:
    """And that order is the schedule's; a time limit raises."""

    def main() -> tuple[int, ...]:
        with ThreadPoolExecutor(3) as pool:
            futures = {pool.submit(lambda n=n: n): n for n in range(3)}
            order = tuple(futures[future] for future in concurrent.futures.as_completed(futures))
        with pytest.raises(concurrent.futures.TimeoutError):
            list(concurrent.futures.as_completed([Future[int]()], timeout=1))
        return order

    seen = set(values(main, 150))
    assert all(sorted(order) == [0, 1, 2] for order in seen)
    assert len(seen) > 3


@pytest.mark.parametrize(
    ("until", "done"), [("FIRST_COMPLETED", {1, 2}), ("FIRST_EXCEPTION", {1, 2}), ("ALL_COMPLETED", {2})]
)
def test_wait_returns_when_it_should(until: str, done: set[int]) -> None:
    """With one, both, or whatever is done when its time is up."""

    def main() -> int:
        def fail() -> None:
            raise ValueError

        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(fail), pool.submit(int)]
            finished, pending = concurrent.futures.wait(futures, return_when=until)
            assert len(finished) + len(pending) == 2
        never: Future[int] = Future()
        assert concurrent.futures.wait([never], timeout=1) == (set(), {never})
        return len(finished)

    assert set(values(main)) == done


def test_callbacks_run_once_wherever_the_future_ends() -> None:
    """On the thread that completes it, or at once where it is complete; chained ones follow."""

    def main() -> tuple[str, ...]:
        log: list[str] = []
        last: Future[int] = Future()

        def note(future: Future[int]) -> None:
            log.append(threading.current_thread().name)
            last.set_result(future.result() + 1)

        with ThreadPoolExecutor(1, thread_name_prefix="worker") as pool:
            pool.submit(int).add_done_callback(note)
            assert last.result() == 1
        return tuple(log)

    assert set(values(main)) == {("worker_0",), ("MainThread",)}


def test_a_timed_result_races_the_worker() -> None:
    """The value, or TimeoutError and the value later."""

    def main() -> str:
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(lambda: "value")
            try:
                return future.result(timeout=1)
            except concurrent.futures.TimeoutError:
                return f"late {future.result()}"

    assert set(values(main)) == {"value", "late value"}


def test_several_waiters_of_one_future_all_wake() -> None:
    """And see the same."""

    def main() -> list[str]:
        future: Future[str] = Future()
        seen: list[str] = []
        threads = [threading.Thread(target=lambda: seen.append(future.result())) for _ in range(3)]
        for thread in threads:
            thread.start()
        future.set_result("value")
        for thread in threads:
            thread.join()
        return seen

    assert values(main, 20) == [["value"] * 3] * 20


def test_a_pool_that_is_never_shut_down_ends_with_its_world(capfd: pytest.CaptureFixture[str]) -> None:
    """Idle workers are no deadlock once the main strand has ended, and nothing is logged when they are ended."""

    def main() -> int:
        return ThreadPoolExecutor(2).submit(lambda: 7).result()

    assert set(values(main, 20)) == {7}
    assert capfd.readouterr() == ("", "")


def test_a_worker_that_waits_for_its_own_pool_is_a_deadlock() -> None:
    """The pool has no other worker; the report says who works on what."""

    def main() -> None:
        with ThreadPoolExecutor(1, thread_name_prefix="worker") as pool:

            def outer() -> int:
                return pool.submit(int).result()

            pool.submit(outer).result()

    execution = run(main, Newest())
    assert execution.ending == "deadlock"
    assert "the concurrent Future that strand 'worker_0' works on" in str(execution.deadlock)


def test_a_future_that_nobody_completes_is_named() -> None:
    """With the strand that waits for it, and where."""

    def main() -> None:
        Future[int]().result()

    execution = run(main)
    assert execution.deadlock is not None
    [forgotten] = execution.deadlock.forgotten
    assert "a concurrent Future" in forgotten and "strand 'main'" in forgotten
    assert "test_pools.py" in forgotten


def test_a_pool_of_processes_is_not_simulated() -> None:
    """It says so, instead of starting real processes."""

    def main() -> None:
        with pytest.raises(RuntimeError, match="not simulated"):
            concurrent.futures.ProcessPoolExecutor(1).submit(int)

    value(main)


def test_the_same_schedule_gives_the_same_order() -> None:
    """Sets of futures iterate alike in every execution."""

    def main() -> list[int]:
        with ThreadPoolExecutor(3) as pool:
            futures = {pool.submit(lambda n=n: n) for n in range(5)}
            return [future.result() for future in futures]

    with_seed = [sound(run(main, Walk(3))).value for _ in range(3)]
    assert with_seed[0] == with_seed[1] == with_seed[2]


def test_an_exception_in_a_callback_is_not_lost() -> None:
    """concurrent.futures logs it; the future's other callbacks still run."""

    def main() -> list[str]:
        log: list[str] = []
        future: Future[int] = Future()
        future.add_done_callback(lambda _: log.append("first"))
        future.add_done_callback(lambda _: 1 / 0)
        future.add_done_callback(lambda _: log.append("last"))
        future.set_result(1)
        return log

    assert {tuple(execution.value) for execution in executions(main, 3)} == {("first", "last")}
