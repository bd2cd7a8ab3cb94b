"""The schedules that one program is tried under: a drawn one that shrinks, the plainest, and seeded random walks."""

from __future__ import annotations

from collections.abc import Iterator

from askance.engine import Strategy
from askance.search.random_walk import RandomWalk
from askance.search.replay import Stay

__all__ = ["SHRINKING", "schedules"]

SHRINKING = 6
"""While a failure is being shrunk, at most so many schedules are tried for each smaller program."""


def schedules(count: int, seed: int, found: int | None) -> Iterator[tuple[int, Strategy]]:
    """At most `count` numbered strategies; number 0 switches only where it must, the others are random walks.

    With `found` (the number of one that has shown a failure already) that one comes first, and only few follow.
    """
    numbers = list(range(count))
    if found is not None:
        numbers = [found, *(number for number in numbers if number != found)][:SHRINKING]
    for number in numbers:
        yield number, RandomWalk(seed * 1_000_003 + number) if number else Stay()
