"""Single operations of an execution in words: what a strand does to a lock, a queue or an event loop.

The names of operations are the engine's; a reader who has never seen them must understand a race all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["MADE", "PHRASES", "loop_names", "operation_in_words"]

PHRASES = {
    "round": "looks whether {} has a callback to run",
    "select": "goes to sleep in {}, which has nothing to do",
    "handle": "takes a callback out of the queue of {}",
    "call-soon": "gives {} a callback, without waking it (call_soon)",
    "wake": "gives {} a callback, and wakes it (call_soon_threadsafe)",
    "run": "begins to run {}",
    "stop": "stops {}",
    "reach": "changes what belongs to {}, from another thread",
    "is-running": "asks whether {} runs",
    "acquire": "acquires {}",
    "try-acquire": "tries to acquire {}",
    "release": "releases {}",
    "locked": "asks whether {} is locked",
    "wait": "waits for {}",
    "set": "sets {}",
    "clear": "clears {}",
    "is-set": "asks whether {} is set",
    "look": "looks at {}",
    "notify": "wakes who waits for {}",
    "put": "puts something into {}",
    "get": "takes something from {}",
    "try-get": "tries to take something from {}",
    "size": "asks how much is in {}",
    "start": "starts {}",
    "join": "waits for the end of {}",
    "is-alive": "asks whether {} is alive",
    "tick": "goes on to the next timer",
    "time": "looks at {}",
    "timer": "sets a timer",
    "moment": "lets a moment pass",
    "read": "reads {}",
    "write": "writes {}",
}
"""What comes out where an operation is none of these: its name and its object."""


MADE = {
    "select": "wakes up in {}",
    "wait": "goes on after waiting for {}",
    "sleep": "goes on after sleeping",
    "begin": "begins",
    "settle": "goes on once nothing else can move",
}
"""What a step was that a strand had to wait for, once it is made."""


def loop_names(steps: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, str]:
    """What the engine's event loops ("loop#0") are called: as the strand that runs them where that is a loop's."""
    found: dict[str, str] = {}
    for step in steps:
        if step["operation"] in ("run", "handle") and step["object"].startswith("loop#"):
            strand = step["strand"]
            found[step["object"]] = names.get(strand, f"the event loop of {strand}")
    return found


def operation_in_words(
    step: Mapping[str, Any], loops: Mapping[str, str], who: str = "", *, made: bool = False
) -> str:
    """The operation of a step; `who` makes it, whose own loop is "its event loop". `made`: it is no more to come."""
    # The world's own queues stand for the standard library's, whose name the reader knows.
    thing = step["object"].removeprefix("Controlled")
    if thing in loops:
        thing = "its event loop" if loops[thing] in (who, f"the event loop of {who}") else loops[thing]
    phrase = MADE.get(step["operation"]) if made else None
    phrase = phrase or PHRASES.get(step["operation"])
    if phrase and "{}" in phrase and not thing:
        phrase = None
    return phrase.format(thing) if phrase else f"{step['operation']} {thing}".rstrip()
