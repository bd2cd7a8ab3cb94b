"""Adapters whose process does not live to report: each costs its own column and no other."""

from __future__ import annotations

import os
import time


class Leaving:
    """Ends the process where nobody watches: when it is asked for what it can do."""

    name = "leaving"

    @property
    def capabilities(self) -> frozenset[str]:
        """Never returns."""
        print("last words", flush=True)
        os._exit(7)


class Sleeping:
    """Blocks where nobody watches: when it is asked for what it can do."""

    name = "sleeping"

    @property
    def capabilities(self) -> frozenset[str]:
        """Not for a day."""
        time.sleep(86_400)
        raise AssertionError


leaving, sleeping = Leaving(), Sleeping()
