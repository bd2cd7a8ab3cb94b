"""Swapping the code of functions that exist already, so that whoever imported them, and however early, runs the new.

A module is imported as usual, its source rewritten and compiled, and each function gets the rewritten code object of
the same name and line. Nothing is executed twice, and all of it is undone at the end.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import gc
import importlib
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType

from askance.preempt.points import HOOKS
from askance.preempt.rewriting import rewrite

Key = tuple[str, str, int]


class NotInstrumentable(ValueError):
    """There is no such module, or it has no Python source to rewrite."""


@contextlib.contextmanager
def instrumented(modules: Sequence[str]) -> Iterator[None]:
    """While this is entered, each statement of the named modules is a scheduling point, with what it touches.

    A package stands for its `__init__` only. Raises NotInstrumentable, naming the module.
    """
    if not modules:
        yield
        return
    replacements: dict[Key, list[_Replacement]] = {}
    for name in modules:
        for found in _replacements(_imported(name)):
            replacements.setdefault(_key(found.plain), []).append(found)
    # They stay: what a suspended generator has left to do may need them when all this is over.
    for name, hook in HOOKS.items():
        setattr(builtins, name, hook)
    swapped: list[tuple[FunctionType, CodeType]] = []
    try:
        for function in _functions():
            code = function.__code__
            fine = _chosen(replacements.get(_key(code), ()), code)
            if fine is not None and fine.co_freevars == code.co_freevars:
                swapped.append((function, code))
                function.__code__ = fine
        yield
    finally:
        for function, code in swapped:
            function.__code__ = code
        # Functions that rewritten code has made, and somebody keeps, get their own as well.
        plain = {id(found.fine): found.plain for group in replacements.values() for found in group}
        for function in _functions():
            if id(function.__code__) in plain:
                function.__code__ = plain[id(function.__code__)]


def _functions() -> list[FunctionType]:
    return [thing for thing in gc.get_objects() if type(thing) is FunctionType]


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # a module may raise anything
        raise NotInstrumentable(f"cannot preempt {name!r}: {str(error) or type(error).__name__}") from error


@dataclass(frozen=True)
class _Replacement:
    """The code of a function, as its source has it and rewritten."""

    plain: CodeType
    fine: CodeType


def _replacements(module: ModuleType) -> list[_Replacement]:
    """For each function of a module."""
    name = module.__name__
    try:
        file = inspect.getsourcefile(module) or "<unknown>"
        source = inspect.getsource(module)
    except (OSError, TypeError) as error:
        raise NotInstrumentable(f"cannot preempt {name!r}: it has no Python source") from error
    plain = _grouped(compile(source, file, "exec", dont_inherit=True))
    fine = _grouped(compile(rewrite(ast.parse(source)), file, "exec", dont_inherit=True))
    if not any(code.co_flags & inspect.CO_NEWLOCALS for group in plain.values() for code in group):
        hint = (
            " (a package stands for its __init__ only: name its modules)"
            if hasattr(module, "__path__")
            else ""
        )
        raise NotInstrumentable(f"cannot preempt {name!r}: it defines no function{hint}")
    return [
        _Replacement(*pair)
        for key, group in plain.items()
        if len(group) == len(fine.get(key, ()))
        for pair in zip(group, fine[key], strict=True)
    ]


def _key(code: CodeType) -> Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _grouped(code: CodeType) -> dict[Key, list[CodeType]]:
    """Every function's code inside a module's; several lambdas on one line have one key, and their order."""
    found: dict[Key, list[CodeType]] = {}
    inside = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    for constant in inside:
        found.setdefault(_key(constant), []).append(constant)
    for constant in inside:
        for key, group in _grouped(constant).items():
            found.setdefault(key, []).extend(group)
    return found


def _chosen(group: Sequence[_Replacement], code: CodeType) -> CodeType | None:
    """The rewritten code that stands for `code`; None where it cannot be told."""
    if len(group) > 1:
        group = [found for found in group if _column(found.plain) == _column(code)]
    return group[0].fine if len(group) == 1 else None


def _column(code: CodeType) -> tuple[int, int]:
    """The first line and column that anything in a function's body comes from."""
    places = (
        (line, column) for line, _, column, end in code.co_positions() if line and column is not None and end
    )
    return min(places, default=(0, 0))
