"""Exceptions that programs raise, by name, and the exceptions of the harness about programs.

A behaviour raises `Err` data; the handlers make the exception of it with `make`, and recognise it again with
`as_err` when it reaches an asker. The kinds are chosen for what event loops and futures do to them (clause A4):
some end a loop's thread, some mean something else to a coroutine, some cannot be copied.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from types import MappingProxyType

from askance.program import Err, Term

__all__ = ["KINDS", "Boom", "ProgramError", "Uncopyable", "as_err", "is_caught", "is_value", "make"]


class ProgramError(Exception):
    """A program that cannot be performed, or a document that is not a program: one line, what and where."""


class Boom(Exception):
    """An exception of the user's own: no library knows its type."""


class Uncopyable(Exception):
    """An exception that `copy` and `pickle` cannot rebuild: its constructor needs more than its `args` hold."""

    def __init__(self, argument: object, witness: object) -> None:
        super().__init__(argument)
        self.witness = witness


KINDS: MappingProxyType[str, type[BaseException]] = MappingProxyType(
    {
        "ValueError": ValueError,
        "KeyError": KeyError,
        "RuntimeError": RuntimeError,
        "Boom": Boom,
        "Uncopyable": Uncopyable,
        "StopIteration": StopIteration,
        "StopAsyncIteration": StopAsyncIteration,
        "TimeoutError": TimeoutError,
        "CancelledError": asyncio.CancelledError,
        "ConcurrentCancelledError": concurrent.futures.CancelledError,
        "SystemExit": SystemExit,
        "GeneratorExit": GeneratorExit,
    }
)
"""The kinds of `Err`, and the exact type that each stands for."""

_NAMES = {kind: name for name, kind in KINDS.items()}


def make(err: Err) -> BaseException:
    """A new exception of the kind, its `args` the one argument; raises KeyError for an unknown kind."""
    kind = KINDS[err.kind]
    return Uncopyable(err.argument, object()) if kind is Uncopyable else kind(err.argument)


def as_err(exception: BaseException) -> Err | None:
    """The `Err` that `make` would build this exception from; None where type or arguments are not exactly those.

    A subclass, a wrapper, or the same type with other arguments (`CancelledError()` without any, as asyncio
    raises it) is None: it is not the exception that a behaviour raised.
    """
    name = _NAMES.get(type(exception))
    if name is None or len(exception.args) != 1 or not is_value(exception.args[0]):
        return None
    return Err(name, exception.args[0])


def is_caught(err: Err) -> bool:
    """Whether `except Exception` catches it, and so `Try` does."""
    return issubclass(KINDS[err.kind], Exception)


def is_value(candidate: object) -> bool:
    """Whether it is a `Value` of programs, at every depth."""
    match candidate:
        case None | bool() | int() | str():
            return type(candidate) in (type(None), bool, int, str)
        case Term(symbol, args):
            return type(symbol) is str and type(args) is tuple and all(map(is_value, args))
        case Err(kind, argument):
            return type(kind) is str and is_value(argument)
        case tuple():
            return type(candidate) is tuple and all(map(is_value, candidate))
    return False
