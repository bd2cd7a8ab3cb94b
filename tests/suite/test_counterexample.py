"""Counterexamples: saved, read again, and the same failure in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from askance.clauses import ALL
from askance.program import Program
from askance.program_json import dump
from askance.run import UsageError, load_adapter
from askance.suite.conduct import conduct
from askance.suite.counterexample import Counterexample, data, of, read, replay, save
from askance.suite.profiles import Profile

TINY = Profile("tiny", programs=12, machines=2, schedules=4, steps=8)


@pytest.fixture(scope="module")
def found() -> Counterexample:
    """A counterexample of a naive implementation."""
    result = conduct(ALL["D4"], load_adapter("naive-blocking"), TINY, name="naive-blocking")
    assert result.counterexample is not None
    return result.counterexample


def test_a_counterexample_is_read_as_it_was_saved(found: Counterexample, tmp_path: Path) -> None:
    """Program, schedule, violation and all the rest survive the file; its name says what fell."""
    file = save(found, tmp_path / "new" / "folder")
    assert file.name == "naive-blocking-D4.json"
    again = read(file)
    assert data(again) == data(found)
    assert again.failure.program == found.failure.program


def test_a_counterexample_fails_again(found: Counterexample) -> None:
    """The strict replay shows the same violation."""
    replayed = replay(found, load_adapter("naive-blocking"))
    assert replayed.outcome == "same"
    assert replayed.violation == found.failure.violation


def test_a_mended_implementation_passes_the_replay(found: Counterexample) -> None:
    """On an implementation that does not fail, the schedule passes or cannot be followed."""
    assert replay(found, load_adapter("asyncio-bare")).outcome in ("passed", "diverged")


def test_a_variant_placement_is_replayed_too() -> None:
    """Counterexamples about placement carry the histories that they are compared with."""
    document = data_of_a7()
    assert data(of(document)) == document


def data_of_a7() -> dict[str, Any]:
    """A document with a variant."""
    return {
        "askance counterexample": 1,
        "implementation": "reference",
        "python": "3.11.0",
        "clause": "A7",
        "expected": "x",
        "actual": "y",
        "detail": "",
        "switches": 0,
        "program": program_document(),
        "births": [],
        "choices": [1, 2],
        "variants": [{"program": program_document(), "choices": [2]}],
    }


def program_document() -> dict[str, Any]:
    """The smallest program."""
    return dump(Program(1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1 is not JSON"),
        ("[]", 'it has no "askance counterexample"'),
        ('{"askance counterexample": 99}', "its format is 99, this askance knows 1"),
        ('{"askance counterexample": 1}', '"clause" must be str, not NoneType'),
        ('{"askance counterexample": 1, "clause": "Z9"}', "there is no clause 'Z9'"),
    ],
)
def test_what_is_no_counterexample_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    """Each malformed file gives one line that names the file and what is wrong."""
    file = tmp_path / "broken.json"
    file.write_text(text)
    with pytest.raises(UsageError) as error:
        read(file)
    assert str(error.value).startswith(f"{file} is not a counterexample: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_choices_must_be_numbers(tmp_path: Path) -> None:
    """A schedule that is not a list of whole numbers is refused."""
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(data_of_a7() | {"choices": ["a"]}))
    with pytest.raises(UsageError, match='"choices" must be a list of whole numbers'):
        read(file)


def test_the_replay_command_shows_the_same_in_every_process(found: Counterexample, tmp_path: Path) -> None:
    """`askance replay` prints the same failure and exits with 1, whatever PYTHONHASHSEED is."""
    file = save(found, tmp_path)
    outputs = set()
    for seed in ("0", "1", "4242"):
        done = subprocess.run(
            [sys.executable, "-m", "askance.cli", "replay", str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert "D4 fell" in outputs.pop()
