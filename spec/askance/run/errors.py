"""What is raised when the person, not the implementation under test, must act: wrong use, or a broken adapter.

The command line prints the message of either and exits with status 2; the pytest plugin turns it into one usage error.
"""

from __future__ import annotations

__all__ = ["EXIT_STATUS", "AdapterError", "UsageError"]

EXIT_STATUS = 2
"""The exit status of a process that ends with one of these."""


class UsageError(Exception):
    """A name, a file or an option is wrong. `str(error)` is one message: what was given, what is possible."""


class AdapterError(UsageError):
    """The adapter breaks the port's contract, so that no clause could be judged.

    `str(error)` says which method, what was wrong, and what to return instead.
    """
