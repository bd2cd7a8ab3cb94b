"""What is done in a process of its own comes back, and whatever that process does to itself is one sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.suite import hostile

from askance.live.activity import looked_at
from askance.run import AdapterError, UsageError
from askance.search.replay import Stay
from askance.suite import apart as module
from askance.suite.apart import POSSIBLE, Apart, Lost, apart, memory_of
from askance.world import World, watchdog

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="processes are not forked here")


def lost(harm: Callable[[], object]) -> Lost:
    """How the process was lost in which that was done."""
    with pytest.raises(Lost) as caught:
        apart(lambda report: harm())
    return caught.value


def raising(error: BaseException) -> Callable[[Any], None]:
    """Work that raises."""

    def work(report: Any) -> None:
        raise error

    return work


def test_the_result_comes_back_and_so_does_what_is_reported_meanwhile() -> None:
    """As JSON makes it; from another process."""
    heard: list[Any] = []

    def work(report: Callable[[Any], None]) -> Any:
        report([1, 2])
        report("so far")
        return {"process": os.getpid(), "much": "x" * 300_000}

    made = apart(work, heard.append)
    assert made["process"] != os.getpid() and len(made["much"]) == 300_000
    assert heard == [[1, 2], "so far"]


def test_sigterm_ends_the_process_whatever_the_command_line_does_with_it() -> None:
    """A command hears SIGTERM as Ctrl-C; the process that it forks to judge does not take that over."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        assert "was ended by SIGTERM" in str(lost(lambda: os.kill(os.getpid(), signal.SIGTERM)))
    finally:
        signal.signal(signal.SIGTERM, before)


def test_one_process_does_one_thing_after_another() -> None:
    """What it has learned stays in it."""
    known: list[int] = []

    def work(request: int, report: Any) -> list[int]:
        known.append(request)
        return [*known, os.getpid()]

    with Apart(work) as process:
        first, second = process.do(1), process.do(2)
    assert (first[:-1], second[:-1]) == ([1], [1, 2]) and first[-1] == second[-1]
    assert known == []


def test_what_is_wrong_with_the_use_is_raised_here() -> None:
    """An AdapterError stays one."""
    with pytest.raises(AdapterError, match="no spawn"):
        apart(raising(AdapterError("no spawn")))
    with pytest.raises(UsageError, match="no such file"):
        apart(raising(UsageError("no such file")))


def test_a_fault_of_ours_is_told_with_its_traceback() -> None:
    """It is no verdict on the implementation."""
    with pytest.raises(
        RuntimeError, match=r"(?s)Traceback.*in raising|Traceback.*ZeroDivisionError: by hand"
    ):
        apart(raising(ZeroDivisionError("by hand")))


@pytest.mark.parametrize(
    ("harm", "text"),
    [
        (hostile.exits, "its process ended itself with status 0"),
        (hostile.killed, "its process was ended by SIGKILL"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "its process was ended by SIGTERM"),
    ],
)
def test_a_process_that_ends_itself_gives_no_result(harm: Callable[[], object], text: str) -> None:
    """Status 0 is no success."""
    found = lost(harm)
    assert str(found) == text and not found.stuck


def test_a_crash_in_c_is_told_with_its_line() -> None:
    """Of the code that called into C."""
    text = str(lost(hostile.crashes))
    assert text.startswith("its process was ended by SIGSEGV at ctypes/__init__.py:")
    assert "called from suite/hostile.py:" in text and "in crashes" in text


def test_an_interrupt_that_nobody_typed_ends_the_work_and_not_the_check() -> None:
    """KeyboardInterrupt is the implementation's own, for Ctrl-C does not reach the process."""
    with pytest.raises(Lost, match="the implementation raised KeyboardInterrupt"):
        apart(raising(KeyboardInterrupt()))


def test_a_strand_that_cannot_be_bitten_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is raised in it, it goes on: the process is given up, with the line."""
    monkeypatch.setattr(watchdog, "patience", 0.2)
    found = lost(lambda: World(Stay()).run(hostile.stubborn))
    assert "strand 'main' blocks for real at" in str(found) and "in spins" in str(found)
    assert found.stuck


def test_a_call_that_holds_python_is_ended_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread of that process can look: the parent sees that none does."""
    monkeypatch.setattr(module, "LOOK", 0.05)
    monkeypatch.setattr(module, "SILENT", 4)
    found = lost(hostile.holds)
    assert "lets no other thread run at suite/hostile.py:" in str(found) and "in holds" in str(found)
    assert found.stuck


