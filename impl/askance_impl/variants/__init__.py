"""Correct implementations that are built otherwise than the reference: nothing may be found on them.

A clause that falls on one of these asks for one architecture where it should ask for behaviour. They are as small as
they can be, share no code with the reference nor with each other, and differ in what the clauses leave open:

`threads`: a thread for each actor, which begins with its first message. A stop lets the mailbox be handled first; a
returned reply does not keep the actor; a gather fails at the first failure in time; a cancellation takes all parts too.
`one_loop`: one event loop for all. A failure ends its actor; a stop cuts the turn in progress short, and stops what the
actor has spawned.
`reentrant`: no mailboxes. Each message is a task on its actor's loop, and turns interleave at every await. A message
from the same loop is begun at once, inside the sender's turn (where Python has eager tasks).
`await_only`: the fewest promises with coroutines. Asks come from event loops alone; nothing can be stopped.
`bare`: the fewest promises with blocking handlers: `result`, and nothing else.
`shards`: two threads, to which actors are dealt out. Handlers only tell; of several senders the latest goes first; what
is composed is computed when somebody wants it.
`pool`: actors without a thread of their own: each turn is given whichever thread of a pool is idle.
`chained`: no mailboxes and no threads of actors. A message is a future that begins when the one before it is done.
`portal`: one face for coroutines and threads over loops in `asyncio.run`; blocking on a loop's thread is refused. An
actor is a lock; a stop refuses what waits, and lets the turn in progress end.
`registered`: tasks and futures that are made directly and stand in sets, which closing goes through; actors are known
weakly.
`structured`: who is cancelled ends first, and is reported then; a gather that fails cancels its other parts.

Each is a module with an `adapter`: `askance check askance_impl.variants.threads:adapter`.
"""

__all__ = ["VARIANTS"]

VARIANTS = (
    "threads",
    "one_loop",
    "reentrant",
    "await_only",
    "bare",
    "pool",
    "shards",
    "chained",
    "portal",
    "registered",
    "structured",
)
"""The modules, by name."""
