"""cnt and pc as frontrun wants them: a setup, workers that it starts itself, an invariant."""

from __future__ import annotations

import queue
import threading
from types import SimpleNamespace
from typing import Any


def _counter() -> Any:
    return SimpleNamespace(lock=threading.Lock(), total=0)


def _count(state: Any) -> None:
    for _ in range(3):
        with state.lock:
            state.total += 1


def _shop() -> Any:
    return SimpleNamespace(items=queue.Queue(), got=[])


def _produce(state: Any) -> None:
    for number in range(3):
        state.items.put(number)


def _consume(state: Any) -> None:
    for _ in range(6):
        state.got.append(state.items.get())


PROGRAMS = {
    "cnt": (_counter, [_count, _count], lambda state: state.total == 6),
    "pc": (_shop, [_produce, _produce, _consume], lambda state: len(state.got) == 6),
}
