"""What the documents say is so: the commands that they show exist, and SPEC.md is what the clauses say."""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from askance.adapter import CAPABILITIES, BaseAdapter
from askance.clauses import ALL
from askance.clauses.spec_text import render
from askance.cli import parser
from askance.report.terminal import STYLES
from askance.suite.baseline import KINDS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    command.strip()
    for line in re.findall(r"^\$ (.+)$", README, re.MULTILINE)
    for command in line.partition("  #")[0].split("&&")
]
"""The commands that the README shows behind a `$` prompt, one by one."""


def tox_environments() -> set[str]:
    """The environments that tox.ini defines, those of plain `tox run` included."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    named = {section.removeprefix("testenv:") for section in tox.sections() if ":" in section}
    return named | {name.strip() for name in tox["tox"]["env_list"].split(",")}


def test_readme_shows_the_test_command_that_ci_runs() -> None:
    """What a developer is told to run is what `.ci/run` runs: plain `tox run`, every environment."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "python3 -m tox run" in COMMANDS
    assert re.search(r"-m tox run(?!.* -e )", script)


def test_readme_names_environments_that_exist() -> None:
    """Each `-e NAME` in the README is an environment of tox.ini."""
    named = {name for names in re.findall(r"(?<=-e )[\w,-]+", README) for name in names.split(",")}
    assert named
    assert named <= tox_environments()


def test_readme_installs_extras_that_exist() -> None:
    """Each extra that the README installs is one that the project has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {extra for found in re.findall(r"'\.\[([\w,-]+)\]'", README) for extra in found.split(",")}
    assert named <= set(project["optional-dependencies"])


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("askance ")])
def test_readme_shows_commands_that_askance_takes(command: str) -> None:
    """Each askance command in the README has its subcommand, its options and its arguments."""
    options = parser().parse_args(shlex.split(command)[1:])
    assert callable(options.run)


def test_the_implementers_page_explains_every_word() -> None:
    """docs/implementing.md has a row for each capability, each attribute of BaseAdapter, each verdict, each kind."""
    page = (ROOT / "docs" / "implementing.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))
    assert set(CAPABILITIES) | set(BaseAdapter.__annotations__) | STYLES.keys() <= rows
    assert set(re.findall(r"\b[A-Z]\d\b", page)) <= ALL.keys()
    assert all(f'"{kind}"' in page for kind in KINDS)


def test_the_implementers_page_shows_commands_that_askance_takes() -> None:
    """Each askance command on the page has its subcommand, its options and its arguments."""
    page = (ROOT / "docs" / "implementing.md").read_text(encoding="utf-8")
    commands = [line.partition("  #")[0] for line in re.findall(r"^\$ askance (.+)$", page, re.MULTILINE)]
    assert len(commands) >= 4
    for command in commands:
        assert callable(parser().parse_args(shlex.split(command)).run)


def test_specification_is_what_the_clauses_say() -> None:
    """SPEC.md is made of the clauses; after a change of a clause it is made anew: `askance spec > SPEC.md`."""
    assert (ROOT / "SPEC.md").read_text(encoding="utf-8") == render()
