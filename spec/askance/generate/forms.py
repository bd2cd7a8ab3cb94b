"""The forms that a generated behaviour may have: small expressions, each made from a symbol and the actors it may ask.

The strategies for programs and the state machine both build behaviours here, so that they speak of the same
situations. A form is chosen by name; the tables are ordered from simple to complex, because Hypothesis shrinks
towards the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from askance.program import (
    Apply,
    Ask,
    Const,
    Deferred,
    Err,
    Expression,
    Fail,
    Gather,
    Msg,
    Raise,
    Sleep,
    Spawn,
    State,
    Stop,
    StopSelf,
    Tell,
    Then,
    Try,
    Update,
    Value,
    Within,
)

__all__ = ["ERRORS", "FALSY", "FORMS", "SYMBOLS", "Form", "forms_for"]

SYMBOLS = ("f", "g", "h", "k", "p", "q", "u", "v")
"""The function symbol of each actor, by its place: what it applies is seen in every term."""

FALSY: tuple[Value, ...] = (None, 0, False, "", ())
"""Answers that an implementation may take for "no answer yet"."""

ERRORS = (
    "ValueError",
    "Boom",
    "KeyError",
    "Uncopyable",
    "TimeoutError",
    "CancelledError",
    "ConcurrentCancelledError",
    "SystemExit",
    "StopAsyncIteration",
    "StopIteration",
)
"""Kinds of errors, the ordinary ones first; a coroutine cannot raise the last.

GeneratorExit is not among them: when it is thrown into a coroutine, Python closes the coroutines that this one awaits
with a GeneratorExit of its own (PEP 342), so a library of plain coroutines cannot bring its argument through.
"""

Make = Callable[[str, Sequence[str], int, Sequence[str]], Expression]
"""(symbol, actors that may be asked, a small number that picks the variant, kinds of errors) -> behaviour."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form: how many actors it asks or tells, the capabilities without which it cannot be, and how it is made."""

    name: str
    targets: int
    make: Make
    needs: frozenset[str] = frozenset()
    waits: bool = True
    """Whether it waits for whom it asks: a tell does not."""


