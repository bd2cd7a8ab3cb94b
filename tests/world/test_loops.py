"""Event loops in a world: who runs one, who wakes one, and what belongs to each strand."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from typing import Any

import pytest
from tests.world.schedules import ClockFirst, Newest, Stay, executions, run, value, values


class Running:
    """A loop that runs on a thread of its own."""

    def __init__(self, name: str = "loop") -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name=name)
        self.thread.start()

    def close(self) -> None:
        """Stop it, and wait for its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def test_callbacks_run_in_the_order_they_were_queued() -> None:
    """First in, first out, as asyncio promises, on every schedule."""

    def main() -> list[int]:
        running, log = Running(), list[int]()
        for number in range(4):
            running.loop.call_soon_threadsafe(log.append, number)
        running.close()
        return log

    assert values(main, 30) == [[0, 1, 2, 3]] * 30


def test_strands_interleave_between_the_handles_of_a_loop() -> None:
    """Each handle is a step of its own."""

    def main() -> tuple[str, ...]:
        running, log = Running(), list[str]()
        for name in "ab":
            running.loop.call_soon_threadsafe(log.append, name)
        other = threading.Thread(target=lambda: log.append("-"))
        other.start()
        other.join()
        running.close()
        return tuple(log)

    assert set(values(main)) == {("-", "a", "b"), ("a", "-", "b"), ("a", "b", "-")}


def test_call_soon_from_another_thread_does_not_wake_an_idle_loop() -> None:
    """As in real life: the callback waits until something else wakes the loop; here nothing does."""

    def main() -> None:
        running, done = Running(), threading.Event()
        running.loop.call_soon(done.set)
        done.wait()
        running.close()

    results = executions(main)
    assert {execution.ending for execution in results} == {"done", "deadlock"}
    stuck = next(execution for execution in results if execution.ending == "deadlock")
    assert "an Event" in str(stuck.deadlock)


def test_call_soon_threadsafe_wakes_it() -> None:
    """On every schedule."""

    def main() -> None:
        running, done = Running(), threading.Event()
        running.loop.call_soon_threadsafe(done.set)
        done.wait()
        running.close()

    values(main)


def test_stop_from_another_thread_does_not_wake_an_idle_loop() -> None:
    """It is not thread-safe either; through `call_soon_threadsafe` it is."""

    def main() -> None:
        running = Running()
        running.loop.stop()
        running.thread.join()

    assert {execution.ending for execution in executions(main)} == {"done", "deadlock"}


def test_delayed_calls_run_in_the_order_of_their_deadlines() -> None:
    """In virtual time; a cancelled one does not run."""

    def main() -> list[tuple[str, float]]:
        loop, log = asyncio.new_event_loop(), list[tuple[str, float]]()
        for name, delay in (("late", 3.0), ("soon", 1.0), ("cancelled", 2.0)):
            handle = loop.call_later(delay, lambda name=name: log.append((name, loop.time())))
            if name == "cancelled":
                handle.cancel()
        loop.call_at(loop.time() + 4, loop.stop)
        loop.run_forever()
        loop.close()
        return log

    assert value(main) == [("soon", 1.0), ("late", 3.0)]
    assert value(main, racing_timers=False) == [("soon", 1.0), ("late", 3.0)]


def test_a_timer_of_a_busy_loop_may_become_due_between_any_two_handles() -> None:
    """Time passes while handles run: that a timeout comes first is a choice, if timers race at all."""

    def main() -> int:
        loop = asyncio.new_event_loop()
        hops: list[int] = []

        def hop() -> None:
            hops.append(len(hops))
            if len(hops) < 5:
                loop.call_soon(hop)
            else:
                timer.cancel()
                loop.call_soon(loop.stop)

        timer = loop.call_later(1, loop.stop)
        loop.call_soon(hop)
        loop.run_forever()
        loop.close()
        return len(hops)

    assert set(values(main, 60, racing_timers=False)) == {5}
    assert len(set(values(main, 60))) > 2


def test_a_busy_loop_is_no_reason_for_a_timeout_never_to_come() -> None:
    """A task that only yields does not stop the time of its loop."""

    def main() -> str:
        async def spin() -> None:
            while True:
                await asyncio.sleep(0)

        async def limited() -> str:
            try:
                await asyncio.wait_for(spin(), 1)
            except TimeoutError:
                return "timed out"
            return "ended"

        return asyncio.run(limited())

    assert set(values(main, 20)) == {"timed out"}


def test_the_running_loop_is_per_strand() -> None:
    """Each sees its own, or none, whatever ran before it switched."""

    def main() -> list[bool]:
        seen: list[bool] = []

        def look(mine: Any) -> None:
            threading.Event().set()
            seen.append(asyncio._get_running_loop() is mine)

        def body() -> None:
            async def work() -> None:
                for _ in range(3):
                    look(asyncio.get_running_loop())
                    await asyncio.sleep(0)

            asyncio.run(work())
            look(None)

        threads = [threading.Thread(target=body) for _ in range(2)]
        for thread in threads:
            thread.start()
        look(None)
        for thread in threads:
            thread.join()
        return seen

    assert all(seen == [True] * 9 for seen in values(main, 30))


