"""Chapter A, answers: what an ask gives, to whom, and where its waiter goes on."""

from __future__ import annotations

from askance.clauses.base import ALIVE, Clause
from askance.clauses.checks import answers as checks

A1 = Clause(
    id="A1",
    level="MUST",
    text="""
    An ask gives the value its handler returned, whatever it is (None, falsy, an exception returned as a
    value): the result equals the composition that the program denotes.
    """,
    rationale="""
    An ask is a function call that happens elsewhere. If a chain of asks gives anything but the composition
    of the functions, callers must know where each function lives and how its answer travels, which is what
    actors were to spare them. Falsy answers and exceptions returned as values are where implementations
    guess: `if result:` takes None for not yet, `isinstance(result, Exception)` takes a value for a failure.
    """,
    rule="""
    asyncio, "Coroutines and Tasks", Awaitables: awaiting a coroutine or a task gives what it returned;
    concurrent.futures, "Future Objects", Future.result(): it gives the value that the call returned.
    """,
    if_fails="""
    look at where the reply is completed: at tests of the value's truth, at exceptions told from values by
    their type, and at replies that are matched to asks by something that can repeat.
    """,
    check=checks.a1_violation,
    reached=checks.a1_reached,
    features=frozenset(
        {"asks", "nested-asks", "diamond", "falsy", "exception-values", "cross-loop", "own-loop"}
    ),
    rests_on=("A3", "A4", *ALIVE),
)


A2 = Clause(
    id="A2",
    level="MUST",
    text="""
    An ask completes exactly once, with a value, an error or a cancellation; several waiters, on several
    threads and loops, all wake and see the same.
    """,
    rationale="""
    A reply is read by whoever holds it: the asker, a composition of it, a gather, a logger. If the second
    reader hangs, or sees another outcome than the first, sharing a reply is a race. Completing twice is the
    same fault from the other side: whoever reads between the two completions has read something that is no
    longer so.
    """,
    rule="""
    concurrent.futures, "Future Objects", Future.set_result(), and asyncio, "Futures", Future.set_result():
    completing a future that is done raises InvalidStateError; add_done_callback(): every callback that was
    added is called.
    """,
    if_fails="""
    look at replies that keep one waiter instead of a list, at completion without a check and a lock around
    both, and at loops that are told of a completion only if they asked first.
    """,
    check=checks.a2_violation,
    reached=checks.a2_reached,
    features=frozenset({"asks", "several-waiters", "await-foreign-loop", "compose", "gather"}),
    rests_on=ALIVE,
)


A3 = Clause(
    id="A3",
    level="MUST",
    text="""
    No result is, or contains, a future, task, coroutine or reply of the library: returned awaitables arrive
    flat, at any depth.
    """,
    rationale="""
    `future.result().result()` is where this began: a handler on one loop asks another and returns what it
    gets, and the caller must know how often to unwrap. The depth depends on who lives where, so a program
    that moves an actor breaks. One wait must give the value.
    """,
    rule="""
    asyncio, "Coroutines and Tasks", Scheduling From Other Threads: run_coroutine_threadsafe() gives a
    concurrent.futures.Future, made for waiting in another OS thread; a coroutine that returns one returns it
    as it is. asyncio, "Futures": a concurrent.futures.Future cannot be awaited, wrap_future() makes of it
    one that can.
    """,
    if_fails="""
    look at handlers' return values on their way into the reply: one that is awaitable, or a reply of the
    library, must be waited for before the reply is completed, and its value looked at again.
    """,
    check=checks.a3_violation,
    reached=checks.a3_reached,
    features=frozenset({"asks", "nested-asks", "deferred", "compose", "gather", "cross-loop", "own-loop"}),
    arises_by=frozenset({"nested-asks", "deferred"}),
)


A4 = Clause(
    id="A4",
    level="MUST",
    text="""
    A handler's exception reaches the asker as that exception (type, arguments, cause), once, unwrapped, of
    whatever kind (StopIteration, CancelledError, SystemExit, one that cannot be copied); it crosses loops
    whole and never leaves the asker hanging.
    """,
    rationale="""
    An asker writes `except KeyError` for what the handler raises. A wrapped, copied, swallowed or replaced
    exception makes that line dead code. The unusual kinds are those on which event loops themselves act:
    SystemExit leaves run_forever, CancelledError reads as a cancellation, StopIteration cannot enter an
    asyncio future at all; each of them ends somebody's thread or leaves somebody waiting if it is not caught
    where the handler runs.
    """,
    rule="""
    concurrent.futures, "Future Objects", Future.result(): if the call raised, result() raises the same
    exception; asyncio, "Futures", Future.result() does so too; PEP 479: StopIteration cannot leave a
    coroutine as itself.
    """,
    if_fails="""
    look at `except Exception` around the handler, which lets the other kinds through; at exceptions that are
    formatted, pickled or raised anew on the way; and at set_exception() calls that may themselves raise.
    """,
    check=checks.a4_violation,
    reached=checks.a4_reached,
    features=frozenset({"asks", "nested-asks", "errors", "cross-loop", "own-loop", "gather", "compose"}),
    rests_on=("A3", *ALIVE),
)


