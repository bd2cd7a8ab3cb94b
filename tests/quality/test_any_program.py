"""Whatever program is performed, and not only those that a clause's own search would make, nothing right is accused.

The shipped generator makes programs for one clause at a time. Users write any. Here are programs of every construct in
every place, on correct implementations of several architectures, and each execution is judged by all clauses.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from tests.meaning.strategies import knots, programs
from tests.quality.test_variants import IMPLEMENTATIONS

from askance.adapter import Adapter
from askance.clauses import Case, judge_all
from askance.generate.continuing import carry_out
from askance.meaning import endless_actors, shape
from askance.program import Await, Client, Operation, Program, Raise, Result
from askance.program_text import show
from askance.run import load_adapter
from askance.run.needs import expressions, lacking
from askance.suite.schedules import schedules
from askance.suite.trial import MAX_STEPS, denoted
from askance.world import World, installed

PROGRAMS = 250
SCHEDULES = 6
MOST_MESSAGES = 40

NAMES = {"reference": "reference", "asyncio-bare": "asyncio-bare", **IMPLEMENTATIONS}


def client_of(client: Client, adapter: Adapter) -> Client:
    """The client where the implementation can have it, waiting as it can there."""
    where = client.where
    if isinstance(where, int) and not {"loops", "async-handlers"} <= adapter.capabilities:
        where = "loop"
    if "await" not in adapter.capabilities:
        where = "thread"
    elif "result" not in adapter.capabilities and where == "thread":
        where = "loop"
    operations = tuple(wait_of(operation, where == "thread", adapter) for operation in client.operations)
    return replace(client, where=where, operations=operations)


def wait_of(operation: Operation, on_a_thread: bool, adapter: Adapter) -> Operation:
    """The operation; a wait as it can be there."""
    if not isinstance(operation, Await | Result):
        return operation
    if on_a_thread:
        return Result(operation.reply)
    return operation if "blocking-refused" in adapter.capabilities else Await(operation.reply)


def can_be_judged(program: Program, adapter: Adapter) -> bool:
    """Whether the implementation claims all that the program does, and it ends.

    A GeneratorExit that is thrown into a coroutine closes what that awaits with one of Python's own (PEP 342).
    """
    raised = {one.error.kind for one in expressions(program) if isinstance(one, Raise)}
    return not (
        lacking(program, adapter)
        or endless_actors(program)
        or shape(program).messages > MOST_MESSAGES
        or "GeneratorExit" in raised
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", NAMES)
def test_no_clause_falls_on_any_program(name: str, seed: int) -> None:
    """Some programs are beyond the implementation, the others are judged by all clauses on several schedules."""
    adapter = load_adapter(NAMES[name])
    judged = 0

    @seeded(seed)
    @settings(
        max_examples=PROGRAMS,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs() | knots())
    def examined(drawn: Program) -> None:
        nonlocal judged
        program = replace(drawn, clients=tuple(client_of(client, adapter) for client in drawn.clients))
        if not can_be_judged(program, adapter):
            return
        meaning = denoted(program, adapter)
        for _, strategy in schedules(SCHEDULES, seed, None):
            world = World(strategy, max_steps=MAX_STEPS)
            history = carry_out(program, (), adapter, world)
            judgements = judge_all(Case(program, history, meaning, adapter)).values()
            fallen = {one.clause: one.violation for one in judgements if one.verdict == "fail"}
            assert fallen == {}, f"{show(program, expect=False)}\nchoices {world.choices}"
            judged += 1

    with installed():
        examined()
    assert judged > PROGRAMS // 4
