"""What modules bound or made at import time does not escape a world, and is left as it was found."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.world.schedules import Newest, Stay, executions, run, value, values

from askance.world import World, installed

SOURCE = """
import collections, concurrent.futures, dataclasses, functools, queue, sched, threading
from queue import SimpleQueue
from threading import Condition, Lock, RLock, get_ident
from time import monotonic as time_now, sleep as nap

LOCK = Lock()
AGAIN = RLock()
TURN = Condition()
PLAIN_TURN = Condition(Lock())
GATE = threading.Barrier(2)
ITEMS = queue.Queue(1)
SIMPLE = SimpleQueue()
Box = SimpleQueue[int]
LOCAL = threading.local()
LOCAL.value = "of import time"
POOL = concurrent.futures.ThreadPoolExecutor(2)
LOCKS = {"one": Lock()}
MANY = [Lock()]
MADE = collections.defaultdict(Lock)

class Registry:
    shared = Lock()
    now = time_now

    def __init__(self):
        self.lock = Lock()
        self.again = threading.RLock()
        self.__hidden = Lock()
        self.local = threading.local()

    def hidden(self):
        return self.__hidden

class Slotted:
    __slots__ = ("lock",)

    def __init__(self):
        self.lock = Lock()

@dataclasses.dataclass
class Record:
    lock: object = dataclasses.field(default_factory=Lock)

@dataclasses.dataclass(frozen=True)
class Frozen:
    lock: object = dataclasses.field(default_factory=Lock)

REGISTRY = Registry()
SLOTTED = Slotted()
FROZEN = Frozen()
make_partly = functools.partial(Lock)

def after(seconds, sleep=nap, *, now=time_now):
    before = now()
    sleep(seconds)
    return now() - before

def guarded(function):
    lock = Lock()

    @functools.wraps(function)
    def guard():
        with lock:
            return function()

    guard.lock = lock
    return guard

@guarded
def work():
    threading.Event().set()

class Lazy:
    @functools.cached_property
    def value(self):
        return 7
"""


@pytest.fixture
def early(tmp_path: Path) -> Iterator[Any]:
    """A module that was imported before any world."""
    path = tmp_path / "early_module.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("early_module", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["early_module"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["early_module"]


LOCKS: dict[str, Callable[[Any], Any]] = {
    "a global": lambda module: module.LOCK,
    "a reentrant lock": lambda module: module.AGAIN,
    "a condition": lambda module: module.TURN,
    "a condition on a plain lock": lambda module: module.PLAIN_TURN,
    "a class attribute": lambda module: module.Registry.shared,
    "an attribute of an object": lambda module: module.REGISTRY.lock,
    "a reentrant attribute": lambda module: module.REGISTRY.again,
    "a private attribute": lambda module: module.REGISTRY.hidden(),
    "a slot": lambda module: module.SLOTTED.lock,
    "a field of a frozen object": lambda module: module.FROZEN.lock,
    "an entry of a dictionary": lambda module: module.LOCKS["one"],
    "an element of a list": lambda module: module.MANY[0],
    "a decorator's variable": lambda module: module.work.lock,
    "a queue's mutex": lambda module: module.ITEMS.mutex,
    "a global of concurrent.futures": lambda module: module.concurrent.futures.thread._global_shutdown_lock,
}


@pytest.mark.parametrize("where", LOCKS)
def test_a_lock_of_import_time_excludes_strands(early: Any, where: str) -> None:
    """Two strands that hold it in turn are never both inside; who waits for it waits in the world."""

    def main() -> list[int]:
        inside: list[int] = []
        most: list[int] = []

        def body() -> None:
            with LOCKS[where](early):
                inside.append(1)
                time.sleep(0)
                most.append(len(inside))
                inside.pop()

        threads = [threading.Thread(target=body) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return most

    seen = executions(main, 20)
    assert {(e.ending, tuple(e.value)) for e in seen} == {("done", (1, 1))}
    assert len({tuple(e.choices) for e in seen}) > 1


FACTORIES: dict[str, Callable[[Any], Any]] = {
    "a field's default factory": lambda module: module.Record().lock,
    "a dictionary's default factory": lambda module: module.MADE[object()],
    "a partial": lambda module: module.make_partly(),
    "an early name": lambda module: module.Lock(),
}


@pytest.mark.parametrize("which", FACTORIES)
def test_what_makes_locks_makes_controlled_ones(early: Any, which: str) -> None:
    """A lock made inside is a lock of the world, whoever keeps the original's name."""

    def main() -> None:
        lock = FACTORIES[which](early)
        lock.acquire()
        lock.acquire()

    execution = run(main)
    assert execution.ending == "deadlock"
    assert "a lock" in str(execution.deadlock)


