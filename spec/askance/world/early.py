"""What modules bound or made before the patches: originals under other names, and locks of import time.

`from time import monotonic as time`, `def retry(sleep=time.sleep)`, `field(default_factory=Lock)`, a lock in a module's
global, in a class, in an object that a module made: each would escape the world. Starting from the globals of the
modules that are loaded, everything that these hold is looked through, a few levels deep; what is found is replaced by
what serves inside and outside of worlds, so that other threads notice nothing, and is put back at the end.

Most modules have nothing to do with threads or time. Only what is defined in those that do is looked into, and what
any module holds of it.
"""

from __future__ import annotations

import concurrent.futures
import functools
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.thread import ThreadPoolExecutor
from types import BuiltinFunctionType, CellType, FunctionType, GenericAlias, MethodType, ModuleType
from typing import Any

from askance.world import locals as thread_locals
from askance.world import locks, queues, sets

DEPTH = 6
"""How far from a module's globals a lock is still found."""

LARGE = 1_000
"""Containers with more elements hold data."""

TOOLS = """
_pytest pytest pluggy hypothesis xdist execnet coverage askance greenlet rich pygments logging importlib
_frozen_importlib _frozen_importlib_external warnings _thread builtins sys io abc encodings codecs _weakrefset
weakref typing multiprocessing pdb bdb faulthandler gc
"""
TOOLING = frozenset(TOOLS.split())
"""Modules (and packages) whose globals are left alone: they run outside of worlds, or must not notice them."""

SEARCHED = frozenset(("concurrent.futures.thread", "sched"))
"""Modules of the standard library that bind or make at import time what strands meet."""

CONCERN = """
_thread threading queue _queue time asyncio concurrent concurrent.futures concurrent.futures.thread sched
concurrent.futures._base asyncio.events asyncio.tasks asyncio.futures asyncio.runners asyncio.locks
"""
_CONCERN = frozenset(CONCERN.split())
"""Who names one of these, or something of theirs, may hold what escapes a world."""

_LOCK_TYPE = type(locks.real_lock())
_RLOCK_TYPE = type(locks.real_rlock())
_MADE_OF_LOCKS = (
    threading.Condition,
    threading.Barrier,
    queue.Queue,
    concurrent.futures.Future,
    ThreadPoolExecutor,
    functools.cached_property,
)
_OWN_BUSINESS = frozenset(("_tstate_lock", "_handle", "_started", "_waiters", "_threads"))
"""What the interpreter keeps in threads and conditions; real threads use it at this moment."""


def is_tooling(module: str) -> bool:
    """Whether a module's globals are left alone."""
    # sysconfig's module, named after the platform, holds a thousand strings and nothing else.
    return module.partition(".")[0] in TOOLING or module.startswith("_sysconfigdata")


def is_left_alone(module: str | None) -> bool:
    """Whether what a module defines is not looked into: tools, and the standard library."""
    top = (module or "builtins").partition(".")[0]
    return top in TOOLING or top in sys.stdlib_module_names


