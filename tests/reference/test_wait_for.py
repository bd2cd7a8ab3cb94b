"""The search for cycles looks twice: what has changed between the looks was no cycle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from askance_impl.reference import AskCycle
from askance_impl.reference.wait_for import Turn, begin_wait


class Named:
    """An actor, as far as the search needs one."""

    def __init__(self, name: str) -> None:
        self.name = name


class Ask:
    """The reply of an ask which waits for `turn`; after `lasts` looks at it, it is complete."""

    def __init__(self, number: int, turn: Turn, lasts: int = 1000) -> None:
        self._number = number
        self.turn = turn
        self.lasts = lasts
        self.error: BaseException | None = None

    @property
    def _done(self) -> bool:
        self.lasts -= 1
        return self.lasts < 0 or self.error is not None

    def _turn_ahead(self) -> Turn | None:
        return self.turn

    def _parts(self) -> Sequence[Any]:
        return ()

    def _fail_unless_shared(self, error: BaseException) -> bool:
        self.error = error
        return True


@pytest.mark.parametrize("lasts", [1, 1000])
def test_a_cycle_counts_only_if_it_is_still_there_at_the_second_look(lasts: int) -> None:
    """a waits for b, which waited for a when the search came by; if its wait has ended since, nobody is refused."""
    a, b = Turn(Named("a"), None), Turn(Named("b"), None)
    to_b, to_a = Ask(0, b), Ask(1, a, lasts)
    b.waits.append(to_a)
    begin_wait(a, to_b)
    assert a.waits == [to_b]
    assert isinstance(to_a.error, AskCycle) is (lasts == 1000)
    assert to_b.error is None
