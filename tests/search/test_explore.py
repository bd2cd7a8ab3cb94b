"""`askance.explore`: what its result says, what counts as a failure, and when it is no verdict."""

from __future__ import annotations

import _thread
import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import programs

import askance
from askance.search.replay import Replay
from askance.search.result import ExplorationFailed, ExplorationInconclusive

STRATEGIES = ("random", "pct:2", "pct:3", "pos", "surw", "urw", "portfolio")
EXHAUSTIVE = ("dpor", "sleep-sets", "dfs")


def two_increments() -> None:
    """Two threads increment under one lock, reading and writing in separate sections: an update can be lost."""
    total, lock = [0], threading.Lock()

    def increment() -> None:
        with lock:
            seen = total[0]
        with lock:
            total[0] = seen + 1

    threads = [threading.Thread(target=increment) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total[0] == 2, "an update was lost"


def two_careful_increments() -> None:
    """The same in one section: correct."""
    total, lock = [0], threading.Lock()

    def increment() -> None:
        with lock:
            total[0] += 1

    threads = [threading.Thread(target=increment) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total[0] == 2


@pytest.mark.parametrize("strategy", STRATEGIES + EXHAUSTIVE)
def test_every_strategy_finds_the_lost_update_of_two_threads(strategy: str) -> None:
    """A search ends at its first failure, and says what failed."""
    result = askance.explore(two_increments, strategy=strategy)
    assert result.failed == 1
    (failure,) = result.failures
    assert failure.kind == "exception"
    assert str(failure.exception).startswith("an update was lost")
    with pytest.raises(ExplorationFailed, match="an update was lost"):
        result.assert_ok()


@pytest.mark.parametrize("strategy", STRATEGIES + EXHAUSTIVE)
def test_every_strategy_passes_correct_code(strategy: str) -> None:
    """Nothing fails, several interleavings are seen, and the exhaustive ones see them all."""
    result = askance.explore(two_careful_increments, strategy=strategy, executions=3000)
    result.assert_ok()
    assert result.passed
    assert result.interleavings > 1
    assert result.complete == (strategy in EXHAUSTIVE)


def test_keep_going_counts_all_failures() -> None:
    """With `keep_going` every execution runs, and each failure is kept."""
    result = askance.explore(programs.lost2(), strategy="random", executions=100, keep_going=True)
    assert result.executions == 100
    assert 0 < result.failed < 100
    assert len(result.failures) == result.failed


@pytest.mark.parametrize("strategy", STRATEGIES + EXHAUSTIVE)
def test_a_failure_replays(strategy: str) -> None:
    """Replaying a counterexample fails alike: the same kind, text and trace."""
    failure = askance.explore(two_increments, strategy=strategy).failures[0]
    again = failure.replay()
    assert (again.executions, again.failed) == (1, 1)
    assert again.failures[0].text == failure.text
    assert again.failures[0].trace == failure.trace
    assert len(failure.trace) > 0


def test_a_failure_prints_its_schedule() -> None:
    """A printed failure has the exception and a column for each strand, switches marked, with source lines."""
    failure = askance.explore(programs.lost2(), strategy="dpor").failures[0]
    text = str(failure)
    assert text.startswith("the main strand raised AssertionError: 1 after two additions at ")
    table = text[text.index("  step") :].splitlines()
    assert table[0].split() == ["step", "add", "add#2"]
    assert table[1].split()[:3] == ["1", "read", "Shared#1"]
    assert "programs.py" in table[1]
    assert any(line.startswith(">") for line in table[1:5])
    assert f"Replay({list(failure.schedule)})" in text


def test_a_deadlock_is_a_failure_that_names_the_cycle() -> None:
    """The text has who waits for whom, and where."""
    failure = askance.explore(programs.deadlock01(), strategy="random").failures[0]
    assert failure.kind == "deadlock"
    assert failure.deadlock is not None
    assert set(failure.deadlock.cycle) == {"strand 'ab'", "strand 'ba'"}
    assert "strand 'ab' waits for a lock that strand 'ba' holds at " in str(failure)
    assert "main" not in failure.text


def test_an_exception_that_ends_a_thread_is_a_failure() -> None:
    """Nobody sees it in the main thread; the exploration does."""

    def main() -> None:
        thread = threading.Thread(target=lambda: [].pop(), name="popper")
        thread.start()
        thread.join()

    failure = askance.explore(main, strategy="random").failures[0]
    assert (failure.kind, failure.strand) == ("uncaught", "popper")
    assert isinstance(failure.exception, IndexError)


def test_an_exception_of_a_loop_callback_is_a_failure() -> None:
    """A loop would only log it."""

    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: {}["missing"])
        await asyncio.sleep(0.1)

    failure = askance.explore(lambda: asyncio.run(main()), strategy="random").failures[0]
    assert failure.kind == "uncaught"
    assert isinstance(failure.exception, KeyError)


def test_an_execution_without_end_is_a_failure() -> None:
    """More steps than the limit: a livelock, or too small a limit."""

    def main() -> None:
        lock = threading.Lock()
        while True:
            with lock:
                pass

    failure = askance.explore(main, strategy="random", max_steps=100).failures[0]
    assert failure.kind == "steps"
    assert failure.text == "no end after 100 steps: a livelock, or too small a limit (max_steps)"


def test_a_thread_that_polls_does_not_starve_the_one_it_waits_for() -> None:
    """Priorities are lowered where a strand yields or spins, so that PCT ends on correct code."""

    def main() -> None:
        event = threading.Event()
        thread = threading.Thread(target=event.set)
        thread.start()
        while not event.is_set():
            time.sleep(0)
        thread.join()

    assert askance.explore(main, strategy="pct:3", executions=200).failed == 0


def test_one_interleaving_of_several_strands_is_inconclusive() -> None:
    """Strands that share nothing which is controlled show nothing, however often they run."""

    def main() -> None:
        thread = threading.Thread(target=lambda: None)
        thread.start()
        thread.join()

    result = askance.explore(main, strategy="random", executions=20)
    assert result.interleavings == 1
    assert not result.passed
    assert "only one interleaving was seen, although 2 strands ran" in result.inconclusive
    with pytest.raises(ExplorationInconclusive, match="only one interleaving"):
        result.assert_ok()


def test_a_single_strand_passes() -> None:
    """Where there is nothing to interleave, one execution shows all."""
    result = askance.explore(lambda: None, strategy="dpor")
    result.assert_ok()
    assert (result.executions, result.interleavings, result.complete) == (1, 1, True)


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="Python 3.11 does not tell of threads that C code starts"
)
def test_a_thread_that_escapes_control_is_inconclusive() -> None:
    """A real thread, started by a function that was kept from before, is noticed and named."""

    def keep() -> Iterator[Any]:
        original = _thread.start_new_thread  # a suspended frame is where the world does not look
        yield None
        while True:
            yield original

    kept = keep()
    next(kept)

    def main() -> None:
        lock = threading.Lock()
        thread = threading.Thread(target=lambda: lock.acquire())
        thread.start()
        next(kept)(lambda: None, ())
        lock.acquire(blocking=False)
        thread.join(timeout=1)

    result = askance.explore(main, strategy="random", executions=5)
    assert "a thread escaped control: it was started at " in result.inconclusive
    assert "test_explore.py" in result.inconclusive
    assert not result.passed


