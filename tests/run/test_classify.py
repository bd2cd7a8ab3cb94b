"""What a library gives is classified as what it is: a value, the program's error, or something no program denotes."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any

import pytest
from tests.run.libraries import ActorGone, Loops, WrongThread

from askance.errors import Boom, make
from askance.history import Outcome
from askance.program import Err, Term
from askance.run.classify import Classifier, classify, classify_value, recordable


class Cyclic(Exception):
    """A library's own word for a cycle."""


class Promise:
    """A library's own reply, which nothing shows to be one."""


class Declaring(Loops):
    """An adapter that declares a cycle error and a reply type."""

    cycle = (Cyclic,)
    nested = (Promise,)


ADAPTER = Declaring()
BOOM = Err("Boom", "x")
FUTURE = "a concurrent.futures.Future"


def done(value: Any) -> concurrent.futures.Future[Any]:
    """A completed future."""
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    future.set_result(value)
    return future


@pytest.mark.parametrize(
    "value", [None, True, 0, "", Term("f", (Term("g"), 1)), (1, (2, Term("h"))), (), BOOM], ids=repr
)
def test_data_of_programs_is_a_value(value: Any) -> None:
    """What a program denotes is a value, whatever it is, and is not copied."""
    outcome = classify_value(ADAPTER, value)
    assert outcome == Outcome("value", value)
    assert outcome.value is value


@pytest.mark.parametrize("value", [make(BOOM), (make(BOOM),), Term("f", (make(BOOM),))], ids=repr)
def test_exception_instance_as_a_value_is_its_err(value: Any) -> None:
    """An exception that came back as a value is the error as data, at any depth."""
    expected: dict[type, Any] = {Boom: BOOM, tuple: (BOOM,), Term: Term("f", (BOOM,))}
    assert classify_value(ADAPTER, value) == Outcome("value", expected[type(value)])


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (concurrent.futures.Future(), "a concurrent.futures.Future"),
        (done(3), "a concurrent.futures.Future of 3"),
        (done(done(Term("f", (3,)))), f"{FUTURE} of {FUTURE} of f(3), 2 deep"),
        (done(done(concurrent.futures.Future())), f"{FUTURE} of {FUTURE} of {FUTURE}, 3 deep"),
        (Term("f", (1, done(3))), "a concurrent.futures.Future of 3, in f[1]"),
        ((1, [done(3)]), "a concurrent.futures.Future of 3, in [1][0]"),
        ({"k": Term("g", (done(3),))}, "a concurrent.futures.Future of 3, in ['k'].g[0]"),
        (Promise(), "a tests.run.test_classify.Promise"),
    ],
)
def test_awaitable_anywhere_is_nested(value: Any, detail: str) -> None:
    """An awaitable is nested wherever it hides; the detail says its type, its depth, its value and where it is."""
    outcome = classify_value(ADAPTER, value)
    assert (outcome.kind, outcome.detail) == ("nested", detail)


def test_asyncio_future_is_nested() -> None:
    """A future of asyncio's is named as its users know it."""
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    outcome = classify_value(ADAPTER, future)
    loop.close()
    assert (outcome.kind, outcome.detail) == ("nested", "an asyncio.Future")


def test_looking_into_a_pending_future_does_not_wait() -> None:
    """The depth of a future that is not done is what is known of it."""
    outcome = classify_value(ADAPTER, concurrent.futures.Future())
    assert outcome.detail == "a concurrent.futures.Future"


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (1.5, "a float"),
        ([1], "a list"),
        (object, "a type"),
        (Term("f", (b"",)), "an askance.terms.Term"),
        (KeyError(1, 2), "the exception KeyError: (1, 2)"),
    ],
)
def test_what_no_program_denotes_is_an_error(value: Any, detail: str) -> None:
    """A foreign object is never taken for a value."""
    outcome = classify_value(ADAPTER, value)
    assert (outcome.kind, outcome.error, outcome.detail) == (
        "error",
        None,
        f"not a value of the program: {detail}",
    )


def test_gather_may_give_a_list() -> None:
    """A gather's results are a tuple, whether the library gives a tuple or a list; one value is no gather."""
    classifier = Classifier(ADAPTER)
    assert classifier.gathered([1, 2]) == classifier.gathered((1, 2)) == Outcome("value", (1, 2))
    assert classifier.gathered(1).detail == "a gather gave an int, not a tuple or a list"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ActorGone("gone"), "stopped"),
        (Cyclic("a -> a"), "cycle"),
        (WrongThread("await"), "refused"),
        (TimeoutError(), "timeout"),
        (asyncio.CancelledError(), "cancelled"),
        (concurrent.futures.CancelledError(), "cancelled"),
    ],
    ids=repr,
)
def test_declared_exceptions_have_their_kind(error: BaseException, kind: str) -> None:
    """What the adapter declares, and what the standard library calls timeout and cancellation, has its kind."""
    assert classify(ADAPTER, error).kind == kind


def test_error_of_the_program_comes_first() -> None:
    """A CancelledError that a behaviour raised itself is that error, and no cancellation."""
    error = Err("CancelledError", "mine")
    assert classify(ADAPTER, make(error)) == Outcome("error", error=error)


def test_only_errors_that_the_program_raises_are_its_own() -> None:
    """A TimeoutError with a text, which the library made, is a timeout where the program raises no such error."""
    mine, theirs = Err("TimeoutError", "mine"), TimeoutError("nothing came for 3 seconds")
    classifier = Classifier(ADAPTER, {mine})
    assert classifier.exception(make(mine)) == Outcome("error", error=mine)
    assert classifier.exception(theirs).kind == "timeout"
    assert classifier.exception(ValueError("theirs")).detail == "ValueError: theirs"


def test_texts_of_exceptions_are_the_same_in_every_process() -> None:
    """Addresses and UUIDs in a library's message are left out."""
    text = "<Actor at 0x7f12ab34cd56> urn:uuid:12345678-1234-1234-1234-123456789abc is dead"
    assert classify(ADAPTER, LookupError(text)).detail == "LookupError: <Actor at ...> urn:uuid:... is dead"


def test_foreign_objects_are_recorded_by_their_type() -> None:
    """An event holds the name of a library object's type, never the object."""
    value = Term("f", (done(1), 2, make(BOOM), [3]))
    assert recordable(value) == Term("f", (Term("<concurrent.futures.Future>"), 2, BOOM, (3,)))
