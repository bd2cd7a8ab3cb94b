"""The schedules that one program is tried under, besides the drawn one: the plainest, random walks, POS and PCT.

The mix is measured: POS found most of the races that were put into the reference on purpose soonest, and each of the
others some that POS was late for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from askance.engine import Strategy
from askance.search.pct import PCT
from askance.search.pos import POS
from askance.search.random_walk import RandomWalk
from askance.search.replay import Stay

__all__ = ["SHRINKING", "Schedules", "schedules"]

Schedules = Callable[[int, int, int | None], Iterator[tuple[int, Strategy]]]
"""What `schedules` is: (how many, seed, the number of one that has shown a failure) -> numbered strategies."""

SHRINKING = 6
"""While a failure is being shrunk, at most so many schedules are tried for each smaller program."""

STEPS = 120
"""The steps among which PCT draws its change of priority: those of a usual program."""


def schedules(count: int, seed: int, found: int | None) -> Iterator[tuple[int, Strategy]]:
    """At most `count` numbered strategies; number 0 switches only where it must.

    With `found` (the number of one that has shown a failure already) that one comes first, and only few follow.
    """
    numbers: Iterable[int] = range(count)
    if found is not None:
        others = (number for number in numbers if number != found)
        numbers = islice(chain([found], others), min(count, SHRINKING))
    for number in numbers:
        yield number, schedule(number, seed * 1_000_003 + number)


def schedule(number: int, seed: int) -> Strategy:
    """The strategy of that number."""
    if number == 0:
        return Stay()
    match number % 4:
        case 1:
            return RandomWalk(seed)
        case 3:
            return PCT(3 if number % 8 == 7 else 2, seed, STEPS)
        case _:
            return POS(seed)
