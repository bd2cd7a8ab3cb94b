"""The search of clause M5: which overlapping operations some sequential object explains, and how little it looks at."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import permutations
from random import Random

from askance.clauses.linearizability import Interval, linearize

Operation = tuple[str, int]
"""Of a register: ("write", value), or ("read", the value that came back)."""


def register(operation: Operation, state: Hashable) -> tuple[Hashable] | None:
    """A register, 0 at first."""
    kind, value = operation
    if kind == "write":
        return (value,)
    return (state,) if value == state else None


def counter(answer: int, state: Hashable) -> tuple[Hashable] | None:
    """A counter whose every operation adds one and gives the sum."""
    assert isinstance(state, int)
    return (state + 1,) if answer == state + 1 else None


def explained(*intervals: tuple[str, int, int, int | None]) -> bool:
    """Whether a register explains operations of (kind, value, invoked, responded)."""
    parts = [Interval((kind, value), *times) for kind, value, *times in intervals]
    return linearize(parts, 0, register).found


def test_operations_one_after_the_other_have_one_order() -> None:
    """A read after a write that has responded gives what was written, and nothing older."""
    assert explained(("write", 1, 0, 1), ("read", 1, 2, 3))
    assert not explained(("write", 1, 0, 1), ("read", 0, 2, 3))


def test_overlapping_operations_may_come_in_either_order() -> None:
    """A read beside a write gives the old value or the new one, but no third."""
    for value, fits in ((0, True), (1, True), (2, False)):
        assert explained(("write", 1, 0, 3), ("read", value, 1, 2)) is fits


def test_new_values_are_not_followed_by_old_ones() -> None:
    """When one read beside a write has given the new value, a later one may not give the old (Herlihy and Wing)."""
    assert explained(("write", 1, 0, 9), ("read", 0, 1, 2), ("read", 1, 3, 4))
    assert not explained(("write", 1, 0, 9), ("read", 1, 1, 2), ("read", 0, 3, 4))


def test_an_operation_without_response_may_have_happened_or_not() -> None:
    """What was never answered explains a new value, and is not needed for an old one; it does not work backwards."""
    assert explained(("write", 1, 0, None), ("read", 1, 1, 2))
    assert explained(("write", 1, 0, None), ("read", 0, 1, 2))
    assert not explained(("read", 1, 0, 1), ("write", 1, 2, None))


def test_a_failed_search_tells_how_far_it_came() -> None:
    """The longest order tried is what a reader looks at first."""
    parts = [Interval(("write", 1), 0, 1), Interval(("read", 1), 2, 3), Interval(("read", 0), 4, 5)]
    found = linearize(parts, 0, register)
    assert (found.found, found.order, found.gave_up) == (False, (0, 1), False)


def test_the_search_agrees_with_trying_all_orders() -> None:
    """On 300 small random histories the answer is that of all permutations that keep who came before whom."""
    random = Random("histories")
    answers = set()
    for _ in range(300):
        parts = []
        for _ in range(random.randint(1, 5)):
            invoked = random.randrange(12)
            responded = random.choice((None, *[invoked + random.randint(1, 6)] * 4))
            operation = (random.choice(("read", "write")), random.randrange(3))
            parts.append(Interval(operation, invoked, responded))
        answer = linearize(parts, 0, register).found
        assert answer is any(fits(parts, order) for order in every_order(parts))
        answers.add(answer)
    assert answers == {True, False}


def every_order(parts: list[Interval[Operation]]) -> list[tuple[int, ...]]:
    """Every order of the operations that have responded and of some that have not."""
    required = {at for at, part in enumerate(parts) if part.responded is not None}
    return [
        order
        for count in range(len(parts) + 1)
        for order in permutations(range(len(parts)), count)
        if required <= set(order)
    ]


def fits(parts: list[Interval[Operation]], order: tuple[int, ...]) -> bool:
    """Whether the order keeps precedence, and the register gives these answers in it."""
    state: Hashable = 0
    for place, at in enumerate(order):
        for later in order[place + 1 :]:
            responded = parts[later].responded
            if responded is not None and responded < parts[at].invoked:
                return False
        after = register(parts[at].operation, state)
        if after is None:
            return False
        (state,) = after
    return True


def test_a_thousand_operations_take_about_a_thousand_configurations() -> None:
    """With ten callers at a time the search hardly ever turns back: what it visits grows with the length alone."""
    parts = [Interval(at + 1, 10 * at, 10 * at + 95) for at in range(1000)]
    found = linearize(parts, 0, counter)
    assert found.found and found.order == tuple(range(1000))
    assert found.configurations <= 1_100


def test_the_second_way_to_a_configuration_is_free() -> None:
    """Twelve overlapping writes and an impossible read: 2 ** 12 sets times 13 states at most, not 12! orders."""
    parts = [Interval(("write", value % 2), 0, 100) for value in range(12)]
    parts.append(Interval(("read", 7), 0, 100))
    found = linearize(parts, 0, register)
    assert not found.found and not found.gave_up
    assert found.configurations <= 2**12 * 3


def test_a_hopeless_search_gives_up() -> None:
    """It says so, and nobody is accused."""
    parts = [Interval(("write", value), 0, 100) for value in range(40)]
    parts.append(Interval(("read", 77), 0, 100))
    found = linearize(parts, 0, register)
    assert found.gave_up and not found.found
