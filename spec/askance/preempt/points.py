"""What rewritten code calls: the scheduling points of reads, writes and statements, and the places they name."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from types import ModuleType
from typing import Any
from weakref import ref

from askance.preempt.rewriting import ACCESS, READ, STATEMENT, WRITE
from askance.world import state

CONTAINERS = (list, dict, set, bytearray, deque, OrderedDict, defaultdict)
UNSHARED = (int, float, complex, str, bytes, tuple, frozenset)


class Place:
    """An attribute, an item or a variable of the code under test: the object of reads and writes.

    `serial` is its name, the same in every run of the same schedule: when the world met it. `kind` is what its owner
    is, and `holds` the owner itself, or a weak reference: no object is to live longer for being looked at.
    """

    __slots__ = ("holds", "kind", "label", "serial")

    def __init__(self, kind: str, label: str, serial: tuple[str, int], holds: Any) -> None:
        self.kind = kind
        self.label = label
        self.serial = serial
        self.holds = holds

    def __repr__(self) -> str:
        return f"{self.kind}{'' if self.label.startswith('[') or not self.kind else '.'}{self.label}"


def _place(world: Any, owner: Any, label: str) -> Place:
    # An item whose index is not written out may be any item: all items of a container are one place.
    label = "[]" if label.startswith("[") else label
    key = (id(owner), label)
    places: dict[Any, Any] = world.places
    place: Place | None = places.get(key)
    if place is None:
        number = places[None] = places.get(None, -1) + 1
        kind = "" if owner is None else owner.__name__ if type(owner) is ModuleType else type(owner).__name__
        try:
            # When it has gone, its address may become another's.
            holds: Any = ref(owner, lambda _: places.pop(key, None))
        except TypeError:
            holds = owner
        place = places[key] = Place(kind, label, ("place", number), holds)
    return place


def read(owner: Any, label: str) -> Any:
    """The point before a read of `owner`'s attribute or item; gives `owner` back."""
    world = state.active()
    # Not isinstance: that asks a proxy for its class, which is code of its own.
    if world is not None and not issubclass(type(owner), UNSHARED):
        if issubclass(type(owner), ModuleType):
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


def access(owner: Any, label: str) -> Any:
    """The point before a method call on a container, which may change it, or of a function kept in an attribute."""
    world = state.active()
    if world is not None:
        kind = type(owner)
        if issubclass(kind, CONTAINERS):
            world.point("access", _place(world, owner, "[]"))
        elif not issubclass(kind, type | ModuleType) and label in _attributes(owner):
            world.point("read", _place(world, owner, label))
    return owner


def _attributes(owner: Any) -> Any:
    try:
        return object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return ()


def statement() -> None:
    """The point before a statement that is not seen to touch anything shared."""
    world = state.active()
    if world is not None:
        world.point("statement", None)


HOOKS = {READ: read, WRITE: write, ACCESS: access, STATEMENT: statement}
"""The names under which rewritten code finds the points."""
