"""The small programs of the literature, written with `askance.Strands` and `askance.Shared`.

Sources: Abdulla, Aronis, Jonsson, Sagonas, "Optimal dynamic partial order reduction" (POPL 2014), and the tests of
Concuerror, for those whose interleavings are counted; Flanagan and Godefroid, "Dynamic partial-order reduction" (POPL
2005), for the indexer and the file system; Burckhardt et al. (ASPLOS 2010) and Yuan et al. (CAV 2018) for those whose
bugs are to be found.
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


def indexer(threads: int, size: int = 128, words: int = 4) -> Strands:
    """Threads enter words into a hash table, by compare-and-set of a slot; from the twelfth on they collide."""

    def enter(thread: int) -> Callable[[Any], None]:
        def run(table: Any) -> None:
            for number in range(1, words + 1):
                word = number * 11 + thread
                slot = word * 7 % size
                while not table[slot].set_if_empty(word):
                    slot = (slot + 1) % size

        return run

    return Strands(lambda: [_Slot() for _ in range(size)], [enter(thread) for thread in range(threads)])


class _Slot:
    """A place that is written once: compare-and-set, which a lock makes atomic."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = Shared(0)

    def set_if_empty(self, value: int) -> bool:
        with self.lock:
            if self.value.get():
                return False
            self.value.set(value)
            return True


def file_system(threads: int, blocks: int = 26, inodes: int = 32) -> Strands:
    """Threads each find a free block for an inode, all under locks; from the fourteenth on they want the same ones."""

    def setup() -> Any:
        return SimpleNamespace(
            inode_locks=[threading.Lock() for _ in range(inodes)],
            inodes=[Shared(0) for _ in range(inodes)],
            block_locks=[threading.Lock() for _ in range(blocks)],
            busy=[Shared(False) for _ in range(blocks)],
        )

    def allocate(thread: int) -> Callable[[Any], None]:
        def run(disk: Any) -> None:
            inode = thread % inodes
            with disk.inode_locks[inode]:
                if disk.inodes[inode].get():
                    return
                block = inode * 2 % blocks
                while True:
                    with disk.block_locks[block]:
                        if not disk.busy[block].get():
                            disk.busy[block].set(True)
                            disk.inodes[inode].set(block + 1)
                            return
                    block = (block + 1) % blocks

        return run

    return Strands(setup, [allocate(thread) for thread in range(threads)])


def philosophers(n: int, *, polite: bool = False) -> Strands:
    """Everybody takes the fork on the left, then that on the right; if polite, the last the other way round."""

    def dine(seat: int) -> Callable[[Any], None]:
        first, second = seat, (seat + 1) % n
        if polite and seat == n - 1:
            first, second = second, first

        def run(forks: Any) -> None:
            with forks[first], forks[second]:
                pass

        return run

    return Strands(lambda: [threading.Lock() for _ in range(n)], [dine(seat) for seat in range(n)])


def readers_and_writers(readers: int, writers: int) -> Strands:
    """Readers count themselves under a lock; the first takes the writers' lock, the last gives it back."""

    def setup() -> Any:
        return SimpleNamespace(
            entry=threading.Lock(), room=threading.Lock(), inside=Shared(0), value=Shared(0)
        )

    def read(shared: Any) -> None:
        with shared.entry:
            shared.inside.set(shared.inside.get() + 1)
            if shared.inside.get() == 1:
                shared.room.acquire()
        shared.value.get()
        with shared.entry:
            shared.inside.set(shared.inside.get() - 1)
            if shared.inside.get() == 0:
                shared.room.release()

    def write(shared: Any) -> None:
        with shared.room:
            shared.value.set(shared.value.get() + 1)

    return Strands(setup, [*[read] * readers, *[write] * writers])


def many_initials() -> Strands:
    """Three strands write a variable each; a fourth reads two, and if both are set the third."""

    def look(shared: Any) -> None:
        if (shared.y.get(), shared.z.get()) == (1, 1):
            shared.x.get()

    return _over("xyz", [_writes("x"), _writes("y"), _writes("z"), look])


def depend_5() -> Strands:
    """A reader goes on from variable to variable as long as it finds them written."""

    def twice(shared: Any) -> None:
        shared.y.set(1)
        shared.y.set(2)

    def follow(shared: Any) -> None:
        if shared.x.get() and shared.y.get():
            shared.z.get()

    return _over("xyz", [_writes("z"), _writes("x"), twice, follow, lambda shared: shared.x.get()])


def difficult_readers() -> Strands:
    """Two writers and two readers of one variable."""
    return _over("x", [_writes("x"), _writes("x", 2), *[lambda shared: shared.x.get()] * 2])


def conditional_readers() -> Strands:
    """Two strands read a variable and write another, unless they find that written."""

    def look(shared: Any) -> None:
        if shared.y.get() == 0:
            shared.x.get()
            shared.y.set(1)

    return _over("xy", [_writes("x"), look, look])


def sleeping_races() -> Strands:
    """A strand that reads on only if all others have made way, in an order that sleep sets hide from each other."""

    def pass_on(shared: Any) -> None:
        shared.y.get()
        shared.z.set(1)

    def follow(shared: Any) -> None:
        if shared.y.get() and shared.z.get() and shared.x.get():
            shared.w.get()

    return _over("wxyz", [_writes("w"), _writes("x"), _writes("y"), pass_on, follow])


def etsi() -> Strands:
    """Readers whose next accesses hang on what they read, and writers that hang on them."""

    def unless(shared: Any) -> None:
        if shared.x.get() == 0:
            shared.z.set(1)

    def both(shared: Any) -> None:
        shared.x.get()
        shared.y.get()

    return _over("xyz", [_writes("y"), _writes("x"), unless, both, lambda shared: shared.z.get()])


def write_then_read() -> Strands:
    """Three strands write a variable; two of them read it again."""

    def again(shared: Any) -> None:
        shared.x.set(1)
        shared.x.get()

    return _over("x", [_writes("x"), again, again])


def _writes(name: str, value: int = 1) -> Callable[[Any], None]:
    def write(shared: Any) -> None:
        getattr(shared, name).set(value)

    return write


def _over(names: str, bodies: list[Callable[[Any], Any]]) -> Strands:
    """These bodies on variables of those names."""
    return Strands(lambda: SimpleNamespace(**{name: Shared(0) for name in names}), bodies)


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
