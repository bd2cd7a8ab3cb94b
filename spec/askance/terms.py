"""Values: what messages, answers and errors are made of. Free terms, so that nothing is hidden by arithmetic.

Part of the data of `program`, which everything else imports them from.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NOTHING", "Err", "Term", "Value", "mapped"]


@dataclass(frozen=True, slots=True)
class Term:
    """A function symbol applied to values: `Term("f", (10,))` prints `f(10)`."""

    symbol: str
    args: tuple[Value, ...] = ()

    def __str__(self) -> str:
        return f"{self.symbol}({', '.join(str(a) if isinstance(a, Term) else repr(a) for a in self.args)})"

    __repr__ = __str__


NOTHING = "to_none"
"""The symbol of the one mapped function that gives no term: it gives None, which may be taken for "not yet"."""


def mapped(symbol: str, value: Value) -> Value:
    """What a reply's value becomes where the reply is mapped (`Then`, `Compose`): its term, or None for NOTHING."""
    return None if symbol == NOTHING else Term(symbol, (value,))


@dataclass(frozen=True, slots=True)
class Err:
    """An exception as data: its kind (a name in `askance.errors.KINDS`) and its one argument.

    In `Raise` it is raised; as a `Const` it is an exception instance *returned as a value* (clause A1).
    """

    kind: str
    argument: Value = ""

    def __str__(self) -> str:
        return f"{self.kind}({self.argument!r})"

    __repr__ = __str__


Value = None | bool | int | str | Term | Err | tuple["Value", ...]
