"""Counterexamples: a clause that fell, with everything that is needed to see it fall again, in a JSON file.

Saved by the suite, read by `askance replay`. The replay is strict: the recorded schedule must be followable choice
by choice, and the same clause must fall in the same way.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from askance.adapter import Adapter
from askance.clauses import ALL, Case, Violation, judge
from askance.engine import Strategy
from askance.errors import ProgramError
from askance.generate.continuing import carry_out
from askance.history import History
from askance.preempt import in_force, instrumented
from askance.program import Program
from askance.program_json import dump, load
from askance.report.files import written
from askance.run import UsageError
from askance.run.json_files import read_json
from askance.search.replay import Replay
from askance.shrink import Reduction
from askance.suite.trial import Failure, Script, Trial, Variant, denoted, most_steps
from askance.world import World, installed

__all__ = ["Counterexample", "Replayed", "file_of", "read", "replay", "save", "smallest"]

FORMAT = 1


@dataclass(frozen=True)
class Counterexample:
    """A failure, the implementation it was found on (by the name that finds it again), and the Python it ran on."""

    implementation: str
    failure: Failure
    switches: int = 0
    """How often the schedule leaves a strand that could have gone on."""
    python: str = field(default_factory=platform.python_version)
    engine: str = "world"
    """The engine that it was found on: on "live" there is no schedule to follow."""
    seen: str = ""
    """How often it was seen, on the live engine."""
    preempt: tuple[str, ...] = field(default_factory=in_force)
    """The modules whose statements were scheduling points."""


def smallest(trial: Trial, failure: Failure, *, fixed: bool = False) -> Counterexample:
    """The failure with the fewest operations and switches that were found; `fixed`: of the same program.

    A failure that its own schedule does not repeat is kept as it is: its replay will tell.
    """
    births = failure.script.births

    def run(program: Program, strategy: Strategy) -> Failure | None:
        return trial.fails(Script(program, births), strategy)

    if births and not fixed:
        plain = trial.search(Script(failure.program))
        if plain is not None:
            failure, births = plain, ()
    reduction = Reduction(failure.program, failure, run)
    reduction.reduce(Replay(failure.choices), fixed=fixed or bool(births))
    return Counterexample(trial.implementation, reduction.failure, reduction.preemptions)


# ---------------------------------------------------------------- replay


@dataclass(frozen=True)
class Replayed:
    """What came of a replay: "same" (the clause fell again), "passed", or "diverged" (it could not be followed)."""

    outcome: Literal["same", "passed", "diverged"]
    history: History
    violation: Violation | None
    execution: Any
    verdict: str = ""
    """The clause's, on what happened now."""
    case: Case | None = None
    """What happened now, for whoever asks other clauses, too."""


def replay(
    counterexample: Counterexample,
    adapter: Adapter,
    watch: Callable[[Replay], Any] = lambda strategy: strategy,
    world_of: Callable[..., World] = World,
) -> Replayed:
    """Follow the counterexample's schedule again; `watch` may wrap the strategy to see each step.

    `world_of` makes the world, of the strategy that `watch` gives.
    """
    failure = counterexample.failure
    with instrumented(counterexample.preempt), installed():
        others = []
        for variant in failure.variants:
            other = World(Replay(variant.choices), max_steps=most_steps())
            others.append(carry_out(variant.program, (), adapter, other))
        world = world_of(watch(Replay(failure.choices)), max_steps=most_steps())
        history = carry_out(failure.program, failure.script.births, adapter, world)
    case = Case(failure.program, history, denoted(failure.program, adapter), adapter, tuple(others))
    judgement = judge(ALL[failure.clause], case)
    if judgement.verdict == "fail":
        return Replayed("same", history, judgement.violation, world.execution, judgement.verdict, case)
    diverged = any(ended.ending == "error" for ended in (history, *others))
    outcome: Literal["passed", "diverged"] = "diverged" if diverged else "passed"
    return Replayed(outcome, history, None, world.execution, judgement.verdict, case)


