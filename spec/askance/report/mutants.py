"""The detection matrix of mutants: which clause catches which, after how many executions, on how small an example.

A mutant is an adapter that says which `clause` it breaks (as those of `askance_impl.mutants` do). `askance mutants`
calls this. Work is spread over processes, one mutant at a time, and does not depend on their number.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from askance.clauses import ALL
from askance.engine import Strategy
from askance.report.files import prepared, written
from askance.run import UsageError
from askance.search.named import named
from askance.suite.conduct import conduct, survey
from askance.suite.profiles import PROFILES
from askance.suite.trial import Trial

__all__ = ["STRATEGIES", "Row", "load_mutants", "main", "matrix", "rows", "summary"]

STRATEGIES = ("random", "pct:2", "pct:3", "pos")
"""Each is measured alone; "suite" is the mix that `askance check` uses."""

FORMAT = 1
"""The version of the JSON: another one where something that was there changes its meaning."""

LETTERS = {"fail": "x", "blocked": "b", "inconclusive": "?"}
"""How other clauses' verdicts stand in the matrix; everything else is a dot."""


@dataclass(frozen=True)
class Row:
    """What is known of one mutant.

    `verdict`: of the clause that it breaks, by the default profile; `executions` until the clause fell.
    `by_strategy`: the executions that each strategy alone needed, one number a seed, None where it found nothing.
    `operations`, `switches`: of the counterexample. `others`: the other clauses' verdicts, by the profile asked for.
    """

    mutant: str
    clause: str
    verdict: str
    executions: int
    by_strategy: dict[str, list[int | None]] = field(default_factory=dict)
    operations: int | None = None
    switches: int | None = None
    others: dict[str, str] = field(default_factory=dict)

    @property
    def fallen(self) -> list[str]:
        """The other clauses that fell."""
        return [clause for clause, verdict in self.others.items() if verdict == "fail"]


def deaf() -> None:
    """Ctrl-C is for the process that started this one, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What broken implementations leave behind; the matrix says it better.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)


def load_mutants(registry: str) -> Mapping[str, Any]:
    """The mapping of names to mutants at `module:attribute`; raises UsageError."""
    module, _, attribute = registry.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"no mutants at {registry!r}: {error}") from error
    if not isinstance(found, Mapping) or not all(
        getattr(mutant, "clause", None) in ALL for mutant in found.values()
    ):
        raise UsageError(f"{registry!r} is no mapping of names to adapters that say which clause they break")
    return found


# ---------------------------------------------------------------- measuring


def measured(registry: str, name: str, profile: str, seeds: int) -> Row:
    """Everything about one mutant."""
    mutant = load_mutants(registry)[name]
    clause = ALL[mutant.clause]
    result = conduct(clause, mutant, PROFILES["default"], name=name)
    counterexample = result.counterexample
    size = switches = None
    if counterexample is not None:
        size = sum(len(client.operations) for client in counterexample.failure.program.clients)
        switches = counterexample.switches
    return Row(
        name,
        clause.id,
        result.verdict,
        result.tally.get("executions", 0),
        {strategy: [executions(mutant, strategy, seed) for seed in range(seeds)] for strategy in STRATEGIES},
        size,
        switches,
        {other: verdict(mutant, other, profile) for other in ALL if other != clause.id},
    )


def executions(mutant: Any, strategy: str, seed: int) -> int | None:
    """How many executions that strategy alone needs until the mutant's clause falls; None: it does not."""
    trial = Trial(ALL[mutant.clause], mutant, PROFILES["default"], seed, schedules=alone(strategy))
    survey(trial)
    return trial.tally.executions if trial.verdict() == "fail" else None


def alone(strategy: str) -> Callable[[int, int, int | None], Iterator[tuple[int, Strategy]]]:
    """Schedules of one strategy."""

    def schedules(count: int, seed: int, found: int | None) -> Iterator[tuple[int, Strategy]]:
        one = named(strategy, seed)
        for number in range(count):
            yield number, one

    return schedules


def verdict(mutant: Any, clause: str, profile: str) -> str:
    """The verdict of that clause on the mutant."""
    if not ALL[clause].claimed(mutant):
        return "unsupported"
    trial = Trial(ALL[clause], mutant, PROFILES[profile])
    survey(trial)
    return trial.verdict()


def rows(registry: str, names: Sequence[str], profile: str, seeds: int, processes: int) -> Iterator[Row]:
    """Measure the mutants, in order, in so many processes."""
    work = [(registry, name, profile, seeds) for name in names]
    if processes == 1:
        yield from (measured(*one) for one in work)
        return
    with multiprocessing.get_context("spawn").Pool(processes, deaf) as pool:
        yield from pool.imap(_measured, work)