def test_a_class_with_parameters_makes_controlled_ones(early: Any) -> None:
    """Who calls an alias such as `SimpleQueue[int]` waits in the world."""
    assert run(lambda: early.Box().get()).ending == "deadlock"


def test_the_same_lock_under_two_names_stays_one(early: Any) -> None:
    """Whoever imported it has the same stand-in."""
    early.OTHER_NAME = early.LOCK

    def main() -> bool:
        with early.OTHER_NAME:
            return bool(early.LOCK.acquire(blocking=False))

    assert value(main) is False


def test_early_names_of_time_are_virtual(early: Any) -> None:
    """In globals, in defaults of functions, and in attributes of classes, where they must not become methods."""

    def main() -> tuple[float, float, float]:
        before = early.time_now()
        early.nap(5)
        between = early.REGISTRY.now()
        return between - before, early.after(7), early.time_now() - between

    assert value(main) == (5.0, 7.0, 7.0)


def test_a_condition_of_import_time_waits_and_wakes(early: Any) -> None:
    """With either kind of lock."""

    def main() -> list[bool]:
        seen: list[bool] = []
        for condition in (early.TURN, early.PLAIN_TURN):

            def wait(condition: Any = condition) -> None:
                with condition:
                    seen.append(condition.wait(timeout=9))

            thread = threading.Thread(target=wait)
            thread.start()
            with condition:
                condition.notify()
            thread.join()
        return seen

    assert value(main, Newest()) == [True, True]


def test_a_barrier_and_a_queue_of_import_time_serve_each_world(early: Any) -> None:
    """Execution after execution."""

    def main() -> list[Any]:
        log: list[Any] = []

        def other() -> None:
            early.GATE.wait()
            early.ITEMS.put("first")
            early.ITEMS.put("second")
            early.SIMPLE.put("third")

        thread = threading.Thread(target=other)
        thread.start()
        early.GATE.wait()
        log += [early.ITEMS.get(), early.ITEMS.get(), early.SIMPLE.get()]
        thread.join()
        return log

    assert all(log == ["first", "second", "third"] for log in values(main, 20))


def test_what_a_world_leaves_in_a_simple_queue_of_import_time_is_gone_with_it(early: Any) -> None:
    """The queue's real content is untouched, and is there again afterwards."""
    early.SIMPLE.put("real")

    def main() -> int:
        early.SIMPLE.put("virtual")
        return int(early.SIMPLE.qsize())

    assert values(main, 2) == [1, 1]
    assert early.SIMPLE.get_nowait() == "real"
    assert early.SIMPLE.empty()


def test_a_lock_left_held_by_one_world_is_free_in_the_next(early: Any) -> None:
    """And outside."""

    def main() -> bool:
        return bool(early.LOCK.acquire(blocking=False)) and bool(early.AGAIN.acquire(blocking=False))

    assert values(main, 3) == [True, True, True]
    assert early.LOCK.acquire(blocking=False)


