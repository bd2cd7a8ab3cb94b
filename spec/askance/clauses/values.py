"""When two outcomes are the same, and when two values differ only in order: finer than Python's equality.

`True == 1` in Python, and a handler's own CancelledError may come as a cancellation. Called by the checks wherever
they compare.
"""

from __future__ import annotations

from askance.history import Outcome
from askance.program import Err, Term, Value

CANCELLATIONS = frozenset({"CancelledError", "ConcurrentCancelledError"})


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same; `detail` does not count."""
    if one.kind == other.kind:
        return one == other and _same_value(one.value, other.value)
    return (cancelled(one) and cancelled(other)) or (_timed_out(one) and _timed_out(other))


def reordered(one: Value, other: Value) -> bool:
    """Whether two values differ, and only in the order of the parts of some tuple."""
    return one != other and _unordered(one) == _unordered(other)


def _unordered(value: Value) -> object:
    if isinstance(value, tuple):
        return ("tuple", tuple(sorted(repr(_unordered(part)) for part in value)))
    if isinstance(value, Term):
        return (value.symbol, tuple(_unordered(part) for part in value.args))
    return value


def _same_value(one: Value, other: Value) -> bool:
    """For equal values, whether they are equal in type too, at every depth."""
    match one, other:
        case Term(), Term():
            return all(map(_same_value, one.args, other.args))
        case tuple(), tuple():
            return all(map(_same_value, one, other))
        case Err(), Err():
            return _same_value(one.argument, other.argument)
    return one.__class__ is other.__class__


def cancelled(outcome: Outcome) -> bool:
    """Whether it is a cancellation, or an error of that kind which a handler raised itself."""
    return outcome.kind == "cancelled" or (outcome.error is not None and outcome.error.kind in CANCELLATIONS)


def _timed_out(outcome: Outcome) -> bool:
    return outcome.kind == "timeout" or (outcome.error is not None and outcome.error.kind == "TimeoutError")
