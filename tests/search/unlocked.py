"""A counter without a lock, for tests of statement-level scheduling points."""

from __future__ import annotations

import threading


class Counter:
    """Counts, but not for two threads at once."""

    def __init__(self) -> None:
        self.n = 0

    def increment(self) -> None:
        """Read, then write."""
        self.n = self.n + 1


def count_twice() -> None:
    """Two threads count once each; they meet at a lock afterwards, so that they do interleave."""
    counter, lock = Counter(), threading.Lock()

    def work() -> None:
        counter.increment()
        with lock:
            pass

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.n == 2
