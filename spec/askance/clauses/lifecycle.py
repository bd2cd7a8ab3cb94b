"""Chapter L, life cycle: actors begin, fail, stop, and the system closes, whoever is waiting."""

from __future__ import annotations

from askance.clauses.base import ALIVE, Clause
from askance.clauses.checks import lifecycle as checks

L1 = Clause(
    id="L1",
    level="MUST",
    text="""
    An ask or tell to a stopped actor fails promptly.
    """,
    rationale="""
    Who holds a reference to an actor seldom knows that it has stopped. If the ask hangs, its stopping is
    contagious; if the tell is silent, messages vanish and nobody can say since when.
    """,
    rule="""
    asyncio, "Queues", Queue.shutdown(), and queue, Queue.shutdown(): putting into a queue that was shut down raises
    at once; concurrent.futures, "Executor Objects", shutdown(): submitting afterwards raises RuntimeError.
    """,
    if_fails="""
    look at sending: does it look whether the actor has stopped, in one step with putting the message into its
    mailbox. A message that is put after the last look of a stopping consumer is never seen.
    """,
    check=checks.l1_violation,
    reached=checks.l1_reached,
    features=frozenset({"asks", "stop", "tell"}),
    rests_on=ALIVE,
    needs=frozenset({"stop"}),
)


L2 = Clause(
    id="L2",
    level="MUST",
    text="""
    Messages pending when an actor stops are handled or failed; none hangs its asker.
    """,
    rationale="""
    Stopping races with sending, always. Whether the mailbox is still emptied or refused is a matter of taste; that
    each asker in it hears something is not.
    """,
    rule="""
    concurrent.futures, "Executor Objects", shutdown(cancel_futures): what is pending is either run or cancelled,
    and its waiters are told; asyncio, "Queues", Queue.shutdown(immediate): getters and joiners are woken.
    """,
    if_fails="""
    look at what becomes of the mailbox of a stopped actor: every ask in it, and every one that is put into it
    while it stops, needs its reply completed.
    """,
    check=checks.l2_violation,
    reached=checks.l2_reached,
    features=frozenset({"asks", "stop", "busy-actor", "sleep", "many-messages"}),
    rests_on=ALIVE,
    needs=frozenset({"stop"}),
)


L3 = Clause(
    id="L3",
    level="MUST",
    text="""
    Stopping is idempotent, from anywhere, concurrently, and from the actor's own handler.
    """,
    rationale="""
    Whoever cleans up does not know who else did. A second stop that raises turns every clean-up into a
    try statement; one from the actor's own handler must not wait for that handler.
    """,
    rule="""
    asyncio, "Event Loop", loop.close(): idempotent and irreversible; concurrent.futures, "Executor Objects",
    shutdown() may be called again.
    """,
    if_fails="""
    look at what stop() assumes: that the actor is running, that its thread or task is another than the caller's,
    that a list it is removed from still holds it.
    """,
    check=checks.l3_violation,
    reached=checks.l3_reached,
    features=frozenset({"stop", "asks", "busy-actor"}),
    rests_on=ALIVE,
    needs=frozenset({"stop"}),
)


L4 = Clause(
    id="L4",
    level="MUST",
    text="""
    Closing the system ends every loop, thread and task it started, with no warning and no unretrieved
    exception.
    """,
    rationale="""
    What a closed system leaves behind belongs to nobody: a thread that keeps the process from ending, a task that
    is destroyed while it is pending, an exception that is told at some later collection, in the middle of
    another test.
    """,
    rule="""
    asyncio, "Event Loop", loop.close(): the loop must not be running, and what is pending is discarded; asyncio,
    "Developing with asyncio", Detect never-awaited coroutines and Detect never-retrieved exceptions; threading,
    "Thread Objects": the process ends when no thread is left that is not a daemon.
    """,
    if_fails="""
    look at what close() does with the tasks in progress (cancel them, and wait until they have ended), with the
    loops (stop, join the thread, close), and with actors that are spawned while it runs.
    """,
    check=checks.l4_violation,
    reached=checks.l4_reached,
    features=frozenset(
        {"asks", "nested-asks", "tell", "errors", "spawn", "stop", "cancel", "sleep", "cross-loop", "closing"}
    ),
    rests_on=("A2", "A4", "C4", "C5", *ALIVE),
)


L5 = Clause(
    id="L5",
    level="MUST",
    text="""
    A handler may spawn actors and ask them in the same turn.
    """,
    rationale="""
    An actor that gives each request a helper of its own is the plainest use of actors. It needs spawning to be
    complete when it returns, wherever the new actor lives, and to be possible on a loop's thread without blocking
    it.
    """,
    rule="""
    asyncio, "Coroutines and Tasks", create_task(): it may be called from any coroutine, and from no other thread
    than the loop's; asyncio, "Event Loop", loop.call_soon_threadsafe() is the way to another loop.
    """,
    if_fails="""
    look at spawn(): does it wait for the new actor's loop, which may be the one it is called on; is the actor
    registered before its first message can come.
    """,
    check=checks.l5_violation,
    reached=checks.l5_reached,
    features=frozenset({"spawn", "nested-asks", "cross-loop", "own-loop"}),
    rests_on=("A3", *ALIVE),
    needs=frozenset({"spawn"}),
)


L6 = Clause(
    id="L6",
    level="MUST",
    text="""
    A failing handler does not end its actor (or ends it, if the adapter declares so, and then L1 and L2 hold).
    """,
    rationale="""
    A handler fails because of one message. If that quietly ends the loop that takes the messages, the actor is
    there, takes asks, and answers none: the first bad request is an outage.
    """,
    rule="""
    asyncio, "Developing with asyncio", Detect never-retrieved exceptions: an exception that ends a task is kept in
    the task, and nobody hears of it until the task is collected.
    """,
    if_fails="""
    look at the loop that takes messages: the handler's exception must be caught around each message, of
    every kind, and put into that message's reply.
    """,
    check=checks.l6_violation,
    reached=checks.l6_reached,
    features=frozenset({"errors", "asks", "tell", "many-messages", "busy-actor"}),
    rests_on=ALIVE,
)


L7 = Clause(
    id="L7",
    level="MUST",
    text="""
    stop and close return within their time whatever the actors are doing.
    """,
    rationale="""
    Stopping is what is done when something is wrong, so it must not depend on all being well. A close that waits for a
    handler which waits for what is being closed is the deadlock that ends every test run.
    """,
    rule="""
    threading, "Thread Objects", Thread.join(): joining the current thread, or one that waits for the joiner, is a
    deadlock; concurrent.futures, "Executor Objects", shutdown(wait=True) waits for whatever is still running.
    """,
    if_fails="""
    look at what close() joins, on which thread it runs, and in which order it stops what waits for what; and at a
    stop() that waits for the handler in progress.
    """,
    check=checks.l7_violation,
    reached=checks.l7_reached,
    features=frozenset({"stop", "asks", "sleep", "tell", "cross-loop", "closing"}),
    rests_on=ALIVE,
)


CLAUSES = (L1, L2, L3, L4, L5, L6, L7)
