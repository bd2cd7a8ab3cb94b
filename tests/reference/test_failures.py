"""Handlers that fail: the asker gets the very exception, of whatever kind, and nobody else is hurt."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import pickle
import threading
import traceback
from typing import Any

import pytest

from askance_impl.reference import Actor, ActorStopped, AskCycle, System, SystemClosed, WouldBlock


class Uncopyable(Exception):
    """Its constructor wants more than its args hold."""

    def __init__(self, one: Any, two: Any) -> None:
        super().__init__(one)
        self.two = two


class OwnBaseException(BaseException):
    """No subclass of Exception."""


ERRORS: list[BaseException] = [
    ValueError("x"),
    Uncopyable(1, threading.Lock()),
    StopIteration("value"),
    StopAsyncIteration("x"),
    asyncio.CancelledError("x"),
    concurrent.futures.CancelledError("x"),
    TimeoutError("x"),
    SystemExit(3),
    GeneratorExit("x"),
    KeyboardInterrupt("x"),
    OwnBaseException("x"),
    RuntimeError("coroutine raised StopIteration"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("loop", [0, 1])
def test_the_asker_gets_the_very_exception_and_the_actors_live_on(
    system: System, error: BaseException, loop: int
) -> None:
    """Directly, and through two handlers in between; afterwards all of them answer."""

    async def fail(fails: bool) -> Any:
        if fails:
            raise error
        return "alive"

    async def middle(fails: bool) -> Any:
        return await failing.ask(fails)

    async def outer(fails: bool) -> Any:
        return await middle_actor.ask(fails)

    failing = system.spawn(fail, loop)
    middle_actor = system.spawn(middle, 0)
    outer_actor = system.spawn(outer, 1)
    for actor in (failing, outer_actor):
        with pytest.raises(type(error)) as caught:
            actor.ask(True).result(10)
        assert caught.value is error
        assert actor.ask(False).result(10) == "alive"


def test_an_exception_keeps_its_cause(system: System) -> None:
    """`raise ... from ...` reaches the asker whole."""

    async def fail(_: Any) -> None:
        raise ValueError("effect") from KeyError("cause")

    with pytest.raises(ValueError, match="effect") as caught:
        system.spawn(fail).ask(None).result(10)
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_traceback_leads_to_the_line_that_failed_and_does_not_grow(system: System) -> None:
    """However often the reply is read, the frames are those of one reading."""

    async def fail(_: Any) -> None:
        raise ValueError("here")

    reply = system.spawn(fail).ask(None)
    lengths = set()
    for _ in range(3):
        with pytest.raises(ValueError, match="here") as caught:
            reply.result(10)
        frames = traceback.extract_tb(caught.value.__traceback__)
        assert frames[-1].line == 'raise ValueError("here")'
        lengths.add(len(frames))
    assert len(lengths) == 1


def test_a_task_of_a_handler_that_exits_does_not_end_the_loop(system: System) -> None:
    """asyncio lets SystemExit through the loop; the loop runs on, and both parts of the gather are seen."""

    async def fail(_: Any) -> None:
        raise SystemExit(3)

    async def together(_: Any) -> Any:
        return await asyncio.gather(failing.ask(1), failing.ask(2))

    failing = system.spawn(fail, 1)
    actor = system.spawn(together, 0)
    for _ in range(2):
        with pytest.raises(SystemExit):
            actor.ask(None).result(10)


def test_a_handler_that_fails_on_a_told_message_is_reported_and_lives_on() -> None:
    """`on_failure` gets the actor and the exception."""
    reported: list[tuple[Actor, BaseException]] = []
    error = ValueError("x")

    async def fail(fails: bool) -> str:
        if fails:
            raise error
        return "alive"

    with System(on_failure=lambda actor, error: reported.append((actor, error))) as system:
        actor = system.spawn(fail)
        actor.tell(True)
        assert actor.ask(False).result(10) == "alive"
        assert reported == [(actor, error)]


def test_by_default_the_failure_of_a_told_message_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """One line, with the name of the actor and the traceback."""

    async def fail(_: Any) -> None:
        raise ValueError("x")

    with System() as system:
        actor = system.spawn(fail, name="f")
        actor.tell(None)
        with pytest.raises(ValueError, match="x"):
            actor.ask(None).result(10)
    assert [record.getMessage() for record in caplog.records] == ["actor f failed on a message it was told"]
    assert "ValueError: x" in caplog.text


def test_a_reply_that_nobody_reads_fails_in_silence(
    recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    """No warning and no log of an exception that was never retrieved."""

    async def fail(_: Any) -> None:
        raise ValueError("x")

    with System() as system:
        actor = system.spawn(fail)
        actor.ask(None)
        actor.ask(None).then(str)
        with pytest.raises(ValueError, match="x"):
            actor.ask(None).result(10)
    assert not recwarn.list
    assert not caplog.records


@pytest.mark.parametrize(
    "error",
    [ActorStopped("a"), SystemClosed("a"), AskCycle(["a", "b", "a"]), WouldBlock("this", "wrong", "right")],
    ids=lambda error: type(error).__name__,
)
def test_errors_of_the_system_can_be_copied_and_pickled(error: BaseException) -> None:
    """Type, text and attributes survive."""
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert vars(other) == vars(error)