# ---------------------------------------------------------------- files


def file_of(folder: Path, implementation: str, clause: str, engine: str = "world") -> Path:
    """Where the counterexample of that clause is, if there is one."""
    name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in implementation)
    return folder / (f"{name}-{clause}.json" if engine == "world" else f"{name}-{clause}-{engine}.json")


def save(counterexample: Counterexample, folder: Path) -> Path:
    """Write the counterexample into the folder, which is made if need be; the file that it is in."""
    path = file_of(
        folder, counterexample.implementation, counterexample.failure.clause, counterexample.engine
    )
    written(path, json.dumps(data(counterexample), indent=1) + "\n")
    return path


def data(counterexample: Counterexample) -> dict[str, Any]:
    """The counterexample as JSON."""
    failure = counterexample.failure
    return {
        "askance counterexample": FORMAT,
        "implementation": counterexample.implementation,
        "python": counterexample.python,
        **({"engine": "live", "seen": counterexample.seen} if counterexample.engine == "live" else {}),
        "clause": failure.clause,
        "expected": failure.violation.expected,
        "actual": failure.violation.actual,
        "detail": failure.violation.detail,
        "switches": counterexample.switches,
        **({"preempt": list(counterexample.preempt)} if counterexample.preempt else {}),
        "program": dump(failure.program),
        "births": list(failure.script.births),
        "choices": list(failure.choices),
        "variants": [
            {"program": dump(variant.program), "choices": list(variant.choices)}
            for variant in failure.variants
        ],
    }


def read(path: Path) -> Counterexample:
    """The counterexample in the file; raises UsageError with one line for whatever is wrong with it."""
    document = read_json(path, "is not a counterexample", "the counterexample ")
    try:
        return of(document)
    except (ProgramError, UsageError) as error:
        raise UsageError(f"{path} is not a counterexample: {error}") from error


def of(document: Any) -> Counterexample:
    """The counterexample that `data` made this of; raises UsageError or ProgramError."""
    if not isinstance(document, dict) or "askance counterexample" not in document:
        raise UsageError('it has no "askance counterexample"; `askance run` runs files that hold a program')
    if document["askance counterexample"] != FORMAT:
        raise UsageError(f"its format is {document['askance counterexample']!r}, this askance knows {FORMAT}")
    engine = _entry({"engine": "world", **document}, "engine", str)
    if engine not in ("world", "live"):
        raise UsageError(f"there is no engine {engine!r}")
    clause = _entry(document, "clause", str)
    if clause not in ALL:
        raise UsageError(f"there is no clause {clause!r}")
    violation = Violation(
        clause,
        _entry(document, "expected", str),
        _entry(document, "actual", str),
        _entry(document, "detail", str),
    )
    variants = tuple(
        Variant(load(_entry(variant, "program", dict)), _numbers(variant, "choices"))
        for variant in _entry(document, "variants", list)
    )
    script = Script(load(_entry(document, "program", dict)), _numbers(document, "births"))
    failure = Failure(clause, script, _numbers(document, "choices"), violation, variants)
    return Counterexample(
        _entry(document, "implementation", str),
        failure,
        _entry(document, "switches", int),
        _entry(document, "python", str),
        engine,
        _entry({"seen": "", **document}, "seen", str),
        _texts({"preempt": [], **document}, "preempt"),
    )


def _entry(document: Any, key: str, kind: type) -> Any:
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, kind):
        raise UsageError(f'"{key}" must be {kind.__name__}, not {type(found).__name__}')
    return found


def _texts(document: Any, key: str) -> tuple[str, ...]:
    texts = _entry(document, key, list)
    if not all(isinstance(text, str) for text in texts):
        raise UsageError(f'"{key}" must be a list of names')
    return tuple(texts)


def _numbers(document: Any, key: str) -> tuple[int, ...]:
    numbers = _entry(document, key, list)
    if not all(type(number) is int for number in numbers):
        raise UsageError(f'"{key}" must be a list of whole numbers')
    return tuple(numbers)
