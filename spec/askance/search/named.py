"""Strategies by name, as users write them."""

from __future__ import annotations

from askance.engine import Strategy
from askance.search.random_walk import RandomWalk

NAMES = ("portfolio", "random")
"""What `named` knows."""


def named(name: str, seed: int = 0, *, delay_bound: int | None = None) -> Strategy:
    """A new strategy of that name; raises ValueError, with the names there are, for another."""
    if name in ("random", "portfolio"):
        return RandomWalk(seed)
    raise ValueError(f"there is no strategy {name!r}; there are {', '.join(NAMES)}")
