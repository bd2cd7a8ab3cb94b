"""The exit statuses of the commands. Nothing else is here: they are needed before anything is loaded."""

from __future__ import annotations

__all__ = ["FELL", "INCONCLUSIVE", "PASSED", "USAGE"]

PASSED, FELL, USAGE, INCONCLUSIVE = 0, 1, 2, 3
