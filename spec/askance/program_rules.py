"""What makes a program performable: `validate` says the first thing that is wrong, and where.

Loading, the suite and the command line call it before anything runs, so that a mistake in a program is one line
of explanation and not a traceback from inside an implementation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from askance.errors import KINDS, ProgramError, is_value
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Await,
    Cancel,
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
    Operation,
    Program,
    Raise,
    Result,
    Settle,
    Sleep,
    SleepOp,
    Spawn,
    State,
    Stop,
    StopOp,
    StopSelf,
    Tell,
    TellOp,
    Term,
    Then,
    Try,
    Update,
    Value,
    Within,
    reply_key,
)

__all__ = ["MOST_LOOPS", "validate"]

MOST_LOOPS = 256
"""More event loops than this in one program is a mistake in a file, not a scenario."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

_T = TypeVar("_T")


def validate(program: Program) -> None:
    """Return if the program can be performed; raise ProgramError with one line, what and where, if it cannot."""
    if not isinstance(program, Program):
        raise ProgramError(f"not a program but {_kind(program)}")
    if type(program.name) is not str:
        raise ProgramError(f"name must be a text, not {_kind(program.name)}")
    if type(program.abrupt) is not bool:
        raise ProgramError(f"abrupt must be true or false, not {program.abrupt!r}")
    if type(program.loops) is not int or not 1 <= program.loops <= MOST_LOOPS:
        raise ProgramError(f"loops must be a whole number from 1 to {MOST_LOOPS}, not {program.loops!r}")
    actors = _parts(program.actors, Actor, "actors")
    clients = _parts(program.clients, Client, "clients")
    taken: set[str] = set()
    named = [(where, actor.name) for where, actor in _places(actors, "actors")]
    named += [(where, client.name) for where, client in _places(clients, "clients")]
    for where, name in named:
        _name(name, f"{where}.name")
        if name in taken:
            raise ProgramError(f"{where}.name: the name {name!r} is taken by another actor or client")
        taken.add(name)
    rules = _Rules(program.loops, frozenset(actor.name for actor in actors))
    for where, actor in _places(actors, "actors"):
        rules.loop(actor.loop, f"{where}.loop")
        rules.expression(actor.behaviour, f"{where}.behaviour", tail=True)
    for where, client in _places(clients, "clients"):
        rules.client(client, where)


