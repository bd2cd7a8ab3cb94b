"""What a program must have for a situation to arise: one or more skeletons for each word of the clauses' vocabulary.

A generated program is a skeleton, drawn among those of one feature, filled with whatever other forms and groups the
features allow. So each program has its clause's situation by construction, and draws decide the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["SKELETONS", "Skeleton"]

Where = Literal["thread", "loop", "inside"]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The least that a program has: numbers of actors, loops and clients, and what some of them do.

    `root`, `leaf`: forms of the first and of the last actor; `group`: the first client's first group; `others`: that of
    the other clients, which then do not run inside; `where`: where the first client runs ("inside": on one of the
    system's loops). `apart`: whether the first actor and the one that it asks live on different loops (None: as drawn),
    in a chain each actor and the next.
    `errors`: kinds of errors that its forms raise, where the implementation can. `topology`: an ask graph of a fixed
    kind. `also`: a feature without which this one's clause has no use for it.
    `abrupt`: whether the system is closed while its actors may be at work.
    """

    actors: int = 1
    loops: int = 1
    clients: int = 1
    root: tuple[str, ...] = ()
    leaf: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    where: tuple[Where, ...] = ()
    apart: bool | None = None
    errors: tuple[str, ...] = ()
    topology: Literal["", "chain", "tree", "diamond", "cycle", "ring", "bystander"] = ""
    also: str = ""
    abrupt: bool = False


PLAIN = Skeleton()
ZIGZAG = Skeleton(actors=3, loops=2, clients=2, topology="chain", apart=True)
"""Two loops whose actors ask each other at the same time, though no ask leads back to its asker."""

