"""Where each strand stood: in words of the program, at lines of the implementation, never of the harness."""

from __future__ import annotations

import pytest
from tests.report.failures import chain, failure
from tests.report.test_racing import LOST

from askance.history import Event, History
from askance.program import Actor, Client, Msg, Program
from askance.report.operations import loop_names, operation_in_words
from askance.report.schedule import renamed, strand_names
from askance.report.standing import at_work, told_standing
from askance.report.words import failure_text

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


def test_a_client_that_waits_in_the_harness_is_told_in_words() -> None:
    """A strand without a line of the implementation has what its client waits for, and no line of the harness."""
    told = failure("naive-call-soon", "D1", LOST)
    (client,) = [one for one in told["stood"] if one["who"] == "c0"]
    assert (client["where"], client["line"]) == ("", "")
    text = failure_text(told)
    assert "\n    c0: waits for c0.r0 (the ask c0.0 to a)\n" in text
    assert "askance/adapter.py" not in text and "askance/run/" not in text


def test_a_turn_is_told_with_its_line() -> None:
    """A strand in a line of the implementation has the turn it is at work for, the line, and its text."""
    lines = [line.strip() for line in failure_text(failure(), 400).splitlines()]
    at = lines.index("loop 0: a#1 waits for a#1.1 (the ask to b)")
    assert lines[at + 1].startswith("at ") and lines[at + 1].endswith(" in BlockingSystem.awaitable")
    assert lines[at + 2].startswith("value = reply.result()")


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (Event("client-begin", "c0"), "c0 has begun"),
        (Event("ask", "c0", actor="a", op="c0.r0", value=1), "c0 asks a with 1 (c0.r0)"),
        (Event("tell", "c0", actor="a", value=1), "c0 tells a 1"),
        (Event("stop", "c0", actor="a"), "c0 stops a"),
        (Event("cancel", "c0", op="c0.r0"), "c0 cancels c0.r0"),
        (Event("compose", "c0", op="c0.r1"), "c0 makes c0.r1 of other replies"),
        (Event("client-end", "c0"), "c0 has done all it had to do"),
    ],
)
def test_what_a_client_does_is_its_last_event(last: Event, said: str) -> None:
    """A client that waits for nothing is at what it did last."""
    assert at_work("c0", [Event("begin", "a#1", actor="a"), last]) == said
    assert at_work("", [last]) == ""


def test_the_next_operation_is_in_words() -> None:
    """A strand that is about to do something to the loop that it runs has it in words."""
    one = {"who": "T", "doing": "handle loop#3", "where": "x.py:1 in f", "line": "g()", "work": ""}
    loops = loop_names([{"operation": "run", "object": "loop#3", "strand": "T"}], {"T": "loop 0"})
    assert told_standing(one, {"T": "loop 0"}, loops) == [
        "loop 0: next it takes a callback out of the queue of its event loop at x.py:1 in f",
        "    g()",
    ]
    assert operation_in_words({"operation": "wake", "object": "loop#3"}, loops, "c0") == (
        "gives loop 0 a callback, and wakes it (call_soon_threadsafe)"
    )


# ---------------------------------------------------------------- names of strands


def events(*placed: tuple[str, int, str]) -> tuple[Event, ...]:
    """Each actor is spawned on the program's loop, and begins on that strand, on whatever loop comes first."""
    spawned = [Event("spawn", actor=actor, value=loop) for actor, loop, _ in placed]
    begun = [Event("begin", f"{actor}#1", actor=actor, strand=strand, loop=0) for actor, _, strand in placed]
    return (*spawned, *begun)


PROGRAM = Program(2, (Actor("a", 0, Msg()), Actor("b", 1, Msg())), (Client("c0", "thread", ()),))


def test_strands_have_the_program_s_numbers() -> None:
    """A loop's strand is called as the program calls the loop, whichever ran first."""
    history = History(PROGRAM, events(("b", 1, "T2"), ("a", 0, "T1")), "done")
    assert strand_names(history) == {"T2": "loop 1", "T1": "loop 0"}


def test_a_strand_on_which_actors_of_two_loops_ran_has_no_number() -> None:
    """Where an implementation runs actors on the wrong loop, no name hides it."""
    history = History(PROGRAM, events(("a", 0, "T1"), ("b", 1, "T1")), "done")
    assert strand_names(history) == {}
    history = History(PROGRAM, events(("a", 0, "T1"), ("a", 0, "T2")), "done")
    assert strand_names(history) == {}


def test_the_last_loop_without_a_number_has_the_one_that_is_left() -> None:
    """A loop on which nothing ran has its number all the same, where there is no doubt."""
    history = History(PROGRAM, events(("b", 1, "T2")), "done")
    assert strand_names(history, ["T1", "T2"])["T1"] == "loop 0"
    assert "T1" not in strand_names(history, ["T1", "T2", "T3"])


def test_names_replace_strands_and_nothing_else() -> None:
    """With "strand" before it or in quotes; a longer name that begins alike is another's."""
    names = {"Thread-1": "loop 0"}
    assert renamed("strand 'Thread-1' and strand Thread-1, not Thread-12", names) == (
        "loop 0 and loop 0, not Thread-12"
    )


def test_chain_on_two_loops_has_two_names() -> None:
    """A real failure on two loops has both by their numbers."""
    told = failure("naive-nested", "A3", chain(2))
    assert sorted(told["strands"].values()) == ["loop 0", "loop 1"]
