"""What the clauses' tests are given: the implementation under test, and how much is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from askance.clauses import ALL, Clause
from askance.plugin import engine_for, profile_name
from askance.report.entry import entry
from askance.run import load_adapter
from askance.suite.corpus import conduct_with_corpus
from askance.suite.live import conduct_live
from askance.suite.profiles import profile_for
from askance.world import installed

Judged = Callable[[Clause], dict[str, Any]]
"""Conducts a clause's test; gives the entry of the report."""


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

    if engine == "live":

        def judge_live(clause: Clause) -> dict[str, Any]:
            result = conduct_live(clause, adapter, profile_name(pytestconfig), seed, name, folder)
            return entry(result, clause, adapter, folder)

        yield judge_live
        return

    def judge(clause: Clause) -> dict[str, Any]:
        result = conduct_with_corpus(clause, adapter, profile, seed, name, folder)
        return entry(result, clause, adapter, folder)

    with installed():
        yield judge


SELECTED = pytest.StashKey[int]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember how many clauses were chosen: they share the executions that the user asked for."""
    session.config.stash[SELECTED] = sum(item.name.startswith("test_") for item in session.items)