SKELETONS: dict[str, tuple[Skeleton, ...]] = {
    "asks": (PLAIN,),
    "nested-asks": (
        Skeleton(actors=2, root=("ask", "relay")),
        Skeleton(actors=3, topology="chain"),
        ZIGZAG,
        Skeleton(actors=3, root=("two", "ask-with-answer")),
        Skeleton(actors=4, topology="tree"),
    ),
    "diamond": (Skeleton(actors=4, topology="diamond"),),
    "gather": (
        Skeleton(actors=1, group=("gather",)),
        Skeleton(actors=3, root=("gather",)),
        Skeleton(actors=3, root=("gather",), leaf=("sleep", "raise")),
        Skeleton(actors=2, group=("gather",), leaf=("sleep", "raise")),
        Skeleton(actors=2, group=("gather",), root=("raise",), leaf=("sleep-raise",)),
    ),
    "compose": (Skeleton(group=("compose",)), Skeleton(actors=2, root=("then",))),
    "read-again": (Skeleton(group=("compose-again",)),),
    "deferred": (
        Skeleton(actors=2, root=("deferred",)),
        Skeleton(actors=3, root=("deferred", "gather", "then")),
    ),
    "errors": (
        Skeleton(leaf=("raise",)),
        Skeleton(leaf=("raise",), errors=("Uncopyable", "KeyError")),
        Skeleton(leaf=("raise",), errors=("CancelledError", "ConcurrentCancelledError")),
        Skeleton(leaf=("raise",), errors=("SystemExit", "StopAsyncIteration", "StopIteration")),
        Skeleton(actors=2, root=("ask", "try"), leaf=("raise",)),
        Skeleton(actors=2, root=("ask",), leaf=("raise",), group=("burst",), also="cycle"),
        Skeleton(actors=2, group=("gather",), leaf=("raise",)),
        Skeleton(group=("tell-then-ask", "burst"), leaf=("raise-message",)),
    ),
    "falsy": (
        Skeleton(leaf=("falsy",)),
        Skeleton(actors=2, root=("ask", "relay", "deferred"), leaf=("falsy",)),
    ),
    "exception-values": (
        Skeleton(leaf=("exception-value",)),
        Skeleton(actors=2, root=("ask", "relay", "deferred"), leaf=("exception-value",)),
    ),
    "several-waiters": (
        Skeleton(group=("again",)),
        Skeleton(group=("late-wait",)),
        Skeleton(clients=2, others=("share",), leaf=("apply", "sleep")),
        Skeleton(clients=3, others=("share",), leaf=("sleep",)),
        Skeleton(clients=2, group=("compose", "gather"), others=("share",)),
    ),
    "cross-loop": (
        Skeleton(actors=2, loops=2, root=("ask", "relay", "then", "deferred"), apart=True),
        Skeleton(actors=2, loops=2, root=("ask",), leaf=("raise", "sleep"), apart=True),
        ZIGZAG,
    ),
    "own-loop": (Skeleton(actors=2, root=("ask", "relay", "then", "deferred"), apart=False),),
    "await-foreign-loop": (
        Skeleton(where=("loop",)),
        Skeleton(loops=2, where=("inside",)),
        Skeleton(actors=2, loops=2, root=("ask",), where=("loop", "inside"), apart=True),
    ),
    "own-loop-result": (Skeleton(where=("inside",), group=("refused",)),),
    "placements": (Skeleton(actors=2, root=("ask", "two", "gather")),),
    "many-messages": (
        Skeleton(group=("burst", "tell-then-ask")),
        Skeleton(actors=2, root=("ask-twice", "tell-twice")),
    ),
    "tell": (Skeleton(group=("tell-then-ask", "tell")), Skeleton(actors=2, root=("tell", "tell-twice"))),
    "sleep": (
        Skeleton(leaf=("sleep",)),
        Skeleton(actors=2, root=("ask",), leaf=("sleep",)),
        Skeleton(group=("sleep",)),
    ),
    "busy-actor": (Skeleton(clients=2), Skeleton(clients=2, leaf=("sleep",)), Skeleton(clients=3), ZIGZAG),
    "bystander": (Skeleton(actors=3, loops=2, clients=2, topology="bystander"),),
    "cycle": (Skeleton(topology="cycle"), Skeleton(actors=2, topology="cycle")),
    "cyclic-independent-askers": (Skeleton(actors=2, clients=2, topology="ring"),),
    "within": (
        Skeleton(actors=2, root=("within",), leaf=("sleep-long", "sleep", "apply")),
        Skeleton(actors=2, root=("within",), leaf=("sleep-long",)),
    ),
    "cancel": (
        Skeleton(group=("cancel",)),
        Skeleton(group=("cancel-late",), leaf=("sleep-long",)),
        Skeleton(actors=2, root=("ask",), leaf=("sleep-long",), group=("cancel-late",)),
        Skeleton(group=("cancel-then-ask",), leaf=("sleep-long", "sleep", "apply"), also="many-messages"),
        Skeleton(group=("cancel-then-ask",), where=("inside",), also="many-messages"),
        Skeleton(group=("cancel-composed", "cancel-gathered"), also="several-waiters"),
        Skeleton(group=("cancel", "cancel-composed"), leaf=("apply",), also="several-waiters"),
        Skeleton(
            actors=3,
            loops=2,
            root=("ask-with-answer",),
            leaf=("sleep",),
            group=("cancel", "cancel-late"),
            also="nested-asks",
        ),
        Skeleton(clients=2, others=("cancel-share",)),
        Skeleton(clients=2, others=("cancel-share",), leaf=("sleep", "sleep-long")),
        Skeleton(clients=3, others=("share", "cancel-share"), leaf=("sleep", "apply")),
    ),
    "stop": (
        Skeleton(group=("stop",)),
        Skeleton(group=("stop-settled",)),
        Skeleton(group=("stop-late",), leaf=("sleep-long", "sleep")),
        Skeleton(group=("stop-twice",)),
        Skeleton(clients=2, group=("stop", "stop-twice"), leaf=("sleep",)),
        Skeleton(actors=2, root=("stop",)),
        Skeleton(leaf=("stop-self",)),
    ),
    "state": (
        Skeleton(clients=2, leaf=("update",)),
        Skeleton(clients=2, leaf=("update-slow", "update-read")),
        Skeleton(clients=2, loops=2, leaf=("update",), where=("loop", "inside")),
        Skeleton(group=("burst", "tell-then-ask"), leaf=("update", "update-read")),
        Skeleton(clients=2, leaf=("update-recover",), group=("burst",)),
        Skeleton(group=("burst", "tell-then-ask"), leaf=("update-raise",)),
        Skeleton(
            actors=2, clients=2, loops=2, root=("ask", "relay", "ask-twice"), leaf=("update",), apart=True
        ),
        Skeleton(actors=3, root=("gather",), leaf=("update",)),
    ),
    "closing": (
        Skeleton(group=("unwaited", "tell"), leaf=("sleep",), abrupt=True),
        Skeleton(actors=2, root=("ask", "relay"), leaf=("sleep",), group=("unwaited", "tell"), abrupt=True),
        Skeleton(actors=2, loops=2, root=("ask",), group=("unwaited",), apart=True, abrupt=True),
        Skeleton(group=("unwaited",), abrupt=True),
        Skeleton(group=("unwaited", "tell"), leaf=("spawn",), abrupt=True),
    ),
    "spawn": (Skeleton(leaf=("spawn",)), Skeleton(actors=2, root=("ask",), leaf=("spawn",))),
}
