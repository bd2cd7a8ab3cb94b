"""Chapter C, cancellation: what is cancelled or given up ends, once, for all, and nothing else ends with it."""

from __future__ import annotations

from askance.clauses.base import ALIVE, Clause
from askance.clauses.checks import cancellation as checks

C1 = Clause(
    id="C1",
    level="MUST",
    text="""
    A cancelled ask raises CancelledError to its waiters and never delivers a value later.
    """,
    rationale="""
    Who cancels has decided to do without the answer, and has perhaps given its place to another. A waiter that
    still hangs was forgotten; one that still gets the value acts on a decision that was taken back.
    """,
    rule="""
    asyncio, "Futures", Future.cancel() and result(): a cancelled future raises CancelledError from then on;
    concurrent.futures, "Future Objects", Future.cancel(): a call that is already running is not cancelled, so a
    future of this kind around a coroutine needs more than cancel().
    """,
    if_fails="""
    look at what cancel() changes: the reply itself must end, at once and whatever its handler does; the
    handler's answer must then find the reply complete and be dropped.
    """,
    check=checks.c1_violation,
    reached=checks.c1_reached,
    features=frozenset({"asks", "cancel", "sleep", "several-waiters"}),
    rests_on=("A3", *ALIVE),
    needs=frozenset({"cancel"}),
)


C2 = Clause(
    id="C2",
    level="SHOULD",
    text="""
    Cancellation reaches the asks that the cancelled one waits on.
    """,
    rationale="""
    Nobody wants the answer of an ask whose only asker was cancelled. A cancellation that stops at the first
    actor leaves a tail of work behind it, which grows with every timeout, just when the system has none to
    spare.
    """,
    rule="""
    asyncio, "Coroutines and Tasks", Task Cancellation: cancelling a task throws CancelledError into what it
    awaits, and so cancels the future it waits for; concurrent.futures has no such chain, wrap_future() carries
    a cancellation across.
    """,
    if_fails="""
    look at whether cancelling a reply cancels the handler's task, and whether what that handler awaits passes the
    cancellation on to the ask behind it, also on another loop.
    """,
    check=checks.c2_violation,
    reached=checks.c2_reached,
    features=frozenset({"nested-asks", "cancel", "sleep"}),
    rests_on=("C1", "A3", *ALIVE),
    # What blocks a thread cannot be interrupted in Python: only coroutines can be asked to pass a cancellation on.
    needs=frozenset({"cancel", "async-handlers"}),
)


C3 = Clause(
    id="C3",
    level="MUST",
    text="""
    Cancellation leaves the actors alive and their mailboxes intact.
    """,
    rationale="""
    A cancellation is about one message. If it ends the task that serves the mailbox, or takes the next message
    with it, one impatient client stops a service for all.
    """,
    rule="""
    asyncio, "Coroutines and Tasks", Task Cancellation: CancelledError is a BaseException, which `except
    Exception` lets through: it leaves a consumer's loop unless it is caught around each message.
    """,
    if_fails="""
    look at which task is cancelled: the one that handles the message, and not the one that serves the mailbox;
    and at a message that is taken out of the mailbox by a get() which is itself cancelled.
    """,
    check=checks.c3_violation,
    reached=checks.c3_reached,
    features=frozenset({"asks", "cancel", "sleep", "many-messages", "busy-actor"}),
    rests_on=("C1", *ALIVE),
    needs=frozenset({"cancel"}),
)


C4 = Clause(
    id="C4",
    level="MUST",
    text="""
    A timed-out ask raises TimeoutError; its late reply is dropped without effect or noise.
    """,
    rationale="""
    A wait with a bound must end by that bound, by an error that says so. The answer that comes afterwards belongs
    to nobody: if it is delivered to the next ask, every later answer is off by one; if it is logged as an error,
    the log of a busy system is full of them.
    """,
    rule="""
    asyncio, "Coroutines and Tasks", Timeouts, timeout() and wait_for(): they raise TimeoutError when the time is
    over; concurrent.futures, "Future Objects", Future.result(timeout): it raises TimeoutError, and the call goes
    on.
    """,
    if_fails="""
    look at how replies are matched to asks, and whether an identifier is used again while a late reply may still
    come; and at completing a reply that was given up, which raises InvalidStateError where nobody catches it.
    """,
    check=checks.c4_violation,
    reached=checks.c4_reached,
    features=frozenset({"nested-asks", "within", "sleep"}),
    rests_on=("A3", *ALIVE),
    needs=frozenset({"timeout"}),
    arises_by=frozenset({"within"}),
)


C5 = Clause(
    id="C5",
    level="MUST",
    text="""
    When cancellation or timeout races completion there is one winner, and all agree on it.
    """,
    rationale="""
    The race cannot be avoided, so either end is right; but not both. Two waiters of which one has the value and
    the other an error will act on two different worlds.
    """,
    rule="""
    asyncio, "Futures", Future.cancel(): it returns False if the future is done; concurrent.futures, "Future
    Objects", Future.set_result(): it raises InvalidStateError if the future is done or cancelled.
    """,
    if_fails="""
    look at the moment of completion: the look at the state and its change must be one step, under one lock or on
    one thread, for values, errors and cancellations alike.
    """,
    check=checks.c5_violation,
    reached=checks.c5_reached,
    features=frozenset({"asks", "cancel", "several-waiters", "await-foreign-loop", "busy-actor"}),
    rests_on=("C1", *ALIVE),
    needs=frozenset({"cancel"}),
)


CLAUSES = (C1, C2, C3, C4, C5)
