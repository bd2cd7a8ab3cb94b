"""Greenlets that serve one strand after another leave each of them the whole depth of calls."""

from __future__ import annotations

import threading
from _thread import _local

import pytest

import askance
from askance.world import greenlets

DEPTH = 60


def test_strands_that_start_strands_all_have_room_for_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A strand started from deep inside another does not begin as deep: twenty in a row do not reach the limit."""
    monkeypatch.setattr(greenlets, "_idle", _local())

    def dive(depth: int, left: int) -> None:
        if depth:
            dive(depth - 1, left)
        elif left:
            thread = threading.Thread(target=dive, args=(DEPTH, left - 1))
            thread.start()
            thread.join()

    result = askance.explore(lambda: dive(DEPTH, 20), strategy="random", executions=2)
    assert result.failed == 0
    assert result.strands == 21
