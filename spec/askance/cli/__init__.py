"""The command line, a module a command: `askance check`, `baseline`, `init`, `compare`, `replay`, `diff`, `run`...

Exit status: 0 as expected, 1 a clause fell (or an exploration found a failure), 2 wrong use or a broken adapter,
3 inconclusive. Whatever is wrong with what the user typed is one message on stderr.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from askance.cli.statuses import INCONCLUSIVE, USAGE

if TYPE_CHECKING:
    from askance.cli.grammar import Parser

__all__ = ["main"]

# The commands, and all that they need, are loaded when one is called, where Ctrl-C is heard.


def parser() -> Parser:
    """The command line's grammar."""
    from importlib.metadata import version

    from askance.cli import baseline, check, compare, diff, explore, html, init, knowledge, mutants, programs
    from askance.cli.grammar import Parser

    top = Parser(prog="askance", description="Checks actor implementations on every schedule.")
    top.add_argument("--version", action="version", version=f"askance {version('askance')}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for command in (check, baseline, init, compare, programs, diff, explore, mutants, html, knowledge):
        command.add(commands)
    return top


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; `check` has what follows "--" in `pytest`. Raises UsageError."""
    from askance.run import UsageError

    given = list(arguments)
    end = given.index("--") if "--" in given else len(given)
    options = parser().parse_args(given[:end])
    rest = given[end + 1 :]
    if rest and options.command != "check":
        raise UsageError(f"only check takes arguments for pytest after --, not {options.command}")
    options.pytest = rest
    return options


FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO)
"""What a file answers that takes no more."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, where Ctrl-C is not heard."""


def terminated(number: int, frame: Any) -> None:
    """SIGTERM: whatever ends at Ctrl-C ends likewise, with all the processes that it has started."""
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):
        raise Terminated
    signal.raise_signal(signal.SIGINT)


def nowhere() -> TextIO:
    """A file that takes everything and keeps nothing."""
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    heard = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    )
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Whoever called has closed it, and wants nothing of it.
            setattr(sys, name, nowhere())
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names and source lines may have letters that the output's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if heard:
            signal.signal(signal.SIGTERM, terminated)
        status = carried_out(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("askance: interrupted", file=sys.stderr)
        return INCONCLUSIVE
    except BrokenPipeError:
        # Whoever read our output has seen enough; what it would have said at its end is not known to be well.
        sys.stderr.close()
        # What is left of it is not tried again when the process ends.
        sys.stdout = nowhere()
        return INCONCLUSIVE
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(f"askance: the output cannot be written: {error.strerror}", file=sys.stderr)
        # What is left of it is not tried again when the process ends.
        sys.stdout = nowhere()
        return USAGE
    finally:
        if heard:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def carried_out(arguments: Sequence[str]) -> int:
    """Run the command of these arguments; the exit status."""
    from askance.run import UsageError

    try:
        options = parsed(arguments)
        command: Callable[[argparse.Namespace], int] = options.run
        # What implementations that fail leave behind; the diagnosis says it better.
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        return command(options)
    except UsageError as error:
        print(f"askance: {error}", file=sys.stderr)
        return USAGE
    except ValueError as error:
        from askance.preempt import NotInstrumentable

        if not isinstance(error, NotInstrumentable):
            raise
        # A module that a file names, which this Python does not have.
        print(f"askance: {error}", file=sys.stderr)
        return USAGE
