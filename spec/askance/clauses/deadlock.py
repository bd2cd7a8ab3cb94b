"""Chapter D, deadlock: nothing waits for ever, no loop is blocked, and others are served meanwhile."""

from __future__ import annotations

from askance.clauses.base import ALIVE, Clause
from askance.clauses.checks import deadlock as checks

D1 = Clause(
    id="D1",
    level="MUST",
    text="""
    When nothing can move any more, nothing is waiting: no lost wakeup, no forgotten reply.
    """,
    rationale="""
    The commonest fault of code across loops makes no error at all: a callback is put into the queue of a
    loop that sleeps, and nobody wakes it; or the one reference to a pending reply is dropped. The asker
    waits, the machine is idle, and nothing is in any log.
    """,
    rule="""
    asyncio, "Event Loop", loop.call_soon() is not thread-safe: from another thread call_soon_threadsafe()
    must be used, which also wakes the loop; asyncio, "Coroutines and Tasks", create_task(): the loop keeps
    only weak references, so a task that nobody else refers to may disappear before it is done.
    """,
    if_fails="""
    look at call_soon() and Future.set_result() on a loop from a thread that does not run it, at tasks that
    nobody keeps, at a mailbox that is checked before the consumer goes to sleep rather than while, and at
    paths on which no reply is completed.
    """,
    check=checks.d1_violation,
    reached=checks.d1_reached,
    features=frozenset(
        {"asks", "nested-asks", "tell", "busy-actor", "cross-loop", "own-loop", "await-foreign-loop", "sleep"}
    ),
    rests_on=("D2", "D3", "D4"),
)


D2 = Clause(
    id="D2",
    level="MUST",
    text="""
    An acyclic ask graph never deadlocks, on any placement and schedule.
    """,
    rationale="""
    If no ask leads back to an actor that waits, somebody can always answer. A deadlock then comes from the
    implementation: two actors that are independent in the program share a thread, a loop or a pool, and one
    holds it while it waits for the other.
    """,
    rule="""
    concurrent.futures, "ThreadPoolExecutor": a call that waits for another future of its pool can deadlock;
    asyncio, "Developing with asyncio", Running Blocking Code: code that blocks must not be called directly,
    because it holds up every task of the loop.
    """,
    if_fails="""
    look at what a waiting handler keeps: the loop's thread (a blocking wait inside a coroutine), a pool's
    worker, a lock, or the one task that serves all actors of a loop.
    """,
    check=checks.d2_violation,
    reached=checks.d2_reached,
    features=frozenset({"asks", "nested-asks", "diamond", "gather", "busy-actor", "cross-loop", "own-loop"}),
    arises_by=frozenset({"nested-asks"}),
)


D3 = Clause(
    id="D3",
    level="MUST",
    text="""
    A cycle of asks fails promptly with an error that names it, or runs reentrantly; it never hangs.
    """,
    rationale="""
    Whether a asks b or b asks a is seldom decided in one place, so cycles come to exist without anybody
    writing one. Two askers that start at different ends close one that no single call chain shows. A hang
    says nothing; an error that names the actors says what to change. An error where there is no cycle is as
    bad: correct programs fail, sometimes.
    """,
    rule="""
    asyncio, "Coroutines and Tasks": a task that awaits itself gets a RuntimeError, but asyncio sees no
    longer cycle; concurrent.futures, "ThreadPoolExecutor": the first example of a deadlock there is such a
    cycle of two.
    """,
    if_fails="""
    look at the wait-for graph: whether an edge is put in before the ask is sent, in one step with the search
    for a cycle; whether it is taken out when the wait ends, however it ends; whether it holds waits and not
    call chains.
    """,
    check=checks.d3_violation,
    reached=checks.d3_reached,
    features=frozenset(
        {
            "asks",
            "nested-asks",
            "diamond",
            "errors",
            "cycle",
            "cyclic-independent-askers",
            "cross-loop",
            "own-loop",
        }
    ),
    needs=frozenset({"cycles-refused"}),
)


D4 = Clause(
    id="D4",
    level="MUST",
    text="""
    Blocking on a reply from the thread of a loop raises at once; it never deadlocks the loop.
    """,
    rationale="""
    `.result()` inside a coroutine stops the very loop that must produce the result. It is the first thing
    that people try, it sometimes works (the reply was there, or came from another loop), and when it does
    not, the thread hangs without a word. An error that shows the right line costs nothing.
    """,
    rule="""
    concurrent.futures, "Future Objects", Future.result() blocks its thread until the call has ended;
    asyncio, "Developing with asyncio", Running Blocking Code: what blocks a loop's thread holds up every
    task of the loop, the one that would complete the reply among them.
    """,
    if_fails="""
    look at the blocking wait: it must ask whether its thread runs an event loop before it waits, and raise
    if the reply is not there yet; and at handlers of the implementation's own that block instead of
    awaiting.
    """,
    check=checks.d4_violation,
    reached=checks.d4_reached,
    features=frozenset({"asks", "nested-asks", "own-loop-result", "own-loop", "cross-loop"}),
    needs=frozenset({"async-handlers"}),
)


D5 = Clause(
    id="D5",
    level="MUST",
    text="""
    While an ask is pending, the asker's loop goes on serving its other actors.
    """,
    rationale="""
    Many actors share a loop because waiting costs nothing there. If one that waits holds up its neighbours,
    their latency becomes the sum of everybody's asks, and two that wait for each other's neighbours
    deadlock.
    """,
    rule="""
    asyncio, "Developing with asyncio", Concurrency and Multithreading: a task that awaits is suspended, and
    the event loop executes the next task meanwhile.
    """,
    if_fails="""
    look at one consumer task that serves several actors and awaits each handler, at locks held across an
    await, and at waits that block the thread for a while without deadlocking it.
    """,
    check=checks.d5_violation,
    reached=checks.d5_reached,
    features=frozenset({"asks", "nested-asks", "bystander", "sleep", "tell", "own-loop", "cross-loop"}),
    rests_on=ALIVE,
    needs=frozenset({"async-handlers", "loops"}),
)


CLAUSES = (D1, D2, D3, D4, D5)