def test_a_process_that_takes_all_the_memory_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the machine has none left."""
    limit = memory_of(os.getpid()) + (64 << 20)
    monkeypatch.setattr(module, "memory_available", lambda: 2 * limit)
    monkeypatch.setattr(module, "LEAST_MEMORY", 0)
    monkeypatch.setattr(module, "LOOK", 0.05)

    def takes() -> None:
        taken = bytearray(os.urandom(1) * (256 << 20))
        threading.Event().wait()
        del taken

    assert f"its process took more than {limit >> 20:,} MiB of memory" in str(lost(takes))


def test_what_it_prints_is_shown_up_to_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout and on stderr, around Python too."""

    def work(report: Any) -> str:
        print("to begin with")
        sys.stderr.write("y" * 100_000)
        os.write(1, b"z" * 100_000)
        return "done"

    assert apart(work) == "done"
    printed = capsys.readouterr().out
    assert printed.startswith("to begin with\nyyy")
    assert printed.endswith("\n[it printed more, which is not shown]\n") and len(printed) < 3_000


def test_nothing_stays_of_what_it_started() -> None:
    """Not even a process that has left its session."""
    started: list[int] = []

    def work(report: Callable[[Any], None]) -> None:
        other = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        report(other.pid)
        hostile.exits()

    with pytest.raises(Lost):
        apart(work, started.append)
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_the_guard_rests_while_the_work_is_done() -> None:
    """It takes no processor's time from what it guards."""
    with Apart(lambda request, report: os.getppid()) as process:
        guard = process.do(None)
        status = f"/proc/{guard}/status"
        assert any(looked_at(status)[0] == "S" for _ in range(20_000)), "it never came to rest"
        assert {looked_at(status)[0] for _ in range(20) if process.do(None)} == {"S"}


# ---------------------------------------------------------------- a whole check


def checked(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `askance check` gives of an implementation of tests/suite/hostile.py."""
    here = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "askance.cli", "check", f"tests.suite.hostile:{name}", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(here)},
        capture_output=True,
        text=True,
        timeout=200,
    )


def test_an_adapter_that_ends_the_process_at_once_is_one_message(tmp_path: Path) -> None:
    """Its status 0 is not ours."""
    found = checked(tmp_path, "exit_at_once")
    assert found.returncode == 2
    assert found.stderr == (
        "askance: exits: one ask of one actor could not be made: its process ended itself with status 0\n"
    )


def test_an_adapter_that_starts_processes_is_told_of_the_live_engine(tmp_path: Path) -> None:
    """It may be fine, and cannot be judged in the world."""
    found = checked(tmp_path, "starts")
    assert found.returncode == 2
    assert found.stderr == (
        "askance: starts: `ask`: a subprocess is not simulated in the deterministic world; use the live engine "
        '(--engine live), and declare that in the adapter: engines = frozenset({"live"})\n'
    )


def test_a_process_that_ends_costs_its_clause_and_no_other(tmp_path: Path) -> None:
    """The clause is inconclusive, the program that does it is saved, and the others are judged."""
    found = checked(
        tmp_path, "fragile", "-k", "A1 or A4 or A5", "--executions", "90", "--json", "report.json"
    )
    assert found.returncode == 3
    report = json.loads((tmp_path / "report.json").read_text())
    verdicts = {entry["clause"]: entry["verdict"] for entry in report["clauses"]}
    assert verdicts == {"A1": "pass", "A4": "inconclusive", "A5": "pass"}
    file = ".askance/tests_suite_hostile_fragile-A4-lost.json"
    said = " ".join(found.stdout.split())
    assert (
        "A4 inconclusive: its process was ended by SIGKILL; so does: "
        f"askance run {file} --impl tests.suite.hostile:fragile" in said
    )
    assert "raise" in (tmp_path / file).read_text()
