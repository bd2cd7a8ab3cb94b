"""The small programs of the literature, written with `askance.Strands` and `askance.Shared`.

Sources: Abdulla, Aronis, Jonsson, Sagonas, "Optimal dynamic partial order reduction" (POPL 2014), and the tests of
Concuerror, for those whose interleavings are counted; Burckhardt et al. (ASPLOS 2010) and Yuan et al. (CAV 2018) for
those whose bugs are to be found.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from askance import Shared, Strands


def readers(n: int) -> Strands:
    """One strand writes a variable, n strands read it."""

    def write(x: Any) -> None:
        x.set(1)

    def read(x: Any) -> None:
        x.get()

    return Strands(lambda: Shared(0), [write, *[read] * n])


def lastzero(n: int) -> Strands:
    """One strand looks for the last zero of an array, from its end; n others each set one from the one before."""

    def search(a: Any) -> None:
        i = n
        while a[i].get() != 0:
            i -= 1

    def writer(j: int) -> Callable[[Any], None]:
        def write(a: Any) -> None:
            a[j].set(a[j - 1].get() + 1)

        return write

    return Strands(lambda: [Shared(0) for _ in range(n + 1)], [search, *(writer(j) for j in range(1, n + 1))])


def writes_and_reads(k: int, m: int) -> Strands:
    """One strand writes a variable k times, m strands each read it k times."""

    def write(x: Any) -> None:
        for value in range(k):
            x.set(value)

    def read(x: Any) -> None:
        for _ in range(k):
            x.get()

    return Strands(lambda: Shared(0), [write, *[read] * m])


def conditional() -> Strands:
    """Four strands, two of which write only if others have not: the example of the POPL paper."""

    def variables() -> Any:
        return SimpleNamespace(x=Shared(0), y=Shared(0), z=Shared(0))

    def x(shared: Any) -> None:
        shared.x.set(1)

    def y(shared: Any) -> None:
        shared.y.set(1)

    def z(shared: Any) -> None:
        if shared.y.get() == 0:
            shared.z.set(1)

    def x_again(shared: Any) -> None:
        if shared.z.get() == 1 and shared.y.get() == 0:
            shared.x.set(2)

    return Strands(variables, [x, y, z, x_again])


def strangers(steps: int) -> Strands:
    """Two strands that share nothing."""

    def mine(shared: Any) -> None:
        for _ in range(steps):
            shared[0].get()

    def yours(shared: Any) -> None:
        for _ in range(steps):
            shared[1].get()

    return Strands(lambda: [Shared(0), Shared(0)], [mine, yours])


def fan_in(n: int, k: int) -> Strands:
    """n senders put k messages each into the mailbox of one receiver."""

    def sender(name: int) -> Callable[[Any], None]:
        def send(mailbox: Any) -> None:
            for number in range(k):
                mailbox.put((name, number))

        return send

    def receive(mailbox: Any) -> None:
        for _ in range(n * k):
            mailbox.get()

    return Strands(queue.Queue, [*(sender(name) for name in range(n)), receive])


def two_phase_commit(n: int) -> Strands:
    """A coordinator asks n participants to vote, takes the votes, tells the outcome, takes the acknowledgements."""

    def coordinate(mailboxes: Any) -> None:
        for phase in ("prepare", "commit"):
            for participant in range(1, n + 1):
                mailboxes[participant].put(phase)
            for _ in range(n):
                mailboxes[0].get()

    def participant(number: int) -> Callable[[Any], None]:
        def participate(mailboxes: Any) -> None:
            for _ in range(2):
                mailboxes[0].put((number, mailboxes[number].get()))

        return participate

    return Strands(
        lambda: [queue.Queue() for _ in range(n + 1)],
        [coordinate, *(participant(i) for i in range(1, n + 1))],
    )


def lost2() -> Strands:
    """Two strands add one to a counter, each by a read and then a write."""

    def add(counter: Any) -> None:
        counter.set(counter.get() + 1)

    def check(counter: Any) -> None:
        assert counter.get() == 2, f"{counter.get()} after two additions"

    return Strands(lambda: Shared(0), [add, add], check)


def reorder_3() -> Strands:
    """Two strands set a, then b; the third may see neither or both, but not one without the other."""

    def set_both(shared: Any) -> None:
        shared.a.set(1)
        shared.b.set(-1)

    def look(shared: Any) -> None:
        if shared.a.get() == 0 and shared.b.get() == 0:
            return
        if shared.a.get() == 1 and shared.b.get() == -1:
            return
        raise AssertionError("a is set, and b is not")

    return Strands(lambda: SimpleNamespace(a=Shared(0), b=Shared(0)), [set_both, set_both, look])


def deadlock01() -> Strands:
    """Two strands take two locks in opposite order."""

    def setup() -> Any:
        return SimpleNamespace(a=threading.Lock(), b=threading.Lock(), c=Shared(0))

    def ab(shared: Any) -> None:
        with shared.a, shared.b:
            shared.c.set(shared.c.get() + 1)

    def ba(shared: Any) -> None:
        with shared.b, shared.a:
            shared.c.set(shared.c.get() + 1)

    return Strands(setup, [ab, ba])
