"""Files that are not what a command needs, and places where it cannot write: one message each, and exit status 2."""

from __future__ import annotations

import errno
import io
import json
import os
import shlex
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.suite.test_cli import ASK, folder, wrong

from askance.cli import main
from askance.plugin import Reporter
from askance.program_json import dump
from askance.report import entry as entries
from askance.report.files import prepared_folder
from askance.run import UsageError
from askance.suite.schedules import schedules

__all__ = ["folder"]

COUNTEREXAMPLE: dict[str, Any] = {
    "askance counterexample": 1,
    "implementation": "naive-nested",
    "python": "3.11.0",
    "clause": "A3",
    "expected": "",
    "actual": "",
    "detail": "",
    "switches": 0,
    "program": dump(ASK),
    "births": [],
    "choices": [],
    "variants": [],
}
EXPLORATION: dict[str, Any] = {
    "askance exploration": 1,
    "target": "os:getcwd",
    "preempt": [],
    "schedule": [],
}
DIGITS = '{"askance counterexample": ' + "1" * 5000 + "}"


@pytest.mark.parametrize(
    "command", [("replay",), ("diff", "whole.json"), ("html", "-o", "page.html"), ("compare",)]
)
@pytest.mark.parametrize(
    ("text", "said"),
    [("[" * 100_000, "nested too deeply"), (DIGITS, "Exceeds the limit"), ("", "line 1 is not JSON")],
)
def test_what_no_json_reader_takes(
    capsys: pytest.CaptureFixture[str], folder: Path, command: tuple[str, ...], text: str, said: str
) -> None:
    """Lists in lists without end, and numbers without end, are told like any other file that is no JSON."""
    Path("whole.json").write_text(json.dumps({"askance history": 1, "clause": "A3", "history": []}))
    Path("bad.json").write_text(text)
    assert said in wrong(capsys, *command, "bad.json")


