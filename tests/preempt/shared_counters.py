"""Code under test for the finer scheduling points: updates that the interpreter may tear apart."""

import threading
import traceback


class Counter:
    """Several ways to lose an update."""

    def __init__(self) -> None:
        self.n = 0
        self.items: dict[str, int] = {}
        self.__hidden = 0

    def assign(self) -> None:
        """Read, add, write."""
        self.n = self.n + 1

    def augment(self) -> None:
        """The same, in one statement."""
        self.n += 1

    def item(self) -> None:
        """The same, in a dictionary."""
        self.items["x"] = self.items.get("x", 0) + 1

    def hidden(self) -> None:
        """The same, with a private name."""
        self.__hidden += 1

    def locked(self) -> None:
        """The same, as it should be."""
        with lock:
            self.n += 1

    def total(self) -> int:
        """All of them together."""
        return self.n + self.items.get("x", 0) + self.__hidden


lock = threading.Lock()
module_total = 0


def count_in_the_module() -> None:
    """A global."""
    global module_total
    module_total += 1


def twice(work) -> None:
    """Run `work` in two threads."""
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def lose(way: str) -> None:
    """Two threads count once each, in that way; both must count."""
    counter = Counter()
    twice(getattr(counter, way))
    assert counter.total() == 2, counter.total()


def lose_global() -> None:
    """Two threads count once each in a global; both must count."""
    global module_total
    module_total = 0
    twice(count_in_the_module)
    assert module_total == 2, module_total


def lose_nonlocal() -> None:
    """Two threads count once each in a closure; both must count."""
    total = 0

    def count() -> None:
        nonlocal total
        total = total + 1

    twice(count)
    assert total == 2, total


def everything(log: list[str], /, *, times: int = 2) -> object:
    """Every kind of statement, to be rewritten without a change of meaning."""
    holder = Counter()
    holder.n, (first, *rest) = 1, (2, 3, 4)
    holder.items["a"]: int = 5
    holder.n += holder.items["a"]
    del holder.items["a"]
    data = [holder.n for _ in range(times) if holder.n]
    data[0:1] = [0, 0]
    data[-1] += 1
    chosen = data[0] if data else None
    try:
        raise KeyError(f"{holder.n:>{3}} {chosen!r}")
    except KeyError as error:
        log.append(str(error))
    else:
        log.append("never")
    finally:
        log.append("finally")
    while holder.n > 4:
        holder.n -= 1
        if holder.n == 5:
            continue
    match rest:
        case [3, last]:
            log.append(str(last))
    with threading.Lock():
        square = lambda x: x * holder.n  # noqa: E731
    assert square(2) == 2 * holder.n, "the lambda"
    return first, rest, data, square(3)


def fails_on_a_known_line() -> int:
    """The line of its failure is the last one's."""
    holder = Counter()
    holder.n = 0
    return 1 // holder.n


def line_of_failure() -> int:
    """The line on which `fails_on_a_known_line` fails, as its traceback has it."""
    try:
        fails_on_a_known_line()
    except ZeroDivisionError as error:
        return traceback.extract_tb(error.__traceback__)[-1].lineno or 0
    return 0


async def coroutine(value: Counter) -> int:
    """Coroutines and generators are functions too."""
    value.n += await _next(value)
    return value.n


async def _next(value: Counter) -> int:
    return value.n + 1


def adder():
    """A function that outlives its maker."""
    counter = Counter()
    counter.n = 1

    def add(value: int) -> int:
        counter.n += value
        return counter.n

    return add


def stepwise(counter: Counter):
    """Counts when it is begun, and when it ends."""
    counter.n += 1
    yield counter.n
    counter.n += 1
    yield counter.n - 1
