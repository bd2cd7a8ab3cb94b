"""The oracle agrees with a direct evaluator where nothing races, and its sets have the properties of such sets."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.meaning.programs import HANGING, REFUSING
from tests.meaning.strategies import expressions, programs

from askance.errors import KINDS
from askance.history import Outcome
from askance.meaning import Anything, cyclic_actors, meaning, shape
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Client,
    Compose,
    Const,
    Deferred,
    Err,
    Expression,
    Fail,
    Gather,
    GatherOp,
    Msg,
    Program,
    Raise,
    Settle,
    Sleep,
    Spawn,
    Tell,
    Term,
    Then,
    Try,
    Value,
)


class Raised(Exception):
    """The error that a behaviour raises, in the direct evaluator."""

    def __init__(self, err: Err) -> None:
        self.err = err


class Race(Exception):
    """Several parts of a gather fail: the program races after all."""


def all_of(parts: list[Callable[[], Value]]) -> tuple[Value, ...]:
    """The values of the parts, or the failure of the one that fails."""
    values: list[Value] = []
    failures: list[Raised] = []
    for part in parts:
        try:
            values.append(part())
        except Raised as failure:
            failures.append(failure)
    if len(failures) > 1:
        raise Race
    if failures:
        raise failures[0]
    return tuple(values)


def evaluate(program: Program, expression: Expression, message: Value) -> Value:
    """The value of the expression by plain function calls: an ask is a call of the asked actor's behaviour."""

    def inner(part: Expression) -> Value:
        return evaluate(program, part, message)

    def asked(ask: Ask) -> Value:
        return evaluate(program, program.actor(ask.actor).behaviour, inner(ask.message))

    match expression:
        case Msg():
            return message
        case Const(constant):
            return constant
        case Apply(symbol, args):
            return Term(symbol, tuple([inner(arg) for arg in args]))
        case Ask():
            return asked(expression)
        case Gather(asks):
            sent = [(ask.actor, inner(ask.message)) for ask in asks]
            return all_of(
                [lambda to=to, it=it: evaluate(program, program.actor(to).behaviour, it) for to, it in sent]
            )
        case Then(ask, symbol):
            return Term(symbol, (asked(ask),))
        case Deferred(ask):
            return asked(ask)
        case Tell(_, content, then):
            inner(content)
            return inner(then)
        case Raise(error):
            raise Raised(error)
        case Fail(kind, argument):
            raise Raised(Err(kind, inner(argument)))
        case Try(body, handler):
            try:
                return inner(body)
            except Raised as failure:
                if not issubclass(KINDS[failure.err.kind], Exception):
                    raise
                return inner(handler)
        case Sleep(_, then):
            return inner(then)
        case Spawn(behaviour, _, content):
            return evaluate(program, behaviour, inner(content))
    raise AssertionError(f"{expression} is not calm")


def replies(program: Program, client: Client) -> dict[str, Outcome]:
    """What each reply of the client gives, by the direct evaluator."""
    thunks: dict[str, Callable[[], Value]] = {}
    for operation in client.operations:
        match operation:
            case AskOp(name, actor, message):
                behaviour = program.actor(actor).behaviour
                thunks[name] = lambda behaviour=behaviour, message=message: evaluate(
                    program, behaviour, message
                )
            case Compose(name, reply, symbol):
                thunks[name] = lambda part=thunks[reply], symbol=symbol: Term(symbol, (part(),))
            case GatherOp(name, parts):
                thunks[name] = lambda parts=parts: all_of([thunks[part] for part in parts])
    found: dict[str, Outcome] = {}
    for name, thunk in thunks.items():
        try:
            found[f"{client.name}.{name}"] = Outcome("value", thunk())
        except Raised as failure:
            found[f"{client.name}.{name}"] = Outcome("error", error=failure.err)
        except Race:
            continue
    return found


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(calm=True))
def test_calm_programs(program: Program) -> None:
    """Where nothing races, each reply has exactly the outcome that plain function calls give."""
    assume(shape(program).messages <= 200)
    found = meaning(program, REFUSING)
    for client in program.clients:
        for key, outcome in replies(program, client).items():
            assert repr(found.operations[key]) == repr(frozenset({outcome}))


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.sampled_from([REFUSING, HANGING, frozenset({"reentrant"})]))
def test_no_set_is_empty(program: Program, capabilities: frozenset[str]) -> None:
    """Each reply has an outcome, unless it may hang; only cycles that nobody refuses hang."""
    found = meaning(program, capabilities)
    for key, outcomes in found.operations.items():
        assert outcomes or found.may_hang(key) or isinstance(outcomes, Anything)
        assert not found.may_hang(key) or (capabilities == HANGING and cyclic_actors(program))
        assert found.racing(key) == (isinstance(outcomes, Anything) or len(outcomes) > 1)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.data())
def test_unrelated_actors_change_nothing(program: Program, data: st.DataObject) -> None:
    """An actor that nobody asks changes no outcome, whatever it would do."""
    names = tuple(actor.name for actor in program.actors)
    behaviour = data.draw(expressions(names, names, program.loops, False, 2, True))
    stranger = Actor("stranger", None, behaviour)
    more = Program(program.loops, (*program.actors, stranger), program.clients)
    assert meaning(more, REFUSING).operations == meaning(program, REFUSING).operations


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.data())
def test_more_clients_never_remove_outcomes(program: Program, data: st.DataObject) -> None:
    """Another client that asks at the same time adds races, and takes no outcome away; before a barrier it may."""
    assume(all(Settle() not in client.operations for client in program.clients))
    asks = st.builds(
        AskOp, st.just("r0"), st.sampled_from([actor.name for actor in program.actors]), st.just(1)
    )
    more = Program(
        program.loops, program.actors, (*program.clients, Client("other", "thread", (data.draw(asks),)))
    )
    before, after = meaning(program, REFUSING), meaning(more, REFUSING)
    for key, outcomes in before.operations.items():
        if not after.unlisted(key):
            assert outcomes <= after.operations[key]


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_turns_hold_what_asks_hold(program: Program) -> None:
    """What an ask by a client may give, a turn of its actor may give, unless it was stopped or cancelled."""
    found = meaning(program, REFUSING)
    for client in program.clients:
        for operation in client.operations:
            if isinstance(operation, AskOp):
                given_by_turn = found.turn(operation.actor, operation.message)
                for outcome in found.operations[f"{client.name}.{operation.name}"]:
                    assert outcome in given_by_turn or outcome.kind in ("stopped", "cancelled", "refused")
