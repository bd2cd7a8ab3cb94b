"""The reference, broken on purpose: mutants with one realistic defect each, for `askance check` to find.

`MUTANTS` has them all by name; each is also an attribute of this package, so that `askance check
askance_impl.mutants:lifo_mailbox` judges it as it would any implementation.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from askance_impl.mutants import (
    answers,
    cancellation,
    composition,
    deadlock,
    lifecycle,
    mailboxes,
    published,
    published_life,
    state,
    stopping,
    wakeups,
)
from askance_impl.mutants.mutant import Mutant

__all__ = ["MUTANTS", "Mutant"]

_CHAPTERS = (
    answers,
    composition,
    mailboxes,
    state,
    wakeups,
    deadlock,
    cancellation,
    stopping,
    lifecycle,
    published,
    published_life,
)

MUTANTS: Mapping[str, Mutant] = MappingProxyType(
    {
        name: found
        for chapter in _CHAPTERS
        for name, found in vars(chapter).items()
        if isinstance(found, Mutant)
    }
)
"""Every mutant by its name, in the order of the clauses; those of published defects come last."""

globals().update(MUTANTS)
