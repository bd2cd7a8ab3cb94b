"""What the report says that was seen: distinct interleavings of a sample, and what PCT promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askance.clauses import ALL
from askance.cli import main
from askance.report.terminal import tried
from askance.run import load_adapter
from askance.suite.exhaustive_family import FAMILY
from askance.suite.profiles import PROFILES
from askance.suite.statistics import Tally
from askance.suite.trial import Script, Trial
from askance.world import installed


def test_pcts_bound_is_that_of_its_paper() -> None:
    """Three executions of depth 2 with 2 strands and 10 steps: 1/2 each for depth 1, 1/20 for 2, nothing for 3."""
    tally = Tally()
    for _ in range(3):
        tally.sought(2, 2, 10)
    assert tally.pct == 3
    assert tally.missed(1) == pytest.approx(0.5**3)
    assert tally.missed(2) == pytest.approx(0.95**3)
    assert tally.missed(3) == 1.0


def test_a_program_in_so_many_is_recorded() -> None:
    """Its executions are told apart by happens-before: there are no more interleavings than schedules."""
    trial = Trial(ALL["A1"], load_adapter("reference"), PROFILES["default"])
    with installed():
        trial.examine(Script(FAMILY["two-clients"]))
        trial.examine(Script(FAMILY["one-ask"]))
    tally = trial.tally
    assert tally.executions == 2 * PROFILES["default"].schedules
    assert tally.signed == PROFILES["default"].schedules
    assert 1 < tally.interleavings <= tally.signed
    assert tally.pct == 4
    assert tally.missed(3) < 1.0
    assert Tally.of(tally.data()) == tally
    assert (
        f"{tally.interleavings:,} distinct interleavings in a sample of 8 executions; 4 executions of PCT"
        in tried(tally)
    )


def test_an_exhaustive_check_is_written_as_data(tmp_path: Path) -> None:
    """The sums, and of each program its interleavings and whether these are all."""
    file = tmp_path / "found.json"
    arguments = ["--exhaustive", "-k", "one-ask", "--counterexamples", str(tmp_path), "--json", str(file)]
    assert main(["check", "reference", *arguments]) == 0
    found = json.loads(file.read_text())
    assert (found["implementation"], found["verdict"], found["complete"]) == ("reference", "pass", 1)
    (program,) = found["programs"]
    assert (program["name"], program["complete"], program["fallen"]) == ("one-ask", True, None)
    assert program["interleavings"] == found["executions"] > 1
    assert "A1" in program["held"]
