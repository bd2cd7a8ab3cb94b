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
from types import CodeType, FunctionType, ModuleType

from askance.preempt.points import HOOKS
from askance.preempt.rewriting import rewrite

Key = tuple[str, int]


class NotInstrumentable(ValueError):
    """There is no such module, or it has no Python source to rewrite."""


@contextlib.contextmanager
def instrumented(modules: Sequence[str]) -> Iterator[None]:
    """While this is entered, each statement of the named modules is a scheduling point, with what it touches.

    A package stands for its `__init__` only. Raises NotInstrumentable, naming the module.
    """
    swapped: list[tuple[FunctionType, CodeType]] = []
    if not modules:
        yield
        return
    new = {}
    for name in modules:
        module = _imported(name)
        new[inspect.getsourcefile(module) or ""] = _codes(_rewritten(module))
    for name, hook in HOOKS.items():
        setattr(builtins, name, hook)
    try:
        for function in [thing for thing in gc.get_objects() if isinstance(thing, FunctionType)]:
            code = function.__code__
            replacement = new.get(code.co_filename, {}).get((code.co_qualname, code.co_firstlineno))
            if replacement is not None and replacement.co_freevars == code.co_freevars:
                swapped.append((function, code))
                function.__code__ = replacement
        yield
    finally:
        for function, code in swapped:
            function.__code__ = code
        for name in HOOKS:
            delattr(builtins, name)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise NotInstrumentable(f"cannot preempt {name!r}: {error}") from error


def _rewritten(module: ModuleType) -> CodeType:
    file = inspect.getsourcefile(module)
    try:
        source = inspect.getsource(module)
    except (OSError, TypeError) as error:
        raise NotInstrumentable(f"cannot preempt {module.__name__!r}: it has no Python source") from error
    tree = rewrite(ast.parse(source, file or "<unknown>"))
    code: CodeType = compile(tree, file or "<unknown>", "exec", dont_inherit=True)
    return code


def _codes(code: CodeType) -> dict[Key, CodeType]:
    """Every function's code inside a module's, by qualified name and first line."""
    found: dict[Key, CodeType] = {}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found[constant.co_qualname, constant.co_firstlineno] = constant
            found.update(_codes(constant))
    return found
