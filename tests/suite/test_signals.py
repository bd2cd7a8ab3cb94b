"""Ctrl-C and SIGTERM end a command with a last word, and with all that it has started."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askance import cli
from askance.cli.compare import finished


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Those of this process are put back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def ended_by(number: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of a command that is sent the signal."""

    def command(options: argparse.Namespace) -> int:
        os.kill(os.getpid(), number)
        threading.Event().wait(60)
        return cli.PASSED

    monkeypatch.setattr(cli, "parsed", lambda arguments: argparse.Namespace(run=command))
    return cli.main([])


@pytest.mark.parametrize("hears", [signal.default_int_handler, signal.SIG_IGN])
def test_sigterm_ends_a_command_as_ctrl_c_does(
    hears: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also in the background, where Ctrl-C is not heard."""
    signal.signal(signal.SIGINT, hears)  # type: ignore[arg-type]
    assert ended_by(signal.SIGTERM, monkeypatch) == cli.INCONCLUSIVE
    assert capsys.readouterr().err == "askance: interrupted\n"


def test_who_handles_sigterm_goes_on_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that calls `main` keeps its own handler."""
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    monkeypatch.setattr(
        cli, "parsed", lambda arguments: argparse.Namespace(run=lambda o: signal.raise_signal(15) or 0)
    )
    assert cli.main([]) == 0 and heard == [15]


def test_a_comparison_that_ends_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What judges an implementation is ended and waited for, long before its time is over."""
    started: list[subprocess.Popen[bytes]] = []

    class Known(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Known)
    ending = threading.Event()
    ending.set()
    command = [sys.executable, "-c", "import time; time.sleep(1000)"]
    with (tmp_path / "printed").open("wb") as out:
        assert finished(command, out, 1000, ending) is None
    assert [process.returncode for process in started] == [-signal.SIGKILL]


INTERRUPTED = """
import signal, sys

class Impatient:
    def find_spec(self, name, path=None, target=None):
        if name == "hypothesis":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Impatient())
from askance.cli import main
sys.exit(main(["list"]))
"""


def test_ctrl_c_is_heard_while_the_command_is_loaded() -> None:
    """Which takes a part of a second, and is the first that a user in a hurry interrupts."""
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (cli.INCONCLUSIVE, "", "askance: interrupted\n")
