"""Events are written field by field, and are events none the less."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from askance.history import Event, Outcome, Recorder, recorded

FIELDS = ("end", "a#1", "a", "c0.1", "c0.r1", Outcome("value", 3), "detail", "c0", 7)


def test_a_recorded_event_is_the_one_that_the_constructor_makes() -> None:
    """With every field in its place; equal, of equal hash, and as easily pickled."""
    event = recorded(*FIELDS, stamp=(4, 0.5, "c0"), loop=1)
    assert event == Event(*FIELDS, step=4, time=0.5, strand="c0", loop=1)
    assert hash(event) == hash(Event(*FIELDS, step=4, time=0.5, strand="c0", loop=1))
    assert type(event) is Event
    assert pickle.loads(pickle.dumps(event)) == event


def test_a_recorded_event_is_frozen() -> None:
    """Clauses share a history, and none may change it for the others."""
    event = recorded(*FIELDS, stamp=(4, 0.5, "c0"), loop=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.who = "b"  # type: ignore[misc]


def test_a_recorder_stamps_what_it_is_told() -> None:
    """With the engine's step, time and strand."""
    recorder = Recorder(lambda: (4, 0.5, "c0"))
    recorder.add("ask", "c0", actor="a", message="c0.1", op="c0.r1", sender="c0", value=7, loop=1)
    assert recorder.events == [Event("ask", "c0", "a", "c0.1", "c0.r1", None, "", "c0", 7, 4, 0.5, "c0", 1)]