def _apply(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Apply(symbol, (Msg(),))


def _falsy(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Const(FALSY[pick % len(FALSY)])


def _exception_value(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Const(Err(errors[pick % len(errors)], symbol))


def _raise(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Raise(Err(errors[pick % len(errors)], symbol))


def _raise_message(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Fail(errors[pick % len(errors)], Apply(symbol, (Msg(),)))


def _answering(errors: Sequence[str], pick: int) -> str:
    """A kind of error that answers an ask for certain: a cancellation says nothing of a state (clause M5)."""
    told = [kind for kind in errors if "Cancelled" not in kind] or ["ValueError"]
    return told[pick % len(told)]


def _update_raise(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Fail(_answering(errors, pick), Update(symbol, Msg()))


def _try_raise(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Try(Raise(Err(errors[pick % len(errors)], symbol)), Apply(symbol, (Msg(),)))


def _sleep_raise(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Sleep(1 + pick % 3, Raise(Err(errors[pick % len(errors)], symbol)))


def _sleep(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Sleep(1 + pick % 3, Apply(symbol, (Msg(),)))


def _sleep_long(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Sleep(2 + pick % 3, Apply(symbol, (Msg(),)))


def _ask(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    inner: Expression = Msg() if pick % 2 == 0 else Apply(symbol, (Msg(),))
    return Apply(symbol, (Ask(asked[0], inner),))


def _relay(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Ask(asked[0], Msg())


def _two(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Apply(symbol, tuple(Ask(actor, Msg()) for actor in asked))


def _ask_with_answer(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Apply(symbol, (Ask(asked[0], Ask(asked[1], Msg())),))


def _gather(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    asks = tuple(Ask(actor, Apply(symbol, (Const(at), Msg()))) for at, actor in enumerate(asked))
    return Gather(asks) if pick % 2 == 0 else Apply(symbol, (Gather(asks),))


def _then(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Then(Ask(asked[0], Msg()), symbol)


def _deferred(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Deferred(Ask(asked[0], Msg() if pick % 2 == 0 else Apply(symbol, (Msg(),))))


def _try(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Try(Apply(symbol, (Ask(asked[0], Msg()),)), Apply(symbol, (Const("recovered"),)))


def _tell(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Tell(asked[0], Msg(), Apply(symbol, (Msg(),)))


def _tell_twice(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Tell(asked[0], Msg(), Tell(asked[0], Apply(symbol, (Msg(),)), Apply(symbol, (Msg(),))))


def _ask_twice(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Gather((Ask(asked[0], Msg()), Ask(asked[0], Apply(symbol, (Msg(),)))))


def _sleep_ask(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Sleep(1 + pick % 3, Apply(symbol, (Ask(asked[0], Msg()),)))


def _within(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Within(1 + pick % 3, Ask(asked[0], Msg()), Apply(symbol, (Const("late"),)))


def _spawn(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Apply(symbol, (Spawn(Apply(symbol, (Msg(),)), None, Msg()),))


def _stop(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Stop(asked[0], Apply(symbol, (Msg(),)))


def _stop_self(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return StopSelf(Apply(symbol, (Msg(),)))


def _update(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Update(symbol, Msg())


def _update_read(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    return Apply(symbol, (State(), Update(symbol, Msg())))


def _update_slow(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    slow = Sleep(1 + pick % 2, Msg())
    return Update(symbol, slow) if pick % 3 else Apply(symbol, (Update(symbol, Msg()), slow))


def _update_recover(symbol: str, asked: Sequence[str], pick: int, errors: Sequence[str]) -> Expression:
    failing = Apply(symbol, (Update(symbol, Msg()), Raise(Err(_answering(errors, pick), symbol))))
    return Try(failing, Update(symbol, Const("recovered")))


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("apply", 0, _apply),
        Form("falsy", 0, _falsy),
        Form("exception-value", 0, _exception_value),
        Form("raise", 0, _raise),
        Form("raise-message", 0, _raise_message),
        Form("try-raise", 0, _try_raise),
        Form("sleep-raise", 0, _sleep_raise),
        Form("sleep", 0, _sleep),
        Form("sleep-long", 0, _sleep_long),
        Form("ask", 1, _ask),
        Form("relay", 1, _relay),
        Form("two", 2, _two),
        Form("gather", 2, _gather),
        Form("gather-three", 3, _gather),
        Form("then", 1, _then, frozenset({"then"})),
        Form("deferred", 1, _deferred, frozenset({"deferred"})),
        Form("try", 1, _try),
        Form("ask-with-answer", 2, _ask_with_answer),
        Form("ask-twice", 1, _ask_twice),
        Form("sleep-ask", 1, _sleep_ask),
        Form("tell", 1, _tell, waits=False),
        Form("tell-twice", 1, _tell_twice, waits=False),
        Form("within", 1, _within, frozenset({"timeout"})),
        Form("spawn", 0, _spawn, frozenset({"spawn"})),
        Form("stop", 1, _stop, frozenset({"stop"}), waits=False),
        Form("stop-self", 0, _stop_self, frozenset({"stop"})),
        Form("update", 0, _update),
        Form("update-read", 0, _update_read),
        Form("update-slow", 0, _update_slow),
        Form("update-recover", 0, _update_recover),
        Form("update-raise", 0, _update_raise),
    )
}

_BY_FEATURE: dict[str, tuple[str, ...]] = {
    "nested-asks": ("ask", "relay", "two", "ask-with-answer"),
    "diamond": ("two",),
    "gather": ("gather", "gather-three"),
    "compose": ("then",),
    "deferred": ("deferred",),
    "errors": ("raise", "raise-message", "try-raise", "sleep-raise", "try"),
    "falsy": ("falsy",),
    "exception-values": ("exception-value",),
    "cross-loop": ("ask",),
    "own-loop": ("ask",),
    "placements": ("ask", "two", "gather"),
    "many-messages": ("ask-twice", "tell-twice"),
    "tell": ("tell", "tell-twice"),
    "sleep": ("sleep", "sleep-ask"),
    "busy-actor": ("sleep", "ask"),
    "bystander": ("ask", "sleep"),
    "within": ("within", "sleep", "sleep-long"),
    "spawn": ("spawn",),
    "state": ("update", "update-read", "update-slow", "update-recover", "update-raise"),
    "stop": ("stop", "stop-self"),
    "cancel": ("ask", "sleep", "sleep-long"),
}


def forms_for(features: frozenset[str], capabilities: frozenset[str]) -> tuple[Form, ...]:
    """The forms that make these situations, with the plainest, simple ones first; only what the capabilities allow."""
    wanted = {"apply", "ask"}.union(*(_BY_FEATURE.get(feature, ()) for feature in features))
    waits = "await" if "async-handlers" in capabilities else "result"
    can_wait = waits in capabilities and "handlers-only-tell" not in capabilities
    return tuple(
        form
        for name, form in FORMS.items()
        if name in wanted
        and form.needs <= capabilities
        and (can_wait or not ((form.targets and form.waits) or form.name == "spawn"))
    )
