"""What nobody needs any more is freed at once, without a collection of garbage."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from tests.reference.conftest import Gate

from askance_impl.reference import System, gather


def test_a_failed_ask_leaves_no_circle_of_garbage(system: System) -> None:
    """Error, traceback, frame and reply do not keep each other alive."""

    async def fail(_: Any) -> None:
        raise ValueError("x")

    def sent() -> Any:
        reply = failing.ask(None).then(str)
        seen.append(weakref.ref(reply))
        return reply

    async def ask(_: Any) -> str:
        try:
            await sent()
        except ValueError as error:
            return str(error)
        return ""

    seen: list[Any] = []
    failing = system.spawn(fail, 0)
    asking = system.spawn(ask, 1)
    gc.disable()
    try:
        assert [asking.ask(None).result(10) for _ in range(2)] == ["x", "x"]
        assert seen[0]() is None
    finally:
        gc.enable()


def test_replies_are_freed_when_nobody_wants_them_any_more() -> None:
    """Without a collection: neither a turn nor the parts of a gather know the reply once it is there."""
    gc.disable()
    try:
        with System(loops=1) as system:
            actor = system.spawn(lambda x: x)
            one, both = actor.ask(1), gather(actor.ask(2), actor.ask(3))
            assert (one.result(10), both.result(10)) == (1, [2, 3])
            replies = [weakref.ref(one), weakref.ref(both)]
        del one, both
        assert [reply() for reply in replies] == [None, None]
    finally:
        gc.enable()


def test_a_gather_that_was_cancelled_is_freed(system: System, gate: Gate) -> None:
    """As one that arrived is."""

    async def wait(x: int) -> int:
        await gate()
        return x

    gc.disable()
    try:
        both = gather(system.spawn(wait).ask(1), system.spawn(wait).ask(2))
        gate.wait_until_reached()
        both.cancel()
        freed = weakref.ref(both)
        del both
        assert freed() is None
    finally:
        gc.enable()
