"""Quality tests can be run with the check of one clause taken out, to show that they would notice: see `teeth.py`."""

from __future__ import annotations

import pytest

from askance.clauses import ALL, Case


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of `teeth.py`."""
    parser.addoption(
        "--without-check", metavar="CLAUSE", default=None, help="the clause's check finds nothing"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take the check out."""
    # Absent where this folder was not named on the command line.
    clause = config.getoption("--without-check", None)
    if clause is not None:
        object.__setattr__(ALL[clause], "check", nothing_found)


def nothing_found(case: Case) -> None:
    """A check whose body was deleted."""