def test_uncontrolled_nondeterminism_is_inconclusive() -> None:
    """A sample of executions is replayed; where one goes another way, the result says how."""

    runs: list[int] = []

    def main() -> None:
        lock = threading.Lock()
        runs.append(1)

        def work() -> None:
            for _ in range(len(runs)):
                with lock:
                    pass

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    result = askance.explore(main, strategy="random")
    assert result.inconclusive.startswith("uncontrolled nondeterminism: ")
    with pytest.raises(ExplorationInconclusive):
        result.assert_ok()


def test_the_first_execution_finds_caches_settled() -> None:
    """A warm-up that does not count runs before, so a lazy import is no nondeterminism."""
    calls = []
    result = askance.explore(lambda: calls.append(1), strategy="random", executions=1)
    assert result.executions == 1
    assert len(calls) == 3  # the warm-up, the execution, and its replay


def test_an_unknown_strategy_is_a_value_error() -> None:
    """The message has the names there are."""
    with pytest.raises(
        ValueError, match=r"there is no strategy 'best'; there are portfolio, random, pct:DEPTH"
    ):
        askance.explore(lambda: None, strategy="best")
    with pytest.raises(ValueError, match="'pct:0'"):
        askance.explore(lambda: None, strategy="pct:0")


def test_a_strategy_object_is_used_as_it_is() -> None:
    """A recorded schedule is a strategy like another."""
    failure = askance.explore(programs.lost2(), strategy="random").failures[0]
    result = askance.explore(programs.lost2(), strategy=Replay(failure.schedule), executions=1)
    assert result.failed == 1
    assert result.strategy == "Replay"


