"""Finding what the user named: an adapter by entry point or `module:attribute`, a program in a file.

Everything wrong with a name or a file is one `UsageError` with one message.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from askance.adapter import CAPABILITIES, Adapter
from askance.errors import ProgramError
from askance.program import Program
from askance.program_json import loads
from askance.run.declaration import check_attributes
from askance.run.errors import AdapterError, UsageError

__all__ = ["GROUP", "check_declaration", "implementations", "load_adapter", "load_program"]

GROUP = "askance.implementations"
"""The entry point group in which distributions name their adapters."""


def implementations() -> dict[str, str]:
    """The installed adapters: name to `module:attribute`, in order of name."""
    return {
        point.name: point.value for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)
    }


def load_adapter(name: str) -> Adapter:
    """The adapter of that name: an installed one, or `module:attribute`, also from the current directory.

    Raises UsageError if there is none of the name or it cannot be imported, AdapterError if what is there does not
    declare what an adapter must.
    """
    if ":" in name:
        target = name
        here = os.getcwd()
        if here not in sys.path and "" not in sys.path:
            sys.path.insert(0, here)
    else:
        installed = implementations()
        if name not in installed:
            raise UsageError(unknown(name, list(installed)))
        target = installed[name]
    adapter = imported(target, name)
    check_declaration(adapter, target)
    checked: Adapter = adapter
    return checked


def unknown(name: str, installed: list[str]) -> str:
    """The message for a name that no installed adapter has."""
    close = difflib.get_close_matches(name, installed, 1)
    meant = f", did you mean {close[0]!r}?" if close else "."
    known = ", ".join(installed) or "none"
    return (
        f"unknown implementation {name!r}{meant} Installed: {known}. Or give module:attribute of an adapter."
    )


def imported(target: str, name: str) -> Any:
    """The object at `module:attribute`; raises UsageError that says which part is wrong."""
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        raise UsageError(f"{name!r} is not of the form module:attribute")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or str(error)
        if missing == module_name or module_name.startswith(f"{missing}."):
            raise UsageError(f"implementation {name!r}: there is no module {missing!r}") from error
        raise UsageError(
            f"implementation {name!r} needs the module {missing!r}, which is not installed"
        ) from error
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"implementation {name!r}: importing {module_name} raised {type(error).__name__}: {error}"
        ) from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise UsageError(f"implementation {name!r}: {module_name} has no attribute {attribute!r}")
        found = getattr(found, part)
    return found


def check_declaration(adapter: object, target: str = "the adapter") -> None:
    """Raise AdapterError unless `adapter` has a name, capabilities out of the vocabulary, and `open`."""
    if isinstance(adapter, type):
        raise AdapterError(
            f"{target} is the class {adapter.__name__}: name an instance, as in `adapter = {adapter.__name__}()`"
        )
    name = getattr(adapter, "name", None)
    if not isinstance(name, str) or not name:
        raise AdapterError(f"{target} has no `name`: give the adapter a class attribute `name`, a text")
    capabilities = getattr(adapter, "capabilities", None)
    if not isinstance(capabilities, (frozenset, set)):
        raise AdapterError(
            f"{name}: `capabilities` must be a frozenset of texts, and is {type(capabilities).__name__}"
        )
    foreign = sorted(str(word) for word in capabilities if word not in CAPABILITIES)
    if foreign:
        close = difflib.get_close_matches(foreign[0], list(CAPABILITIES), 1)
        meant = f" (did you mean {close[0]!r}?)" if close else ""
        raise AdapterError(
            f"{name}: unknown capability {foreign[0]!r}{meant}. The vocabulary: {', '.join(CAPABILITIES)}"
        )
    if not callable(getattr(adapter, "open", None)):
        raise AdapterError(
            f"{name}: `open` must be a method that takes the number of loops and returns a System"
        )
    check_attributes(adapter, name)


def load_program(path: str | os.PathLike[str]) -> Program:
    """The program in the JSON file at `path`; raises UsageError with one line for whatever is wrong with it."""
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read the program file {os.fspath(path)}: {error.strerror or error}"
        ) from error
    try:
        return loads(text)
    except ProgramError as error:
        raise UsageError(f"{os.fspath(path)} is not a program: {error}") from error
