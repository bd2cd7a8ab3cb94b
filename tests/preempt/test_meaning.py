"""Rewritten code means what the original does: same values, same order, same lifetimes, same lines."""

import functools
import sys
from pathlib import Path

import pytest

from askance.preempt import NotInstrumentable, instrumented
from askance.search.replay import Stay
from askance.world import World, installed

sys.path.insert(0, str(Path(__file__).parent))

import kept_meaning as code
import shared_counters


def outcome(way: str) -> tuple[str, list[str]]:
    """What a function of the module gives, and what it logs on the way, in a world."""
    log = code.Log()
    with installed():
        execution = World(Stay()).run(functools.partial(code.WAYS[way], log))
    assert execution.ending == "done" and execution.exception is None, execution.exception
    return repr(execution.value), log


@pytest.mark.parametrize("way", code.WAYS)
def test_code_means_the_same_with_finer_points(way):
    """The value of a function, and all that it notes, are those of the code as it stands."""
    expected = outcome(way)
    with instrumented(["kept_meaning"]):
        assert outcome(way) == expected
    assert outcome(way) == expected


@pytest.mark.parametrize("way", code.WAYS)
def test_every_function_is_instrumented(way):
    """None of them is left out, or what is tested above is nothing."""
    before = code.WAYS[way].__code__
    with instrumented(["kept_meaning"]):
        assert code.WAYS[way].__code__ is not before
    assert code.WAYS[way].__code__ is before


def test_lambdas_on_one_line_get_each_its_own_code():
    """Their names and lines are the same, and only the columns tell them apart."""
    before = [function.__code__ for function in code.MODULE_LAMBDAS]
    with instrumented(["kept_meaning"]):
        fine = [function.__code__ for function in code.MODULE_LAMBDAS]
    assert not set(before) & set(fine) and fine[0] is not fine[1]


def test_a_function_made_meanwhile_gets_its_plain_code_afterwards():
    """Somebody may keep what rewritten code has made, and call it when all is over."""
    with instrumented(["shared_counters"]):
        kept = shared_counters.adder()
        fine = kept.__code__
    assert kept.__code__ is not fine
    assert "__askance_read__" not in kept.__code__.co_names
    assert kept(2) == 3


def test_a_suspended_generator_can_end_afterwards():
    """What it has left to do is rewritten code still."""
    with instrumented(["shared_counters"]):
        generator = shared_counters.stepwise(counter := shared_counters.Counter())
        next(generator)
    assert list(generator) == [1]
    assert counter.n == 2


def test_a_module_without_functions_is_refused(tmp_path, monkeypatch):
    """There is nothing in it to switch at; of a package the error says what to name instead."""
    (tmp_path / "bare_package").mkdir()
    (tmp_path / "bare_package" / "__init__.py").write_text("from shared_counters import twice\n")
    monkeypatch.syspath_prepend(tmp_path)
    match = (
        r"'bare_package': it defines no function \(a package stands for its __init__ only: name its modules\)"
    )
    with pytest.raises(NotInstrumentable, match=match), instrumented(["bare_package"]):
        pass


def test_a_module_that_cannot_be_imported_is_refused(tmp_path, monkeypatch):
    """Whatever it raises, the error names the module and says what was raised."""
    (tmp_path / "raises_at_import.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    match = "cannot preempt 'raises_at_import': division by zero"
    with pytest.raises(NotInstrumentable, match=match), instrumented(["raises_at_import"]):
        pass
