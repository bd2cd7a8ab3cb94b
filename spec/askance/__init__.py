"""askance: does a Python actor implementation compose?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askance.search.explore import explore
    from askance.strands import Shared, Strands

__all__ = ["Shared", "Strands", "explore"]


def __getattr__(name: str) -> Any:
    """The Python face is loaded when it is first used: implementations need none of it."""
    if name == "explore":
        from askance.search.explore import explore

        return explore
    if name in ("Shared", "Strands"):
        from askance import strands

        return getattr(strands, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
