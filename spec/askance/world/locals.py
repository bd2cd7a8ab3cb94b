"""`threading.local` in a world: one set of attributes for each strand, whenever and of whatever class it was made.

Locals that are made inside worlds, and those that stand in for plain ones of import time, are `Local`s. An instance of
a subclass that was defined at import time is a real local and stays one; the subclass gets methods which first put the
current strand's attributes into the operating system thread's dictionary. That costs nothing until one is used.

The main strand begins with what its caller's thread has in a local, every other strand with nothing: as in the
original, a subclass's `__init__` runs again, with the same arguments, in each strand that comes.
"""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

from askance.world import state
from askance.world.strand import Strand

real_local: Any = threading.local
os_ident = state.os_ident
_keys = itertools.count()
_attributes = real_local.__getattribute__


class Local:
    """`threading.local` with a dictionary for each strand; outside of worlds, a real one."""

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_askance_arguments",
        "_askance_key",
        "_askance_outside",
        "_askance_owner",
    )

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Any:
        world = state.active()
        if world is None and cls is Local:
            return real_local()
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError("Initialization arguments are not supported")
        self = _new(cls, args, kwargs, real_local())
        if world is not None:
            object.__setattr__(self, "_askance_owner", world.current)
            _kept(world.current)[object.__getattribute__(self, "_askance_key")] = object.__getattribute__(
                self, "__dict__"
            )
        return self

    @classmethod
    def dual(cls, original: Any) -> Local:
        """To stand in for `original`, which goes on to serve outside of worlds."""
        return _new(cls, (), {}, original)

    def __getattribute__(self, name: str) -> Any:
        world = state.active()
        if world is not None:
            if object.__getattribute__(self, "_askance_owner") is not world.current:
                _enter(self, world.current, world.main)
            return object.__getattribute__(self, name)
        # Real threads may be here at the same time: nothing of the object itself may change.
        outside = object.__getattribute__(self, "_askance_outside")
        if name == "__dict__" or name in outside.__dict__:
            return getattr(outside, name)
        for kind in type(self).__mro__:
            if name in vars(kind):
                return object.__getattribute__(self, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        world = state.active()
        if world is None:
            setattr(object.__getattribute__(self, "_askance_outside"), name, value)
            return
        if object.__getattribute__(self, "_askance_owner") is not world.current:
            _enter(self, world.current, world.main)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        world = state.active()
        if world is None:
            delattr(object.__getattribute__(self, "_askance_outside"), name)
            return
        if object.__getattribute__(self, "_askance_owner") is not world.current:
            _enter(self, world.current, world.main)
        object.__delattr__(self, name)


def _new(cls: type[Local], args: Any, kwargs: Any, outside: Any) -> Local:
    self = object.__new__(cls)
    object.__setattr__(self, "_askance_arguments", (args, kwargs))
    object.__setattr__(self, "_askance_key", next(_keys))
    object.__setattr__(self, "_askance_outside", outside)
    object.__setattr__(self, "_askance_owner", None)
    return self


def _kept(strand: Strand) -> dict[int, dict[str, Any]]:
    """A strand's attributes in each local, by the local's key."""
    if strand.locals is None:
        strand.locals = {}
    return strand.locals


def _enter(self: Local, strand: Strand, main: Strand) -> None:
    """Put the strand's attributes in place."""
    kept = _kept(strand)
    key = object.__getattribute__(self, "_askance_key")
    content = kept.get(key)
    fresh = content is None
    if content is None:
        outside = object.__getattribute__(self, "_askance_outside")
        content = kept[key] = dict(outside.__dict__) if strand is main else {}
    object.__setattr__(self, "__dict__", content)
    object.__setattr__(self, "_askance_owner", strand)
    if fresh and not content and type(self).__init__ is not object.__init__:
        args, kwargs = object.__getattribute__(self, "_askance_arguments")
        type(self).__init__(self, *args, **kwargs)


class _Lent:
    """A real local whose dictionary, in the thread that runs worlds, is a strand's for now."""

    __slots__ = ("key", "local", "os_thread", "outside", "owner")

    def __init__(self, local: Any, owner: Strand | None) -> None:
        address = id(local)
        self.key = next(_keys)
        self.local = ref(local, lambda _: _lent.pop(address, None))
        self.outside: dict[str, Any] = {}
        self.owner = owner
        self.os_thread = os_ident()
        _lent[address] = self

    def switch(self, local: Any, strand: Strand | None, main: Strand | None) -> None:
        """Keep the attributes of the last owner, and put in place those of `strand`, None being the thread itself."""
        content = _attributes(local, "__dict__")
        if self.owner is None:
            self.outside = dict(content)
        else:
            _kept(self.owner)[self.key] = dict(content)
        self.owner = strand
        content.clear()
        if strand is None:
            content.update(self.outside)
            return
        kept = _kept(strand).get(self.key)
        if kept is not None:
            content.update(kept)
        elif strand is main:
            content.update(self.outside)
        elif type(local).__init__ is not object.__init__:
            args, kwargs = _arguments(local)
            type(local).__init__(local, *args, **kwargs)


_lent: dict[int, _Lent] = {}


def _switch(local: Any) -> None:
    """Put the attributes of whoever asks into the dictionary of a real local."""
    world = state.active()
    lent = _lent.get(id(local))
    if world is None:
        if lent is not None and lent.owner is not None and lent.os_thread == os_ident():
            lent.switch(local, None, None)
    else:
        if lent is None:
            lent = _Lent(local, None)
        if lent.owner is not world.current:
            lent.switch(local, world.current, world.main)


def _arguments(local: Any) -> tuple[Any, Any]:
    """The arguments that a real local keeps, to initialize itself with in each new thread."""
    args: Any = ()
    kwargs: Any = {}
    for thing in gc.get_referents(local):
        if isinstance(thing, tuple):
            args = thing
        elif isinstance(thing, dict) and thing and all(isinstance(key, str) for key in thing):
            kwargs = thing
    return args, kwargs


def _made_in_a_strand(cls: Any, original: Any) -> Callable[..., Any]:
    """`__new__` for a subclass: what a strand makes belongs to it from the beginning."""

    def new(kind: Any, /, *args: Any, **kwargs: Any) -> Any:
        local = original(kind, *args, **kwargs)
        world = state.active()
        if world is not None:
            _Lent(local, world.current)
        return local

    return new


def _switching(original: Any) -> Callable[..., Any]:
    """An attribute method that first puts the attributes of whoever asks in place."""

    def access(self: Any, *arguments: Any) -> Any:
        _switch(self)
        return original(self, *arguments)

    return access


def subclasses(is_left_alone: Callable[[str], bool]) -> Iterator[tuple[Any, str, Any]]:
    """(class, method, replacement) for the subclasses of `threading.local` that modules have defined so far."""
    for cls in real_local.__subclasses__():
        if is_left_alone(cls.__module__):
            continue
        for name in ("__getattribute__", "__setattr__", "__delattr__"):
            yield cls, name, _switching(getattr(cls, name))
        yield cls, "__new__", staticmethod(_made_in_a_strand(cls, cls.__new__))


def give_all_back() -> None:
    """Every real local gets back the attributes that its thread had before any world."""
    for lent in list(_lent.values()):
        local = lent.local()
        if local is not None and lent.owner is not None:
            lent.switch(local, None, None)
    _lent.clear()


FUNCTIONS = ((real_local, Local),)
"""(original, replacement), for `patching` to put in place wherever a module holds the original."""
