"""`askance init`: an adapter to begin with, a tox.ini and a CI workflow, written into somebody's repository."""

from __future__ import annotations

import argparse
import re
import shlex
from importlib import resources
from pathlib import Path

from askance.cli.grammar import PASSED, Commands
from askance.run import UsageError

PLACEHOLDER = "SKELETON"


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    command = commands.add_parser("init", help="write an adapter to begin with, a tox.ini and a CI workflow")
    command.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=Path(), help="where (default: here)"
    )
    command.add_argument(
        "--name", metavar="NAME", help="what the implementation is called (default: the folder's name)"
    )
    command.set_defaults(run=init_command)


def init_command(options: argparse.Namespace) -> int:
    """Write the files, or none of them, and say what to do next."""
    folder: Path = options.folder
    files = skeleton(options.name or name_of(folder), package=(folder / "pyproject.toml").exists())
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    taken = [str(folder / name) for name in files if (folder / name).exists()]
    if taken:
        raise UsageError(f"nothing written, for this is there already: {', '.join(taken)}")
    written: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise UsageError(f"nothing written: {error.filename}: {error.strerror}") from error
    for path in written:
        print(f"wrote {path}")
    module = next(iter(files)).removesuffix(".py")
    here = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    print(f"next: {here}askance check {module}:adapter --profile smoke")
    return PASSED


def name_of(folder: Path) -> str:
    """The folder's name, made fit to stand in a module's."""
    return re.sub(r"\W+", "_", folder.resolve().name.lower()).strip("_") or "mine"


def skeleton(name: str, *, package: bool = False) -> dict[str, str]:
    """The files by their names, the adapter's first; raises UsageError for a name that no module can have.

    `package`: the repository is one that pip can install, and tox does.
    """
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise UsageError(f"--name {name!r} must be of letters, digits and _: it becomes a module's name")
    sources = resources.files("askance.suite.skeleton")
    found = {
        f"askance_{name}.py": "adapter.py",
        "tox.ini": "tox.ini",
        ".github/workflows/askance.yml": "workflow.yml",
    }
    texts = {
        target: sources.joinpath(source).read_text(encoding="utf-8").replace(PLACEHOLDER, name)
        for target, source in found.items()
    }
    if package:
        texts["tox.ini"] = texts["tox.ini"].replace("skip_install = true\n", "")
    return texts
