"""Strategies by name, as users write them."""

from __future__ import annotations

from askance.engine import Strategy
from askance.search.delays import DelayBounded
from askance.search.dpor import OptimalDPOR
from askance.search.exhaustive import DFS, SleepSets
from askance.search.pct import PCT
from askance.search.portfolio import Portfolio
from askance.search.pos import POS
from askance.search.random_walk import RandomWalk
from askance.search.source_dpor import SourceDPOR
from askance.search.surw import SURW, URW

EXHAUSTIVE = {"dpor": OptimalDPOR, "source-dpor": SourceDPOR, "sleep-sets": SleepSets, "dfs": DFS}
NAMES = ("portfolio", "random", "pct:DEPTH", "pos", "surw", "urw", *EXHAUSTIVE)
"""What `named` knows."""

DEEPEST = 1000
"""A greater depth of PCT is a mistyped one: each execution would draw as many changes of priority."""

OBJECTS = {
    "replay": "askance.search.replay.Replay(schedule)",
    "sparse": "askance.search.sparse.Sparse(deviations)",
}
"""Strategies that a name does not make: they follow what they are given."""


def named(name: str, seed: int = 0, *, delay_bound: int | None = None) -> Strategy:
    """A new strategy of that name; raises ValueError, with the names there are, for another.

    With `delay_bound` an exhaustive one makes only schedules of at most so many delays; others have no such bound.
    """
    word, _, argument = name.partition(":")
    if delay_bound is not None:
        if name not in EXHAUSTIVE:
            raise ValueError(f"a delay bound is for exhaustive strategies, and {name!r} is none")
        return DelayBounded(delay_bound)
    if word == "pct" and (not argument or (argument.isdecimal() and argument.strip("0"))):
        if len(argument.lstrip("0")) > len(str(DEEPEST)) or int(argument or 3) > DEEPEST:
            raise ValueError(
                f"the depth of {name[:40]!r} is too great: bugs have few ordered steps, {DEEPEST} at most"
            )
        return PCT(int(argument or 3), seed)
    if not argument:
        if word == "random":
            return RandomWalk(seed)
        if word == "portfolio":
            return portfolio(seed)
        if word == "pos":
            return POS(seed)
        if word == "surw":
            return SURW(seed)
        if word == "urw":
            return URW(seed)
        if word in EXHAUSTIVE:
            return EXHAUSTIVE[word]()
        if word in OBJECTS:
            raise ValueError(f"the strategy {name!r} follows something: pass an object, {OBJECTS[word]}")
    raise ValueError(f"there is no strategy {name!r}; there are {', '.join(NAMES)}")


def portfolio(seed: int = 0) -> Portfolio:
    """The default strategy."""
    walk, pos = RandomWalk(seed), POS(seed)
    return Portfolio((walk, PCT(2, seed), pos, SURW(seed), walk, PCT(3, seed), pos, URW(seed)))
