"""Strands whose threads are numbered for as long as the process lives: names that are the same in every replay.

A failure is told from several replays of one schedule. A library that counts its threads in a variable of its own
(`Worker-1` in the first execution, `Worker-40047` in some later one) gives them other names in each, so that a reader
could not tell which strand of the schedule is which of those that wait, and no two reports would be alike. What differs
between two replays is such a number, and is counted anew, in the order in which the strands were made.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping

from askance.adapter import Adapter
from askance.suite.counterexample import Counterexample, replay
from askance.world import World, state

__all__ = ["steady", "steady_names"]


@contextlib.contextmanager
def steady(counterexample: Counterexample, adapter: Adapter) -> Iterator[None]:
    """While it is open, each replay of the counterexample calls its strands by the same names."""
    before = state.called
    state.called = steady_names(_names(counterexample, adapter), _names(counterexample, adapter))
    try:
        yield
    finally:
        state.called = before


def _names(counterexample: Counterexample, adapter: Adapter) -> dict[str, str]:
    """What the code calls the strands of one replay, by their paths, in the order in which they were made."""
    worlds: list[World] = []

    def made(strategy: object, *, max_steps: int) -> World:
        worlds.append(World(strategy, max_steps=max_steps))  # type: ignore[arg-type]
        return worlds[-1]

    replay(counterexample, adapter, world_of=made)
    return {strand.path: strand.name for strand in worlds[-1].strands}


def steady_names(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """By their paths, what to call the strands whose names differ between two replays; empty where none does."""
    numbers: dict[str, dict[str, int]] = {}
    found = {}
    for path, name in one.items():
        again = other.get(path, name)
        if again == name:
            continue
        mine, theirs = re.split(r"(\d+)", name), re.split(r"(\d+)", again)
        if len(mine) != len(theirs) or mine[::2] != theirs[::2]:
            # It is no number in which they differ: an address, or a random text.
            mine, theirs = [_shared(name, again), name], [_shared(name, again), again]
        called = ""
        for part, their in zip(mine, theirs, strict=True):
            if part != their:
                known = numbers.setdefault(called, {})
                part = str(known.setdefault(part, len(known) + 1))
            called += part
        found[path] = called
    return found


def _shared(name: str, again: str) -> str:
    """What both begin with, and an end to it that a number may follow."""
    alike = 0
    while alike < min(len(name), len(again)) and name[alike] == again[alike]:
        alike += 1
    return name[:alike].rstrip("0123456789-_ #") + "-"
