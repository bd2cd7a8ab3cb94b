"""Randomness that code draws without a seed is the same in every execution, and other clocks are virtual too."""

from __future__ import annotations

import os
import random
import secrets
import threading
import time
import uuid
from random import choice as early_choice
from typing import Any

from tests.world.schedules import executions, value

from askance.world import installed


def draw() -> list[Any]:
    """A bit of everything."""
    deck = list(range(10))
    random.shuffle(deck)
    return [
        random.random(),
        random.randint(1, 10**9),
        early_choice(range(10**9)),
        deck,
        os.urandom(4),
        secrets.token_hex(4),
        str(uuid.uuid4()),
    ]


def test_an_execution_draws_the_same_again() -> None:
    """And different things one after the other."""
    first, second = value(lambda: [draw(), draw()]), value(lambda: [draw(), draw()])
    assert first == second
    assert all(a != b for a, b in zip(first[0], first[1], strict=True))


def test_what_a_strand_draws_does_not_depend_on_others() -> None:
    """Whoever draws first; and no two strands draw the same."""

    def main() -> list[Any]:
        drawn: dict[str, Any] = {}

        def work(name: str) -> None:
            time.sleep(0)
            drawn[name] = draw()

        threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        drawn["main"] = draw()
        for thread in threads:
            thread.join()
        return [drawn[name] for name in ("main", "a", "b")]

    results = executions(main, 20)
    assert len({repr(execution.value) for execution in results}) == 1
    assert len({repr(part) for part in results[0].value}) == 3
    assert len({tuple(execution.choices) for execution in results}) > 5


def test_a_seed_is_respected() -> None:
    """Of the module's functions and of a generator of one's own."""

    def main() -> list[float]:
        random.seed(5)
        return [random.random(), random.Random(5).random()]

    real = random.Random(5).random()
    assert value(main) == [real, real]


def test_randomness_outside_is_untouched() -> None:
    """Neither the state of the module's generator, nor who draws between executions."""
    random.seed(7)
    expected = [random.random() for _ in range(4)]
    random.seed(7)
    with installed():
        seen = [random.random()]
        value(draw)
        seen.append(random.random())

        def main() -> None:
            random.seed(1)
            random.random()

        value(main)
        seen.append(random.random())
    seen.append(random.random())
    assert seen == expected
    assert random.random.__self__ is random._inst.random.__self__  # type: ignore[attr-defined]


def test_the_processors_time_passes_with_steps() -> None:
    """The same in every run, and growing."""

    def main() -> list[float]:
        clocks = (time.process_time, time.thread_time, time.process_time_ns, time.thread_time_ns)
        before = [clock() for clock in clocks]
        time.sleep(5)
        return [*before, *(clock() for clock in clocks)]

    seen = value(main)
    assert seen == value(main)
    assert all(after > before for before, after in zip(seen[:4], seen[4:], strict=True))
    assert seen[4] < 1
