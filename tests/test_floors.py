"""import-linter's contracts in pyproject.toml hold the floors: imports run one way, and into the port only.

Each test breaks one floor in a copy of the sources and expects the contract that names it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the two source roots and of the configuration."""
    for root in ("spec", "impl"):
        shutil.copytree(ROOT / root, tmp_path / root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(sources: Path) -> list[str]:
    """The names of the contracts that the copy breaks."""
    search_path = os.pathsep.join(str(sources / root) for root in ("spec", "impl"))
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    finished = subprocess.run(
        [sys.executable, "-c", command, "--no-logo", "--no-cache"],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": search_path, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Contracts:" in finished.stdout, finished.stdout + finished.stderr
    return re.findall(r"^(.+) BROKEN\b", finished.stdout, re.MULTILINE)


def add(sources: Path, module: str, line: str) -> None:
    """Put one more line at the end of a module of the copy; the module is made if it is not there."""
    path = sources / module
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name != "__init__.py" and not (path.parent / "__init__.py").exists():
        (path.parent / "__init__.py").write_text("", encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def test_sources_keep_the_floors(sources: Path) -> None:
    """As they are, the sources break no contract."""
    assert broken_contracts(sources) == []


def test_upward_import_is_caught(sources: Path) -> None:
    """A module of a low floor that imports one of a higher floor breaks the layers."""
    add(sources, "spec/askance/program.py", "import askance.history")
    assert broken_contracts(sources) == ["Imports run one way: each floor knows only the floors below it"]


def test_unplaced_module_is_caught(sources: Path) -> None:
    """A new top-level module must be given its floor: none escapes the contract by being unknown to it."""
    add(sources, "spec/askance/unplaced.py", "")
    assert broken_contracts(sources) == ["Imports run one way: each floor knows only the floors below it"]


def test_specification_importing_an_implementation_is_caught(sources: Path) -> None:
    """The specification may find implementations by entry point, never import one."""
    add(sources, "spec/askance/program.py", "import askance_impl")
    assert "The specification never imports an implementation" in broken_contracts(sources)


def test_implementation_reaching_past_the_port_is_caught(sources: Path) -> None:
    """An implementation that imports more of the specification than its port breaks the contract."""
    add(sources, "impl/askance_impl/peers/nosy.py", "import askance.program")
    assert broken_contracts(sources) == [
        "Implementations know askance.adapter and nothing else of the specification"
    ]
