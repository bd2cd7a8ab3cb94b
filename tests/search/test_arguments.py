"""Wrong arguments of `askance.explore` and `askance.Strands` give one clear error, before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

import askance


def fine() -> None:
    """A target that there is nothing wrong with."""


async def asynchronous() -> None:
    """A coroutine function."""


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"target": 3}, TypeError, "the target is a function without arguments or askance.Strands"),
    ({"target": asynchronous}, TypeError, r"pass lambda: asyncio.run\(asynchronous\(\)\)"),
    ({"target": lambda x: x}, TypeError, "needs 'x'"),
    ({"strategy": None}, TypeError, "a strategy is a name, such as 'random'"),
    ({"strategy": "best"}, ValueError, "there is no strategy 'best'; there are portfolio"),
    ({"strategy": "random:3"}, ValueError, "there is no strategy 'random:3'"),
    ({"strategy": "replay"}, ValueError, "pass an object, askance.search.replay.Replay"),
    ({"strategy": "sparse"}, ValueError, "pass an object, askance.search.sparse.Sparse"),
    ({"executions": 0}, ValueError, "executions is at least 1, not 0"),
    ({"executions": "5"}, TypeError, "executions is an integer, not '5'"),
    ({"seed": None}, TypeError, "seed is an integer, not None"),
    ({"max_steps": 0}, ValueError, "max_steps is at least 1"),
    ({"preempt": "askance"}, TypeError, r"preempt=\['askance'\]"),
    ({"preempt": 5}, TypeError, "preempt is a sequence of modules' names, not 5"),
    ({"preempt": ["no_such_module"]}, ValueError, "cannot preempt 'no_such_module'"),
    ({"delay_bound": 1}, ValueError, "a delay bound is for exhaustive strategies"),
    ({"delay_bound": -1, "strategy": "dpor"}, ValueError, "a delay bound is 0 or more"),
    ({"delay_bound": "x", "strategy": "dpor"}, TypeError, "delay_bound is an integer"),
]


@pytest.mark.parametrize(("arguments", "kind", "text"), WRONG)
def test_a_wrong_argument_is_refused(arguments: dict[str, Any], kind: type[Exception], text: str) -> None:
    """The type of the error and its text are the user's."""
    with pytest.raises(kind, match=text):
        askance.explore(**{"target": fine, **arguments})


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ({"setup": 1}, TypeError, "setup makes the shared object"),
        ({"bodies": fine}, TypeError, "bodies is a sequence of functions"),
        ({"bodies": [3]}, TypeError, "bodies is a sequence of functions"),
        ({"bodies": []}, ValueError, "there is nothing to run"),
        ({"check": 3}, TypeError, "check is a function of the shared object"),
    ],
)
def test_wrong_strands_are_refused(arguments: dict[str, Any], kind: type[Exception], text: str) -> None:
    """Where they are made, not where they run."""
    with pytest.raises(kind, match=text):
        askance.Strands(**{"setup": fine, "bodies": [print], **arguments})
