"""Threads that a library counts for as long as the process lives have one name in the whole of a failure's text."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.failures import found

from askance.program import Actor, AskOp, Client, Program, Raise, Result
from askance.report.entry import told
from askance.report.naming import steady_names
from askance.run import load_adapter
from askance.terms import Err


@pytest.mark.parametrize(
    ("one", "other", "named"),
    [
        ({"1.1": "loop 0"}, {"1.1": "loop 0"}, {}),
        ({"1.1": "shard-7", "1.2": "Actor-40"}, {"1.1": "shard-7", "1.2": "Actor-42"}, {"1.2": "Actor-1"}),
        ({"1.1": "A-9", "1.2": "A-10"}, {"1.1": "A-11", "1.2": "A-12"}, {"1.1": "A-1", "1.2": "A-2"}),
        (
            {"1.1": "pool-5-thread-1", "1.2": "pool-5-thread-2"},
            {"1.1": "pool-6-thread-1", "1.2": "pool-6-thread-2"},
            {"1.1": "pool-1-thread-1", "1.2": "pool-1-thread-2"},
        ),
        (
            {"1.1": "worker-0x7fa", "1.2": "worker-0x9bc"},
            {"1.1": "worker-0x11b", "1.2": "worker-0x22c"},
            {"1.1": "worker-0x-1", "1.2": "worker-0x-2"},
        ),
    ],
)
def test_numbers_that_differ_between_replays_are_counted_anew(
    one: dict[str, str], other: dict[str, str], named: dict[str, str]
) -> None:
    """In the order in which the strands were made; a name that is the same in both stays."""
    assert steady_names(one, other) == named


LOST = Program(
    1,
    (Actor("a", None, Raise(Err("CancelledError", "f"))),),
    (Client("c0", "thread", (AskOp("r0", "a", 10), Result("r0"))),),
)


def test_a_failure_calls_each_thread_by_one_name(tmp_path: Path) -> None:
    """Pykka counts its threads in a variable of its own: each replay has other numbers, no text of ours has."""
    pytest.importorskip("pykka")
    counterexample, adapter = found("pykka", "A4", LOST), load_adapter("pykka")
    words = told(counterexample, adapter, tmp_path / "A4.json")
    assert {row["strand"] for row in words["rows"]} >= {"c0", "HandlerActor-1"}
    assert [one["who"] for one in words["stood"]] == ["HandlerActor-1", "c0"]
    # Which needs the steps of one replay to be of the same strands as the events of another.
    assert "~" in {row["mark"] for row in words["rows"]}
    assert told(counterexample, adapter, tmp_path / "A4.json") == words
