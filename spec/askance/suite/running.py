"""Running one thing under many schedules: a program or a scenario on an implementation, or any function.

The command line's `run` and `explore`. They print what was seen and give the exit status.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from askance.clauses import ALL, Case, judge_all
from askance.engine import Strategy
from askance.generate.continuing import carry_out
from askance.program import Program
from askance.program_text import show
from askance.report.files import written
from askance.run import UsageError, lacking, load_adapter, load_program
from askance.run.json_files import read_json
from askance.search.arguments import require
from askance.search.replay import Replay
from askance.suite.counterexample import save, smallest
from askance.suite.profiles import PROFILES
from askance.suite.scenarios import SCENARIOS
from askance.suite.schedules import schedules
from askance.suite.trial import Failure, Script, Trial, denoted, most_steps
from askance.world import World, installed

__all__ = [
    "explore_target",
    "is_exploration",
    "replay_exploration",
    "run_file",
    "run_program",
    "run_scenario",
]

PASSED, FELL, USAGE, INCONCLUSIVE = 0, 1, 2, 3
EXPLORATION = 1
"""The version of the files that explorations are kept in."""
CAUSES = ("A3", "D3", "D4")
"""Clauses that name a cause: where several fall on one schedule, these are told first."""


def run_scenario(name: str, implementation: str | None, executions: int, seed: int) -> int:
    """Run a scenario: as plain code, or with an implementation its program; the exit status."""
    scenario = SCENARIOS[name]
    if implementation is None and scenario.function is not None:
        print(f"{name}: {scenario.summary}")
        target = f"{scenario.function.__module__}:{scenario.function.__name__}"
        return explored(target, executions=executions, seed=seed, strategy="random")
    if scenario.program is None:
        raise UsageError(f"the scenario {name} is no ask graph, it is plain code: run it without --impl")
    program = replace(scenario.program, name=name)
    return run_program(program, implementation or "reference", executions, seed)


def run_file(file: str, implementation: str, executions: int, seed: int) -> int:
    """Run the program in the file; the exit status. Raises UsageError for what is no file and no scenario."""
    if not os.path.exists(file) and not file.endswith(".json"):
        raise UsageError(
            f"there is no scenario and no file {file!r}; the scenarios are {', '.join(SCENARIOS)}"
        )
    return run_program(load_program(file), implementation, executions, seed)


def run_program(program: Program, implementation: str, executions: int, seed: int) -> int:
    """Run the program on the implementation under many schedules, judge every clause, and say what came of it."""
    adapter = load_adapter(implementation)
    reasons = lacking(program, adapter)
    if reasons:
        raise UsageError(f"{adapter.name} cannot run this program: {'; '.join(reasons)}")
    print(show(program, capabilities=adapter.capabilities))
    print()
    known = denoted(program, adapter)
    distinct: set[tuple[int, ...]] = set()
    made = 0
    with installed():
        for _, strategy in schedules(executions, seed, None):
            world = World(strategy, max_steps=most_steps())
            history = carry_out(program, (), adapter, world)
            made += 1
            distinct.add(tuple(world.choices))
            if history.ending in ("steps", "error"):
                reason = history.error or f"no end after {most_steps()} steps"
                print(f"inconclusive: execution {made} on {adapter.name} did not end by itself: {reason}")
                return INCONCLUSIVE
            judged = judge_all(Case(program, history, known, adapter))
            fallen = [one.violation for one in judged.values() if one.verdict == "fail" and one.violation]
            if fallen:
                violation = min(fallen, key=lambda one: one.clause not in CAUSES)
                failure = Failure(violation.clause, Script(program), tuple(world.choices), violation)
                return _fell(failure, implementation, made)
    print(
        f"{made} executions on {adapter.name}, {len(distinct)} distinct schedules: "
        "every reply was what the program denotes, and no clause fell"
    )
    return PASSED


def _fell(failure: Failure, implementation: str, executions: int) -> int:
    """Save the failure with the fewest switches, and print it."""
    from askance.report.entry import told
    from askance.report.terminal import shown

    adapter = load_adapter(implementation)
    trial = Trial(ALL[failure.clause], adapter, PROFILES["smoke"], name=implementation)
    counterexample = smallest(trial, failure, fixed=True)
    file = save(counterexample, Path(".askance"))
    print(f"execution {executions} on {adapter.name}:")
    print(shown(told(counterexample, adapter, file), sys.stdout), end="")
    return FELL


# ---------------------------------------------------------------- any function


def explore_target(
    name: str,
    *,
    strategy: str | None,
    executions: int | None,
    seed: int,
    preempt: tuple[str, ...] = (),
    exhaustive: bool = False,
    resume: bool = False,
) -> int:
    """Explore the function that `module:function` names; the exit status. Raises UsageError for a wrong name."""
    if exhaustive and strategy is not None:
        raise UsageError("--exhaustive chooses the strategy: leave out --strategy")
    if exhaustive:
        from askance.suite.exhaustive_explore import explore_exhaustively

        return explore_exhaustively(
            name, executions=executions or sys.maxsize, preempt=preempt, resume=resume
        )
    return explored(
        name, executions=executions or 1000, seed=seed, strategy=strategy or "portfolio", preempt=preempt
    )


def function_named(name: str) -> Callable[[], object]:
    """The function at `module:function`, also from the current directory; raises UsageError."""
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise UsageError(f"{name!r} is not of the form module:function")
    if "/" in module_name or os.sep in module_name or module_name.endswith(".py"):
        raise UsageError(f"{module_name!r} is a file: give the module's name, as import has it")
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise UsageError(f"there is no module {error.name!r}, looked for from {here}") from error
    except (Exception, SystemExit) as error:
        raise UsageError(f"importing {module_name} raised {type(error).__name__}: {error}") from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise UsageError(f"{module_name} has no attribute {attribute!r}")
        found = getattr(found, part)
    if not callable(found):
        raise UsageError(f"{name} is not a function but {type(found).__name__}")
    try:
        require(found, "random")
    except TypeError as error:
        raise UsageError(f"{name}: {error}") from error
    target: Callable[[], object] = found
    return target


def explored(
    name: str, *, executions: int, seed: int, strategy: str | Strategy, preempt: tuple[str, ...] = ()
) -> int:
    """Explore `module:function`, print the result, save the first failure; the exit status."""
    from askance.search.arguments import require
    from askance.search.calming import calmer
    from askance.search.explore import explore
    from askance.search.named import named

    target = function_named(name)
    try:
        if isinstance(strategy, str):
            named(strategy, seed)
        require(target, strategy)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    try:
        result = explore(target, strategy=strategy, executions=executions, seed=seed, preempt=preempt)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if result.failed and not result.inconclusive and isinstance(strategy, str):
        result.failures[0] = calmer(result.failures[0])
    print(result)
    if result.inconclusive:
        return INCONCLUSIVE
    if not result.failed:
        return PASSED
    if isinstance(strategy, str):
        print(f"        askance replay {save_exploration(name, preempt, result.failures[0].schedule)}")
    return FELL


# ---------------------------------------------------------------- files of explorations


def save_exploration(name: str, preempt: tuple[str, ...], schedule: tuple[int, ...]) -> Path:
    """Save the schedule on which the function failed; the file that it is in."""
    path = Path(".askance", name.replace(":", "-") + ".json")
    document = {
        "askance exploration": EXPLORATION,
        "target": name,
        "preempt": list(preempt),
        "python": platform.python_version(),
        "schedule": list(schedule),
    }
    written(path, json.dumps(document) + "\n")
    return path


def is_exploration(file: Path) -> bool:
    """Whether the file holds the schedule of an exploration."""
    return _exploration(file) is not None


def _exploration(file: Path) -> dict[str, Any] | None:
    """What the file holds if it is of an exploration; whatever else it is, others say."""
    try:
        document = read_json(file, "is not an exploration")
    except UsageError:
        return None
    return document if isinstance(document, dict) and "askance exploration" in document else None


def replay_exploration(file: Path) -> int | None:
    """Follow a saved exploration's schedule again; the exit status, or None if the file is not one."""
    found = _exploration(file)
    if found is None:
        return None
    if found["askance exploration"] != EXPLORATION:
        version = found["askance exploration"]
        raise UsageError(
            f"{file} is not an exploration: its format is {version!r}, this askance knows {EXPLORATION}"
        )
    name, schedule, preempt = (found.get(key, 0) for key in ("target", "schedule", "preempt"))
    listed = isinstance(schedule, list) and all(type(number) is int for number in schedule)
    named = isinstance(preempt, list) and all(isinstance(module, str) for module in preempt)
    if not isinstance(name, str) or not listed or not named:
        raise UsageError(f'{file} is not an exploration: it needs "target", "schedule" and "preempt"')
    return explored(name, executions=1, seed=0, strategy=Replay(schedule), preempt=tuple(preempt))
