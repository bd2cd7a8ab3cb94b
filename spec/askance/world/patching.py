"""Putting the controlled versions in place: methods on the standard classes, functions wherever a module holds one.

What is put there serves inside and outside of worlds, so it may stay while other code runs; all is put back at the end.
"""

from __future__ import annotations

import _frozen_importlib
import _thread
import _weakrefset
import asyncio
import concurrent.futures.thread
import contextlib
import gc
import signal
import sys
import threading
import types
import weakref
from asyncio import events
from collections.abc import Callable, Iterator
from concurrent.futures import _base
from typing import Any

from askance.world import (
    chance,
    clock,
    conditions,
    early,
    futures,
    locks,
    policy,
    primitives,
    queues,
    sets,
    state,
    threads,
    unawaited,
    unsimulated,
    watchdog,
)
from askance.world import locals as thread_locals

_MISSING = object()

COLLECT_EVERY = 12
"""Executions between two collections of what they left, while it still is in the processor's cache."""

LITTLE = 500
"""Objects, of those that could be garbage, for which no collection is worth its while."""

FREEZE_EVERY = 16
"""Times that patches are put in place between two collections of all that there is."""

OLD_EVERY = 12 * 128
"""Executions between two collections of all that came since the patches were put in place."""

_FUNCTIONS: tuple[tuple[Any, Any], ...] = (
    *chance.FUNCTIONS,
    *clock.FUNCTIONS,
    *threads.FUNCTIONS,
    *thread_locals.FUNCTIONS,
    *unsimulated.FUNCTIONS,
    *futures.FUNCTIONS,
    (locks.real_lock, locks.Lock),
    (threading.Lock, locks.Lock),
    (threading.RLock, locks.RLock),
    (locks.real_rlock, locks.RLock),
    (queues.RealSimpleQueue, queues.ControlledSimpleQueue),
    (events.new_event_loop, policy.new_event_loop),
    (asyncio.SelectorEventLoop, policy.SelectorEventLoop),
    (asyncio.all_tasks, sets.all_tasks),
)

_METHODS: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    *conditions.METHODS,
    *primitives.METHODS,
    *queues.METHODS,
    *threads.METHODS,
    *sets.METHODS,
    *unsimulated.METHODS,
)


class _NoSignals:
    """What `asyncio.Runner` sees as `signal`: Ctrl-C stays ours."""

    SIGINT = signal.SIGINT
    default_int_handler = signal.default_int_handler

    @staticmethod
    def getsignal(number: int) -> None:
        """Nobody's."""


class _Patches:
    """What has been put in place, and what was there before."""

    def __init__(self) -> None:
        self.undo: list[tuple[Any, str, Any]] = []
        self.depth = 0
        self.entered = 0
        self.outermost = 0
        self.modules = 0
        self.early = early.Early(_FUNCTIONS)
        self.locals: set[type] = set()
        self.stack = contextlib.ExitStack()

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute, and remember what was there."""
        self.undo.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, value)

    def put_all(self) -> None:
        """Put every replacement in place."""
        for owner, name, replacement in _METHODS:
            self.put(owner, name, replacement)
        outside = _OutsidePolicy(events._event_loop_policy)  # type: ignore[attr-defined]
        self.put(events, "_event_loop_policy", policy.WorldPolicy(outside))
        self.put(asyncio.DefaultEventLoopPolicy, "_loop_factory", policy.SelectorEventLoop)
        self.put(asyncio.runners, "signal", _NoSignals)
        # Importing takes locks only the first time: it must be no step, or the first execution differs from the others.
        self.put(_frozen_importlib, "_thread", types.SimpleNamespace(**vars(_thread)))
        for module in (asyncio.tasks, asyncio.taskgroups, _base, _weakrefset):
            self.put(module, "set", sets.OrderedSet)
        # A pool joins its threads in the order of a set; at exit the interpreter joins all that this remembers.
        self.put(concurrent.futures.thread, "set", sets.OrderedSet)
        self.put(concurrent.futures.thread, "_threads_queues", weakref.WeakKeyDictionary())
        self.put(threading, "_counter", threads.next_thread)
        self.put(threading, "_dangling", threads.Dangling())
        self.put(threading, "_make_invoke_excepthook", threads.make_invoke_excepthook)
        self.put(concurrent.futures.thread.ThreadPoolExecutor, "_counter", staticmethod(threads.next_pool))
        for name in ("allocate_lock", "get_ident", "start_new_thread", "RLock"):
            self.put(_thread, name, self.early.replacement(getattr(_thread, name)))
        self.put_in_modules()

    def put_in_modules(self) -> None:
        """Replace originals, and locks made at import time, wherever a loaded module holds them."""
        self.modules = len(sys.modules)
        self.early.search(sys.modules)
        for cls, name, replacement in thread_locals.subclasses(early.is_left_alone):
            if name not in vars(cls) or cls not in self.locals:
                self.put(cls, name, replacement)
        for cls, name, replacement in futures.subclasses():
            self.put(cls, name, replacement)
        self.locals.update(cls for cls in thread_locals.real_local.__subclasses__())

    def remove_all(self) -> None:
        """Put back what was there, last first."""
        thread_locals.give_all_back()
        self.locals.clear()
        self.early.undo()
        while self.undo:
            owner, name, value = self.undo.pop()
            if value is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


class _OutsidePolicy:
    """The policy that was set before, made when first needed as asyncio does."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy

    def __call__(self) -> Any:
        if self.policy is None:
            self.policy = asyncio.DefaultEventLoopPolicy()
        return self.policy