def test_a_pool_of_import_time_has_new_threads_in_each_world(early: Any) -> None:
    """Its workers are strands, and their results come."""

    def main() -> list[Any]:
        names: list[Any] = list(early.POOL.map(lambda n: (n, threading.current_thread().name), range(2)))
        return [number for number, name in names if name.startswith("ThreadPoolExecutor")]

    assert values(main, 5) == [[0, 1]] * 5
    assert early.POOL.submit(threading.get_ident).result(5) != threading.get_ident()
    early.POOL.shutdown()


def test_a_module_that_a_strand_imports_is_controlled_in_the_next_world_too(tmp_path: Path) -> None:
    """What it makes at import is made inside, and serves wherever it is used."""
    (tmp_path / "late_module.py").write_text("import threading\nLOCK = threading.Lock()\n")
    sys.path.insert(0, str(tmp_path))
    try:

        def main() -> list[bool]:
            import late_module  # type: ignore[import-not-found]

            with late_module.LOCK:
                seen = [late_module.LOCK.acquire(blocking=False)]
            return [*seen, late_module.LOCK.acquire(blocking=False)]

        with installed():
            first, second = (World(Newest()).run(main) for _ in range(2))
        assert first.value == second.value == [False, True]
        assert (first.steps, first.choices) == (second.steps, second.choices)
        late: ModuleType = sys.modules["late_module"]
        assert late.LOCK.acquire(blocking=False) is True
        assert late.LOCK.acquire(blocking=False) is False
        late.LOCK.release()
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("late_module", None)


def test_importing_a_module_is_not_a_scheduling_point(tmp_path: Path) -> None:
    """The first execution imports and the others do not: they must not differ."""
    (tmp_path / "imported_once.py").write_text("value = 1\n")
    sys.path.insert(0, str(tmp_path))
    try:

        def main() -> None:
            def body() -> None:
                import imported_once  # type: ignore[import-not-found]

                assert imported_once.value == 1

            threads = [threading.Thread(target=body) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        first, second = run(main, Newest()), run(main, Newest())
        assert (first.steps, first.choices) == (second.steps, second.choices)
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("imported_once", None)


def test_everything_is_put_back(early: Any) -> None:
    """Afterwards the module holds the very objects that it made, and the originals under its names."""
    before = {name: vars(early)[name] for name in vars(early)}
    deep = {name: look(early) for name, look in LOCKS.items()}
    defaults = (early.after.__defaults__, early.after.__kwdefaults__["now"], early.MADE.default_factory)
    condition = dict(vars(early.TURN))

    def main() -> None:
        for look in LOCKS.values():
            with look(early):
                pass

    with installed():
        assert early.LOCK is not before["LOCK"]
        assert early.nap is not before["nap"]
        value(main)
    assert all(vars(early)[name] is before[name] for name in before)
    assert all(LOCKS[name](early) is deep[name] for name in deep)
    assert (
        early.after.__defaults__,
        early.after.__kwdefaults__["now"],
        early.MADE.default_factory,
    ) == defaults
    assert {name: vars(early.TURN)[name] for name in condition} == condition
    assert early.Lock is threading.Lock and early.nap is time.sleep
    assert vars(early.Registry)["now"] is time.monotonic


def test_what_a_strand_assigns_to_a_module_stays(early: Any) -> None:
    """Putting back does not undo what the code under test did."""
    replaced = object()

    def main() -> None:
        early.LOCK = replaced

    value(main)
    assert early.LOCK is replaced


def test_a_function_with_locks_in_its_closure_is_controlled() -> None:
    """They were made outside, by the test that calls."""
    lock, condition = threading.Lock(), threading.Condition()

    def main() -> None:
        def work() -> None:
            with lock, condition:
                time.sleep(0)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for strategy in (Newest(), Stay()):
        assert run(main, strategy).ending == "done"
    with installed(main):
        assert World(Newest()).run(main).ending == "done"
        assert World(Stay()).run(main).ending == "done"
    assert lock.acquire(blocking=False) and type(lock) is type(threading.Lock())
