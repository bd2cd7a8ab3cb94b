"""`askance init` writes an adapter that works, and never writes over anything."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from askance.cli import main
from askance.cli.init import name_of, skeleton
from askance.suite.skeleton.adapter import adapter

FEW = ("--executions", "300", "-k", "A1 or A4 or M1 or L1 or L4 or A6")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> set[str]:
    """Every file in the folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_is_judged(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The adapter works as it is: its first check is a report in which every clause that it claims holds."""
    assert main(["init", "repository", "--name", "mine"]) == 0
    printed = capfd.readouterr().out
    assert (
        printed.splitlines()[-1]
        == "next: cd repository && askance check askance_mine:adapter --profile smoke"
    )
    assert files(folder / "repository") == {"askance_mine.py", "tox.ini", ".github/workflows/askance.yml"}
    done = subprocess.run(
        [sys.executable, "-m", "askance.cli", "check", "askance_mine:adapter", *FEW],
        cwd=folder / "repository",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "5 pass, 1 unsupported" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_the_adapter_passes_the_linter_as_it_comes(folder: Path) -> None:
    """Ruff, with no configuration at all, has nothing to say of what is written."""
    ruff = pytest.importorskip("ruff", reason="ruff is an extra of its own")
    assert main(["init", "--name", "mine"]) == 0
    for command in (["check"], ["format", "--check"]):
        arguments = [ruff.find_ruff_bin(), *command, "--isolated", "."]
        done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_nothing_is_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where one of the files is there already all of them are left alone, and it is named."""
    (folder / "tox.ini").write_text("mine")
    assert main(["init", "--name", "mine"]) == 2
    assert capsys.readouterr().err == "askance: nothing written, for this is there already: tox.ini\n"
    assert files(folder) == {"tox.ini"}
    assert (folder / "tox.ini").read_text() == "mine"


def test_nothing_is_half_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where one of the files cannot be written the others are taken back."""
    (folder / ".github").write_text("a file where a folder must be")
    assert main(["init", "--name", "mine"]) == 2
    assert capsys.readouterr().err.startswith("askance: nothing written: ")
    assert files(folder) == {".github"}


@pytest.mark.parametrize("name", ["my-library", "a.b", "né t"])
def test_a_name_that_no_module_can_have(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """The name becomes a part of a module's, and is refused otherwise."""
    assert main(["init", "--name", name]) == 2
    assert f"--name {name!r} must be of letters, digits and _" in capsys.readouterr().err
    assert files(folder) == set()


@pytest.mark.parametrize(
    ("folder_name", "name"), [("My-Library", "my_library"), ("x.y", "x_y"), ("---", "mine")]
)
def test_the_folder_gives_the_name(folder: Path, folder_name: str, name: str) -> None:
    """Without --name the folder's name is made fit."""
    assert name_of(folder / folder_name) == name


def test_a_package_is_installed_by_tox() -> None:
    """Where there is a pyproject.toml tox installs the repository; where there is none it has nothing to install."""
    for package in (False, True):
        tox = configparser.ConfigParser()
        tox.read_string(skeleton("mine", package=package)["tox.ini"])
        assert tox.has_option("testenv:askance", "skip_install") is not package
        assert tox["testenv:askance"]["commands"] == "askance check askance_mine:adapter -n 2 {posargs}"


def test_no_placeholder_is_left() -> None:
    """The name stands wherever the skeleton has a hole for it."""
    for text in skeleton("mine").values():
        assert "SKELETON" not in text
    assert adapter.name == "SKELETON"