_patches = _Patches()


def _interrupted(number: int, frame: Any) -> None:
    """Ctrl-C: the running world ends at its next step; a second one raises at once."""
    world = state.world
    if world is None or world.interrupted or world.dying:
        raise KeyboardInterrupt
    world.interrupted = True
    world.interrupt("interrupted")


def enter(*roots: Any) -> None:
    """Put controlled versions in place of the real ones, until `leave` was called as often. It nests at little cost.

    Locks and the like that were made before are found from the globals of modules, and, the first time, from `roots`.

    Collection of garbage is off until then, but for one in every few hundred executions: it costs more than they do,
    and finalizers must not run in the middle of a schedule.
    """
    if _patches.depth == 0:
        with contextlib.ExitStack() as stack:
            stack.callback(_patches.remove_all)
            _patches.put_all()
            for root in roots:
                _patches.early.look_into(root)
            stack.enter_context(watchdog.ready())
            stack.enter_context(_interrupts())
            stack.enter_context(unawaited.heard())
            if gc.isenabled():
                # What is frozen is never looked at again: single executions in a row would pile up.
                if _patches.outermost % FREEZE_EVERY == 0:
                    gc.collect()
                _patches.outermost += 1
                gc.freeze()
                gc.disable()
                stack.callback(gc.enable)
                stack.callback(gc.unfreeze)
            _patches.stack = stack.pop_all()
    elif len(sys.modules) != _patches.modules:
        _patches.put_in_modules()
    _patches.depth += 1


def leave() -> None:
    """Take back one `enter`; the last one puts everything back."""
    _patches.depth -= 1
    if _patches.depth == 0:
        _patches.stack.close()
        return
    _patches.entered += 1
    if _patches.entered % COLLECT_EVERY == 0:
        if _patches.entered % OLD_EVERY == 0:
            gc.collect()
        elif gc.get_count()[0] > LITTLE:
            gc.collect(0)


@contextlib.contextmanager
def installed(*roots: Any) -> Iterator[None]:
    """While this is entered, controlled versions stand in place of the real ones: `enter` and `leave`.

    `roots` are functions or objects that may hold locks of their own, made before: a test's function with its closure.
    """
    enter(*roots)
    try:
        yield
    finally:
        leave()


@contextlib.contextmanager
def _interrupts() -> Iterator[None]:
    """Ctrl-C is handled between steps, so that code under test can neither swallow it nor be hit in its middle."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    signal.signal(signal.SIGINT, _interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def begin() -> None:
    """An execution begins: pools of import time start threads of its own."""
    if _patches.early.pools:
        _patches.early.begin()
