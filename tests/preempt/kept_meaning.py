"""Code whose meaning hangs on what is evaluated when, how often, and how long it lives: all of which must stay."""

import asyncio
import contextlib
import traceback
import weakref
from dataclasses import dataclass, field


class Log(list):
    """Tells when it is asked for something."""

    def note(self, what, value=None):
        """Append, and give the value back."""
        self.append(what)
        return value


class Box:
    """Anything."""


@dataclass
class Record:
    """A dataclass with a method and a property."""

    n: int = 0
    items: list[int] = field(default_factory=list)

    @property
    def twice(self) -> int:
        """Computed."""
        return self.n * 2

    @twice.setter
    def twice(self, value: int) -> None:
        self.n = value // 2


class Slotted:
    """No dictionary, and nothing to refer to weakly."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 1

    def add(self) -> int:
        """An augmented assignment on a slot."""
        self.n += 1
        return self.n


class Base:
    """Has something to be called by `super`."""

    def __init__(self) -> None:
        self.__secret = 1

    def value(self) -> int:
        """With a private name."""
        self.__secret += 1
        return self.__secret


class Derived(Base):
    """Calls it."""

    def value(self) -> int:
        """Zero-argument super."""
        return super().value() * 10


def chained_targets(log):
    """`a.next = a = b`: the second target is found through what the first one was."""
    tail = Box()
    box = Box()
    box.tail = tail
    new = Box()
    box.tail.next = box.tail = new
    assert tail.next is new
    other = Box()
    box.tail = box.tail.next = other
    assert other.next is other
    return box.tail is other


def unpacked_targets(log):
    """Targets are stored from left to right: the second index is the new one."""
    box = Box()
    box.i, box.a = 0, [0, 0, 0]
    box.i, box.a[box.i + 1] = 1, 7
    i, box.a[i] = 0, 9
    (box.x, [first, *box.rest]), box.y = ("x", "yz!"), 5
    return box.i, box.a, box.x, first, box.rest, box.y


def order_of_evaluation(log):
    """The value, then each target's object and key; of `+=` the place first."""
    box, items = Box(), {}
    box.n = 1
    log.note("target", items)[log.note("key", "k")] = log.note("value", 1)
    log.note("target", items)[log.note("key", "k")] += log.note("value", 1)
    del log.note("first", items)[log.note("key", "k")], log.note("second", box).n
    return items, vars(box)


def once_only(log):
    """Bounds of slices, and what leads to a place, are evaluated once."""
    box = Box()
    box.items = [1, 2, 3, 4]
    box.items[log.note("low", 1) : log.note("high", 3)] += [9]
    log.note("box", box).items[log.note("index", 0)] -= 5
    box.items[:1], box.items[::-1][0] = [0], 8
    grid = {}
    grid_key = Box()
    grid_key.a = 1

    class Grid:
        def __setitem__(self, key, value):
            grid[repr(key)] = value

        def __getitem__(self, key):
            return 1

    Grid()[1 : grid_key.a, ..., *(2, 3)] = 4
    Grid()[1 : grid_key.a, 2] += 4
    return box.items, grid


def rebound_on_the_way(log):
    """The place of `+=` is found before the value, which may rebind the name that leads to it."""
    first, second = Record(1), Record(10)
    box = first
    box.n += (box := second).n
    return first.n, second.n, box is second


def walrus_and_comprehensions(log):
    """Assignment expressions, comprehensions of all kinds and generator expressions."""
    record = Record(3, [1, 2, 3])
    if (n := record.n) > 2 and [m := i * n for i in record.items if i != record.n]:
        log.note(f"{n:>{record.n}} {m=} {record.n!r:>4}")
    squares = {i: i * record.n for i in record.items}
    return squares, {i + record.n for i in record.items}, sum(i * record.n for i in record.items), n, m


def lambdas_on_one_line(log):
    """Each keeps its own body."""
    record = Record(3)
    one, two, three = (lambda: record.n + 1), (lambda: record.n + 2), (lambda x=record.n: x)
    return one(), two(), three(), *[(lambda i: record.n * i)(i) for i in range(3)]


MODULE_LAMBDAS = [lambda box: box.n + 1, lambda box: box.n + 2]


def lambdas_of_the_module(log):
    """The same for lambdas that nobody has made just now."""
    return [function(Record(5)) for function in MODULE_LAMBDAS]


def closures(log):
    """Nested functions with nonlocal, a decorator, a default and a walrus on the outer name's neighbour."""
    total, calls = 0, []

    def counted(function):
        def wrapper(*args, **kwargs):
            nonlocal total
            total += 1
            calls.append(function.__name__)
            return function(*args, **kwargs)

        return wrapper

    @counted
    def add(a, /, b=2, *, c=3):
        nonlocal total
        total, before = total + a, total
        return before + b + c

    return add(1), add(2, c=5), total, calls


