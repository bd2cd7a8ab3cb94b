"""What rewritten code calls: the scheduling points of reads, writes and statements, and the places they name."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from types import ModuleType
from typing import Any

from askance.preempt.rewriting import ACCESS, READ, STATEMENT, WRITE
from askance.world import state

CONTAINERS = (list, dict, set, bytearray, deque, OrderedDict, defaultdict)
UNSHARED = (int, float, complex, str, bytes, bool, tuple, frozenset, type(None), range)


class Place:
    """An attribute, an item or a variable of the code under test: the object of reads and writes.

    `serial` is its name, the same in every run of the same schedule: when the world met it. `owner` is kept, so that
    its address belongs to it for as long as the world lasts.
    """

    __slots__ = ("label", "owner", "serial")

    def __init__(self, owner: Any, label: str, serial: tuple[str, int]) -> None:
        self.owner = owner
        self.label = label
        self.serial = serial

    def __repr__(self) -> str:
        kind = "" if self.owner is None else type(self.owner).__name__
        return f"{kind}{'' if self.label.startswith('[') or not kind else '.'}{self.label}"


def _place(world: Any, owner: Any, label: str) -> Place:
    # An item whose index is not written out may be any item: all items of a container are one place.
    label = "[]" if label.startswith("[") else label
    key = (id(owner), label)
    places: dict[Any, Place] = world.places
    place = places.get(key)
    if place is None:
        place = places[key] = Place(owner, label, ("place", len(places)))
    return place


def read(owner: Any, label: str) -> Any:
    """The point before a read of `owner`'s attribute or item; gives `owner` back."""
    world = state.active()
    if world is not None and not isinstance(owner, UNSHARED[:-2]):
        if isinstance(owner, ModuleType):
            value = owner.__dict__.get(label)
            if callable(value) or isinstance(value, ModuleType):
                return owner
        world.point("read", _place(world, owner, label))
    return owner


def write(owner: Any, label: str) -> None:
    """The point before a write of `owner`'s attribute or item."""
    world = state.active()
    if world is not None:
        world.point("write", _place(world, owner, label))


def access(owner: Any) -> Any:
    """The point before a method call on a container, which may change it; gives `owner` back."""
    if isinstance(owner, CONTAINERS):
        world = state.active()
        if world is not None:
            world.point("access", _place(world, owner, "[]"))
    return owner


def statement() -> None:
    """The point before a statement that is not seen to touch anything shared."""
    world = state.active()
    if world is not None:
        world.point("statement", None)


HOOKS = {READ: read, WRITE: write, ACCESS: access, STATEMENT: statement}
"""The names under which rewritten code finds the points."""
