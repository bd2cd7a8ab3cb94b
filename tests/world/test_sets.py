"""What the standard library gives as sets are sets in every respect, and iterate in order of insertion."""

from __future__ import annotations

import asyncio
import operator
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.world.schedules import value

from askance.world.sets import OrderedSet

METHODS: dict[str, Callable[[Any, Any], Any]] = {
    **{
        sign: getattr(operator, sign) for sign in ("or_", "sub", "and_", "xor", "ior", "isub", "iand", "ixor")
    },
    "pop": lambda items, _: items.pop() if len(items) == 1 else None,
    "copy": lambda items, _: items.copy(),
    "clear": lambda items, _: items.clear(),
    **{
        name: lambda items, other, name=name: getattr(items, name)(other)  # type: ignore[misc]
        for name in (
            "update",
            "difference_update",
            "intersection_update",
            "symmetric_difference_update",
            "union",
            "difference",
            "intersection",
            "symmetric_difference",
            "isdisjoint",
            "issubset",
            "issuperset",
        )
    },
}

elements = st.lists(st.integers(0, 9), max_size=6)


@given(elements, st.lists(st.tuples(st.sampled_from(sorted(METHODS)), elements, st.booleans()), max_size=6))
def test_it_does_what_a_set_does(first: list[int], calls: list[tuple[str, list[int], bool]]) -> None:
    """Whatever is done with it: its elements, those it iterates over, and those of each result are a plain set's."""
    ordered, plain = OrderedSet(first), set(first)
    for name, other, beside in calls:
        argument = OrderedSet(other) if beside else set(other)
        result, expected = METHODS[name](ordered, argument), METHODS[name](plain, set(other))
        assert result == expected
        if isinstance(result, set):
            assert isinstance(result, OrderedSet) and sorted(result) == sorted(expected)
        assert sorted(ordered) == sorted(plain) and ordered == plain


@pytest.mark.parametrize("sign", ["or_", "sub", "and_", "xor"])
@given(elements, elements)
def test_a_plain_set_on_the_left_gives_an_ordered_one_too(
    sign: str, first: list[int], second: list[int]
) -> None:
    """As `{me} | asyncio.all_tasks()` would."""
    operate = getattr(operator, sign)
    result = operate(set(first), OrderedSet(second))
    assert isinstance(result, OrderedSet) and sorted(result) == sorted(operate(set(first), set(second)))


def test_operators_want_sets() -> None:
    """As those of a plain set do."""
    with pytest.raises(TypeError):
        OrderedSet([1]) | [2]


def test_results_keep_the_order_of_insertion() -> None:
    """What was there first comes first, then what the other brings."""
    items = OrderedSet([5, 3, 8])
    items |= OrderedSet([9, 3, 1])
    assert list(items) == [5, 3, 8, 9, 1]
    items -= {3}
    assert list(items) == [5, 8, 9, 1]
    assert list(items ^ OrderedSet([7, 8])) == [5, 9, 1, 7]
    assert list(items & {1, 5}) == [5, 1]


def test_what_is_added_to_the_pending_tasks_is_waited_for() -> None:
    """`done, pending = await asyncio.wait(pending)` and `pending |= {another}`, as supervisors do."""

    def main() -> list[int]:
        async def work() -> list[int]:
            async def number(n: int) -> int:
                await asyncio.sleep(n)
                return n

            pending = {asyncio.create_task(number(1)), asyncio.create_task(number(3))}
            seen: list[int] = []
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                seen += [task.result() for task in done]
                if len(seen) == 1:
                    pending |= {asyncio.create_task(number(1))}
            return seen

        return asyncio.run(work())

    assert value(main) == [1, 1, 3]


def test_weak_sets_iterate_in_order_of_insertion() -> None:
    """A registry of actors is closed in the same order in every run."""

    class Actor:
        pass

    def main() -> list[int]:
        actors = [Actor() for _ in range(50)]
        registry = weakref.WeakSet(actors)
        del actors[10:20]
        return [actors.index(actor) for actor in registry]

    assert value(main) == list(range(40))
