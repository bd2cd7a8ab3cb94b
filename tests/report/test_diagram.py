"""The sequence diagram: lanes by strand, a row an event, bars for turns and waits, the cycle at the end."""

from __future__ import annotations

from typing import Any

import pytest
from tests.report.failures import failure

from askance.report.html.diagram import diagram, owner

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")


def event(index: int, kind: str, who: str = "", **more: Any) -> dict[str, Any]:
    return {"index": index, "kind": kind, "who": who, "step": index, "time": 0.0, "strand": "s", **more}


def names(drawn: dict[str, Any]) -> list[str]:
    return [lane["name"] for lane in drawn["lanes"]]


def test_actors_of_one_loop_stand_under_its_strand() -> None:
    """The client has a group of its own, both actors the loop's, also the one whose turn never began."""
    drawn = diagram(failure())
    assert names(drawn) == ["c0", "a", "b"]
    assert [(group["name"], group["first"], group["count"]) for group in drawn["groups"]] == [
        ("thread c0", 0, 1),
        ("loop 0, Thread-1 (run)", 1, 2),
    ]


def test_blocked_loop_and_cycle_are_drawn() -> None:
    """Both actors are barred from the event that blocks their loop on, and the cycle closes below the events."""
    drawn = diagram(failure())
    at = next(number for number, row in enumerate(drawn["rows"]) if row["kind"] == "loop-blocked")
    blocked = [bar for bar in drawn["bars"] if bar["kind"] == "blocked"]
    assert [(bar["lane"], bar["first"], bar["last"]) for bar in blocked] == [(1, at, None), (2, at, None)]
    cycle = [row for row in drawn["rows"] if row["kind"] == "cycle"]
    assert [(row["from"], row["to"]) for row in cycle] == [(1, 2), (2, 1)]
    assert "BlockingSystem.awaitable" in cycle[0]["source"]


def test_arrows_go_from_asker_to_actor_and_back() -> None:
    """An ask is an arrow to its actor; its outcome comes back on the same way, ending the wait's bar."""
    drawn = diagram(
        {
            "history": [
                event(0, "ask", "c0", actor="a", op="c0.r0", message="c0.0", value=1),
                event(1, "wait", "c0", op="c0.r0"),
                event(2, "done", "c0", op="c0.r0", outcome={"kind": "value", "text": "f(1)"}),
            ]
        }
    )
    ask, _, done = drawn["rows"]
    assert (ask["from"], ask["to"], done["from"], done["to"]) == (0, 1, 1, 0)
    assert done["label"] == "f(1)"
    assert [(bar["kind"], bar["first"], bar["last"]) for bar in drawn["bars"]] == [("wait", 1, 2)]


def test_blocked_loop_that_goes_on_is_blocked_no_more() -> None:
    """What the strand does next ends the bar."""
    drawn = diagram(
        {
            "history": [
                event(0, "begin", "a#1", actor="a", message="m", loop=0),
                event(1, "loop-blocked", "a#1"),
                event(2, "end", "a#1", actor="a", message="m", outcome={"kind": "value", "text": "1"}),
            ]
        }
    )
    assert [(bar["kind"], bar["first"], bar["last"]) for bar in drawn["bars"]] == [
        ("turn", 0, 2),
        ("blocked", 1, 2),
    ]


def test_switch_is_marked_at_the_event_that_it_led_to() -> None:
    """A switch stands at the next event, one after the last event in a row of its own."""
    steps = [{"step": step, "switch": True, "reason": f"reason {step}"} for step in (1, 9)]
    drawn = diagram({"history": [event(0, "settle"), event(2, "closed")], "trace": steps})
    assert [row.get("switch") for row in drawn["rows"]] == [None, "reason 1", "reason 9"]


def test_waits_without_a_cycle_are_drawn_with_what_nobody_completes() -> None:
    """A wait that nobody can end is an arrow to the actor asked, and says so."""
    history = [event(0, "ask", "c0", actor="a", op="c0.r0", message="c0.0", value=1)]
    waiting = [{"who": "c0", "strand": "c0", "on": "c0.r0 (the ask c0.0 to a)", "where": "x.py:1 in f"}]
    drawn = diagram(
        {"history": history, "wait_for": {"waiting": waiting, "cycle": [], "forgotten": ["c0.r0 (the ask)"]}}
    )
    assert [(row["kind"], row["from"], row["to"]) for row in drawn["rows"][1:]] == [
        ("stuck", 0, 1),
        ("stuck", 0, None),
    ]
    assert drawn["rows"][1]["source"] == "x.py:1 in f"
    assert "Nobody is left to complete c0.r0" in drawn["rows"][2]["text"]


@pytest.mark.parametrize(
    ("name", "lane"),
    [("a#1/1#2.1", "a#1/1"), ("a#1", "a"), ("c0.r1", "c0"), ("a, whose loop", "a"), ("x", "")],
)
def test_names_lead_to_their_lane(name: str, lane: str) -> None:
    """Turns, replies and spawned actors are found by the names that history gives them."""
    assert owner(name, ("a", "a#1/1", "c0")) == lane


def test_failure_without_a_history_has_an_empty_diagram() -> None:
    """What an older report, or one of the live engine, does not hold is not drawn."""
    assert diagram({}) == {"lanes": [], "groups": [], "rows": [], "bars": []}


def test_the_event_in_which_the_clause_is_violated_is_a_bad_one() -> None:
    """The page opens there: at the event, or where a strand begins to wait for ever."""
    history = [
        event(0, "ask", "c0", actor="a", op="c0.r0", value=1),
        event(1, "wait", "c0", op="c0.r0"),
        event(2, "settle"),
    ]

    def bad(moment: dict[str, Any]) -> list[int]:
        rows = diagram({"history": history, "moment": moment})["rows"]
        return [row["event"] for row in rows if row.get("bad")]

    assert bad({"kind": "event", "number": 0, "strand": ""}) == [0]
    assert bad({"kind": "wait", "number": 3, "strand": "s"}) == [1]
    assert bad({"kind": "wait", "number": 3, "strand": "other"}) == []
    assert bad({"kind": "step", "number": 2, "strand": ""}) == []


def test_a_strand_that_is_named_as_its_loop_has_one_name() -> None:
    """An implementation that calls its thread "loop 0" needs no second name."""
    history = [event(0, "begin", "a#1", actor="a")]
    assert diagram({"history": history, "strands": {"s": "s"}})["groups"][0]["name"] == "s"
