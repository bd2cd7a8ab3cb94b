"""Finer scheduling points: torn updates are found with them and only with them, and nothing else changes."""

import asyncio
import random
import sys
from functools import partial
from pathlib import Path

import pytest

from askance.preempt import NotInstrumentable, instrumented
from askance.world import World, installed

sys.path.insert(0, str(Path(__file__).parent))

import shared_counters as code


class Random:
    """A random walk, all that these tests need of a strategy."""

    observes = False

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def begin(self) -> None:
        """One execution only."""

    def pick(self, runnable, current):
        """Any."""
        return runnable[self.random.randrange(len(runnable))]


def failures(main, executions: int = 100) -> int:
    """How many executions of `main` fail by an AssertionError; no other failure is let through."""
    found = 0
    with installed():
        for seed in range(executions):
            execution = World(Random(seed)).run(main)
            assert execution.ending == "done" and not execution.uncaught
            if execution.exception is not None:
                assert isinstance(execution.exception, AssertionError), execution.exception
                found += 1
    return found


TORN = {way: partial(code.lose, way) for way in ("assign", "augment", "item", "hidden")}
TORN |= {"global": code.lose_global, "nonlocal": code.lose_nonlocal}


@pytest.mark.parametrize("way", TORN)
def test_a_torn_update_is_found(way):
    """Two threads without a lock lose an update between its read and its write."""
    with instrumented(["shared_counters"]):
        assert failures(TORN[way]) > 0


@pytest.mark.parametrize("way", TORN)
def test_a_torn_update_is_not_reported_without(way):
    """At synchronisation points only, an update without any is in one piece."""
    assert failures(TORN[way]) == 0


def test_a_lock_holds_an_update_together():
    """Finer points raise no false alarm where there is a lock."""
    with instrumented(["shared_counters"]):
        assert failures(partial(code.lose, "locked")) == 0


def test_the_meaning_stays():
    """Rewritten code of every kind of statement computes what the original does."""
    plain: list[str] = []
    fine: list[str] = []
    expected = code.everything(plain)
    with instrumented(["shared_counters"]):
        assert code.everything(fine) == expected
    assert fine == plain and len(plain) == 3


def test_coroutines_are_rewritten():
    """A coroutine's statements are points as well, and its value stays."""
    with instrumented(["shared_counters"]), installed():
        execution = World(Random(0)).run(lambda: asyncio.run(code.coroutine(code.Counter())))
    assert execution.value == 1
    plain = World(Random(0)).run(lambda: asyncio.run(code.coroutine(code.Counter())))
    assert plain.value == 1 and plain.steps < execution.steps


def test_lines_stay():
    """A traceback through rewritten code names the line that the source has."""
    expected = code.line_of_failure()
    with instrumented(["shared_counters"]):
        assert code.line_of_failure() == expected != 0


def test_the_old_code_comes_back():
    """Afterwards every function has the code that it had."""
    before = code.Counter.assign.__code__
    with instrumented(["shared_counters"]):
        assert code.Counter.assign.__code__ is not before
    assert code.Counter.assign.__code__ is before


def test_points_name_what_they_touch():
    """The operation of a read or a write is the attribute of the object, one place for both."""
    seen = []

    class Watching(Random):
        observes = True

        def stepped(self, strand):
            if strand.kind in ("read", "write"):
                seen.append((strand.kind, strand.object))

    with instrumented(["shared_counters"]), installed():
        World(Watching(0)).run(code.Counter().assign)
    assert [(kind, repr(place)) for kind, place in seen] == [("read", "Counter.n"), ("write", "Counter.n")]
    assert seen[0][1] is seen[1][1]


def test_an_unknown_module_is_refused():
    """The error names the module."""
    with pytest.raises(NotInstrumentable, match="no_such_module"), instrumented(["no_such_module"]):
        pass


def test_a_module_without_source_is_refused():
    """A module in C cannot be rewritten."""
    with pytest.raises(NotInstrumentable, match="'math': it has no Python source"), instrumented(["math"]):
        pass
