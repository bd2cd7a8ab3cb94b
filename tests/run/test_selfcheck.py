"""An adapter that breaks the port's contract gets one message that says which method, and what to do instead."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.run.libraries import Composing, Loops, LoopsSystem, Steadily, Threads

from askance.adapter import System
from askance.run import AdapterError, self_check
from askance.world import World


def check(adapter: Any) -> None:
    """Self-check the adapter in a fresh world."""
    self_check(adapter, World(Steadily()))


def with_method(method: str, function: Any) -> Loops:
    """The library of coroutines, with one method of its System replaced."""

    class Broken(Loops):
        name = "broken"

        def open(self, loops: int) -> System:
            system = LoopsSystem(loops)
            setattr(system, method, function)
            return system

    return Broken()


def returning_nothing(*arguments: Any) -> None:
    """A method whose author forgot the return."""


def raising(*arguments: Any) -> None:
    """A method that raises."""
    raise LookupError("no loop 7")


@pytest.mark.parametrize("adapter", [Loops(), Composing(), Threads()], ids=lambda adapter: adapter.name)
def test_whole_adapter_passes(adapter: Any) -> None:
    """An adapter that keeps the contract raises nothing."""
    check(adapter)


def awaiting(awaitable: Any) -> Loops:
    """A library whose replies can only be awaited, so that it is asked on event loops alone."""

    class AwaitOnlySystem(LoopsSystem):
        def ask(self, ref: Any, message: Any) -> Any:
            asyncio.get_running_loop()
            return super().ask(ref, message)

        def tell(self, ref: Any, message: Any) -> None:
            super().ask(ref, message)

        def awaitable(self, reply: Any) -> Any:
            return awaitable(super().awaitable(reply))

    class AwaitOnly(Loops):
        name = "await-only"
        capabilities = frozenset({"async-handlers", "await"})

        def open(self, loops: int) -> System:
            return AwaitOnlySystem(loops)

    return AwaitOnly()


def test_what_can_only_be_awaited_is_asked_on_a_loop() -> None:
    """Nothing promises that it can be asked elsewhere."""
    check(awaiting(lambda awaitable: awaitable))


def test_reply_that_cannot_be_awaited() -> None:
    """An `awaitable` that gives something else is an adapter's error."""
    with pytest.raises(
        AdapterError,
        match=r"await-only: `awaitable` raised TypeError: .*; it must take \(reply\) and return what",
    ):
        check(awaiting(lambda awaitable: 7))


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("spawn", "broken: `spawn` returned None; it must take (handler, loop) and return the actor's ref"),
        ("ask", "broken: `ask` returned None; it must take (ref, message) and return the library's reply"),
    ],
)
def test_method_that_returns_nothing(method: str, text: str) -> None:
    """`spawn` and `ask` must give something back."""
    with pytest.raises(AdapterError) as error:
        check(with_method(method, returning_nothing))
    assert str(error.value) == text


@pytest.mark.parametrize("method", ["spawn", "ask", "tell", "close"])
def test_method_that_raises(method: str) -> None:
    """A method that raises is named, with its exception, the line that raised it, and its contract."""
    with pytest.raises(AdapterError) as error:
        check(with_method(method, raising))
    text = str(error.value)
    assert text.startswith(f"broken: `{method}` raised LookupError: no loop 7 at ")
    assert "test_selfcheck.py:" in text
    assert "; it must take " in text


def test_method_that_cannot_be_called_so() -> None:
    """A method that takes other arguments is an adapter's error."""
    with pytest.raises(
        AdapterError, match=r"broken: `ask` raised TypeError: .*; it must take \(ref, message\)"
    ):
        check(with_method("ask", lambda ref: ref))


def test_result_that_cannot_be_called_so() -> None:
    """A blocking wait that raises a TypeError is an adapter's error."""
    with pytest.raises(
        AdapterError, match=r"broken: `result` raised TypeError: .*; it must take \(reply, timeout\)"
    ):
        check(with_method("result", lambda: None))


