"""What an adapter declares beside its name and capabilities: each attribute of the kind that the clauses expect.

A word in the wrong shape would be found by no clause, or by all of them: it is one message before anything is judged.
"""

from __future__ import annotations

import difflib

from askance.adapter import BaseAdapter
from askance.run.errors import AdapterError

__all__ = ["check_attributes"]

EXCEPTIONS = ("stopped", "cycle", "refused", "timed_out")
ENGINES = ("world", "live")


def check_attributes(adapter: object, name: str) -> None:
    """Raise AdapterError for an attribute of the wrong kind, or one that is probably another, misspelt."""
    for attribute in (*EXCEPTIONS, "nested"):
        wanted = BaseException if attribute in EXCEPTIONS else object
        words = "exception classes" if attribute in EXCEPTIONS else "types"
        value = getattr(adapter, attribute, ())
        if not isinstance(value, tuple):
            shown = getattr(value, "__name__", "X")
            raise AdapterError(
                f"{name}: `{attribute}` must be a tuple of {words}, as in `({shown},)`, and is {_kind(value)}"
            )
        for one in value:
            if not (isinstance(one, type) and issubclass(one, wanted)):
                raise AdapterError(f"{name}: `{attribute}` must hold {words}, and has {one!r}")
    versions = getattr(adapter, "versions", ())
    if not isinstance(versions, tuple) or not all(isinstance(one, str) for one in versions):
        raise AdapterError(
            f"{name}: `versions` must be a tuple of names of distributions, and is {versions!r}"
        )
    engines = getattr(adapter, "engines", frozenset(ENGINES))
    if not isinstance(engines, (frozenset, set)) or not engines or not set(engines) <= set(ENGINES):
        raise AdapterError(
            f'{name}: `engines` must be a frozenset of "world", "live" or both, and is {engines!r}'
        )
    for attribute in ("failing_handler_ends_actor", "any_thread"):
        said = getattr(adapter, attribute, False)
        if not isinstance(said, bool):
            raise AdapterError(f"{name}: `{attribute}` must be True or False, and is {said!r}")
    _check_spelling(adapter, name)


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _check_spelling(adapter: object, name: str) -> None:
    """Raise AdapterError for an attribute nearly of the name of one that the adapter leaves as it is."""
    classes = [one for one in type(adapter).__mro__ if one not in (BaseAdapter, object)]
    own = [word for one in classes for word in vars(one)] + list(getattr(adapter, "__dict__", ()))
    known = [word for word in (*BaseAdapter.__annotations__, "open") if word not in own]
    for word in own:
        close = difflib.get_close_matches(word, known, 1, cutoff=0.85)
        if close and not word.startswith("_"):
            raise AdapterError(f"{name}: `{word}` means nothing to askance, did you mean `{close[0]}`?")