@pytest.mark.parametrize("strategy", STRATEGIES + EXHAUSTIVE)
def test_a_search_is_the_same_in_every_process(strategy: str, tmp_path: Path) -> None:
    """The same seed gives the same schedules and signatures, whatever the seed of Python's hashes."""
    code = (
        "import askance, sys; sys.path.insert(0, '.'); from tests.search.test_explore import two_increments\n"
        "from bench import programs\n"
        "for target in (two_increments, programs.reorder_3(), programs.fan_in(2, 2)):\n"
        f"    r = askance.explore(target, strategy={strategy!r}, executions=40, seed=5, keep_going=True)\n"
        "    print(r.executions, r.failed, r.interleavings, r.steps, r.decisions, [f.schedule for f in r.failures])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(outputs) == 1
    assert outputs.pop().count("\n") == 3


def test_other_seeds_give_other_schedules() -> None:
    """The seed is what the schedules follow from."""

    def schedules(seed: int) -> list[tuple[int, ...]]:
        result = askance.explore(two_increments, strategy="random", executions=30, seed=seed, keep_going=True)
        return [failure.schedule for failure in result.failures]

    assert schedules(1) == schedules(1)
    assert schedules(1) != schedules(2)


def test_shared_is_a_plain_variable_outside_of_worlds() -> None:
    """No scheduling points, no errors."""
    variable: Any = askance.Shared(3)
    variable.set(variable.get() + 1)
    assert variable.get() == 4
    assert repr(variable) == "Shared(4)"


def test_strands_cannot_be_called_outside_of_a_world() -> None:
    """The error says what to do."""
    with pytest.raises(RuntimeError, match=r"pass them to askance.explore"):
        programs.lost2()()


def test_strands_count_only_what_their_bodies_do() -> None:
    """The lost update is four steps: what setup and check do is none."""
    result = askance.explore(programs.lost2(), strategy="random", executions=10, keep_going=True)
    assert result.steps == 40
    assert result.longest == 4


def test_the_first_body_that_raises_ends_the_execution() -> None:
    """The other body is not run to its end, and the check is not made."""
    seen: list[str] = []

    def fail(shared: Any) -> None:
        shared.get()
        raise LookupError("at once")

    def wait(shared: Any) -> None:
        shared.get()
        threading.Event().wait()

    program = askance.Strands(lambda: askance.Shared(0), [fail, wait], lambda shared: seen.append("checked"))
    failure = askance.explore(program, strategy="random").failures[0]
    assert (failure.kind, failure.strand) == ("uncaught", "fail")
    assert seen == []


def test_statements_of_a_module_can_be_preempted() -> None:
    """A lost update between two statements is found with `preempt`, replays, and is not reported without."""
    from tests.search import unlocked

    assert askance.explore(unlocked.count_twice, strategy="dpor").failed == 0
    result = askance.explore(unlocked.count_twice, strategy="dpor", preempt=("tests.search.unlocked",))
    failure = result.failures[0]
    assert failure.replay().failed == 1
    assert "read Counter.n" in str(failure)
    assert "unlocked.py" in str(failure)
