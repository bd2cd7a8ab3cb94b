"""Correct implementations of other architectures than the reference's are not accused, and nothing is left untested."""

from __future__ import annotations

import pytest

from askance.clauses import ALL
from askance.run import load_adapter
from askance.suite.conduct import conduct
from askance.suite.profiles import PROFILES
from askance_impl.variants import VARIANTS

SUPERVISED = ("stopping", "restarting", "giving_up")
"""The reference with other policies for failing handlers."""

IMPLEMENTATIONS = {
    **{name: f"askance_impl.variants.{name}:adapter" for name in VARIANTS},
    **{name: f"askance_impl.reference.adapter:{name}" for name in SUPERVISED},
}

ONLY_TELL = {"A3", "C4", "D2"}
"""Clauses whose situations need handlers that ask."""


@pytest.mark.parametrize("clause", ALL)
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_a_correct_implementation_is_never_accused(name: str, clause: str) -> None:
    """Each clause holds, and its situation arises, wherever the implementation promises what it is about."""
    adapter = load_adapter(IMPLEMENTATIONS[name])
    result = conduct(ALL[clause], adapter, PROFILES["default"])
    promised = ALL[clause].claimed(adapter) and not (
        "handlers-only-tell" in adapter.capabilities and clause in ONLY_TELL
    )
    assert result.verdict == ("pass" if promised else "unsupported"), (result.note, result.counterexample)
