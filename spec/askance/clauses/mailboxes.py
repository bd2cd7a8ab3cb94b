"""Chapter M, mailboxes: in which order, how often, and where messages are handled."""

from __future__ import annotations

from askance.clauses.base import ALIVE, Clause
from askance.clauses.checks import mailboxes as checks
from askance.clauses.checks import state

M1 = Clause(
    id="M1",
    level="MUST",
    text="""
    Messages from one sender to one actor are handled in the order they were sent.
    """,
    rationale="""
    "Open, write, close" is three messages. A sender that cannot rely on their order must wait for an answer
    after each, and an actor that cannot must number them: the mailbox exists so that neither has to. Between
    different senders nothing is promised.
    """,
    rule="""
    asyncio, "Event Loop", loop.call_soon() and call_soon_threadsafe(): callbacks are called in the order in
    which they were registered; asyncio, "Queues", and queue, Queue: first in, first out.
    """,
    if_fails="""
    look at ways around the mailbox (a short cut for the own loop, for tells, or for an idle actor), at a
    stack where a queue should be, and at several consumers of one mailbox.
    """,
    check=checks.m1_violation,
    reached=checks.m1_reached,
    features=frozenset({"asks", "tell", "many-messages", "busy-actor", "cross-loop", "own-loop"}),
)


M2 = Clause(
    id="M2",
    level="MUST",
    text="""
    Every message to a living actor is handled exactly once.
    """,
    rationale="""
    A message that is lost, or handled twice, is a deposit that is lost or booked twice. Inside one process
    there is no network to blame: a living actor that was sent a message must handle it, once.
    """,
    rule="""
    queue, Queue.put() and get(): an item that was put is got once; asyncio, "Queues": asyncio queues are not
    thread-safe, so what another thread puts into one may wake nobody.
    """,
    if_fails="""
    look at mailboxes that are changed from several threads without a lock, at a check for emptiness apart
    from the wait that follows it, and at messages that are put back, resent, or dropped when something is
    cancelled.
    """,
    check=checks.m2_violation,
    reached=checks.m2_reached,
    features=frozenset({"asks", "tell", "many-messages", "busy-actor", "cross-loop", "errors"}),
    rests_on=("A4", *ALIVE),
)


M3 = Clause(
    id="M3",
    level="MUST",
    text="""
    An actor handles one message at a time (a reentrant one interleaves only at awaits).
    """,
    rationale="""
    An actor's state needs no locks because only one message at a time sees it. A handler that awaits in the
    middle of a change relies on it: with two turns in progress, each reads what the other has half written.
    """,
    rule="""
    asyncio, "Developing with asyncio", Concurrency and Multithreading: while a task runs, no other task runs
    in the same thread, but at every await the loop goes on with the next task; so one task a message
    excludes nothing.
    """,
    if_fails="""
    look for a task or a pool submission per message instead of one consumer that waits for each handler to
    end, and for a consumer that is started twice when two first messages come together.
    """,
    check=checks.m3_violation,
    reached=checks.m3_reached,
    features=frozenset({"asks", "nested-asks", "tell", "busy-actor", "sleep", "cross-loop"}),
)


M4 = Clause(
    id="M4",
    level="MUST",
    text="""
    A handler runs on its actor's loop and thread, always (unless the adapter declares that actors have no thread).
    """,
    rationale="""
    What a handler touches, a connection, a cursor, a loop's own timers, belongs to the loop and thread where
    the actor was placed. A handler that sometimes runs on the asker's thread, because that was quicker,
    works until two threads meet in it.
    """,
    rule="""
    asyncio, "Developing with asyncio", Concurrency and Multithreading: an event loop runs in one thread, and
    executes all its callbacks and tasks there; asyncio, "Coroutines and Tasks", create_task(): the task runs
    in the loop that is running where it is called.
    """,
    if_fails="""
    look at where the handler is called: by the asker's thread in a short cut, by the thread that completes a
    reply, or by a pool that gives any thread; and at which loop create_task() finds when it is called from a
    foreign one.
    """,
    check=checks.m4_violation,
    reached=checks.m4_reached,
    features=frozenset({"asks", "nested-asks", "cross-loop", "own-loop", "await-foreign-loop", "tell"}),
    rests_on=("A6",),
    disclaimed_by="any_thread",
)


M5 = Clause(
    id="M5",
    level="MUST",
    text="""
    Asks on one actor are linearizable against its state.
    """,
    rationale="""
    An actor is an object that many may use at once as if each were alone: whatever overlaps, the answers are those of
    one message after the other, each between its ask and its answer. Only then may an asker that was answered rely on
    what it wrote, and a deposit that was confirmed be in every balance that is read later. A failed handler keeps what
    it has written, as a method that raises does.
    """,
    rule="""
    Herlihy and Wing, Linearizability (ACM TOPLAS 1990); concurrent.futures, Executor.submit() with one worker:
    calls are executed one after the other, and a Future's result is set when its call has returned; asyncio,
    "Developing with asyncio", Concurrency and Multithreading: what a task changes between two awaits no other task
    of its loop sees half done.
    """,
    if_fails="""
    look at answers from anywhere but the handler (a cache, a replica, a batch that was computed earlier), at a read and
    a write of the state with other messages in between, at handlers on two threads, and at state that is saved before a
    turn and put back after it (retries, restarts, snapshots).
    """,
    check=state.m5_violation,
    reached=state.m5_reached,
    features=frozenset({"state", "asks", "busy-actor", "many-messages", "cross-loop", "errors", "cancel"}),
    rests_on=("A4", *ALIVE),
)


M6 = Clause(
    id="M6",
    level="MUST",
    text="""
    No actor starves while its loop runs.
    """,
    rationale="""
    Actors on one loop share its time. If a busy one can keep it for as long as messages come, a quiet neighbour waits
    for the end of somebody else's work, and the more so the more work there is.
    """,
    rule="""
    asyncio, "Event Loop", loop.call_soon(): callbacks are called in the order in which they were registered, each
    once, at the next iteration: a loop's queue is fair by itself.
    """,
    if_fails="""
    look at a consumer that handles all messages of one actor before it lets another have a turn, at a scheduler that
    prefers some actors, and at a mailbox that wakes its consumer only when the loop has nothing else to do.
    """,
    check=checks.m6_violation,
    reached=checks.m6_reached,
    features=frozenset({"asks", "tell", "many-messages", "busy-actor", "own-loop", "sleep"}),
    rests_on=("D5", *ALIVE),
    needs=frozenset({"async-handlers", "loops"}),
)


CLAUSES = (M1, M2, M3, M4, M5, M6)
