"""Numbers for values: the same number for the same value, at any depth, without recursion.

A state that a thousand updates went into is a term a thousand deep: Python would compare and hash it by recursion, and
anew each time. The search of clause M5 compares numbers instead.
"""

from __future__ import annotations

from collections.abc import Hashable

from askance.program import Err, Term, Value

__all__ = ["Numbering"]


class Numbering:
    """Call it with a value: its number. True and 1 are two values, as are False and 0."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[int, tuple[Value, int]] = {}
        """By the identity of the objects met so far, which are kept alive here."""

    def __call__(self, value: Value) -> int:
        """The value's number."""
        pending: list[Value] = [value]
        while pending:
            one = pending[-1]
            if id(one) in self._known:
                pending.pop()
                continue
            parts = _parts(one)
            unknown = [part for part in parts if id(part) not in self._known]
            if unknown:
                pending += unknown
                continue
            pending.pop()
            key: Hashable = (
                type(one),
                one.symbol if isinstance(one, Term) else one.kind if isinstance(one, Err) else None,
                tuple(self._known[id(part)][1] for part in parts),
                None if isinstance(one, Term | Err | tuple) else one,
            )
            self._known[id(one)] = one, self._numbers.setdefault(key, len(self._numbers))
        return self._known[id(value)][1]


def _parts(value: Value) -> tuple[Value, ...]:
    match value:
        case Term(_, args):
            return args
        case Err(_, argument):
            return (argument,)
        case tuple():
            return value
    return ()