class _Rules:
    """The rules for behaviours and operations, which know the program's loops and actors."""

    def __init__(self, loops: int, actors: frozenset[str]) -> None:
        self.loops = loops
        self.actors = actors
        self.made: dict[str, int] = {}
        """The phase in which each reply of the clients before was made, by the reply's name in the program."""

    def expression(self, expression: Expression, where: str, *, tail: bool) -> None:
        """`tail`: the value of this expression is what the turn returns, and nothing waits around it."""
        match expression:
            case Msg() | State():
                pass
            case Const(value):
                _value(value, f"{where}.value")
            case Apply(symbol, args):
                _name(symbol, f"{where}.symbol")
                for place, arg in _places(_tuple(args, f"{where}.args"), f"{where}.args"):
                    self.expression(arg, place, tail=False)
            case Update(symbol, argument):
                _name(symbol, f"{where}.symbol")
                self.expression(argument, f"{where}.argument", tail=False)
            case Ask(actor, message):
                self.actor(actor, f"{where}.actor")
                self.expression(message, f"{where}.message", tail=False)
            case Gather(asks):
                for place, ask in _places(_some(_parts(asks, Ask, f"{where}.asks"), where), f"{where}.asks"):
                    self.expression(ask, place, tail=False)
            case Then(ask, symbol):
                self.ask(ask, where)
                _name(symbol, f"{where}.symbol")
            case Deferred(ask):
                self.ask(ask, where)
                if not tail:
                    raise ProgramError(
                        f"{where}: an un-awaited reply can only be what a turn returns; use ask here instead of defer"
                    )
            case Tell(actor, message, then):
                self.actor(actor, f"{where}.actor")
                self.expression(message, f"{where}.message", tail=False)
                self.expression(then, f"{where}.then", tail=tail)
            case Raise(error):
                _error(error, f"{where}.error")
            case Fail(kind, argument):
                _error(Err(kind), where)
                self.expression(argument, f"{where}.argument", tail=False)
                if not isinstance(argument, Apply | Update):
                    raise ProgramError(
                        f"{where}.argument: an error made here holds a term; use raise for a constant one"
                    )
            case Try(body, handler):
                self.expression(body, f"{where}.body", tail=False)
                self.expression(handler, f"{where}.handler", tail=tail)
            case Sleep(seconds, then):
                _seconds(seconds, where)
                self.expression(then, f"{where}.then", tail=tail)
            case Within(seconds, ask, fallback):
                _seconds(seconds, where)
                self.ask(ask, where)
                self.expression(fallback, f"{where}.fallback", tail=tail)
            case Spawn(behaviour, loop, message):
                self.expression(behaviour, f"{where}.behaviour", tail=True)
                self.loop(loop, f"{where}.loop")
                self.expression(message, f"{where}.message", tail=False)
            case StopSelf(then):
                self.expression(then, f"{where}.then", tail=tail)
            case Stop(actor, then):
                self.actor(actor, f"{where}.actor")
                self.expression(then, f"{where}.then", tail=tail)
            case _:
                raise ProgramError(f"{where}: not an expression but {_kind(expression)}")

    def client(self, client: Client, where: str) -> None:
        """The client's place, and its operations in order."""
        place = client.where
        if place not in ("thread", "loop") or type(place) is not str:
            if type(place) is not int:
                raise ProgramError(
                    f"{where}.where must be 'thread', 'loop' or the number of a loop, not {place!r}"
                )
            self.loop(place, f"{where}.where")
        made: dict[str, int] = {}
        phase = 0
        for spot, operation in _places(
            _tuple(client.operations, f"{where}.operations"), f"{where}.operations"
        ):
            self.operation(operation, spot, client, made, phase)
            phase += isinstance(operation, Settle)
        self.made |= {reply_key(client, name): at for name, at in made.items()}

    def operation(
        self, operation: Operation, where: str, client: Client, made: dict[str, int], phase: int
    ) -> None:
        """One operation; `made` has the phase of each reply that the client made before it, and takes the new one."""
        match operation:
            case AskOp(name, actor, message):
                self.actor(actor, f"{where}.actor")
                _value(message, f"{where}.message")
                _new_reply(name, where, made, phase)
            case TellOp(actor, message):
                self.actor(actor, f"{where}.actor")
                _value(message, f"{where}.message")
            case Result(reply) | Cancel(reply):
                self.any_reply(reply, f"{where}.reply", client, made, phase)
            case Await(reply):
                self.any_reply(reply, f"{where}.reply", client, made, phase)
                if client.where == "thread":
                    raise ProgramError(
                        f"{where}: client {client.name} is a plain thread, which cannot await; use result, "
                        "or put the client on a loop"
                    )
            case Compose(name, reply, symbol):
                _reply(reply, f"{where}.reply", made)
                _name(symbol, f"{where}.symbol")
                _new_reply(name, where, made, phase)
            case GatherOp(name, replies):
                for place, reply in _places(
                    _some(_tuple(replies, f"{where}.replies"), where), f"{where}.replies"
                ):
                    _reply(reply, place, made)
                _new_reply(name, where, made, phase)
            case StopOp(actor):
                self.actor(actor, f"{where}.actor")
            case SleepOp(seconds):
                _seconds(seconds, where)
            case Settle():
                pass
            case _:
                raise ProgramError(f"{where}: not an operation but {_kind(operation)}")

    def ask(self, ask: Ask, where: str) -> None:
        """The one ask inside `then`, `defer` and `within`."""
        if not isinstance(ask, Ask):
            raise ProgramError(f"{where}.ask: must be an ask, not {_kind(ask)}")
        self.expression(ask, f"{where}.ask", tail=False)

    def any_reply(self, reply: str, where: str, client: Client, made: Mapping[str, int], phase: int) -> None:
        """The name of a reply of this client or, with a dot in it, of one that stands before it in the program.

        The order of the clients keeps them from waiting for each other; the phase, from waiting behind a barrier.
        """
        if type(reply) is not str or "." not in reply:
            _reply(reply, where, made)
        elif isinstance(client.where, int):
            raise ProgramError(
                f"{where}: client {client.name} is a coroutine on loop {client.where}, and waits for no reply of "
                "another client; put it on a thread, or on a loop of its own"
            )
        elif self.made.get(reply, phase + 1) > phase:
            raise ProgramError(
                f"{where}: no client before {client.name} has made a reply {reply!r} by then; a reply of another "
                "client is named client.reply, and made in the same phase or an earlier one"
            )

    def actor(self, name: str, where: str) -> None:
        """A name that must be an actor's."""
        if type(name) is not str or name not in self.actors:
            raise ProgramError(f"{where}: there is no actor {name!r}; the actors are {_listed(self.actors)}")

    def loop(self, loop: int | None, where: str) -> None:
        """An index of one of the program's loops, or None."""
        if loop is None:
            return
        if type(loop) is not int or not 0 <= loop < self.loops:
            raise ProgramError(f"{where}: there is no loop {loop!r}; the loops are 0 to {self.loops - 1}")