A5 = Clause(
    id="A5",
    level="MUST",
    text="""
    From a plain thread one blocking wait gives the result of any composition.
    """,
    rationale="""
    Most programs start on a thread without a loop. Whatever was composed on the way, mapped, gathered, or
    asked by handlers of handlers, such a thread should not need to know: it blocks once and has the value,
    or the error.
    """,
    rule="""
    concurrent.futures, "Future Objects", Future.result(), and asyncio, "Coroutines and Tasks", Scheduling
    From Other Threads: a plain thread blocks in result() of a concurrent.futures.Future; asyncio, "Futures",
    Future.result() raises InvalidStateError instead of blocking.
    """,
    if_fails="""
    look at the composition operators when they are used outside any event loop: at ones that make an asyncio
    future, which a thread cannot block on, and at ones that run the mapped function before the value is
    there.
    """,
    check=checks.a5_violation,
    reached=checks.a5_reached,
    features=frozenset({"asks", "nested-asks", "compose", "gather", "deferred"}),
    rests_on=("A1", "A3", "A4", "A9", *ALIVE),
    needs=frozenset({"result"}),
)


A6 = Clause(
    id="A6",
    level="MUST",
    text="""
    A reply can be awaited from any loop; the awaiting coroutine resumes on its own loop's thread.
    """,
    rationale="""
    An asyncio future belongs to one loop: awaiting it from another raises, or, worse, its callbacks run on
    the completing thread and the awaiting coroutine goes on there, beside its own loop's other tasks, in
    code that was written to need no locks.
    """,
    rule="""
    asyncio, "Developing with asyncio", Concurrency and Multithreading: almost no asyncio object is thread-
    safe, and an event loop runs all its callbacks and tasks in its own thread; asyncio, "Event Loop",
    loop.call_soon_threadsafe(); asyncio, "Futures", wrap_future().
    """,
    if_fails="""
    look at what the awaiting side subscribes with: each awaiting loop needs a future of its own, completed
    by call_soon_threadsafe on that loop, not by the thread that has the value.
    """,
    check=checks.a6_violation,
    reached=checks.a6_reached,
    features=frozenset({"asks", "nested-asks", "cross-loop", "await-foreign-loop"}),
    rests_on=("A3", *ALIVE),
    needs=frozenset({"await"}),
)


A7 = Clause(
    id="A7",
    level="MUST",
    text="""
    Placement does not matter: outcomes are the same wherever actors live, the asker's own loop included.
    """,
    rationale="""
    Whether two actors share a loop is a matter of load, decided late and changed often. If asking an actor
    of one's own loop needs other code than asking a distant one, everybody must write code for both,
    everywhere.
    """,
    rule="""
    asyncio, "Coroutines and Tasks", Scheduling From Other Threads: run_coroutine_threadsafe() is meant to be
    called from another OS thread than the event loop's; an implementation must bridge the difference.
    """,
    if_fails="""
    look for a short cut for the same loop, and at what it leaves out: the mailbox, the copying, the order,
    the translation of errors; or at the lack of one, where the way across threads cannot end on one's own.
    """,
    check=checks.a7_violation,
    reached=checks.a7_reached,
    features=frozenset({"asks", "nested-asks", "own-loop", "cross-loop", "placements", "errors", "falsy"}),
    rests_on=("A3", *ALIVE),
    needs=frozenset({"loops"}),
)


A8 = Clause(
    id="A8",
    level="MUST",
    text="""
    Composition obeys the laws: left and right identity, associativity, map fusion; a mapped function runs
    exactly once, however often the result is read, None included.
    """,
    rationale="""
    A mapped reply is a value that is not there yet, and code is refactored on the strength of the laws: two maps into
    one, a map into the handler. A function that runs once for each reader does its effects once for each reader;
    one that does not run on None is a special case that somebody finds in production.
    """,
    rule="""
    asyncio, "Futures", Future.add_done_callback(): a callback that was added is called once; neither asyncio nor
    concurrent.futures has a map of its own, so each implementation's is new.
    """,
    if_fails="""
    look at when the mapped function runs: once, when the value comes, and not in each wait; at results kept with None
    for "not yet"; and at a map of a map, which must see the mapped value.
    """,
    check=checks.a8_violation,
    reached=checks.a8_reached,
    features=frozenset(
        {"asks", "compose", "read-again", "several-waiters", "falsy", "nested-asks", "await-foreign-loop"}
    ),
    rests_on=("A1", "A3", "A4", *ALIVE),
    needs=frozenset({"then"}),
)


A9 = Clause(
    id="A9",
    level="MUST",
    text="""
    A gather keeps the order of its parts, whatever order they finish in; the first failure is reported.
    """,
    rationale="""
    The parts of a gather are arguments: `f(gather(a, b))` means f of a's answer and b's, in that order. An
    order of completion is a different program on each run. When parts fail, one failure must be told, and
    not a later one that only looks like it.
    """,
    rule="""
    asyncio, "Coroutines and Tasks", Running Tasks Concurrently, gather(): results are in the order of the
    awaitables given; without return_exceptions the first exception raised is propagated at once.
    """,
    if_fails="""
    look at how the gather collects: a list that is appended to as parts finish keeps their order of
    completion; each part needs its place from the start.
    """,
    check=checks.a9_violation,
    reached=checks.a9_reached,
    features=frozenset({"asks", "gather", "sleep", "errors"}),
    rests_on=("A1", "A3", "A4", *ALIVE),
    needs=frozenset({"gather"}),
)


CLAUSES = (A1, A2, A3, A4, A5, A6, A7, A8, A9)
