"""Source lines: where in the code under test a strand or a coroutine stands."""

from __future__ import annotations

import os
import sysconfig
from types import FrameType
from typing import Any

_STANDARD = os.path.normcase(sysconfig.get_paths()["stdlib"]) + os.sep
_SITE = "site-packages" + os.sep
_HERE = os.path.dirname(os.path.abspath(__file__))
_HOME = os.path.dirname(_HERE)
OURS = (
    _HERE + os.sep,
    os.path.join(_HOME, "search") + os.sep,
    os.path.join(_HOME, "preempt") + os.sep,
    os.path.join(_HOME, "strands.py"),
)


def is_harness_file(filename: str) -> bool:
    """Whether code of that file belongs to askance, be it the engine or what performs programs."""
    return os.path.abspath(filename).startswith(_HOME + os.sep)


def is_ours(frame: FrameType) -> bool:
    """Whether the frame belongs to the engine."""
    return frame.f_code.co_filename.startswith(OURS)


def is_standard(frame: FrameType) -> bool:
    """Whether the frame belongs to the standard library."""
    return is_standard_file(frame.f_code.co_filename)


def is_standard_file(filename: str) -> bool:
    """Whether code of that file belongs to the standard library."""
    name = os.path.normcase(filename)
    return (name.startswith(_STANDARD) and _SITE not in name) or name.startswith("<frozen")


def place(code: Any, line: int) -> str:
    """A source line as "path:line in function", the path as short as can be and still found."""
    return f"{_shown(code.co_filename)}:{line} in {code.co_qualname}"


def _shown(path: str) -> str:
    _, found, tail = path.rpartition(_SITE)
    if found:
        return tail
    if os.path.normcase(path).startswith(_STANDARD):
        return path[len(_STANDARD) :]
    relative = os.path.relpath(path) if os.path.isabs(path) else path
    return relative if not relative.startswith("..") else path


def is_harness_place(place: str) -> bool:
    """Whether a source line as `place` gives it is askance's own."""
    return place.startswith(_shown(_HOME) + os.sep)


def own_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is neither the engine's nor the standard library's, from `frame` outwards."""
    while frame is not None:
        if not is_ours(frame) and not is_standard(frame):
            return frame
        frame = frame.f_back
    return None


def where(frame: FrameType | None) -> str:
    """The source line of the code under test that `frame` was called from, as "path:line in function"."""
    innermost = frame
    while innermost is not None and is_ours(innermost) and innermost.f_back is not None:
        innermost = innermost.f_back
    found = own_frame(frame) or innermost
    return "an unknown line" if found is None else place(found.f_code, found.f_lineno)


def where_coroutine(coroutine: Any) -> str:
    """The source line at which a suspended coroutine awaits, in the innermost coroutine of the code under test."""
    best = "an unknown line"
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None and not is_standard(frame):
            best = place(frame.f_code, frame.f_lineno)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return best
