"""Mutants of clauses A5 to A9: maps and gathers that compose wrongly, waiters that go on elsewhere, short cuts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.adapter import AdaptedSystem
from askance_impl.reference.composition import Gathered, Mapped
from askance_impl.reference.reply import Reply, running_loop
from askance_impl.reference.wait_for import current_turn, waiting

# ---------------------------------------------------------------- A5


class _AtOnce(Mapped):
    def __init__(self, source: Reply, function: Callable[[Any], Any]) -> None:
        super().__init__(source, function)
        if running_loop() is None:
            self._apply_there()


class _MapsAtOnce(AdaptedSystem):
    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        return _AtOnce(reply, function)


then_does_not_wait = mutant(
    "then_does_not_wait",
    "A5",
    "Outside of event loops `then` applies its function at once, to None if the value is not there.",
    "Synchronous facades that read `future._result` instead of waiting.",
    adapted=_MapsAtOnce,
)


class _OneFunction(AdaptedSystem):
    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        if type(reply) is Mapped and not reply.done():
            reply._function = function
            return reply
        return super().then(reply, function)


then_forgets_the_first = mutant(
    "then_forgets_the_first",
    "A5",
    "A second `then` on a pending reply takes the place of the first.",
    "Builders that return themselves: one `callback` attribute behind a fluent interface.",
    adapted=_OneFunction,
)

# ---------------------------------------------------------------- A6


class _HomesFuture(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        loop = self._actor.home.loop
        future: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not future.done():
                future.set_result(None)

        def waiter() -> None:
            self._actor.home.post(wake)

        self._add_waiter(waiter)
        with waiting(self):
            yield from future


foreign_future = mutant(
    "foreign_future",
    "A6",
    "The future behind a reply belongs to the loop of the asked actor; on any other, awaiting it raises.",
    '"got Future attached to a different loop": Motor, asyncpg pools, asyncio.Queue made on another loop.',
    reply=_HomesFuture,
)


class _Subscription:
    """Enough of a future for a task to wait for."""

    _asyncio_future_blocking = False

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.loop = asyncio.get_running_loop()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self.loop

    def add_done_callback(self, callback: Callable[[Any], Any], *, context: Any = None) -> None:
        self.reply._add_waiter(lambda: context.run(callback, self))

    def result(self) -> None:
        return None

    def cancel(self, msg: str | None = None) -> bool:
        return False


class _CallsBackThere(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        subscription = _Subscription(self)
        subscription._asyncio_future_blocking = True
        with waiting(self):
            yield subscription


resumed_by_completing_thread = mutant(
    "resumed_by_completing_thread",
    "A6",
    "Callbacks are called by the thread that completes the reply, so the awaiting coroutine goes on there.",
    "concurrent.futures.Future.add_done_callback used to resume coroutines, without call_soon_threadsafe.",
    reply=_CallsBackThere,
)

# ---------------------------------------------------------------- A7


class _RefusesItsOwnLoop(Actor):
    def ask(self, message: Any) -> AskReply:
        reply = super().ask(message)
        if self.home.is_here():
            reply._complete(error=RuntimeError(f"{self.name} lives on the loop that asks: it would deadlock"))
        return reply


own_loop_refused = mutant(
    "own_loop_refused",
    "A7",
    "An ask from the asked actor's own loop is refused, though nothing would block.",
    "Guards against run_coroutine_threadsafe(...).result() on one's own loop: asgiref's AsyncToSync.",
    actor=_RefusesItsOwnLoop,
)


class _DefaultsNotSent(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        turn = current_turn.get()
        self._crosses = turn is not None and turn.actor.home is not actor.home

    def _complete(self, value: Any = None, error: BaseException | None = None) -> None:
        super()._complete(value or None if self._crosses else value, error)


defaults_not_sent = mutant(
    "defaults_not_sent",
    "A7",
    "Between actors of two loops a zero or what is empty is not transmitted and arrives as None.",
    "Wire formats that leave out default values: protobuf 3 scalar fields, JSON with omitempty.",
    reply=_DefaultsNotSent,
)

# ---------------------------------------------------------------- A8


class _MapsEachReader(Mapped):
    def __init__(self, source: Reply, function: Callable[[Any], Any]) -> None:
        self._again = (source, function)
        self._read = False
        super().__init__(source, function)

    def _outcome(self) -> Any:
        value = super()._outcome()
        source, function = self._again
        if self._read:
            value = function(source._value)
        self._read = True
        return value


class _MapsLazily(AdaptedSystem):
    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        return _MapsEachReader(reply, function)


map_runs_for_each_reader = mutant(
    "map_runs_for_each_reader",
    "A8",
    "A mapped function runs again each time that the result is read.",
    "Lazy maps without memory: Pykka's Future.map before 1.2, generators and views taken for futures.",
    adapted=_MapsLazily,
)


class _MapsAgain(_MapsEachReader):
    def _outcome(self) -> Any:
        self._read = self._read and self._value is None
        return super()._outcome()


class _MapsUntilSomething(AdaptedSystem):
    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        return _MapsAgain(reply, function)


map_runs_again_after_none = mutant(
    "map_runs_again_after_none",
    "A8",
    "A mapped function that gave None runs again each time that the result is read.",
    'A result kept with None for "not yet": Pykka\'s Future.map from 2.0 to 4.2.',
    adapted=_MapsUntilSomething,
)


class _MapsSomething(AdaptedSystem):
    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        return super().then(reply, lambda value: value if value is None else function(value))


map_skips_none = mutant(
    "map_skips_none",
    "A8",
    "A function is not applied to None, which is taken for no value.",
    "Optional chaining mixed up with futures: `map` on Option and Maybe types, `if value is not None`.",
    adapted=_MapsSomething,
)


class _FusesWrongly(AdaptedSystem):
    def then(self, reply: Reply, function: Callable[[Any], Any]) -> Reply:
        if not isinstance(reply, _Fused):
            return _Fused(reply, function)
        first = reply.function
        return _Fused(reply.origin, lambda value: first(function(value)))


class _Fused(Mapped):
    def __init__(self, source: Reply, function: Callable[[Any], Any]) -> None:
        self.origin, self.function = source, function
        super().__init__(source, function)


maps_fused_in_reverse = mutant(
    "maps_fused_in_reverse",
    "A8",
    "Two maps are fused into one that applies the second function first.",
    "compose(f, g) read both ways: toolz and Ramda, and stream libraries that fuse stages.",
    adapted=_FusesWrongly,
)

# ---------------------------------------------------------------- A9


class _InOrderOfArrival(Gathered):
    def __init__(self, sources: Sequence[Reply]) -> None:
        self._values: list[Any] = []
        super().__init__(sources)

    def _part_done(self, index: int) -> Reply | None:
        self._values.append(self._sources[index]._value)
        return super()._part_done(index)

    def _finish(self, value: Any = None, error: BaseException | None = None) -> bool:
        return super()._finish(value if error else self._values, error)


class _GathersArrivals(AdaptedSystem):
    def gather(self, replies: Sequence[Reply]) -> Reply:
        return _InOrderOfArrival(replies)


gather_by_completion = mutant(
    "gather_by_completion",
    "A9",
    "A gather gives its values in the order in which they arrive.",
    "`as_completed` with append; anyio task groups and Trio nurseries without an index.",
    adapted=_GathersArrivals,
)


class _LastFailure(Gathered):
    def _part_done(self, index: int) -> Reply | None:
        if self._sources[index]._error is not None:
            self._failed.clear()
        return super()._part_done(index)


class _GathersLate(AdaptedSystem):
    def gather(self, replies: Sequence[Reply]) -> Reply:
        return _LastFailure(replies)


gather_tells_a_later_failure = mutant(
    "gather_tells_a_later_failure",
    "A9",
    "A gather reports the failure that came last, each one taking the place of the one before.",
    "`for future in done: error = future.exception() or error`, and asyncio.wait's set, which has no order.",
    adapted=_GathersLate,
)
