"""A correct library that takes hundreds of statements for each ask, as larger ones do."""

from __future__ import annotations

from typing import Any

from askance.adapter import System
from askance_impl.variants.bare import BareAdapter, BareSystem


class LongWindedSystem(BareSystem):
    """Counts to some hundreds before it sends."""

    def ask(self, ref: Any, message: Any) -> Any:
        self.count = 0
        while self.count < 400:
            self.count += 1
        return super().ask(ref, message)


class LongWindedAdapter(BareAdapter):
    """Promises what `bare` does."""

    name = "long-winded"

    def open(self, loops: int) -> System:
        """Start with no actors."""
        return LongWindedSystem()


adapter = LongWindedAdapter()
