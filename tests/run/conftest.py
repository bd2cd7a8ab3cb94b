"""The world's patches stay in place while these tests run: each opens a world or two, and patching takes longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from askance.world import patching


@pytest.fixture(scope="module", autouse=True)
def patches_kept() -> Iterator[None]:
    """Worlds of one module find the patches in place."""
    with patching.installed():
        yield
