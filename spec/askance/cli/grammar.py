"""What the commands share: exit statuses, the parser that says what is wrong in one message, kinds of arguments."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn

from askance.cli.statuses import FELL, INCONCLUSIVE, PASSED, USAGE
from askance.run import UsageError

__all__ = [
    "FELL",
    "INCONCLUSIVE",
    "PASSED",
    "PROFILES",
    "USAGE",
    "Commands",
    "Parser",
    "positive",
    "processes",
]

PROFILES = ("smoke", "default", "nightly")

Commands = Any
"""What `add_subparsers` gives: each command adds itself."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one message."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with what argparse says."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def processes(text: str) -> int:
    """How many processes share the work; as in pytest-xdist, "auto" is one a core, and 0, as 1, this one alone."""
    number = _cores() if text == "auto" else int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {number}")
    return max(number, 1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def positive(text: str) -> int:
    """A whole number above 0."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number
