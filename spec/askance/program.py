"""Programs as plain data: loops, actors with behaviours, clients with operations, and the free terms they compute.

Everything else reads this module: generators make programs, `meaning` computes what they may do, the runner
performs them on an implementation, reports print them. Nothing here runs anything.

Values are *free terms*: `Apply("f", Ask("b", Msg()))` on message 10 denotes the term `f(g(10))`, literally, so
two results are equal only if they are the same composition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from askance.terms import NOTHING, Err, Term, Value, mapped

__all__ = [
    "NOTHING",
    "Actor",
    "Apply",
    "Ask",
    "AskOp",
    "Await",
    "Cancel",
    "Client",
    "Compose",
    "Const",
    "Deferred",
    "Err",
    "Expression",
    "Fail",
    "Gather",
    "GatherOp",
    "Msg",
    "Operation",
    "Program",
    "Raise",
    "Result",
    "Settle",
    "Sleep",
    "SleepOp",
    "Spawn",
    "State",
    "Stop",
    "StopOp",
    "StopSelf",
    "Tell",
    "TellOp",
    "Term",
    "Then",
    "Try",
    "Update",
    "Value",
    "Within",
    "mapped",
]


# ---------------------------------------------------------------- behaviours: one expression over the message


@dataclass(frozen=True, slots=True)
class Msg:
    """The message that the actor was sent."""


@dataclass(frozen=True, slots=True)
class Const:
    """A constant."""

    value: Value


@dataclass(frozen=True, slots=True)
class Apply:
    """A function symbol applied to expressions, evaluated left to right."""

    symbol: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the actor, wait for its reply, use the value."""

    actor: str
    message: Expression


@dataclass(frozen=True, slots=True)
class Gather:
    """Ask all at once, wait for all, results as a tuple in the order written; the first failure is reported."""

    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Then:
    """The implementation's own composition operator: the reply of `ask` mapped by `symbol`, then waited for."""

    ask: Ask
    symbol: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Return the un-awaited reply itself; it must arrive at the asker flat. Only in tail position."""

    ask: Ask


@dataclass(frozen=True, slots=True)
class Tell:
    """Send without waiting, then go on with `then`."""

    actor: str
    message: Expression
    then: Expression


@dataclass(frozen=True, slots=True)
class Raise:
    """Fail with the error."""

    error: Err


@dataclass(frozen=True, slots=True)
class Fail:
    """Fail with an error of the kind `error`; its argument is the term that an `Apply` or `Update` makes."""

    error: str
    argument: Expression


@dataclass(frozen=True, slots=True)
class Try:
    """The value of `body`; if it fails with an `Exception`, the value of `handler`."""

    body: Expression
    handler: Expression


@dataclass(frozen=True, slots=True)
class Sleep:
    """Take `seconds` of (virtual) time without holding the loop, then go on."""

    seconds: int
    then: Expression


@dataclass(frozen=True, slots=True)
class Within:
    """The reply of `ask` if it comes within `seconds`, else `fallback`."""

    seconds: int
    ask: Ask
    fallback: Expression


@dataclass(frozen=True, slots=True)
class Spawn:
    """Spawn an actor with `behaviour` on `loop` (None: the implementation chooses) and ask it, in the same turn."""

    behaviour: Expression
    loop: int | None
    message: Expression


@dataclass(frozen=True, slots=True)
class StopSelf:
    """Stop the actor that is handling this message; the turn goes on with `then`."""

    then: Expression


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop another actor, then go on with `then`."""

    actor: str
    then: Expression


@dataclass(frozen=True, slots=True)
class State:
    """The state of the actor that is handling this message: None until its first `Update`."""


@dataclass(frozen=True, slots=True)
class Update:
    """Read the actor's state, evaluate `argument`, then write the term `symbol(state, argument)`: the value, too.

    The state is a term like any other, so it holds every update that it has seen, in order. It belongs to the handler,
    and outlives a turn that fails. Between the read and the write the argument may take its time.
    """

    symbol: str
    argument: Expression


Expression = (
    Msg
    | Const
    | Apply
    | Ask
    | Gather
    | Then
    | Deferred
    | Tell
    | Raise
    | Fail
    | Try
    | Sleep
    | Within
    | Spawn
    | StopSelf
    | Stop
    | State
    | Update
)


# ---------------------------------------------------------------- clients: straight-line operations


@dataclass(frozen=True, slots=True)
class AskOp:
    """`name = ask actor(message)`: the reply is kept under `name`, not waited for."""

    name: str
    actor: str
    message: Value


@dataclass(frozen=True, slots=True)
class TellOp:
    """Send without wanting a reply."""

    actor: str
    message: Value


# `Result`, `Await` and `Cancel` may also name a reply of another client, as "c0.r1": of one that stands before in the
# program. A client that comes to such an operation first waits until that reply has been made.


@dataclass(frozen=True, slots=True)
class Result:
    """Block this thread until the reply is there. On a loop's thread it must be refused at once (clause D4)."""

    reply: str


@dataclass(frozen=True, slots=True)
class Await:
    """Await the reply from this client's coroutine."""

    reply: str


@dataclass(frozen=True, slots=True)
class Compose:
    """`name = then(reply, symbol)`: the reply mapped by the implementation's own operator, not waited for."""

    name: str
    reply: str
    symbol: str


@dataclass(frozen=True, slots=True)
class GatherOp:
    """`name = gather(replies...)`: one reply for all, in order, not waited for."""

    name: str
    replies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the reply."""

    reply: str


@dataclass(frozen=True, slots=True)
class StopOp:
    """Stop the actor."""

    actor: str


@dataclass(frozen=True, slots=True)
class SleepOp:
    """Let `seconds` of (virtual) time pass in this client."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Settle:
    """A barrier: every client waits here until nothing can move any more, then all go on to the next phase."""


Operation = AskOp | TellOp | Result | Await | Compose | GatherOp | Cancel | StopOp | SleepOp | Settle


# ---------------------------------------------------------------- programs


@dataclass(frozen=True, slots=True)
class Actor:
    """A named actor on a loop (None: the implementation chooses), and what it does with each message."""

    name: str
    loop: int | None
    behaviour: Expression


@dataclass(frozen=True, slots=True)
class Client:
    """Operations performed in order by one client.

    `where`: "thread", a plain thread of its own; "loop", a coroutine on an event loop of its own, which the
    implementation knows nothing of; or an int n, a coroutine on the implementation's loop n.
    """

    name: str
    where: Literal["thread", "loop"] | int
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """A finite scenario. `loops` is how many event loops the implementation is opened with (1 or more).

    If `abrupt`, the system is closed as soon as the clients have ended, whatever its actors are doing; else when
    nothing can move any more.
    """

    loops: int
    actors: tuple[Actor, ...] = ()
    clients: tuple[Client, ...] = ()
    name: str = field(default="", compare=False)
    abrupt: bool = False

    def actor(self, name: str) -> Actor:
        """The actor of that name; raises KeyError if there is none."""
        for actor in self.actors:
            if actor.name == name:
                return actor
        raise KeyError(name)


def reply_key(client: Client, reply: str) -> str:
    """The reply's name in the whole program, "client.reply", from what an operation of the client calls it."""
    return reply if "." in reply else f"{client.name}.{reply}"


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and every expression inside it, outermost first, in the order written."""
    yield expression
    for child in fields(expression):
        inner: Any = getattr(expression, child.name)
        for part in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(part, Expression):
                yield from walk(part)
