"""Thespian's actors in processes of their own, unmodified, on the live engine."""

from __future__ import annotations

import pytest

from askance.live import Child
from askance.program import Actor, Apply, AskOp, Client, Err, Msg, Program, Raise, Result, Tell
from askance_impl.peers import thespian_tcp

pytestmark = pytest.mark.skipif(thespian_tcp.actors is None, reason="its library is not installed")


def test_actors_in_processes_of_their_own_answer_tell_and_fail() -> None:
    """What handlers do there is in the history; a failing message is delivered again, and then comes as poison."""
    relays = Actor("a", None, Tell("b", Msg(), Apply("f", (Msg(),))))
    told = Actor("b", None, Apply("g", (Msg(),)))
    fails = Actor("c", None, Raise(Err("ValueError", "E")))
    operations = (AskOp("r0", "a", 1), Result("r0"), AskOp("r1", "c", 3), Result("r1"))
    program = Program(1, (relays, told, fails), (Client("c0", "thread", operations),))
    with Child("askance_impl.peers.thespian_tcp:adapter") as child:
        ran = child.run(program)
    assert ran.ending == "done"
    turns = [event for event in ran.events if event.kind == "begin"]
    assert sorted(event.actor for event in turns) == ["a", "b", "c", "c"]
    assert len({event.strand for event in turns}) == 3 and all("process" in e.strand for e in turns)
    done = [str(event.outcome) for event in ran.events if event.kind == "done"]
    assert done[0] == "f(1)" and "Poisoned: ValueError: E" in done[1]