def test_a_byte_order_mark_is_no_mistake(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Some editors put one before JSON."""
    text = json.dumps({"askance history": 1, "clause": "A3", "history": []})
    Path("a.json").write_text(text, encoding="utf-8-sig")
    assert main(["diff", "a.json", "a.json"]) == 0


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({**COUNTEREXAMPLE, "engine": "steam"}, "there is no engine 'steam'"),
        ({**COUNTEREXAMPLE, "preempt": ["no_such_module"]}, "cannot preempt 'no_such_module'"),
        ({**EXPLORATION, "askance exploration": 7}, "its format is 7, this askance knows 1"),
        ({**EXPLORATION, "preempt": [3]}, 'it needs "target", "schedule" and "preempt"'),
    ],
)
def test_a_wrong_entry_of_a_saved_failure_is_one_message(
    capsys: pytest.CaptureFixture[str], folder: Path, document: dict[str, Any], said: str
) -> None:
    """What a replay would trip over is said before it, and what it would overlook as well."""
    Path("saved.json").write_text(json.dumps(document))
    assert said in wrong(capsys, "replay", "saved.json")


def test_histories_of_another_version_are_not_compared(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """Their form is not known."""
    Path("new.json").write_text(json.dumps({"askance history": 9, "clause": "A3", "history": []}))
    assert '"askance history" is 9, this askance knows 1' in wrong(capsys, "diff", "new.json", "new.json")


def test_an_event_of_a_strange_form_is_shown_as_it_is(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """A history that people edited is compared as far as that goes."""
    for name, event in (("a", {"kind": "end"}), ("b", {"kind": 5, "who": 3, "outcome": {}})):
        Path(f"{name}.json").write_text(json.dumps({"askance history": 1, "clause": "", "history": [event]}))
    assert main(["diff", "a.json", "b.json"]) == 1
    assert "+   ? [-] 3 5 -> None" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--junitxml", "taken/report.xml"), "cannot write taken/report.xml"),
        (("--counterexamples", "taken"), "cannot write into the folder taken"),
        (("--counterexamples", "taken/below"), "cannot write into the folder taken/below"),
        (("--badge", "badge.png"), "a badge is FILE.svg, or FILE.json"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_check(
    capsys: pytest.CaptureFixture[str], folder: Path, option: tuple[str, str], said: str
) -> None:
    """Not after hours of it, and not with a traceback."""
    Path("taken").write_text("")
    assert said in wrong(capsys, "check", "naive-nested", "-k", "A3", *option)


def test_the_folder_of_counterexamples_is_not_left_behind(tmp_path: Path) -> None:
    """Where nothing falls, nothing was made; a folder that was there stays, as it was."""
    prepared_folder(tmp_path / "new" / "deep")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "old").mkdir()
    prepared_folder(tmp_path / "old")
    assert list(tmp_path.iterdir()) == [tmp_path / "old"] and list((tmp_path / "old").iterdir()) == []


def test_a_failure_that_cannot_be_saved_is_told_all_the_same(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full by the time that a clause falls: the failure is shown, and nobody is sent to a file."""

    def full(*_: object) -> Path:
        raise UsageError("cannot write .askance/x.json: No space left on device")

    monkeypatch.setattr(entries, "save", full)
    assert main(["check", "naive-nested", "-k", "A3", "--executions", "20"]) == 1
    shown = capsys.readouterr().out
    assert "A3 fell" in shown
    assert "not possible: cannot write .askance/x.json: No space left on device" in shown
    assert "askance replay" not in shown


def test_a_report_that_cannot_be_written_at_the_end_is_printed(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matrix and the failures are there, the file's trouble is said after them, and the status tells of it."""
    replaced = os.replace

    def full(source: str, target: str) -> None:
        if str(target).endswith("report.json"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replaced(source, target)

    monkeypatch.setattr(os, "replace", full)
    assert main(["check", "naive-nested", "-k", "A3", "--executions", "20", "--json", "report.json"]) == 2
    shown = capsys.readouterr().out
    assert "A3 fell" in shown
    assert "report.json: No space left on device" in shown.split("askance: cannot write ")[-1]
    assert not Path("report.json").exists()


def test_more_executions_than_anybody_waits_for_are_no_mistake() -> None:
    """A search ends where something falls: its schedules are made one by one."""
    assert [number for number, _ in islice(schedules(10**20, 0, None), 3)] == [0, 1, 2]
    assert [number for number, _ in schedules(10**20, 0, 2)] == [2, 0, 1, 3, 4, 5]
    assert [number for number, _ in schedules(3, 0, 2)] == [2, 0, 1]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no file that is always full")
@pytest.mark.parametrize("command", [("list",), ("check", "naive-nested", "-k", "A3", "--executions", "20")])
def test_an_output_that_takes_no_more_is_one_message(folder: Path, command: tuple[str, ...]) -> None:
    """A log on a full disk."""
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "askance.cli", *command], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ended.returncode == 2
    assert ended.stderr == "askance: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("command", [("check", "naive-nested", "-k", "A3", "--executions", "20"), ("spec",)])
def test_a_reader_that_has_seen_enough_is_no_success(folder: Path, command: tuple[str, ...]) -> None:
    """In a script that looks at the status of each command of a pipe; nothing is said on stderr."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "askance.cli", *command], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (3, "")


def test_a_reader_that_has_seen_enough_changes_no_verdict(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`| head`: all was judged, and only the report is not read to its end."""

    def unread(self: Reporter, terminalreporter: pytest.TerminalReporter) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Reporter, "pytest_terminal_summary", unread)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert main(["check", "naive-nested", "-k", "A3", "--executions", "20"]) == 1


def test_a_closed_output_is_nobody_s_mistake(folder: Path) -> None:
    """The status is what the caller wants."""
    check = [sys.executable, "-m", "askance.cli", "check", "naive-nested", "-k", "A3", "--executions", "20"]
    ended = subprocess.run(["/bin/sh", "-c", f"{shlex.join(check)} >&-"], stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_no_clause_of_that_name_is_said(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Judging nothing is a wrong use, and looks like one."""
    assert main(["check", "naive-nested", "-k", "Z9"]) == 2
    assert "none has a name that -k 'Z9' matches" in capsys.readouterr().err


def test_a_junit_report_comes_without_a_warning(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """The properties of a clause are wanted there."""
    assert main(["check", "naive-nested", "-k", "A3", "--executions", "20", "--junitxml", "report.xml"]) == 1
    assert "warning" not in capsys.readouterr().out
    assert 'property name="clause"' in Path("report.xml").read_text()
