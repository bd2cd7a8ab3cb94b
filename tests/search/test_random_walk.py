"""The random walk: uniform choices from a stream of numbers that follows from seed and execution alone."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import Any

from askance.search.random_walk import EARLY_TIMERS, TICK, RandomWalk


class Runnable:
    """As much of a strand as a walk looks at; number 0 is the clock."""

    def __init__(self, number: int) -> None:
        self.number = number


STRANDS: list[Any] = [Runnable(number) for number in range(1, 4)]
CLOCK: Any = Runnable(0)


def choices(walk: RandomWalk, count: int, runnable: list[Any]) -> list[int]:
    """The numbers of those that the next execution picks."""
    walk.begin()
    return [walk.pick(runnable, None).number for _ in range(count)]


def near(count: int, trials: int, chance: float) -> bool:
    """Within four standard deviations."""
    return abs(count - trials * chance) < 4 * sqrt(trials * chance * (1 - chance))


def test_a_seed_means_the_same_choices_for_ever() -> None:
    """Schedules that somebody has noted by their seed stay what they are."""
    walk = RandomWalk(7)
    assert "".join(map(str, choices(walk, 24, STRANDS))) == "232222131122312332232113"
    assert "".join(map(str, choices(walk, 24, STRANDS))) == "232333331212131132232223"


def test_executions_and_seeds_have_streams_of_their_own() -> None:
    """No two of a hundred are alike, and each is the same when it is walked again."""
    walks = [RandomWalk(seed) for seed in range(10)]
    assert len({tuple(choices(walk, 40, STRANDS)) for walk in walks for _ in range(10)}) == 100
    assert choices(RandomWalk(3), 40, STRANDS) == choices(RandomWalk(3), 40, STRANDS)


def test_the_stream_does_not_repeat_itself() -> None:
    """The numbers come in blocks, and the next block is another one."""
    made = choices(RandomWalk(1), 160, STRANDS)
    # The first number of all tells whether timers fire early.
    blocks = {tuple(made[at : at + 16]) for at in range(15, 160 - 16, 16)}
    assert len(blocks) == 9


def test_every_strand_is_equally_likely() -> None:
    """At each place of the stream: the first choice, the last of a block, and the first of the next."""
    walk = RandomWalk(5)
    made = [choices(walk, 17, STRANDS) for _ in range(1500)]
    for place in (0, 14, 15, 16):
        counts = Counter(one[place] for one in made)
        assert all(near(counts[strand.number], 1500, 1 / 3) for strand in STRANDS)


def test_the_clock_is_taken_now_and_then_in_half_of_the_executions() -> None:
    """It is drawn like a strand, and then taken one time in eight; in the other half it waits."""
    walk, early, ticks = RandomWalk(2), 0, 0
    for _ in range(400):
        made = choices(walk, 50, [CLOCK, *STRANDS])
        early += walk.early_timers
        ticks += made.count(0)
        assert walk.early_timers or 0 not in made
    assert near(early, 400, EARLY_TIMERS)
    assert near(ticks, 50 * early, TICK / 4)