def generators(log):
    """Sent values, exceptions thrown in, `yield from`, and `finally` when closed."""
    record = Record()

    def inner():
        try:
            while True:
                record.n += yield record.n
        except KeyError as error:
            log.note(repr(error))
            record.items.append((yield "caught"))
        finally:
            record.n = -1
        return record.n

    def outer():
        log.note("result", (yield from inner()))

    going = outer()
    seen = [next(going), going.send(5), going.throw(KeyError("k")), next(going, "over")]
    other = inner()
    next(other)
    other.close()
    return seen, record


def matching(log):
    """Patterns with captures, values, guards and alternatives."""
    record, found = Record(2), []
    for value in (2, [1, 2], {"k": 3}, Record(7), "text", None):
        match value:
            case record.n:
                found.append("n")
            case [x, y] if x + record.n == y + 1:
                found.append((x, y))
            case {"k": 3 | 4 as k, **rest}:
                found.append((k, rest))
            case Record(n=n) if n > record.n:
                record.n = n
                found.append(n)
            case str() | None:
                found.append("other")
    return found, record.n


def errors(log):
    """try, except, else, finally, exception groups, `with` that swallows, and a return from `finally`'s try."""
    record = Record()

    def leave():
        try:
            record.n += 1
            return record.n
        finally:
            record.n += 10

    with contextlib.suppress(ZeroDivisionError):
        record.n = 1 // record.n
    try:
        raise ExceptionGroup("two", [ValueError(1), KeyError(2)])
    except* ValueError as group:
        record.items.append(len(group.exceptions))
    except* KeyError:
        record.items.append("key")
    else:
        record.items.append("never")
    for record.n in range(3):
        if record.n == 1:
            break
    else:
        record.items.append("never")
    return leave(), record


def properties_slots_and_super(log):
    """Descriptors see one read and one write each."""
    record, slotted = Record(2), Slotted()
    record.twice += 6
    return record, record.twice, slotted.add(), slotted.add(), Derived().value()


def names_of_its_own(log):
    """What rewriting keeps aside is gone again."""
    record = Record(1)
    record.n, record.items = record.n + 1, [record.n]
    record.items[0] += 1
    return sorted(locals())


def lifetimes(log):
    """Nothing lives longer than it did."""
    box = Box()
    box.inner = Box()
    box.inner.n = 1
    box.inner.n += 1
    gone = weakref.ref(box.inner, lambda _: log.note("inner is gone"))
    box.inner = None
    log.note("next")
    outer = weakref.ref(box)
    del box
    return gone(), outer()


class Elusive:
    """Its `__class__` is code."""

    asked = 0

    @property
    def __class__(self):
        Elusive.asked += 1
        return Elusive

    def __init__(self) -> None:
        self.n = 1


def proxies(log):
    """Nobody is asked for its class."""
    before = Elusive.asked
    elusive = Elusive()
    elusive.n = elusive.n + 1
    elusive.n += len([elusive].copy())
    return Elusive.asked - before, elusive.n


def tracebacks(log):
    """A failure in the middle of a statement of several lines names its line and column."""
    record = Record()
    seen = []
    for attempt in (
        lambda: record.items[3],
        lambda: divide(
            record,
            1,
        ),
    ):
        try:
            attempt()
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)[1:]
            seen += [(frame.lineno, frame.end_lineno, frame.name) for frame in frames]
    return seen


def divide(record, by):
    """Fails in its last statement, on the third line of it."""
    record.n = 0
    record.items = [
        by,
        by // record.n,
    ]


async def asynchronous(log):
    """Coroutines, asynchronous generators, comprehensions, `async with` and `async for`."""
    record = Record(1)

    @contextlib.asynccontextmanager
    async def held():
        record.n += 1
        try:
            yield record
        finally:
            record.n += 1

    async def numbers():
        for record.n in range(3):
            yield record.n
            await asyncio.sleep(0)

    async with held() as same:
        same.items += [i async for i in numbers()]
    async for i in numbers():
        record.items.append(i)
    record.n += await asyncio.wait_for(asyncio.sleep(0, record.n), 5)
    return record


def coroutines(log):
    """The same from a plain function."""
    return asyncio.run(asynchronous(log))


WAYS = {
    function.__name__: function
    for function in (
        chained_targets,
        unpacked_targets,
        order_of_evaluation,
        once_only,
        rebound_on_the_way,
        walrus_and_comprehensions,
        lambdas_on_one_line,
        lambdas_of_the_module,
        closures,
        generators,
        matching,
        errors,
        properties_slots_and_super,
        names_of_its_own,
        lifetimes,
        proxies,
        tracebacks,
        coroutines,
    )
}
