"""Exhaustive search completes exactly one execution for each Mazurkiewicz trace."""

from __future__ import annotations

from math import factorial

import pytest
from bench import programs

import askance
from askance import Strands

COUNTED = [
    pytest.param(programs.readers(4), 16, id="readers"),
    *(
        pytest.param(programs.lastzero(n), traces, id=f"lastzero-{n}")
        for n, traces in enumerate((2, 5, 12, 28, 64), 1)
    ),
    pytest.param(programs.writes_and_reads(2, 1), 6, id="writes-and-reads-2"),
    pytest.param(programs.writes_and_reads(3, 1), 20, id="writes-and-reads-3"),
    pytest.param(programs.conditional(), 5, id="conditional"),
    pytest.param(programs.strangers(5), 1, id="strangers"),
    pytest.param(programs.fan_in(2, 3), factorial(6) // factorial(3) ** 2, id="fan-in-2-3"),
    pytest.param(programs.fan_in(3, 2), factorial(6) // factorial(2) ** 3, id="fan-in-3-2"),
    pytest.param(programs.two_phase_commit(3), 36, id="two-phase-commit"),
    *(pytest.param(programs.philosophers(n), 2**n - 1, id=f"philosophers-{n}") for n in (2, 3, 4)),
    *(pytest.param(programs.philosophers(n, polite=True), 2**n - 2, id=f"polite-{n}") for n in (2, 3, 4)),
    # Two write and two read: 3 places for each reader in either order of the writers.
    pytest.param(programs.difficult_readers(), 18, id="difficult-readers"),
    # The first word of one and the second of the other collide; whoever is late may collide with the next one too.
    pytest.param(programs.indexer(2, size=4, words=2), 3, id="indexer-small"),
    pytest.param(programs.file_system(3, blocks=4), 2, id="file-system-small"),
]

LARGE = [
    *(pytest.param(programs.indexer(n), 8 ** max(0, n - 11), id=f"indexer-{n}") for n in (11, 12, 13)),
    *(
        pytest.param(programs.file_system(n), 2 ** max(0, n - 13), id=f"file-system-{n}")
        for n in (13, 14, 16)
    ),
]
"""Too many strands for sleep sets alone, which begin an execution for every set of those that went before."""

FOUR_WAYS = [
    programs.many_initials(),
    programs.depend_5(),
    programs.difficult_readers(),
    programs.conditional_readers(),
    programs.sleeping_races(),
    programs.etsi(),
    programs.write_then_read(),
    programs.philosophers(3),
    programs.readers_and_writers(1, 1),
    programs.readers_and_writers(1, 2),
]


@pytest.mark.parametrize(("program", "traces"), COUNTED)
def test_dpor_completes_one_execution_for_each_trace_and_none_in_vain(program: Strands, traces: int) -> None:
    """Optimal-DPOR: as many executions as traces, all distinct, none redundant."""
    result = askance.explore(program, strategy="dpor", keep_going=True)
    assert (result.executions, result.interleavings, result.redundant) == (traces, traces, 0)
    assert result.complete


@pytest.mark.parametrize("strategy", ["dpor", "source-dpor"])
@pytest.mark.parametrize(("program", "traces"), LARGE)
def test_dpor_completes_one_execution_for_each_trace_of_many_strands(
    program: Strands, traces: int, strategy: str
) -> None:
    """Where few of many strands meet, it explores their orders only."""
    result = askance.explore(program, strategy=strategy)
    assert (result.executions, result.interleavings, result.redundant) == (traces, traces, 0)
    assert result.complete


@pytest.mark.parametrize("program", FOUR_WAYS)
def test_four_ways_to_search_see_the_same_interleavings(program: Strands) -> None:
    """As many as there are distinct ones among all schedules; deadlocks are executions like others."""
    every = askance.explore(program, strategy="dfs", executions=10_000, keep_going=True)
    assert every.complete
    for strategy in ("dpor", "source-dpor", "sleep-sets"):
        result = askance.explore(program, strategy=strategy, keep_going=True)
        assert result.complete
        assert (result.executions, result.interleavings) == (every.interleavings,) * 2
        assert {failure.kind for failure in result.failures} == {failure.kind for failure in every.failures}
        assert strategy != "dpor" or not result.redundant


@pytest.mark.parametrize("strategy", ["sleep-sets", "source-dpor"])
@pytest.mark.parametrize(("program", "traces"), COUNTED)
def test_others_complete_one_execution_for_each_trace(program: Strands, traces: int, strategy: str) -> None:
    """The oracle, and DPOR without wakeup trees, agree with the formula."""
    result = askance.explore(program, strategy=strategy, keep_going=True)
    assert (result.executions, result.interleavings) == (traces, traces)
    assert result.complete


def test_depth_first_search_executes_every_schedule() -> None:
    """Two strands of five steps have 252 schedules, which are one interleaving where they share nothing."""
    result = askance.explore(programs.strangers(5), strategy="dfs")
    assert (result.executions, result.interleavings, result.complete) == (252, 1, True)


def test_a_search_that_is_cut_short_is_not_complete() -> None:
    """With fewer executions than there are interleavings, something is left to explore."""
    result = askance.explore(programs.readers(4), strategy="dpor", executions=15)
    assert result.executions == 15
    assert not result.complete


def test_a_search_goes_on_where_it_was_cut_short() -> None:
    """The same strategy object continues: together the parts explore everything once."""
    from askance.search.dpor import OptimalDPOR

    strategy = OptimalDPOR()
    first = askance.explore(programs.lastzero(4), strategy=strategy, executions=10)
    second = askance.explore(programs.lastzero(4), strategy=strategy)
    assert (first.executions, second.executions) == (10, 18)
    assert not first.complete
    assert second.complete


@pytest.mark.parametrize("strategy", ["dpor", "sleep-sets", "dfs"])
def test_exhaustive_search_finds_every_failure(strategy: str) -> None:
    """The lost update has four interleavings, two of which lose it; with locks in a circle one of three deadlocks."""
    lost = askance.explore(programs.lost2(), strategy=strategy, keep_going=True)
    assert (lost.interleavings, lost.complete) == (4, True)
    assert len({failure.schedule for failure in lost.failures}) == lost.failed >= 2
    dead = askance.explore(programs.deadlock01(), strategy=strategy, keep_going=True)
    assert (dead.interleavings, dead.complete) == (3, True)
    assert {failure.kind for failure in dead.failures} == {"deadlock"}


def test_source_dpor_begins_fewer_executions_in_vain_than_sleep_sets() -> None:
    """It explores what races need, and not every step at every state."""
    source = askance.explore(programs.lastzero(5), strategy="source-dpor")
    oracle = askance.explore(programs.lastzero(5), strategy="sleep-sets")
    assert source.redundant < oracle.redundant / 2
