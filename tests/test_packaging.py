"""What is shipped, and what holds for every file: the wheel, entry points, rules for modules and paths.

The floors are import-linter's configuration; `tests/test_floors.py` holds that it catches what it should.
"""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = [ROOT / package for package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
MODULES = sorted(module for package in PACKAGES for module in package.rglob("*.py"))
PYTHON_FILES = [
    *MODULES,
    ROOT / "conftest.py",
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "bench").rglob("*.py")),
]
ENTRY_POINTS = {
    f"{group} {name}": target
    for group, targets in {
        "scripts": PROJECT["project"]["scripts"],
        **PROJECT["project"]["entry-points"],
    }.items()
    for name, target in targets.items()
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_wheel_holds_every_module(wheel: set[str]) -> None:
    """Both packages are in the wheel, whole: the suite that users run is a module like any other."""
    expected = {str(module.relative_to(module_root(module))) for module in MODULES}
    assert expected <= wheel


def module_root(module: Path) -> Path:
    """The folder that the module's package lies in (`spec` or `impl`)."""
    return next(package.parent for package in PACKAGES if module.is_relative_to(package))


def test_wheel_holds_what_the_page_is_made_of(wheel: set[str]) -> None:
    """The page's template, style and script travel with the modules."""
    parts = ("page.html.j2", "report.js", "style.css")
    assert {f"askance/report/html/{part}" for part in parts} <= wheel


def test_wheel_is_typed(wheel: set[str]) -> None:
    """Both packages carry the marker that tells type checkers to use their annotations (PEP 561)."""
    assert {"askance/py.typed", "askance_impl/py.typed"} <= wheel


def test_wheel_holds_nothing_else(wheel: set[str]) -> None:
    """No test, no configuration and no second top-level package is installed beside the two."""
    assert {name.partition("/")[0] for name in wheel} == {
        "askance",
        "askance_impl",
        f"askance-{PROJECT['project']['version']}.dist-info",
    }


def test_wheel_carries_its_licence(wheel: set[str]) -> None:
    """The full text of the licence travels with the wheel."""
    assert f"askance-{PROJECT['project']['version']}.dist-info/licenses/LICENSE" in wheel


@pytest.mark.parametrize("target", ENTRY_POINTS.values(), ids=ENTRY_POINTS.keys())
def test_entry_point_resolves(target: str) -> None:
    """Each entry point names a module that imports and, behind the colon, something that it has."""
    module, _, attribute = target.partition(":")
    loaded = importlib.import_module(module)
    assert not attribute or getattr(loaded, attribute) is not None


def test_modules_open_with_a_paragraph() -> None:
    """Every Python file says first what it is for."""
    silent = [
        str(file.relative_to(ROOT))
        for file in PYTHON_FILES
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_modules_stay_under_400_lines() -> None:
    """A module holds one concept; one of 400 lines holds more."""
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in MODULES
    }
    assert {file: length for file, length in lengths.items() if length >= 400} == {}


def test_tests_have_a_sentence() -> None:
    """Each test says in its docstring what holds."""
    silent = [
        f"{file.relative_to(ROOT)}::{node.name}"
        for file in PYTHON_FILES
        if file.is_relative_to(ROOT / "tests")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_file_names_a_machine() -> None:
    """No file holds a path that exists only where it was written: a home folder or this very checkout."""
    homes = re.compile(r"(?<![\w.])/(?:root|home|Users)/\w")
    named = [
        str(file.relative_to(ROOT))
        for pattern in ("*.*", ".ci/*", "spec/**/*.*", "impl/**/*.*", "tests/**/*.*", "bench/**/*.*")
        for file in ROOT.glob(pattern)
        if file.suffix in {"", ".py", ".toml", ".ini", ".md", ".json"} and file.is_file()
        for text in [file.read_text(encoding="utf-8")]
        if homes.search(text) or f"{ROOT}/" in text
    ]
    assert named == []


def test_ci_script_runs() -> None:
    """`.ci/run` is executable, and a shell can read it."""
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
