"""What the clauses' tests are given: the implementation under test, and how much is tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askance.clauses import ALL, Clause
from askance.plugin import engine_for, profile_name
from askance.preempt import instrumented
from askance.report.entry import entry
from askance.run import load_adapter
from askance.suite.apart import POSSIBLE
from askance.suite.baseline import read_baseline
from askance.suite.conduct import Result
from askance.suite.corpus import conduct_with_corpus
from askance.suite.judges import Judged, Judges
from askance.suite.live import Runner, conduct_live
from askance.suite.profiles import profile_for
from askance.suite.waived import reproduced, reproduced_live, waived_entry
from askance.world import installed


@pytest.fixture(scope="session")
def judged(pytestconfig: pytest.Config) -> Iterator[Judged]:
    """Conducts one clause's test on the implementation that `--askance` names.

    The world's patches stay in place from the first test to the last: to put them there takes a while.
    """
    name: str = pytestconfig.getoption("askance_implementation")
    adapter = load_adapter(name)
    engine = engine_for(adapter, pytestconfig.getoption("askance_engine"))
    chosen = pytestconfig.stash.get(SELECTED, len(ALL))
    profile = profile_for(profile_name(pytestconfig), pytestconfig.getoption("askance_executions"), chosen)
    seed: int = pytestconfig.getoption("askance_seed")
    folder = Path(pytestconfig.invocation_params.dir, pytestconfig.getoption("askance_counterexamples"))

    file = pytestconfig.getoption("askance_baseline")
    baseline = read_baseline(Path(pytestconfig.invocation_params.dir, file)) if file else None
    strict: bool = pytestconfig.getoption("askance_strict")

    def conducted(clause: Clause) -> Result:
        if engine == "live":
            return conduct_live(clause, adapter, profile_name(pytestconfig), runner, seed, folder)
        return conduct_with_corpus(clause, adapter, profile, seed, name, folder)

    def judge(clause: Clause) -> dict[str, Any]:
        waiver = baseline.waivers.get(clause.id) if baseline is not None else None
        if waiver is None:
            return entry(conducted(clause), clause, adapter, folder)
        if engine == "live":
            found = reproduced_live(waiver, adapter, name)
        else:
            found = reproduced(waiver, adapter, profile, seed, name)
        return waived_entry(found, lambda: conducted(clause), adapter, folder, strict=strict)

    runner = Runner(name)
    if engine == "live":
        with runner:
            yield judge
        return
    with instrumented(pytestconfig.getoption("askance_preempt")), installed():
        if POSSIBLE and not at_the_keyboard(pytestconfig):
            with Judges(judge, adapter, profile, name, folder) as judges:
                yield judges
        else:
            yield judge


def at_the_keyboard(config: pytest.Config) -> bool:
    """Whether somebody wants to see at once what the implementation prints, or to debug it: pytest's -s and --pdb."""
    return config.getoption("capture") == "no" or bool(config.getoption("usepdb"))


SELECTED = pytest.StashKey[int]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember how many clauses were chosen: they share the executions that the user asked for."""
    session.config.stash[SELECTED] = sum(item.name.startswith("test_") for item in session.items)
