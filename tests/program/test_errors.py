"""Errors as data and as exceptions: each kind makes one exact type, and is recognised exactly."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import pickle

import pytest

from askance.errors import KINDS, Boom, Uncopyable, as_err, is_caught, is_value, make
from askance.program import Err, Term, Value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("argument", ["x", "", None, 0, ("a", Term("f", (1,)))])
def test_make_and_as_err_are_inverse(kind: str, argument: Value) -> None:
    """The exception made of an error is recognised as that error, whatever its argument."""
    exception = make(Err(kind, argument))
    assert type(exception) is KINDS[kind]
    assert as_err(exception) == Err(kind, argument)


@pytest.mark.parametrize(
    "exception",
    [
        asyncio.CancelledError(),
        TimeoutError(),
        ValueError("x", "y"),
        ValueError(1.5),
        type("Sub", (ValueError,), {})("x"),
        Exception("x"),
        OSError("x"),
    ],
    ids=repr,
)
def test_others_are_not_recognised(exception: BaseException) -> None:
    """An exception of another type, a subclass, or with other arguments is no error of a program."""
    assert as_err(exception) is None


def test_uncopyable_cannot_be_copied() -> None:
    """`Uncopyable` fails to be copied and pickled, as it is there to do."""
    exception = make(Err("Uncopyable", "x"))
    with pytest.raises(TypeError):
        copy.copy(exception)
    with pytest.raises((TypeError, pickle.PicklingError)):
        pickle.loads(pickle.dumps(exception))


def test_boom_is_copied() -> None:
    """`Boom` is an ordinary exception of the user's own."""
    assert as_err(copy.copy(Boom("x"))) == Err("Boom", "x")


def test_what_is_caught() -> None:
    """`Try` catches what `except Exception` does: not the exceptions that end threads, tasks and generators."""
    passing = {kind for kind in KINDS if not is_caught(Err(kind))}
    assert passing == {"CancelledError", "SystemExit", "GeneratorExit"}


def test_cancelled_errors_are_two() -> None:
    """asyncio's CancelledError and that of concurrent.futures are different kinds."""
    assert KINDS["CancelledError"] is asyncio.CancelledError
    assert KINDS["ConcurrentCancelledError"] is concurrent.futures.CancelledError
    assert isinstance(make(Err("Uncopyable", 1)), Uncopyable)


@pytest.mark.parametrize(
    "candidate", [1.5, [], {}, object(), Term("f", (1.5,)), (1, [2]), Err("ValueError", 1j)]
)  # type: ignore[arg-type]
def test_what_is_no_value(candidate: object) -> None:
    """Only the constants of programs, terms, errors and tuples of these are values."""
    assert not is_value(candidate)
