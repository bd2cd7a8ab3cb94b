"""A failure is shown on the calmest schedule that is found: the same failure, with fewer switches."""

from __future__ import annotations

import threading

import pytest
from bench import programs
from tests.search.test_explore import two_increments

import askance
from askance.search.calming import calmer
from askance.search.counterexample import Counterexample
from askance.search.result import ExplorationFailed


def switches(failure: Counterexample) -> int:
    """How often a strand was left that could have gone on."""
    return sum(step.switched for step in failure.trace)


@pytest.mark.parametrize("seed", range(5))
def test_a_lost_update_needs_one_switch(seed: int) -> None:
    """Whatever schedule it was found on, it is shown on one where one strand is left once."""
    found = askance.explore(two_increments, strategy="random", seed=seed).failures[0]
    calm = calmer(found)
    assert switches(calm) == 1
    assert calm.text == found.text
    assert calm.replay().failures[0].text == found.text


def test_a_deadlock_needs_one_switch() -> None:
    """Of two strands that take two locks in opposite order the first is left between its two."""
    program = askance.explore(programs.deadlock01(), strategy="random", seed=3)
    calm = calmer(program.failures[0])
    assert (calm.kind, switches(calm)) == ("deadlock", 1)


def test_assert_ok_shows_the_calm_schedule() -> None:
    """What a test of pytest prints is what is easiest to read; the failures stay as they were found."""
    result = askance.explore(two_increments, strategy="random", seed=1)
    before = result.failures[0].schedule
    assert switches(result.failures[0]) > 1
    with pytest.raises(ExplorationFailed, match="14 steps, 1 switch\n"):
        result.assert_ok()
    assert result.failures[0].schedule == before


def test_another_failure_is_not_taken_for_the_same() -> None:
    """Without a switch it fails too, but on another line."""

    def main() -> None:
        lock, order = threading.Lock(), list[int]()

        def work(number: int) -> None:
            with lock:
                order.append(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if order == [1, 0]:
            raise ValueError("the second was first")
        raise ValueError("the first was first")

    result = askance.explore(main, strategy="random", executions=50, keep_going=True)
    for failure in result.failures:
        assert calmer(failure).text == failure.text
    assert len({failure.text for failure in result.failures}) == 2


def test_statements_are_preempted_while_a_failure_is_calmed() -> None:
    """A torn update is repeated with the points that it was found with."""
    from tests.search import unlocked

    found = askance.explore(
        unlocked.count_twice, strategy="random", seed=2, preempt=("tests.search.unlocked",)
    )
    assert switches(calmer(found.failures[0])) == 1


def test_a_failure_that_is_no_longer_there_stays_as_it_is() -> None:
    """Code that fails once only cannot be repeated, and what was found is shown."""
    broken = [True]

    def main() -> None:
        threading.Lock().acquire()
        assert not broken[0]

    failure = askance.explore(main, strategy="random").failures[0]
    broken[0] = False
    assert calmer(failure) is failure
