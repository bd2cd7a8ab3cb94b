"""Order where the standard library has none: sets of tasks and futures that iterate in order of insertion.

`asyncio.wait`, `as_completed`, `all_tasks` and their like in concurrent.futures iterate over sets, whose order follows
memory addresses: a schedule that depended on it would not be the same in another process.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator, Set
from concurrent.futures import Future, _base
from typing import Any

from askance.world import state

real_all_tasks = asyncio.all_tasks
Futures: Any = _base


class OrderedSet(set[Any]):
    """A set that iterates, and pops, in order of insertion; so does all that is made of it and other sets."""

    __slots__ = ("_order",)

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._order: dict[Any, None] = {}
        if items:  # asyncio makes an empty one for each loop
            self._order = dict.fromkeys(items)
            super().__init__(self._order)

    def __iter__(self) -> Iterator[Any]:
        return iter(tuple(self._order))

    def add(self, item: Any) -> None:
        """Add at the end, if it is new."""
        self._order[item] = None
        super().add(item)

    def discard(self, item: Any) -> None:
        """Take out, if it is there."""
        self._order.pop(item, None)
        super().discard(item)

    def remove(self, item: Any) -> None:
        """Take out; raises KeyError."""
        super().remove(item)
        del self._order[item]

    def pop(self) -> Any:
        """Take out the oldest; raises KeyError."""
        for item in self._order:
            self.remove(item)
            return item
        return super().pop()

    def clear(self) -> None:
        """Take out all."""
        self._order.clear()
        super().clear()

    def copy(self) -> OrderedSet:
        """Another with the same elements."""
        return OrderedSet(self._order)

    def _become(self, items: OrderedSet) -> None:
        self._order = dict(items._order)
        super().clear()
        super().update(self._order)

    def update(self, *others: Iterable[Any]) -> None:
        """Add all, in order."""
        for other in others:
            for item in other:
                self.add(item)

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Take out what is in the others."""
        for other in others:
            for item in tuple(other):
                self.discard(item)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Keep what is in all of the others."""
        self._become(self.intersection(*others))

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        """Take out what is in both, add what is in the other alone."""
        self._become(self.symmetric_difference(other))

    def union(self, *others: Iterable[Any]) -> OrderedSet:
        """What is here, then what is in the others."""
        return OrderedSet(itertools.chain(self, *others))

    def difference(self, *others: Iterable[Any]) -> OrderedSet:
        """What is in none of the others."""
        rest = self.copy()
        rest.difference_update(*others)
        return rest

    def intersection(self, *others: Iterable[Any]) -> OrderedSet:
        """What is in all of the others too."""
        kept = set(self._order).intersection(*others)
        return OrderedSet(item for item in self if item in kept)

    def symmetric_difference(self, other: Iterable[Any]) -> OrderedSet:
        """What is here or in the other, and not in both."""
        others = OrderedSet(other)
        return OrderedSet([*self.difference(others), *others.difference(self)])


def _operator(method: str, *, reflected: bool = False, in_place: bool = False) -> Callable[[Any, Any], Any]:
    """An operator that is a method of `OrderedSet`'s, for sets alone as the built-in ones are."""

    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, Set):
            return NotImplemented
        if in_place:
            getattr(self, method)(other)
            return self
        first, second = (OrderedSet(other), self) if reflected else (self, other)
        return getattr(first, method)(second)

    return operate


for _sign, _method in (
    ("or", "union"),
    ("sub", "difference"),
    ("and", "intersection"),
    ("xor", "symmetric_difference"),
):
    setattr(OrderedSet, f"__{_sign}__", _operator(_method))
    setattr(OrderedSet, f"__r{_sign}__", _operator(_method, reflected=True))
    _in_place = "update" if _method == "union" else f"{_method}_update"
    setattr(OrderedSet, f"__i{_sign}__", _operator(_in_place, in_place=True))


def all_tasks(loop: Any = None) -> Any:
    """`asyncio.all_tasks`, in order of creation."""
    world = state.active()
    if world is None:
        return real_all_tasks(loop)
    if loop is None:
        loop = asyncio.get_running_loop()
    tasks = real_all_tasks(loop)
    known = [task for task in getattr(loop, "live_tasks", list)() if task in tasks]
    rest = [task for task in tasks if task not in known]
    return OrderedSet([*known, *sorted(rest, key=lambda task: str(task.get_name()))])


_acquire_futures_init = Futures._AcquireFutures.__init__


def acquire_futures(self: Any, futures: Any) -> None:
    """`_AcquireFutures.__init__`: the original sorts by address."""
    if state.active() is None:
        _acquire_futures_init(self, futures)
    else:
        self.futures = sorted(futures, key=_serial)


def _serial(future: Any) -> tuple[str, int]:
    serial: tuple[str, int] = getattr(future._condition._lock, "serial", ("", 0))
    return serial


def future_hash(self: Any) -> int:
    """`Future.__hash__`: by the order in which a world made them."""
    condition = self.__dict__.get("_condition")
    serial = getattr(getattr(condition, "_lock", None), "serial", None)
    if serial is None or not serial[0]:
        return object.__hash__(self)
    number: int = serial[1]
    for part in serial[0].split("."):
        number = number * 1_000_003 + int(part)
    return number


METHODS: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (Futures._AcquireFutures, "__init__", acquire_futures),
    (Future, "__hash__", future_hash),
)
"""(class, method, replacement), for `patching` to put in place."""
