"""Checks of an adapter before anything is judged with it: one clear message, not eighty failing clauses.

Only the shape of the adapter is looked at: methods that raise, give nothing back, or cannot be called as the port
says. Whether the library behaves is for the clauses; a library that never answers passes here.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from askance.adapter import Adapter, System
from askance.run.errors import AdapterError
from askance.run.loading import check_declaration
from askance.run.turns import NOT_AN_OUTCOME, Envelope
from askance.world.strand import NotSimulated

__all__ = ["check_shape", "self_check"]

REQUIRED = {
    "spawn": "take (handler, loop) and return the actor's ref",
    "ask": "take (ref, message) and return the library's reply",
    "tell": "take (ref, message)",
    "close": "take nothing, end what the system started, and return",
}
BY_CAPABILITY = {
    "result": ("result", "take (reply, timeout), block, and return the value"),
    "await": ("awaitable", "take (reply) and return what a coroutine awaits"),
    "then": ("then", "take (reply, function) and return a reply"),
    "gather": ("gather", "take (replies) and return a reply"),
    "cancel": ("cancel", "take (reply)"),
    "stop": ("stop", "take (ref)"),
}


def self_check(adapter: Adapter, world: Any) -> None:
    """Raise AdapterError, with one message, if the adapter breaks the port's contract.

    It is tried as the main strand of `world` (new, of any strategy), so that an implementation that hangs hangs
    nobody: a deadlock is no fault of the adapter's shape, and the clauses will judge it.
    """
    check_declaration(adapter)
    execution = world.run(lambda: check_shape(adapter))
    if execution.ending == "error":
        raise AdapterError(f"{adapter.name}: one ask of one actor did not come to an end: {execution.error}")
    if execution.exception is not None:
        raise execution.exception


def check_shape(adapter: Adapter) -> None:
    """Open a system with one loop, spawn one actor, ask it once, tell it once, close; raises AdapterError."""
    name = adapter.name
    if not adapter.capabilities & {"result", "await"}:
        raise AdapterError(
            f'{name}: `capabilities` has neither "result" nor "await": nobody can wait for a reply, '
            "so that nothing can be judged"
        )
    system = called(name, "open", "take the number of loops and return a System", adapter.open, 1)
    if system is None:
        raise AdapterError(f"{name}: `open` returned None; it must return the System that it opened")
    if isinstance(system, type):
        raise AdapterError(
            f"{name}: `open` returned the class {system.__name__}; it must return a System of it"
        )
    contracts = check_methods(name, adapter.capabilities, system)

    def call(method: str, *arguments: Any) -> Any:
        return called(name, method, contracts[method], getattr(system, method), *arguments)

    handler = coroutine_echo if "async-handlers" in adapter.capabilities else plain_echo
    ref = call("spawn", handler, 0 if "loops" in adapter.capabilities else None)
    if ref is None:
        raise AdapterError(f"{name}: `spawn` returned None; it must {contracts['spawn']}")

    def asked() -> Any:
        reply = call("ask", ref, Envelope("self-check.0", "self-check", 1))
        if reply is None:
            raise AdapterError(f"{name}: `ask` returned None; it must {contracts['ask']}")
        return reply

    async def awaited() -> Any:
        return await system.awaitable(asked())

    if "result" in adapter.capabilities:
        check_wait(adapter, "result", contracts["result"], lambda: system.result(asked()))
    else:
        check_wait(adapter, "awaitable", contracts["awaitable"], lambda: on_a_loop(awaited))
    call("tell", ref, Envelope("self-check.1", "self-check", 2))
    call("close")


async def coroutine_echo(envelope: Envelope) -> Any:
    """A handler that returns the value of its message."""
    return envelope.value


def plain_echo(envelope: Envelope) -> Any:
    """A handler that returns the value of its message."""
    return envelope.value


def on_a_loop(function: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What the coroutine gives on an event loop of its own: where replies can only be awaited, asks come from loops."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(function())
    finally:
        loop.close()


def check_wait(adapter: Adapter, method: str, contract: str, wait: Callable[[], Any]) -> None:
    """Raise AdapterError if waiting for a reply shows that the adapter miscalls its library, or the handler."""
    try:
        value = wait()
    except AdapterError:
        raise
    except (TypeError, AttributeError, NotImplementedError) as error:
        raise AdapterError(f"{adapter.name}: `{method}` raised {told(error)}; it must {contract}") from error
    except NOT_AN_OUTCOME:
        raise
    except BaseException:
        return  # the library's own business: clause A1 judges it
    if inspect.iscoroutine(value) and value.cr_code is coroutine_echo.__code__:
        value.close()
        raise AdapterError(
            f'{adapter.name}: declares "async-handlers", but the handler\'s coroutine came back un-awaited; '
            "await it on the actor's loop, or drop the capability to get plain functions as handlers"
        )


def check_methods(name: str, capabilities: frozenset[str], system: Any) -> dict[str, str]:
    """What each method must do, by name; raises AdapterError unless the system has all that it promises."""
    contracts = dict(REQUIRED)
    for capability, (method, contract) in BY_CAPABILITY.items():
        if capability in capabilities:
            contracts[method] = f'{contract} (the adapter declares "{capability}")'
    for method, contract in contracts.items():
        if not callable(getattr(system, method, None)):
            raise AdapterError(f"{name}: its System has no method `{method}`; it must {contract}")
        default = getattr(System, method)
        inherits = getattr(type(system), method, None) is default
        if inherits and method not in ("result", "awaitable", "cancel"):
            raise AdapterError(f"{name}: its System does not override `{method}`; it must {contract}")
    return contracts


def called(name: str, method: str, contract: str, function: Any, *arguments: Any) -> Any:
    """What the adapter's method gives; raises AdapterError if it raises, or is a coroutine function."""
    try:
        value = function(*arguments)
    except NOT_AN_OUTCOME:
        raise
    except NotSimulated as error:
        raise AdapterError(
            f"{name}: `{method}`: {error} (--engine live), and declare that in the adapter: "
            'engines = frozenset({"live"})'
        ) from error
    except ImportError as error:  # what the adapter is of is not installed, and it says how to
        raise AdapterError(f"{name}: {error}") from error
    except BaseException as error:
        raise AdapterError(f"{name}: `{method}` raised {told(error)}; it must {contract}") from error
    if inspect.iscoroutine(value) and method != "ask":
        value.close()
        raise AdapterError(
            f"{name}: `{method}` is a coroutine function; it must be a plain one, and {contract}"
        )
    return value


def told(error: BaseException) -> str:
    """The exception as one line, with the source line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}: {error}".removesuffix(": ") + where