def test_the_current_task_is_per_loop() -> None:
    """Although the loops share an operating system thread, whose current task asyncio would keep."""

    def main() -> list[bool]:
        seen: list[bool] = []

        async def work() -> None:
            me = asyncio.current_task()
            threading.Event().set()
            seen.append(asyncio.current_task() is me)
            await asyncio.sleep(0)
            seen.append(asyncio.current_task() is me)

        threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return seen

    assert all(seen == [True] * 4 for seen in values(main, 30))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_policys_loop_is_per_strand() -> None:
    """`set_event_loop` concerns the calling strand; others have none, but for the main one, which gets one made."""

    def main() -> list[Any]:
        seen: list[Any] = []
        mine = asyncio.get_event_loop_policy().get_event_loop()
        seen.append(asyncio.get_event_loop_policy().get_event_loop() is mine)

        def other() -> None:
            try:
                asyncio.get_event_loop_policy().get_event_loop()
            except RuntimeError as error:
                seen.append(str(error))
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            threading.Event().set()
            seen.append(asyncio.get_event_loop_policy().get_event_loop() is loop)
            loop.close()

        thread = threading.Thread(target=other, name="other")
        thread.start()
        thread.join()
        seen.append(asyncio.get_event_loop_policy().get_event_loop() is mine)
        mine.close()
        asyncio.set_event_loop(None)
        with pytest.raises(RuntimeError, match="no current event loop"):
            asyncio.get_event_loop_policy().get_event_loop()
        return seen

    assert value(main, Newest()) == [True, "There is no current event loop in thread 'other'.", True, True]


def test_a_loop_runs_once_at_a_time() -> None:
    """Neither twice, nor inside another, nor when closed."""

    def main() -> None:
        async def work() -> None:
            with pytest.raises(RuntimeError, match="already running"):
                asyncio.get_running_loop().run_forever()
            with pytest.raises(RuntimeError, match="another loop is running"):
                other.run_forever()
            with pytest.raises(RuntimeError, match="cannot be called from a running event loop"):
                asyncio.run(coroutine)

        async def nothing() -> None:
            """Never run."""

        other = asyncio.new_event_loop()
        coroutine = nothing()
        asyncio.run(work())
        coroutine.close()
        other.close()
        with pytest.raises(RuntimeError, match="closed"):
            other.run_forever()

    value(main)


def test_context_variables_follow_asyncios_rules() -> None:
    """Each task has a copy of its maker's context; a callback has the one it was queued with."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")

    def main() -> list[str]:
        async def inner() -> str:
            before = variable.get()
            variable.set("inner")
            return before

        async def outer() -> list[str]:
            variable.set("outer")
            seen = [await asyncio.create_task(inner()), variable.get()]
            return [*seen, await asyncio.to_thread(variable.get)]

        return [*asyncio.run(outer()), variable.get()]

    assert value(main) == ["outer", "outer", "outer", "unset"]


def test_an_exception_in_a_callback_is_kept() -> None:
    """Nobody awaits a callback: the execution has it, and nothing is printed."""

    def main() -> None:
        loop = asyncio.new_event_loop()
        loop.call_soon(lambda: {}["missing"])
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()

    execution = run(main)
    [(strand, exception)] = execution.uncaught
    assert strand == "main" and isinstance(exception, KeyError)


def test_an_exception_handler_is_called_instead() -> None:
    """If one is set, it has the context, and the exception counts as caught."""

    def main() -> list[str]:
        loop, seen = asyncio.new_event_loop(), list[str]()
        loop.set_exception_handler(lambda _, context: seen.append(type(context["exception"]).__name__))
        loop.call_soon(lambda: {}["missing"])
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
        return seen

    assert value(main) == ["KeyError"]


def test_what_a_loop_would_only_log_is_a_complaint() -> None:
    """An exception that was never retrieved, of a future and of a task that is dropped at the end."""

    def main() -> None:
        async def fails() -> None:
            raise ValueError("of a task")

        async def work() -> None:
            future = asyncio.get_running_loop().create_future()
            future.set_exception(ValueError("of a future"))
            del future
            task = asyncio.create_task(fails())
            await asyncio.wait([task])

        asyncio.run(work())

    assert [complaint.partition(" exc")[0] for _, complaint in run(main).complaints] == ["Future", "Task"]


def test_loops_of_every_kind_of_maker_are_the_worlds() -> None:
    """Whatever name it goes by, no selector is opened."""

    def main() -> set[str]:
        made: list[Any] = [
            asyncio.new_event_loop(),
            asyncio.SelectorEventLoop(),
            asyncio.get_event_loop_policy().new_event_loop(),
            asyncio.DefaultEventLoopPolicy().new_event_loop(),
        ]
        with asyncio.Runner() as runner:
            made.append(runner.get_loop())
        for loop in made:
            loop.close()
        return {type(loop).__name__ for loop in made}

    assert value(main) == {"WorldLoop"}


def test_time_of_a_loop_is_virtual() -> None:
    """It moves by what its tasks sleep, and with everybody else's."""

    def main() -> tuple[float, float]:
        async def work() -> float:
            loop = asyncio.get_running_loop()
            before = loop.time()
            await asyncio.sleep(3600)
            return loop.time() - before

        before = time.monotonic()
        return asyncio.run(work()), time.monotonic() - before

    assert value(main, Stay()) == value(main, ClockFirst()) == (3600.0, 3600.0)


def test_a_stopped_loop_keeps_its_callbacks_for_the_next_run() -> None:
    """`stop` ends after the round that is under way."""

    def main() -> list[str]:
        loop, log = asyncio.new_event_loop(), list[str]()

        def first() -> None:
            log.append("first")
            loop.stop()
            loop.call_soon(log.append, "third")

        loop.call_soon(first)
        loop.call_soon(log.append, "second")
        loop.run_forever()
        log.append("stopped")
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
        return log

    assert value(main) == ["first", "second", "stopped", "third"]
