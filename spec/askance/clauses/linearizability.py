"""Linearizability: is there an order of overlapping operations that a sequential object could have answered so?

Clause M5 asks it of each actor that keeps a state. Operations overlap in time; a history is linearizable (Herlihy and
Wing, Linearizability: a correctness condition for concurrent objects, ACM TOPLAS 1990) if each can be thought to happen
at one moment between its invocation and its response, such that all responses are those of the object used by one
caller after the other. The search is Wing and Gong's (Testing and verifying concurrent objects, JPDC 1993): whichever
pending operation was invoked before any pending one responded may come next; try each on the object, go on if it gives
the response that was seen, come back if not. Many ways lead to one configuration, a set of operations done and a state;
Lowe's cache of these (Testing for linearizability, Concurrency and Computation 2017) makes the second way free. An
object that is made of independent parts is linearizable if each part is (Herlihy and Wing's locality; Horn and
Kroening, Faster linearizability checking via P-compositionality, FORTE 2015), so actors are searched one by one. The
search is exponential at worst, in the number of operations that overlap and not in the length of the history.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Interval", "Linearization", "linearize"]

MOST_CONFIGURATIONS = 100_000
"""A search that has seen this many configurations gives up."""

Operation = TypeVar("Operation")


@dataclass(frozen=True, slots=True)
class Interval(Generic[Operation]):
    """An operation, and the times of its invocation and its response (None: it has none, and need not happen)."""

    operation: Operation
    invoked: int
    responded: int | None


@dataclass(frozen=True, slots=True)
class Linearization:
    """What a search found: `order`, positions of intervals in the order in which they may have happened.

    With `found` False, there is no such order, or the search gave up (`gave_up`); `order` is then the longest that
    was tried. `configurations`: how many were visited.
    """

    found: bool
    order: tuple[int, ...]
    configurations: int
    gave_up: bool = False


def linearize(
    intervals: Sequence[Interval[Operation]],
    initial: Hashable,
    step: Callable[[Operation, Hashable], tuple[Hashable] | None],
) -> Linearization:
    """Search for an order of the intervals.

    `step(operation, state)` is the sequential object: a tuple of the next state, or None where it would have given
    another response than the one that was seen.
    """
    by_invocation = sorted(range(len(intervals)), key=lambda at: (intervals[at].invoked, at))
    required = sum(1 << at for at, interval in enumerate(intervals) if interval.responded is not None)
    seen: set[tuple[int, Hashable]] = {(0, initial)}
    path: list[int] = []
    longest: tuple[int, ...] = ()
    stack = [_next(intervals, by_invocation, 0, 0)]
    entered: list[tuple[int, int, Hashable]] = [(0, 0, initial)]
    """For each level: the set of operations done (as bits), how many of the earliest invoked ones are, the state."""
    if not required:
        return Linearization(True, (), 1)
    while stack:
        done, low, state = entered[-1]
        for at in stack[-1]:
            after = step(intervals[at].operation, state)
            if after is None:
                continue
            now = done | 1 << at
            if now & required == required:
                return Linearization(True, (*path, at), len(seen) + 1)
            if (now, after[0]) in seen:
                continue
            if len(seen) >= MOST_CONFIGURATIONS:
                return Linearization(False, longest, len(seen), gave_up=True)
            seen.add((now, after[0]))
            while low < len(by_invocation) and now >> by_invocation[low] & 1:
                low += 1
            path.append(at)
            if len(path) > len(longest):
                longest = tuple(path)
            entered.append((now, low, after[0]))
            stack.append(_next(intervals, by_invocation, now, low))
            break
        else:
            stack.pop()
            entered.pop()
            if path:
                path.pop()
    return Linearization(False, longest, len(seen))


def _next(
    intervals: Sequence[Interval[Operation]], by_invocation: Sequence[int], done: int, low: int
) -> Iterator[int]:
    """The operations that may happen next, those that responded first before the others, the optional ones last."""
    soonest: int | None = None
    candidates: list[int] = []
    for place in range(low, len(by_invocation)):
        at = by_invocation[place]
        interval = intervals[at]
        if soonest is not None and interval.invoked > soonest:
            break
        if done >> at & 1:
            continue
        candidates.append(at)
        if interval.responded is not None and (soonest is None or interval.responded < soonest):
            soonest = interval.responded
    candidates.sort(key=lambda at: (intervals[at].responded is None, intervals[at].responded or 0, at))
    return iter([at for at in candidates if soonest is None or intervals[at].invoked <= soonest])
