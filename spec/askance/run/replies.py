"""What a client keeps under a reply's name: the library's reply, or what the kit does in its place.

Where an implementation has no composition operator of its own, the client keeps a recipe, and waiting for it waits
for its parts in order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from askance.program import mapped

__all__ = ["Gathered", "Held", "Mapped", "NotSent", "resolve", "resolve_awaited"]


@dataclass(frozen=True, slots=True)
class Held:
    """A reply of the library's that a client keeps; `gathered` where the library's own gather made it."""

    reply: Any
    gathered: bool = False


@dataclass(frozen=True, slots=True)
class NotSent:
    """In place of a reply: asking, or composing, raised this. Every wait for it raises it again."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Mapped:
    """In place of a composed reply where the library has no operator: the kit applies the symbol after waiting."""

    part: Any
    symbol: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """In place of a gathered reply where the library has no operator: the kit waits for the parts in order."""

    parts: tuple[Any, ...]


def resolve(kept: Any, wait: Callable[[Any], Any]) -> Any:
    """The value of what a client keeps, `wait` giving that of each reply of the library's."""
    match kept:
        case Held(reply):
            return wait(reply)
        case Mapped(part, symbol):
            return mapped(symbol, resolve(part, wait))
        case Gathered(parts):
            values: list[Any] = []
            first: BaseException | None = None
            for part in parts:
                try:
                    values.append(resolve(part, wait))
                except Exception as error:
                    first = first or error
            if first is not None:
                raise first
            return tuple(values)
    raise kept.error


async def resolve_awaited(kept: Any, wait: Callable[[Any], Awaitable[Any]]) -> Any:
    """The value of what a client keeps, awaiting `wait` for that of each reply of the library's."""
    match kept:
        case Held(reply):
            return await wait(reply)
        case Mapped(part, symbol):
            return mapped(symbol, await resolve_awaited(part, wait))
        case Gathered(parts):
            values: list[Any] = []
            first: BaseException | None = None
            for part in parts:
                try:
                    values.append(await resolve_awaited(part, wait))
                except Exception as error:
                    first = first or error
            if first is not None:
                raise first
            return tuple(values)
    raise kept.error
