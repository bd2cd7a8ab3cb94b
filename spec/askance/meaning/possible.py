"""What an evaluation may come to: a small algebra of sets of outcomes, which the evaluator combines.

A `Possible` is a set of outcomes, kept in the order found so that nothing depends on hashes, with three marks that
no outcome can carry: it may never end, its outcomes are too many to list, and which actors it has certainly stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from askance.errors import is_caught
from askance.history import Outcome
from askance.program import Err, Term, Value

__all__ = [
    "CANCELLED",
    "CYCLE",
    "HANGS",
    "MOST_OUTCOMES",
    "REFUSED",
    "STOPPED",
    "UNLISTED",
    "Possible",
    "either",
    "exact",
    "failing",
    "gathered",
    "in_order",
    "then",
    "trying",
    "value",
]

MOST_OUTCOMES = 500
"""A set of more outcomes is not listed."""

STOPPED = Outcome("stopped")
CYCLE = Outcome("cycle")
CANCELLED = Outcome("cancelled")
REFUSED = Outcome("refused")


@dataclass(frozen=True, slots=True)
class Possible:
    """The distinct outcomes, whether it may hang, whether the outcomes are unlisted, and what it stops for certain."""

    outcomes: tuple[Outcome, ...] = ()
    hangs: bool = False
    unlisted: bool = False
    stops: frozenset[str] = frozenset()

    @property
    def values(self) -> tuple[Value, ...]:
        """The values among the outcomes."""
        return tuple(outcome.value for outcome in self.outcomes if outcome.kind == "value")

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The outcomes that are not values."""
        return tuple(outcome for outcome in self.outcomes if outcome.kind != "value")

    def or_else(self, *outcomes: Outcome, hangs: bool = False) -> Possible:
        """The same, where something else may come instead; so nothing is stopped for certain."""
        return _listed((*self.outcomes, *outcomes), self.hangs or hangs) if not self.unlisted else UNLISTED

    def stopping(self, *actors: str) -> Possible:
        """The same, and the actors are stopped for certain."""
        return self if self.unlisted else replace(self, stops=self.stops.union(actors))


UNLISTED = Possible(unlisted=True)
HANGS = Possible(hangs=True)


def exact(part: Value) -> Hashable:
    """The value as a key that tells True from 1 and False from 0, which Python calls equal."""
    match part:
        case Term(symbol, args):
            return (Term, symbol, *map(exact, args))
        case Err(kind, argument):
            return (Err, kind, exact(argument))
        case tuple():
            return (tuple, *map(exact, part))
    return (type(part), part)


def _listed(outcomes: Iterable[Outcome], hangs: bool, stops: frozenset[str] = frozenset()) -> Possible:
    distinct = tuple(outcomes)
    if len(distinct) > 1:
        keys = {(one.kind, exact(one.value), exact(one.error)): one for one in distinct}
        distinct = tuple(keys.values())
    return Possible(distinct, hangs, stops=stops) if len(distinct) <= MOST_OUTCOMES else UNLISTED


def value(result: Value) -> Possible:
    """Certainly this value."""
    return Possible((Outcome("value", result),))


def failing(outcome: Outcome) -> Possible:
    """Certainly this failure."""
    return Possible((outcome,))


def either(possibles: Iterable[Possible]) -> Possible:
    """One of them, whichever."""
    parts = list(possibles)
    if any(part.unlisted for part in parts):
        return UNLISTED
    stops = frozenset.intersection(*(part.stops for part in parts)) if parts else frozenset()
    return _listed((one for part in parts for one in part.outcomes), any(part.hangs for part in parts), stops)


def then(first: Possible, go_on: Callable[[Value], Possible]) -> Possible:
    """`go_on` with each value of the first; its failures pass through."""
    if first.unlisted or not first.values:
        return first
    after = either(go_on(one) for one in first.values)
    if after.unlisted:
        return UNLISTED
    stops = first.stops | (frozenset() if first.failures else after.stops)
    return _listed((*first.failures, *after.outcomes), first.hangs or after.hangs, stops)


def in_order(parts: Iterable[Possible], make: Callable[[tuple[Value, ...]], Value]) -> Possible:
    """All parts, one after the other, up to the first that fails; `make` of their values.

    The parts are drawn only as far as they are come to.
    """
    values: list[tuple[Value, ...]] = []
    failures: list[Outcome] = []
    stops: frozenset[str] = frozenset()
    hangs = False
    for part in parts:
        if part.unlisted:
            return UNLISTED
        stops |= frozenset() if failures else part.stops
        hangs = hangs or part.hangs
        failures += part.failures
        values.append(part.values)
        if not part.values:
            return _listed(failures, hangs, stops)
    if prod(map(len, values)) > MOST_OUTCOMES:
        return UNLISTED
    results = (Outcome("value", make(one)) for one in product(*values))
    return _listed((*failures, *results), hangs, stops)


def gathered(parts: Iterable[Possible]) -> Possible:
    """All parts at once: the tuple of their values, or any failure of any part, since they race to be the first."""
    every = list(parts)
    if any(part.unlisted for part in every) or prod(len(part.values) for part in every) > MOST_OUTCOMES:
        return UNLISTED
    failures = [failure for part in every for failure in part.failures]
    stops = frozenset() if failures else frozenset[str]().union(*(part.stops for part in every))
    results = (Outcome("value", one) for one in product(*(part.values for part in every)))
    return _listed((*failures, *results), any(part.hangs for part in every), stops)


def trying(body: Possible, handler: Callable[[], Possible]) -> Possible:
    """The body; where it fails with an `Exception`, the handler.

    A cancelled wait is a CancelledError, of asyncio (which `except Exception` lets pass) or of concurrent.futures
    (which it catches), so it may go either way.
    """
    if body.unlisted:
        return UNLISTED
    kept = [outcome for outcome in body.outcomes if not _is_caught(outcome)]
    if len(kept) == len(body.outcomes) and CANCELLED not in kept:
        return body
    handled = handler()
    if handled.unlisted:
        return UNLISTED
    stops = body.stops | (frozenset() if kept else handled.stops)
    return _listed((*kept, *handled.outcomes), body.hangs or handled.hangs, stops)


def _is_caught(outcome: Outcome) -> bool:
    if outcome.kind == "error" and outcome.error is not None:
        return is_caught(outcome.error)
    return outcome.kind in ("stopped", "cycle", "timeout", "refused")