def _measured(work: tuple[str, str, str, int]) -> Row:
    return measured(*work)


# ---------------------------------------------------------------- telling


def matrix(found: Sequence[Row]) -> str:
    """Two tables: mutant by clause, and mutant by strategy with the size of its counterexample."""
    width = max([len(row.mutant) for row in found], default=6) + 2
    lines = ["mutant".ljust(width) + " ".join(ALL)]
    for row in found:
        marks = []
        for clause in ALL:
            own = {"fail": "X"}.get(row.verdict, "!") if clause == row.clause else ""
            marks.append((own or LETTERS.get(row.others.get(clause, ""), ".")).rjust(2))
        lines.append(row.mutant.ljust(width) + " ".join(marks))
    lines += ["", "X caught by its clause, ! escaped; x falls with it, b blocked, ? inconclusive", ""]
    columns = ["suite", *STRATEGIES, "operations", "switches"]
    lines.append("executions to catch (median)".ljust(width) + "  ".join(columns))
    for row in found:
        cells: list[float | None] = [row.executions if row.verdict == "fail" else None]
        cells += [_median(row.by_strategy.get(strategy, [])) for strategy in STRATEGIES]
        cells += [row.operations, row.switches]
        told = ("-" if cell is None else f"{cell:g}" for cell in cells)
        lines.append(
            row.mutant.ljust(max(width, 28))
            + "  ".join(cell.rjust(len(column)) for cell, column in zip(told, columns, strict=True))
        )
    return "\n".join(lines) + "\n"


def document(found: Sequence[Row], registry: str, profile: str, seeds: int) -> dict[str, Any]:
    """The matrix as data; its form is what `askance schema mutants` prints."""
    return {
        "askance mutants": FORMAT,
        "registry": registry,
        "profile": profile,
        "seeds": seeds,
        "mutants": [asdict(row) for row in found],
    }


def _median(counts: Sequence[int | None]) -> float | None:
    """The median, with "never" above all numbers; None where it is never."""
    if not counts:
        return None
    middle = median(float("inf") if count is None else count for count in counts)
    return None if middle == float("inf") else middle


def summary(found: Sequence[Row]) -> str:
    """What the matrix comes to."""
    caught = [row for row in found if row.verdict == "fail"]
    lines = [f"{len(caught)} of {len(found)} caught, each by its clause"]
    if caught:
        sizes = [row.operations or 0 for row in caught]
        switches = [row.switches or 0 for row in caught]
        lines += [
            f"executions to catch: median {median(row.executions for row in caught):g}, "
            f"at most {max(row.executions for row in caught)}",
            f"counterexamples: {median(sizes):g} operations and {median(switches):g} switches (medians), "
            f"at most {max(sizes)} and {max(switches)}",
            f"other clauses that fall: at most {max(len(row.fallen) for row in caught)}",
        ]
        for strategy in STRATEGIES:
            missed = sum(_median(row.by_strategy.get(strategy, [])) is None for row in found)
            medians = [
                one for row in found if (one := _median(row.by_strategy.get(strategy, []))) is not None
            ]
            if medians:
                lines.append(f"{strategy} alone: median {median(medians):g}, misses {missed}")
    escaped = [f"{row.mutant} ({row.clause} {row.verdict})" for row in found if row.verdict != "fail"]
    if escaped:
        lines.append("escaped: " + ", ".join(escaped))
    return "\n".join(lines) + "\n"


def main(
    registry: str, names: Sequence[str], profile: str, seeds: int, processes: int, json_file: str | None
) -> int:
    """Measure and print; the exit status: 0 if every mutant was caught by its clause, else 1. Raises UsageError."""
    mutants = load_mutants(registry)
    if unknown := [name for name in names if name not in mutants]:
        raise UsageError(f"there is no mutant {unknown[0]!r} at {registry}; there are {', '.join(mutants)}")
    if json_file is not None:
        prepared(Path(json_file))
    found: list[Row] = []
    for row in rows(registry, names or list(mutants), profile, seeds, processes):
        found.append(row)
        said = f"caught after {row.executions} executions" if row.verdict == "fail" else row.verdict
        print(f"{len(found)}/{len(names or mutants)} {row.mutant}: {row.clause} {said}", file=sys.stderr)
    if json_file is not None:
        written(Path(json_file), json.dumps(document(found, registry, profile, seeds), indent=1) + "\n")
    print(matrix(found))
    print(summary(found), end="")
    return 0 if all(row.verdict == "fail" for row in found) else 1
