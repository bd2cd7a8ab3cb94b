"""What the tests of the reference share: a system on two loops, and gates that hold handlers up where a test says."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Iterator

import pytest

from askance_impl.reference import System


class Gate:
    """Holds a handler up until the test opens it; `reached` tells the test that the handler is there."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened: concurrent.futures.Future[None] = concurrent.futures.Future()

    async def __call__(self) -> None:
        self.reached.set()
        await asyncio.shield(asyncio.wrap_future(self.opened))

    def wait_until_reached(self) -> None:
        assert self.reached.wait(10), "no handler came to the gate"

    def open(self) -> None:
        if not self.opened.done():
            self.opened.set_result(None)


@pytest.fixture
def system() -> Iterator[System]:
    """A system of two loops, closed after the test."""
    with System(loops=2) as system:
        yield system


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A closed gate, opened after the test."""
    gate = Gate()
    yield gate
    gate.open()
