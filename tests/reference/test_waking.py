"""A loop is woken once for all that is sent to it until it has woken, and again for what comes later."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from askance_impl.reference.loops import LoopThread

PATIENCE = 20.0


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    """A loop that is closed in the end."""
    loop = LoopThread(0)
    yield loop
    loop.close()
    loop.join()


def counted(loop: LoopThread, monkeypatch: pytest.MonkeyPatch) -> list[Callable[..., Any]]:
    """What wakes the loop from here on."""
    wakeups: list[Callable[..., Any]] = []
    wake = loop.loop.call_soon_threadsafe

    def counting(callback: Callable[..., Any], *arguments: Any) -> Any:
        wakeups.append(callback)
        return wake(callback, *arguments)

    monkeypatch.setattr(loop.loop, "call_soon_threadsafe", counting)
    return wakeups


def test_what_is_sent_to_a_busy_loop_shares_a_wakeup(
    loop: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten callbacks are one wakeup, and are called in the order sent."""
    busy, go_on = threading.Event(), threading.Event()
    called: queue.SimpleQueue[int] = queue.SimpleQueue()

    def occupy() -> None:
        busy.set()
        go_on.wait(PATIENCE)

    loop.post(occupy)
    assert busy.wait(PATIENCE)
    wakeups = counted(loop, monkeypatch)
    for number in range(10):
        loop.post(called.put, number)
    assert len(wakeups) == 1
    go_on.set()
    assert [called.get(timeout=PATIENCE) for _ in range(10)] == list(range(10))


def test_what_is_sent_while_callbacks_are_called_wakes_the_loop_again(loop: LoopThread) -> None:
    """The mark that it is being woken is taken back before the callbacks are called: none is left behind."""
    called: queue.SimpleQueue[str] = queue.SimpleQueue()
    loop.post(loop.post, called.put, "by the first")
    assert called.get(timeout=PATIENCE) == "by the first"
    loop.post(called.put, "later")
    assert called.get(timeout=PATIENCE) == "later"


def test_a_closed_loop_takes_what_is_sent_in_silence() -> None:
    """It never calls it, and whoever sends does not fail."""
    loop = LoopThread(0)
    loop.close()
    loop.join()
    called: list[int] = []
    for number in range(2):
        loop.post(called.append, number)
    assert called == []
