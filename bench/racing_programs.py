"""Small programs with threads that fail on some schedules only; nothing in them knows of any tool.

Each starts its threads, joins them and asserts, as a test of the code would. What is shared is touched under locks
and through queues, so that a tool that switches at these alone can find every failure.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence


def together(bodies: Sequence[Callable[[], None]]) -> None:
    """Run the functions in threads of their own, and wait for them."""
    threads = [threading.Thread(target=body) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def lost_update() -> None:
    """Two threads read a balance under a lock, and write it back under the lock taken again."""
    lock = threading.Lock()
    account = [0]

    def deposit() -> None:
        with lock:
            seen = account[0]
        with lock:
            account[0] = seen + 1

    together([deposit, deposit])
    assert account[0] == 2, "an update is lost"


def late_update() -> None:
    """As the lost update, but the second thread has five other things to do under the lock before."""
    lock = threading.Lock()
    account = [0, 0]

    def deposit() -> None:
        with lock:
            seen = account[0]
        with lock:
            account[0] = seen + 1

    def deposit_late() -> None:
        for _ in range(5):
            with lock:
                account[1] += 1
        deposit()

    together([deposit, deposit_late])
    assert account[0] == 2, "an update is lost"


def lock_order() -> None:
    """Two threads take two locks, each in its own order: they may wait for each other for ever."""
    first, second = threading.Lock(), threading.Lock()

    def one() -> None:
        with first, second:
            pass

    def other() -> None:
        with second, first:
            pass

    together([one, other])


def philosophers() -> None:
    """Three philosophers take the fork at their left first: all three may hold one and wait for the next."""
    forks = [threading.Lock() for _ in range(3)]

    def philosopher(number: int) -> Callable[[], None]:
        def dine() -> None:
            with forks[number], forks[(number + 1) % 3]:
                pass

        return dine

    together([philosopher(number) for number in range(3)])


def put_after_stop() -> None:
    """A sender looks whether the mailbox is open, and then puts; the owner closes and empties it in between."""
    lock = threading.Lock()
    mailbox: queue.Queue[int] = queue.Queue()
    open_ = [True]
    refused: list[int] = []

    def send() -> None:
        with lock:
            alive = open_[0]
        if alive:
            mailbox.put(1)
        else:
            refused.append(1)

    def stop() -> None:
        with lock:
            open_[0] = False
        while not mailbox.empty():
            refused.append(mailbox.get())

    together([send, stop])
    assert refused == [1] and mailbox.empty(), "a message stays in a mailbox that nobody reads"


def lost_wakeup() -> None:
    """A thread looks at a flag and then waits to be notified, in two steps: the notification may come in between."""
    condition = threading.Condition()
    ready = [False]

    def wait() -> None:
        with condition:
            already = ready[0]
        if not already:
            with condition:
                condition.wait()

    def notify() -> None:
        with condition:
            ready[0] = True
            condition.notify()

    together([wait, notify])


RACING = {
    program.__name__: program
    for program in (lost_update, late_update, lock_order, philosophers, put_after_stop, lost_wakeup)
}
"""Every program by its name."""
