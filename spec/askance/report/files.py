"""Files that a command writes at its end: whether they can be written is said at its beginning, before hours of work.

A file is written whole or not at all: until then what was there before stays, and where nothing was, nothing is.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from askance.run.errors import UsageError

__all__ = ["prepared", "prepared_folder", "written"]


def prepared(file: Path) -> None:
    """Raise UsageError where the file could not be written; its folder is made."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        there = file.exists()
        file.open("a", encoding="utf-8").close()
        if not there:
            file.unlink()
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from error


def prepared_folder(folder: Path) -> None:
    """Raise UsageError where no file could be written into the folder; one that is not there yet is not left behind."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".askance.", dir=folder)
        os.close(handle)
        os.unlink(name)
    except OSError as error:
        raise UsageError(f"cannot write into the folder {folder}: {error.strerror or error}") from error
    finally:
        for one in missing:
            with contextlib.suppress(OSError):
                one.rmdir()


def written(file: Path, text: str) -> None:
    """Write the file, its folder too; raises UsageError where that cannot be done."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():
            # A device or a pipe takes what comes.
            file.write_text(text, encoding="utf-8", errors="backslashreplace")
            return
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            # Half of a surrogate pair, as in the name of a file that is not UTF-8, has no place in UTF-8.
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
                out.write(text)
            os.chmod(name, file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~_umask())
            # Where the file is a link, what it leads to is replaced.
            os.replace(name, os.path.realpath(file))
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
