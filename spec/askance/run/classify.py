"""How a wait or a turn ended, as data: raw values and exceptions of a library become `Outcome`s.

Called by the interpreters and the clients for every value that arrives. The usual case, a value of the program,
costs one walk over the term and no copy. What a program cannot denote is never made to look like a value: an
awaitable anywhere inside is "nested" (clause A3), anything else is an "error" without an `Err`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from askance.adapter import Adapter
from askance.errors import as_err
from askance.history import Outcome, OutcomeKind
from askance.program import Err, Term, Value

__all__ = ["Classifier", "classify", "classify_value", "denoted"]

ATOMS: frozenset[type] = frozenset({type(None), bool, int, str, Err})

CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError)


def denoted(value: Any) -> bool:
    """Whether `value` is data of a program through and through: exact types, no library object inside."""
    kind = type(value)
    if kind in ATOMS:
        return True
    if kind is Term:
        parts = value.args
    elif kind is tuple:
        parts = value
    else:
        return False
    for part in parts:  # noqa: SIM110 - a generator expression here is a third of the cost of an ask
        if type(part) not in ATOMS and not denoted(part):
            return False
    return True


def future_like(value: Any) -> bool:
    """Whether it is a future by what it can do; classes are no guide, because an engine may replace them."""
    return hasattr(value, "add_done_callback") and hasattr(value, "done") and hasattr(value, "result")


def article(noun: str) -> str:
    """The noun with its indefinite article."""
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"


def type_name(value: Any) -> str:
    """The type as a reader knows it: `asyncio.Future`, not the private module that defines it."""
    kind = type(value)
    package = kind.__module__.split(".")
    if kind.__module__ == "builtins":
        return kind.__qualname__
    if package[0] in ("asyncio", "_asyncio"):
        return f"asyncio.{kind.__qualname__}"
    if package[:2] == ["concurrent", "futures"]:
        return f"concurrent.futures.{kind.__qualname__}"
    return f"{kind.__module__}.{kind.__qualname__}"


RANDOM_PARTS = re.compile(r"0x[0-9a-f]{6,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def told(error: BaseException) -> str:
    """The exception in one text, the same in every process: addresses and UUIDs are left out."""
    text = RANDOM_PARTS.sub("...", str(error))
    return f"{type_name(error)}: {text}" if text else type_name(error)


class Classifier:
    """Turns what one adapter's library gives into outcomes.

    `raised` holds the errors that the program at hand can raise itself; only these are taken for the program's,
    any other RuntimeError or TimeoutError is the library's own. Without it every exception that reads as an `Err` is
    taken for the program's.
    """

    __slots__ = ("kinds", "nested", "raised")

    def __init__(self, adapter: Adapter, raised: Container[Err] | None = None) -> None:
        declared: list[tuple[OutcomeKind, Any]] = [
            ("stopped", getattr(adapter, "stopped", ())),
            ("cycle", getattr(adapter, "cycle", ())),
            ("refused", getattr(adapter, "refused", ())),
            # The kit's own `asyncio.timeout` raises TimeoutError whatever the library calls its own.
            ("timeout", (*getattr(adapter, "timed_out", ()), TimeoutError)),
            ("cancelled", getattr(adapter, "cancelled", CANCELLED)),
        ]
        self.kinds = [(kind, tuple(types)) for kind, types in declared]
        self.nested: tuple[type, ...] = tuple(getattr(adapter, "nested", ()))
        self.raised = raised

    def exception(self, error: BaseException) -> Outcome:
        """The outcome of a wait, an ask or a turn that raised `error`."""
        denotes = as_err(error)
        if denotes is not None and (self.raised is None or denotes in self.raised):
            return Outcome("error", error=denotes)
        for kind, types in self.kinds:
            if isinstance(error, types):
                return Outcome(kind, detail=told(error))
        return Outcome("error", detail=told(error))

    def value(self, raw: Any) -> Outcome:
        """The outcome of a wait or a turn that gave `raw`."""
        if denoted(raw):
            return Outcome("value", raw)
        if isinstance(raw, BaseException):
            error = as_err(raw)
            if error is not None:
                return Outcome("value", error)
            return Outcome("error", detail=f"not a value of the program: the exception {told(raw)}")
        awaitable = self.find_awaitable(raw, "")
        if awaitable:
            return Outcome("nested", detail=awaitable)
        converted = data(raw)
        if converted is not NOT_DATA:
            return Outcome("value", converted)
        return Outcome("error", detail=f"not a value of the program: {article(type_name(raw))}")

    def gathered(self, raw: Any) -> Outcome:
        """The outcome of a wait for a gather: the library may give its results as a tuple or as a list."""
        if type(raw) is list:
            raw = tuple(raw)
        outcome = self.value(raw)
        if outcome.kind == "value" and type(outcome.value) is not tuple:
            return Outcome("error", detail=f"a gather gave {article(type_name(raw))}, not a tuple or a list")
        return outcome

    def is_awaitable(self, raw: Any) -> bool:
        """Whether a result that is `raw` would have to be waited for once more."""
        return isinstance(raw, self.nested) or inspect.isawaitable(raw) or future_like(raw)

    def find_awaitable(self, raw: Any, where: str) -> str:
        """Which awaitable is in `raw`, how deep and where; "" if there is none."""
        if type(raw) in ATOMS:
            return ""
        if self.is_awaitable(raw):
            layers, value = self.layers(raw)
            found = " of ".join([article(layer) for layer in layers] + ([] if value is None else [value]))
            if len(layers) > 1:
                found += f", {len(layers)} deep"
            return found + (f", in {where.removeprefix('.')}" if where else "")
        if type(raw) is Term:
            inside = [(part, f"{where}.{raw.symbol}[{place}]") for place, part in enumerate(raw.args)]
        elif isinstance(raw, Mapping):
            inside = [(part, f"{where}[{key!r}]") for key, part in raw.items()]
        elif isinstance(raw, (tuple, list)):
            inside = [(part, f"{where}[{place}]") for place, part in enumerate(raw)]
        else:
            return ""
        for part, place in inside:
            found = self.find_awaitable(part, place)
            if found:
                return found
        return ""

    def layers(self, raw: Any) -> tuple[list[str], str | None]:
        """The types that `raw` still has to be waited through, and the value at the end as text, as far as known now.

        A completed future is looked into; a pending one, or another awaitable, is the last that is known. Never blocks.
        """
        layers = []
        while self.is_awaitable(raw):
            layers.append(type_name(raw))
            if not future_like(raw) or not raw.done() or raw.cancelled() or raw.exception() is not None:
                return layers, None
            raw = raw.result()
        return layers, str(raw) if type(raw) is Term else repr(raw) if denoted(raw) else None


@dataclass(frozen=True)
class NotData:
    """Marks what `data` cannot convert."""


NOT_DATA = NotData()


def data(raw: Any) -> Any:
    """`raw` with every exception instance inside replaced by the `Err` it is; NOT_DATA if that is not enough."""
    kind = type(raw)
    if kind in ATOMS:
        return raw
    if isinstance(raw, BaseException):
        error = as_err(raw)
        return NOT_DATA if error is None else error
    if kind is Term or kind is tuple:
        parts = tuple([data(part) for part in (raw.args if kind is Term else raw)])
        if NOT_DATA in parts:
            return NOT_DATA
        return Term(raw.symbol, parts) if kind is Term else parts
    return NOT_DATA


def recordable(raw: Any) -> Value:
    """`raw` as an event may hold it: library objects inside are replaced by a term that names their type."""
    if denoted(raw):
        value: Value = raw
        return value
    if type(raw) is Term:
        return Term(raw.symbol, tuple([recordable(part) for part in raw.args]))
    if isinstance(raw, (tuple, list)):
        return tuple([recordable(part) for part in raw])
    error = as_err(raw) if isinstance(raw, BaseException) else None
    return error if error is not None else Term(f"<{type_name(raw)}>")


def classify(adapter: Adapter, error: BaseException) -> Outcome:
    """The outcome of a wait that raised `error`, under what the adapter declares."""
    return Classifier(adapter).exception(error)


def classify_value(adapter: Adapter, raw: Any) -> Outcome:
    """The outcome of a wait that gave `raw`, under what the adapter declares."""
    return Classifier(adapter).value(raw)
