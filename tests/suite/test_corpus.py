"""The corpus: saved counterexamples are tried again before anything else, and a mended implementation is told of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from askance.clauses import ALL
from askance.cli import main
from askance.run import load_adapter
from askance.suite.conduct import conduct
from askance.suite.corpus import conduct_with_corpus, tried_again
from askance.suite.counterexample import Counterexample, data, save
from askance.suite.profiles import Profile

TINY = Profile("tiny", programs=12, machines=0, schedules=4, steps=8)
NOTHING = Profile("nothing", programs=0, machines=0, schedules=1, steps=1)
A3 = ALL["A3"]


@pytest.fixture(scope="module")
def found() -> Counterexample:
    """A counterexample of a naive implementation."""
    result = conduct(A3, load_adapter("naive-nested"), TINY, name="naive-nested")
    assert result.counterexample is not None
    return result.counterexample


def test_what_still_falls_is_reported_at_once(found: Counterexample, tmp_path: Path) -> None:
    """Nothing is generated: the saved counterexample falls again, and is the result."""
    save(found, tmp_path)
    result = conduct_with_corpus(A3, load_adapter("naive-nested"), NOTHING, 0, "naive-nested", tmp_path)
    assert result.verdict == "fail"
    assert result.counterexample is not None
    assert data(result.counterexample) == data(found)
    assert result.note == "a counterexample that was saved earlier falls again"
    assert result.tally == {}


def test_what_is_mended_is_said_to_be_fixed(found: Counterexample, tmp_path: Path) -> None:
    """The counterexample of an implementation that was mended since is named in the note, and the clause is tried."""
    save(replace(found, implementation="reference"), tmp_path)
    result = conduct_with_corpus(A3, load_adapter("reference"), TINY, 0, "reference", tmp_path)
    assert result.verdict == "pass"
    assert result.note == "fixed: reference-A3.json holds now"
    assert result.tally["executions"] > 0


def test_a_schedule_that_cannot_be_followed_is_no_excuse(found: Counterexample, tmp_path: Path) -> None:
    """Where the schedule diverges the program is tried under others, and falls again."""
    save(replace(found, failure=replace(found.failure, choices=(99, 98))), tmp_path)
    result = tried_again(A3, load_adapter("naive-nested"), TINY, 0, "naive-nested", tmp_path)
    assert result is not None
    assert result.verdict == "fail"
    assert result.counterexample is not None
    assert result.counterexample.failure.choices != (99, 98)


def test_other_implementations_and_clauses_have_their_own(found: Counterexample, tmp_path: Path) -> None:
    """A counterexample says nothing of another implementation, or of another clause."""
    save(found, tmp_path)
    assert tried_again(A3, load_adapter("reference"), TINY, 0, "reference", tmp_path) is None
    assert tried_again(ALL["A1"], load_adapter("naive-nested"), TINY, 0, "naive-nested", tmp_path) is None


def test_a_broken_file_does_not_stop_the_check(tmp_path: Path) -> None:
    """What cannot be read is named, and the clause is tried as if it were not there."""
    (tmp_path / "reference-A3.json").write_text("{")
    result = tried_again(A3, load_adapter("reference"), TINY, 0, "reference", tmp_path)
    assert result is not None
    assert result.verdict == "pass"
    assert "reference-A3.json is not a counterexample" in result.note


def test_the_check_command_tries_the_corpus_first(
    found: Counterexample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`askance check` of the same implementation tells the saved counterexample, with status 1."""
    monkeypatch.chdir(tmp_path)
    save(found, Path(".askance"))
    assert main(["check", "naive-nested", "-k", "A3", "--profile", "smoke"]) == 1
    printed = capsys.readouterr().out
    assert "a counterexample that was saved earlier falls again" in printed
    assert "executions of" not in printed