def _new_reply(name: str, where: str, made: dict[str, int], phase: int) -> None:
    _name(name, f"{where}.name")
    if name in made:
        raise ProgramError(f"{where}.name: the client already has a reply {name!r}")
    made[name] = phase


def _reply(name: str, where: str, made: Mapping[str, int]) -> None:
    if type(name) is not str or name not in made:
        raise ProgramError(f"{where}: the client has not made a reply {name!r} before this operation")


def _name(name: str, where: str) -> None:
    if type(name) is not str or not _NAME.fullmatch(name):
        raise ProgramError(f"{where}: must be a name of letters, digits, _ and -, not {name!r}")


def _value(value: Value, where: str) -> None:
    if not is_value(value):
        raise ProgramError(
            f"{where}: must be None, a bool, int, str, term, error or tuple of these, not {_kind(value)}"
        )
    match value:
        case Term(symbol, args):
            _name(symbol, f"{where}.symbol")
            for place, arg in _places(args, f"{where}.args"):
                _value(arg, place)
        case Err():
            _error(value, where)
        case tuple():
            for place, part in _places(value, where):
                _value(part, place)
        case _:
            pass


def _error(error: Err, where: str) -> None:
    if not isinstance(error, Err):
        raise ProgramError(f"{where}: must be an error, not {_kind(error)}")
    if type(error.kind) is not str or error.kind not in KINDS:
        raise ProgramError(
            f"{where}: there is no error kind {error.kind!r}; the kinds are {', '.join(KINDS)}"
        )
    _value(error.argument, f"{where}.argument")


def _seconds(seconds: int, where: str) -> None:
    if type(seconds) is not int or seconds < 0:
        raise ProgramError(f"{where}.seconds must be a whole number, 0 or more, not {seconds!r}")


def _tuple(parts: tuple[_T, ...], where: str) -> tuple[_T, ...]:
    if type(parts) is not tuple:
        raise ProgramError(f"{where} must be a tuple, not {_kind(parts)}")
    return parts


def _parts(parts: tuple[_T, ...], kind: Callable[..., _T], where: str) -> tuple[_T, ...]:
    for place, part in _places(_tuple(parts, where), where):
        if type(part) is not kind:
            raise ProgramError(f"{place}: must be {kind.__name__}, not {_kind(part)}")
    return parts


def _some(parts: tuple[_T, ...], where: str) -> tuple[_T, ...]:
    if not parts:
        raise ProgramError(f"{where}: a gather of nothing")
    return parts


def _places(parts: Iterable[_T], where: str) -> list[tuple[str, _T]]:
    return [(f"{where}[{index}]", part) for index, part in enumerate(parts)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _kind(candidate: object) -> str:
    return type(candidate).__name__
