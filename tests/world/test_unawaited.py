"""Coroutines that are never awaited are complaints of the world that runs, and of no other."""

from __future__ import annotations

import asyncio
import threading
import warnings

import pytest

from askance.search.replay import Stay
from askance.world import World


async def forgotten() -> None:
    """A coroutine that somebody forgets to await."""


def complaints(main: object) -> list[tuple[str, str]]:
    """What the world that runs `main` complains of."""
    world = World(Stay())
    world.run(main)  # type: ignore[arg-type]
    return world.execution.complaints


def test_a_forgotten_coroutine_is_a_complaint_of_its_strand() -> None:
    """With the name of the coroutine, and no warning besides."""

    def forget() -> None:
        forgotten()  # type: ignore[unused-coroutine]

    def main() -> None:
        strand = threading.Thread(target=forget, name="forgetful")
        strand.start()
        strand.join()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert complaints(main) == [("forgetful", "coroutine forgotten was never awaited")]


def test_an_awaited_coroutine_is_none() -> None:
    """Nor is one that was closed."""

    def main() -> None:
        asyncio.run(forgotten())
        forgotten().close()

    assert complaints(main) == []


def test_outside_of_worlds_python_warns_as_ever() -> None:
    """The hook is taken back with the other patches."""
    complaints(lambda: None)
    with pytest.warns(RuntimeWarning, match="coroutine 'forgotten' was never awaited"):
        forgotten()  # type: ignore[unused-coroutine]