class Early:
    """Finds and replaces; `undo` takes all of it back, last first."""

    def __init__(self, originals: Iterable[tuple[Any, Any]]) -> None:
        self.table = {id(original): replacement for original, replacement in originals}
        self.made: dict[int, tuple[Any, Any]] = {}
        self.seen: dict[int, Any] = {}
        self.changes: list[Callable[[], object]] = []
        self.modules: set[str] = set()
        self.concerned: set[str] = set()
        self.kinds: dict[type, bool] = {}
        self.pools: list[ThreadPoolExecutor] = []

    def search(self, modules: dict[str, ModuleType]) -> None:
        """Look through the modules that were not there before."""
        new = [
            (name, module, module.__dict__)
            for name, module in list(modules.items())
            if name not in self.modules and not is_tooling(name) and hasattr(module, "__dict__")
        ]
        self.modules.update(name for name, _, _ in new)
        self.concerned.update(
            name for name, _, content in new if name in SEARCHED or self._concerns(name, content)
        )
        for name, module, content in new:
            if is_left_alone(name) and name not in SEARCHED:
                for key, value in list(content.items()):
                    replacement = self.table.get(id(value))
                    if replacement is not None:
                        self._attribute(module, key, value, replacement)
            else:
                self.look_into(module)

    def look_into(self, root: Any) -> None:
        """Replace what `root` holds, and what that holds, and so on."""
        pending = deque([(root, 0)])
        while pending:
            value, depth = pending.popleft()
            for child, put in list(self._slots(value)):
                replacement = self.replacement(child)
                if replacement is not None:
                    if put is not None:
                        put(child, replacement)
                elif depth < DEPTH and id(child) not in self.seen and self._holds(child):
                    self.seen[id(child)] = child
                    pending.append((child, depth + 1))

    def _concerns(self, name: str, content: dict[str, Any]) -> bool:
        """Whether a module names anything that has to do with threads or time."""
        if is_left_alone(name):
            return False
        for value in list(content.values()):
            if id(value) in self.table or (isinstance(value, ModuleType) and value.__name__ in _CONCERN):
                return True
            if isinstance(value, type | FunctionType) and value.__module__ in _CONCERN:
                return True
            if type(value) in _DUALS:
                return True
        return False

    def _holds(self, value: Any) -> bool:
        """Whether a value is worth looking into."""
        kind = type(value)
        if kind in _PLAIN:
            return False
        if kind in _CONTAINERS:
            return len(value) <= LARGE
        if kind is FunctionType:
            return value.__globals__.get("__name__") in self.concerned
        if kind in _WRAPPERS or isinstance(value, _MADE_OF_LOCKS):
            return True
        return self._is_concerned(value if isinstance(value, type) else kind) or isinstance(value, dict)

    def _is_concerned(self, kind: type) -> bool:
        """Whether a class, or one that it derives from, is defined in a module that has to do with threads."""
        known = self.kinds.get(kind)
        if known is None:
            known = self.kinds[kind] = any(base.__module__ in self.concerned for base in kind.__mro__)
        return known

    def _slots(self, value: Any) -> Iterator[tuple[Any, Callable[[Any, Any], None] | None]]:
        """What a value holds, and how to put something else there (None: it cannot be done)."""
        kind = type(value)
        if isinstance(value, ModuleType | type):
            for name, child in list(vars(value).items()):
                yield child, functools.partial(self._attribute, value, name)
        elif kind is FunctionType:
            yield from (
                (child, functools.partial(self._default, value)) for child in value.__defaults__ or ()
            )
            yield from ((cell, None) for cell in value.__closure__ or ())
            yield value.__kwdefaults__, None
            yield value.__dict__, None
        elif kind is CellType:
            try:
                yield value.cell_contents, functools.partial(self._cell, value)
            except ValueError:  # an empty cell
                return
        elif isinstance(value, dict):
            for key, child in list(value.items()):
                yield child, functools.partial(self._item, value, key)
            if hasattr(value, "default_factory"):
                yield value.default_factory, functools.partial(self._attribute, value, "default_factory")
        elif kind is list:
            for index, child in enumerate(value):
                yield child, functools.partial(self._item, value, index)
        elif kind in (tuple, set, frozenset, deque):
            yield from ((child, None) for child in value)
        elif kind is MethodType:
            yield value.__self__, None
        elif kind in (staticmethod, classmethod):
            yield value.__func__, None
        elif kind is property:
            yield from ((function, None) for function in (value.fget, value.fset))
        elif kind is functools.partial:
            yield value.func, functools.partial(self._partial, value)
            yield value.args, None
            yield value.keywords, None
        else:
            yield from self._attributes(value)

    def _attributes(self, value: Any) -> Iterator[tuple[Any, Callable[[Any, Any], None] | None]]:
        """The attributes of an object."""
        if isinstance(value, ThreadPoolExecutor) and value not in self.pools:
            self._keep_pool(value)
        content = getattr(value, "__dict__", None)
        names = list(content) if isinstance(content, dict) else []
        for kind in type(value).__mro__:
            slots = vars(kind).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                private = name.startswith("__") and not name.endswith("__")
                names.append(f"_{kind.__name__.lstrip('_')}{name}" if private else name)
        for name in names:
            if name not in _OWN_BUSINESS and not name.startswith("__"):
                try:
                    child = object.__getattribute__(value, name)
                except AttributeError:  # an empty slot
                    continue
                yield child, functools.partial(self._attribute, value, name)

    def replacement(self, value: Any) -> Any:
        """What stands in for a value inside and outside of worlds; None for a value that may stay."""
        found = self.table.get(id(value))
        if found is not None:
            return found
        kind = type(value)
        if kind is BuiltinFunctionType:  # such as the `acquire` of a lock, which a condition keeps
            owner = type(value.__self__)
            if owner is _LOCK_TYPE or owner is _RLOCK_TYPE:
                return getattr(self.replacement(value.__self__), value.__name__, None)
            return None
        make = _DUALS.get(kind)
        if kind is GenericAlias and id(value.__origin__) in self.table:
            make = self._alias
        if make is None:
            return None
        made = self.made.get(id(value))
        if made is None:
            # The original is kept as well: its address must not become another's.
            made = self.made[id(value)] = (value, make(value))
        return made[1]

    def _alias(self, alias: Any) -> Any:
        """`Mailbox = queue.SimpleQueue[int]`, which is called as the class itself."""
        return GenericAlias(self.table[id(alias.__origin__)], alias.__args__)

    def _attribute(self, owner: Any, name: str, value: Any, replacement: Any) -> None:
        put = setattr if isinstance(owner, ModuleType | type) else object.__setattr__
        if isinstance(owner, type) and isinstance(replacement, FunctionType):
            replacement = staticmethod(replacement)  # as the original, it must not become a method
        try:
            put(owner, name, replacement)
        except (AttributeError, TypeError):  # a class that checks what is set, or cannot be changed
            return

        def put_back() -> None:
            if isinstance(owner, ModuleType | type):
                current = vars(owner).get(name)
            else:
                current = object.__getattribute__(owner, name)
            if current is replacement:
                put(owner, name, value)

        self.changes.append(put_back)

    def _item(self, owner: Any, key: Any, value: Any, replacement: Any) -> None:
        def put_back() -> None:
            current = owner.get(key) if isinstance(owner, dict) else owner[key] if key < len(owner) else None
            if current is replacement:
                owner[key] = value

        owner[key] = replacement
        self.changes.append(put_back)

    def _cell(self, cell: Any, value: Any, replacement: Any) -> None:
        cell.cell_contents = replacement
        self.changes.append(lambda: setattr(cell, "cell_contents", value))

    def _default(self, function: Any, value: Any, replacement: Any) -> None:
        before = function.__defaults__
        function.__defaults__ = tuple(replacement if default is value else default for default in before)
        self.changes.append(lambda: setattr(function, "__defaults__", before))

    def _partial(self, partial: Any, value: Any, replacement: Any) -> None:
        _, _, (_, *rest) = partial.__reduce__()
        partial.__setstate__((replacement, *rest))
        self.changes.append(lambda: partial.__setstate__((value, *rest)))

    def _keep_pool(self, pool: Any) -> None:
        """A pool of import time: its threads are other ones in each world, and its own again at the end."""
        self.pools.append(pool)
        before = (pool._threads, pool._idle_semaphore)

        def put_back() -> None:
            pool._threads, pool._idle_semaphore = before

        self.changes.append(put_back)

    def begin(self) -> None:
        """A world begins: no thread of another one works for a pool of import time."""
        for pool in self.pools:
            empty: Any = pool
            empty._threads = sets.OrderedSet()
            empty._idle_semaphore = threading.Semaphore(0)

    def undo(self) -> None:
        """Put everything back."""
        while self.changes:
            self.changes.pop()()
        memories: tuple[Any, ...] = (
            self.made,
            self.seen,
            self.modules,
            self.concerned,
            self.kinds,
            self.pools,
        )
        for memory in memories:
            memory.clear()


_CONTAINERS = frozenset((dict, list, tuple, set, frozenset, deque))
_WRAPPERS = frozenset((CellType, MethodType, staticmethod, classmethod, property, functools.partial))
_PLAIN = frozenset((int, float, str, bytes, bool, type(None), ModuleType, BuiltinFunctionType))
_DUALS: dict[type, Callable[[Any], Any]] = {
    _LOCK_TYPE: locks.Lock.dual,
    _RLOCK_TYPE: locks.RLock.dual,
    thread_locals.real_local: thread_locals.Local.dual,
    queues.RealSimpleQueue: queues.ControlledSimpleQueue.dual,
}
