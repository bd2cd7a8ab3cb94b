"""URW and SURW: uniform sampling of interleavings (Zhao, Wolff, Mathur, Roychoudhury, "Selectively Uniform Concurrency
Testing", ASPLOS 2025).

A random walk that picks strands alike favours some interleavings over others. URW picks a strand with a chance
proportional to the operations that it has still to do, which makes all interleavings equally likely. SURW does so for
the operations on one object only, drawn anew for each execution: programs have too many interleavings, but bugs are
about few objects. Which strand is to touch the object next is drawn beforehand; others go on freely, at random, as
long as they do not touch it.

Both must know how many operations a strand makes: they learn it in the warm-up, and go on learning. The operations of
a strand that has not been started yet count for the one that will start it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from askance.search.operations import NONE, Name, mode_of, name_of
from askance.search.random_walk import Clockwise


class _Counts:
    """How many operations the strands made: in all, and on each object. The most that was ever seen."""

    def __init__(self) -> None:
        self.all: dict[str, int] = {}
        self.on: dict[Name, dict[str, int]] = {}

    def add(self, path: str, name: Name | None) -> None:
        """One more operation of the strand with that path."""
        self.all[path] = self.all.get(path, 0) + 1
        if name is not None:
            strands = self.on.setdefault(name, {})
            strands[path] = strands.get(path, 0) + 1

    def keep_most(self, other: _Counts) -> None:
        """Take over whatever is more in `other`."""
        _keep_most(self.all, other.all)
        for name, strands in other.on.items():
            _keep_most(self.on.setdefault(name, {}), strands)

    def shared(self) -> list[Name]:
        """The objects that several strands touched, in a fixed order."""
        return sorted(name for name, strands in self.on.items() if len(strands) > 1)


def _keep_most(mine: dict[str, int], others: Mapping[str, int]) -> None:
    for path, count in others.items():
        if count > mine.get(path, 0):
            mine[path] = count


class _Weights:
    """How many operations each strand has still to make, itself or by strands that it will start."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.subtree: dict[str, int] = {}
        for path, count in counts.items():
            for place in _ancestors(path):
                self.subtree[place] = self.subtree.get(place, 0) + count
        self.left: dict[Any, int] = {}
        self.strands: dict[str, Any] = {}

    def meet(self, strand: Any) -> Any:
        """A strand is seen for the first time; the strand that started it, if that one is known."""
        path = strand.path
        weight = self.left[strand] = self.subtree.get(path, 0)
        self.strands[path] = strand
        parent = self.strands.get(path.rpartition(".")[0])
        if parent is not None:
            self.left[parent] -= weight
        return parent


def _ancestors(path: str) -> Iterator[str]:
    """The path itself, and those of its ancestors."""
    while path:
        yield path
        path = path.rpartition(".")[0]


class URW(Clockwise):
    """Picks a strand with a chance proportional to the operations that it has still to do."""

    observes = True

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self._known = _Counts()
        self._seen = _Counts()

    def profile(self, execution: Any, recorder: Any) -> None:
        """Learn from the warm-up."""
        for start in recorder.starts:
            strand, _, thing, mode = recorder.accesses[start]
            if strand.number:
                self._seen.add(strand.path, name_of(thing) if mode != NONE else None)

    def begin(self) -> None:
        """The next execution, with what has been learned."""
        super().begin()
        self._known.keep_most(self._seen)
        self._seen = _Counts()
        self._weights = _Weights(self._known.all)

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """A strand, by weight."""
        strands = [strand for strand in runnable if strand.number]
        if len(strands) < len(runnable) and self.ticks():
            return next(strand for strand in runnable if not strand.number)
        left = self._weights.left
        for strand in strands:
            if strand not in left:
                self._weights.meet(strand)
        return self._draw(strands)

    def _draw(self, strands: Sequence[Any]) -> Any:
        """One of the strands, each as likely as it has operations to do (one at least)."""
        left = self._weights.left
        weights = [max(left[strand], 1) for strand in strands]
        place = self.random.random() * sum(weights)
        for strand, weight in zip(strands, weights, strict=True):
            place -= weight
            if place < 0:
                return strand
        return strands[-1]

    def stepped(self, strand: Any) -> None:
        """One operation less to do."""
        if strand.number:
            self._seen.add(strand.path, None)
            if strand in self._weights.left:
                self._weights.left[strand] -= 1


class SURW(URW):
    """Uniform over the interleavings of the operations on one shared object; free elsewhere."""

    def begin(self) -> None:
        """The next execution: another object."""
        super().begin()
        objects = self._known.shared()
        self._object = self.random.choice(objects) if objects else None
        if self._object is not None:
            self._weights = _Weights(self._known.on[self._object])
        self._intended: Any = None

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """Any strand that does not touch the object, or the one whose turn it is to touch it."""
        if self._object is None:
            return super().pick(runnable, current)
        strands = [strand for strand in runnable if strand.number]
        if len(strands) < len(runnable) and self.ticks():
            return next(strand for strand in runnable if not strand.number)
        weights = self._weights
        for strand in strands:
            if strand not in weights.left:
                parent = weights.meet(strand)
                if parent is not None and parent is self._intended:
                    # The turn was that of the parent or of a strand that it was to start: now it shows whose.
                    self._intended = self._draw_exactly((parent, strand))
        intended = self._intended
        if intended is None or intended.done:
            intended = self._intended = self._draw_exactly([s for s in weights.left if not s.done])
        free = [strand for strand in strands if strand is intended or not self._touches(strand)]
        if free:
            return free[int(self.random.random() * len(free))]
        # The strand whose turn it was waits for something else: one of those that can touch the object does.
        return self._draw(strands)

    def _draw_exactly(self, strands: Sequence[Any]) -> Any:
        """As `_draw`, but strands that have nothing to do with the object are drawn only where none has."""
        left = self._weights.left
        return self._draw([strand for strand in strands if left[strand] > 0] or strands)

    def _touches(self, strand: Any) -> bool:
        """Whether the strand's pending operation is one on the object."""
        return (
            strand.object is not None
            and mode_of(strand, strand.kind, strand.object) != NONE
            and name_of(strand.object) == self._object
        )

    def stepped(self, strand: Any) -> None:
        """Learn; and when the object was touched, the next turn is drawn."""
        if not strand.number:
            return
        touched = mode_of(strand, strand.kind, strand.object) != NONE
        name = name_of(strand.object) if touched else None
        self._seen.add(strand.path, name)
        if self._object is None or name == self._object:
            self._intended = None
            if strand in self._weights.left:
                self._weights.left[strand] -= 1
