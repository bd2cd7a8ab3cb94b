"""Coroutines that are never awaited: the interpreter warns when one is freed, and the world hears of it (clause L4).

CPython calls `warnings._warn_unawaited_coroutine` for each. Garbage is not collected while a world runs, so a coroutine
is freed at the same step in every run of the same schedule. `askance.world.patching` puts this in place.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

from askance.world import state

__all__ = ["heard"]


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """While this is entered, a world that runs keeps the warning as a complaint; nobody else is told."""
    original = getattr(warnings, "_warn_unawaited_coroutine", None)

    def warn(coroutine: Any) -> None:
        world = state.active()
        if world is None or world.dying:
            if original is not None:
                original(coroutine)
            return
        message = f"coroutine {coroutine.__qualname__} was never awaited"
        world.execution.complaints.append((world.current.name, message))

    warnings._warn_unawaited_coroutine = warn  # type: ignore[attr-defined]
    try:
        yield
    finally:
        warnings._warn_unawaited_coroutine = original  # type: ignore[attr-defined]
