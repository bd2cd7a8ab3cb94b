"""`threading.local` in a world: per strand, whenever it was made and of whatever class."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from tests.world.schedules import Newest, Walk, run, sound, value, values

from askance.world import installed

PLAIN = threading.local()


class Named(threading.local):
    """As sniffio's: a class attribute is the default."""

    name: str | None = None


class Counting(threading.local):
    """Its `__init__` runs again in each thread, with the same arguments."""

    made = 0

    def __init__(self, first: int, *, step: int) -> None:
        type(self).made += 1
        self.count = first
        self.step = step

    def next(self) -> int:
        """The count, which then goes on."""
        self.count += self.step
        return self.count


class Careful(Named):
    """Has an attribute method of its own."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, f"<{value}>")


NAMED = Named()
COUNTING = Counting(10, step=5)
CAREFUL = Careful()


def plain_in_strand() -> Any:
    """A local that a strand makes."""
    return threading.local()


MADE: dict[str, Callable[[], Any]] = {
    "plain, of import time": lambda: PLAIN,
    "plain, made inside": plain_in_strand,
    "subclass, of import time": lambda: NAMED,
    "subclass, made inside": Named,
    "subclass with attribute methods": lambda: CAREFUL,
    "subclass defined inside": lambda: type("Inside", (threading.local,), {})(),
}


@pytest.mark.parametrize("how", MADE)
def test_each_strand_sees_what_it_has_set_itself(how: str) -> None:
    """Whatever the schedule; and deletes only its own."""

    def main() -> list[Any]:
        local = MADE[how]()
        seen: list[Any] = []

        def body(name: str) -> None:
            seen.append("name" in vars(local))
            local.name = name
            threading.Event().set()
            seen.append(local.name.strip("<>") == name)
            threading.Event().set()
            del local.name
            seen.append("name" in vars(local))

        threads = [threading.Thread(target=body, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        body("main")
        for thread in threads:
            thread.join()
        return sorted(seen)

    assert all(seen == [False] * 6 + [True] * 3 for seen in values(main, 30))


def test_a_class_attribute_is_the_default_in_each_strand() -> None:
    """As in sniffio: a strand that has set nothing sees the class's."""

    def main() -> tuple[Any, ...]:
        seen: list[Any] = []
        NAMED.name = "main"
        thread = threading.Thread(target=lambda: seen.append(NAMED.name))
        thread.start()
        thread.join()
        return (*seen, NAMED.name)

    assert set(values(main, 10)) == {(None, "main")}
    assert NAMED.name is None


def test_a_subclass_is_initialized_again_in_each_strand_but_the_one_that_made_it() -> None:
    """With the arguments it was made with, by position and by name."""

    def main() -> list[int]:
        local = Counting(1, step=2)
        made = Counting.made
        seen = [local.next()]
        threads = [
            threading.Thread(target=lambda: seen.append(local.next() + local.next())) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
            thread.join()
        return [*seen, local.next(), Counting.made - made]

    assert value(main) == [3, 8, 8, 5, 2]


def test_an_initialized_local_of_import_time_is_initialized_in_each_strand() -> None:
    """Its arguments are those that it keeps itself."""

    def main() -> list[int]:
        seen = [COUNTING.next()]
        thread = threading.Thread(target=lambda: seen.append(COUNTING.next()))
        thread.start()
        thread.join()
        return [*seen, COUNTING.next()]

    assert value(main) == [15, 15, 20]
    assert COUNTING.count == 10


@pytest.mark.parametrize("how", ["plain, of import time", "subclass, of import time"])
def test_the_main_strand_begins_with_its_callers_values_and_leaves_them_alone(how: str) -> None:
    """What a module has set at import time is there; what an execution sets is gone with it."""
    local = MADE[how]
    local().kept = "outside"
    try:

        def main() -> tuple[Any, ...]:
            seen = [local().kept]
            local().kept = "main"
            thread = threading.Thread(target=lambda: seen.append(hasattr(local(), "kept")))
            thread.start()
            thread.join()
            return (*seen, local().kept)

        with installed():
            for seed in range(3):
                assert sound(run(main, Walk(seed))).value == ("outside", False, "main")
            assert local().kept == "outside"
        assert local().kept == "outside"
    finally:
        del local().kept


def test_real_threads_keep_their_own_values_while_a_world_runs() -> None:
    """They are not strands, and see nothing of what strands set."""
    begin, end = threading.Event(), threading.Event()
    seen: list[Any] = []

    def real() -> None:
        PLAIN.name = NAMED.name = "real"
        begin.set()
        end.wait(30)
        seen.extend((PLAIN.name, NAMED.name))

    thread = threading.Thread(target=real)
    thread.start()
    begin.wait(30)

    def main() -> tuple[bool, Any]:
        before = hasattr(PLAIN, "name"), NAMED.name
        PLAIN.name = NAMED.name = "strand"
        return before

    with installed():
        assert value(main) == (False, None)
        end.set()
        thread.join(30)
    assert seen == ["real", "real"]
    assert not hasattr(PLAIN, "name") and NAMED.name is None


def test_a_local_made_inside_can_be_used_outside() -> None:
    """It is empty there, and keeps what is set."""

    def main() -> Any:
        local = threading.local()
        local.name = "inside"
        return local, Named()

    for local in value(main):
        assert getattr(local, "name", None) is None
        local.name = "outside"
        assert local.name == "outside"
        assert vars(local)["name"] == "outside"
        del local.name
        assert getattr(local, "name", None) is None


def test_arguments_without_an_initializer_are_refused() -> None:
    """As the original: TypeError."""

    def main() -> None:
        with pytest.raises(TypeError, match="Initialization arguments"):
            threading.local(1)  # type: ignore[call-arg]

    value(main)


def test_the_whole_dictionary_can_be_cleared() -> None:
    """Some libraries reset a local so; only the current strand's part is emptied."""

    def main() -> tuple[bool, str]:
        local = threading.local()
        local.name = "main"

        def body() -> None:
            local.name = "other"
            local.__dict__.clear()
            seen.append(hasattr(local, "name"))

        seen: list[bool] = []
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        return seen[0], local.name

    assert value(main, Newest()) == (False, "main")


def test_classes_are_left_as_they_were() -> None:
    """Afterwards a subclass has the attribute methods that it had, and no others."""
    before = {cls: dict(vars(cls)) for cls in (Named, Counting, Careful)}
    with installed():
        assert "__getattribute__" in vars(Named)
        value(lambda: Counting(1, step=1).next())
    Counting.made = before[Counting]["made"]
    assert {cls: dict(vars(cls)) for cls in before} == before


def test_a_local_that_is_dropped_is_freed() -> None:
    """The world keeps none alive."""

    def main() -> list[Any]:
        made = [threading.local(), Named()]
        made[0].name = made[1].name = "kept"
        references = [weakref.ref(local) for local in made]
        made.clear()
        return [reference() for reference in references]

    assert value(main) == [None, None]
    gc.collect()