def test_open_that_raises() -> None:
    """A library that does not start is said with its exception."""

    class Unstartable(Loops):
        name = "unstartable"

        def open(self, loops: int) -> System:
            raise OSError("no broker")

    with pytest.raises(
        AdapterError, match=r"unstartable: `open` raised OSError: no broker at .*; it must take the"
    ):
        check(Unstartable())


def test_open_that_returns_nothing() -> None:
    """`open` must give the System back."""

    class Forgetful(Loops):
        name = "forgetful"

        def open(self, loops: int) -> Any:
            return None

    with pytest.raises(AdapterError) as error:
        check(Forgetful())
    assert str(error.value) == "forgetful: `open` returned None; it must return the System that it opened"


def test_open_that_returns_a_class() -> None:
    """A System that was not made is told from one that was."""

    class Classy(Loops):
        name = "classy"

        def open(self, loops: int) -> Any:
            return LoopsSystem

    with pytest.raises(AdapterError) as error:
        check(Classy())
    assert str(error.value) == "classy: `open` returned the class LoopsSystem; it must return a System of it"


@pytest.mark.parametrize("method", ["spawn", "tell", "close"])
def test_method_that_is_a_coroutine_function(method: str) -> None:
    """What would only make a coroutine, and do nothing, is refused."""

    async def waits(*arguments: Any) -> None:
        """Never gets so far."""

    with pytest.raises(AdapterError) as error:
        check(with_method(method, waits))
    assert str(error.value).startswith(
        f"broken: `{method}` is a coroutine function; it must be a plain one, and take "
    )


def test_replies_that_nobody_can_wait_for() -> None:
    """Capabilities that were forgotten leave nothing to judge: no pass, but a message."""

    class Mute(Loops):
        name = "mute"
        capabilities = frozenset({"spawn"})

    with pytest.raises(
        AdapterError, match='mute: `capabilities` has neither "result" nor "await": nobody can'
    ):
        check(Mute())


@pytest.mark.parametrize(
    ("system", "text"),
    [
        (
            object(),
            "its System has no method `spawn`; it must take (handler, loop) and return the actor's ref",
        ),
        (
            System(),
            "its System does not override `spawn`; it must take (handler, loop) and return the actor's ref",
        ),
        (
            LoopsSystem(0),
            "its System does not override `then`; it must take (reply, function) and return a reply "
            '(the adapter declares "then")',
        ),
    ],
    ids=["missing", "inherited", "promised"],
)
def test_system_must_have_what_is_declared(system: Any, text: str) -> None:
    """Each method that the port, or a declared capability, asks for must be there."""

    class Partial(Composing):
        name = "partial"

        def open(self, loops: int) -> Any:
            return system

    with pytest.raises(AdapterError) as error:
        check(Partial())
    assert str(error.value) == f"partial: {text}"


def test_kind_of_handler_must_be_the_declared_one() -> None:
    """A library that does not await coroutine handlers must not declare that it does."""

    class Blocking(Threads):
        name = "blocking"
        capabilities = Threads.capabilities | {"async-handlers"}

    with pytest.raises(AdapterError) as error:
        check(Blocking())
    assert str(error.value).startswith(
        'blocking: declares "async-handlers", but the handler\'s coroutine came back'
    )


def test_library_that_hangs_is_left_to_the_clauses() -> None:
    """A library that never answers has a sound adapter: the check ends, and raises nothing."""

    class Hanging(Loops):
        def open(self, loops: int) -> System:
            system = LoopsSystem(loops)
            system.ask = lambda ref, message: asyncio.run_coroutine_threadsafe(for_ever(), ref[1])  # type: ignore[method-assign]
            return system

    check(Hanging())


async def for_ever() -> None:
    """Wait for what nobody gives."""
    await asyncio.Event().wait()
