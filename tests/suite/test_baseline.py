"""Baselines: what is known to fall is waived by its reproducer, and everything wrong with the file is one message."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from askance.clauses import ALL
from askance.cli import main
from askance.program import Actor, Apply, AskOp, Client, Msg, Program, Result
from askance.program_json import dumps
from askance.run import UsageError, load_adapter
from askance.suite.baseline import Waiver, check_against, read_baseline, written
from askance.suite.conduct import Result as Conducted
from askance.suite.conduct import conduct
from askance.suite.counterexample import Counterexample, data
from askance.suite.profiles import Profile
from askance.suite.waived import reproduced, waived_entry

TINY = Profile("tiny", programs=12, machines=0, schedules=4, steps=8)
NESTED = load_adapter("naive-nested")
SOUND = Program(
    1,
    (Actor("a", 0, Apply("f", (Msg(),))),),
    (Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"))),),
)


@pytest.fixture(scope="module")
def found() -> Counterexample:
    """How the naive implementation nests its futures."""
    result = conduct(ALL["A3"], NESTED, TINY, name="naive-nested")
    assert result.counterexample is not None
    return result.counterexample


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def row(clause: str = "A3", kind: str = "defect", reason: str = "known", reproducer: str = "r.json") -> str:
    """The text of a baseline with one waiver."""
    return written("x", Path("baseline.toml"), [(clause, kind, reason, reproducer)])


def waive(folder: Path, found: Counterexample, reason: str = "known since 1.0") -> Path:
    """A baseline in the folder that waives A3 for that counterexample."""
    (folder / "r.json").write_text(json.dumps(data(found)))
    file = folder / "baseline.toml"
    file.write_text(row(reason=reason))
    return file


def judged(waiver: Waiver, result: Conducted, folder: Path, strict: bool = False) -> dict[str, object]:
    """The entry of a waived clause that is, but for the waiver, judged so."""
    tried = reproduced(waiver, NESTED, TINY, 0, "naive-nested")
    return waived_entry(tried, lambda: result, NESTED, folder, strict=strict)


def test_what_is_written_is_read(folder: Path, found: Counterexample) -> None:
    """A reason with quotes, backslashes and a name in another script survives; the reproducer is the counterexample."""
    (folder / "r.json").write_text(json.dumps(data(found)))
    reason = 'says "no", C:\\temp, Ångström \x7f'
    (folder / "baseline.toml").write_text(row(reason=reason), encoding="utf-8")
    waiver = read_baseline(folder / "baseline.toml").waivers["A3"]
    assert (waiver.kind, waiver.reason) == ("defect", reason)
    assert isinstance(waiver.reproducer, Counterexample)
    assert data(waiver.reproducer) == data(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[waiver", "is not TOML: "),
        ("waiver = 1", "each waiver is a table of its own, under [[waiver]]"),
        ("waiver = [1]", "waiver 1: it must be a table under [[waiver]], and is int"),
        ("[[waivers]]\nclause = 'A3'", "unknown key 'waivers', did you mean 'waiver'? (known: waiver)"),
        (row(clause="A33"), "waiver 1 (A33): there is no clause 'A33' (see askance spec)"),
        (
            row(kind="wontfix"),
            "waiver 1 (A3): 'wontfix' is no kind of waiver; the kinds are defect, unsupported",
        ),
        (row(reason=" "), 'waiver 1 (A3): "reason" is missing'),
        (
            row().replace("reason =", "reasons ="),
            "unknown key 'reasons', did you mean 'reason'? (known: clause, kind",
        ),
        (row().replace('"known"', "3"), 'waiver 1 (A3): "reason" must be a text, and is int'),
        (row().replace("reproducer", "#"), 'waiver 1 (A3): "reproducer" is missing'),
        (row(reproducer="none.json"), "none.json: No such file or directory"),
        (row(reproducer="bad.json"), "bad.json is not a counterexample: line 1 is not JSON"),
        (row(reproducer="{"), "waiver 1 (A3): its reproducer is not a program: "),
        (row(clause="A1"), "waiver 1 (A1): its reproducer is a counterexample of A3"),
        (row() + row(), "waives A3 twice"),
    ],
)
def test_a_wrong_baseline_is_one_message(
    folder: Path, found: Counterexample, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    """Whatever is wrong with the file is told in one line before anything is judged, with exit status 2."""
    (folder / "r.json").write_text(json.dumps(data(found)))
    (folder / "bad.json").write_text("{")
    (folder / "baseline.toml").write_text(text)
    assert main(["check", "naive-nested", "--baseline", "baseline.toml"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(
        ("askance: the baseline baseline.toml", "askance: cannot read the baseline")
    )
    assert said in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--baseline", "none.toml"), "cannot read the baseline none.toml: No such file or directory"),
        (("--strict",), "--strict is for --baseline FILE"),
        (("--exhaustive", "--baseline", "b.toml"), "--exhaustive has no use for --baseline"),
    ],
)
def test_wrong_use_of_the_options(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """An absent file, and options that mean nothing together, are refused."""
    assert main(["check", "naive-nested", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_waiver_that_can_match_nothing_is_refused(folder: Path) -> None:
    """A clause that is not asked of the implementation, or a program that it cannot run, needs no waiver."""
    (folder / "baseline.toml").write_text(row(clause="A8", reproducer=dumps(SOUND)))
    with pytest.raises(
        UsageError, match="waives A8, which is not asked of naive-nested: it does not declare then"
    ):
        check_against(read_baseline(folder / "baseline.toml"), NESTED)
    on_loop = replace(SOUND, clients=(replace(SOUND.clients[0], where=0),))
    (folder / "baseline.toml").write_text(row(reproducer=dumps(on_loop)))
    with pytest.raises(
        UsageError, match='naive-nested cannot run the reproducer: it needs "blocking-refused"'
    ):
        check_against(read_baseline(folder / "baseline.toml"), NESTED)


def test_a_known_failure_is_waived_and_nothing_else_tried(folder: Path, found: Counterexample) -> None:
    """The reproducer falls: the clause is waived, with how it fell, and its replay is the baseline's own file."""

    def conducted() -> Conducted:
        raise AssertionError("the reproducer was enough")

    waiver = read_baseline(waive(folder, found)).waivers["A3"]
    tried = reproduced(waiver, NESTED, TINY, 0, "naive-nested")
    made = waived_entry(tried, conducted, NESTED, folder, strict=True)
    assert (made["verdict"], made["note"]) == ("waived", "defect: known since 1.0")
    assert made["waiver"]["failure"]["command"] == "askance replay r.json"
    assert "failure" not in made


def test_a_program_is_a_reproducer(folder: Path, found: Counterexample) -> None:
    """A program, in the baseline itself or in a file, is tried under many schedules."""
    text = dumps(found.failure.program)
    (folder / "program.json").write_text(text)
    for reproducer in (text, "program.json"):
        (folder / "baseline.toml").write_text(row(reproducer=reproducer))
        waiver = read_baseline(folder / "baseline.toml").waivers["A3"]
        assert judged(waiver, Conducted("A3", "pass", "", {}), folder)["verdict"] == "waived"


def test_a_schedule_that_cannot_be_followed_is_no_repair(folder: Path, found: Counterexample) -> None:
    """Where the recorded schedule leads elsewhere, the reproducer's program is tried under others, and is waived."""
    moved = replace(found, failure=replace(found.failure, choices=(99, 98)))
    waiver = read_baseline(waive(folder, moved)).waivers["A3"]
    assert judged(waiver, Conducted("A3", "pass", "", {}), folder)["verdict"] == "waived"


@pytest.mark.parametrize(
    ("conducted", "strict", "verdict", "refused"),
    [
        ("pass", False, "unexpected-pass", False),
        ("pass", True, "unexpected-pass", True),
        ("blocked", True, "blocked", False),
        ("untested", True, "untested", False),
    ],
)
def test_a_reproducer_that_holds(
    folder: Path, conducted: str, strict: bool, verdict: str, refused: bool
) -> None:
    """The clause is judged as if not waived; only one that holds makes the waiver out of date."""
    waiver = Waiver("A3", "defect", "known", SOUND)
    made = judged(waiver, Conducted("A3", conducted, "", {}), folder, strict)
    assert made["verdict"] == verdict
    assert made["waiver"] == {"kind": "defect", "reason": "known", "refused": refused, "reproducer": ""}


def test_what_falls_differently_is_a_new_failure(folder: Path, found: Counterexample) -> None:
    """The reproducer holds, and the clause falls on another program: a failure, and the note says why."""
    result = Conducted("A3", "fail", "", {}, found)
    made = judged(Waiver("A3", "defect", "known", SOUND), result, folder)
    assert made["verdict"] == "fail"
    assert str(made["note"]).startswith("falls differently: the waiver's reproducer holds now")
    assert "failure" in made


def test_a_reproducer_that_cannot_be_judged_is_no_repair(folder: Path, found: Counterexample) -> None:
    """A1 rests on A3: where A3 falls on the reproducer of A1, a waived A1 is blocked, whatever passed elsewhere."""
    waiver = Waiver("A1", "defect", "known", found.failure.program)
    made = judged(waiver, Conducted("A1", "pass", "", {}), folder, strict=True)
    assert (made["verdict"], made["note"]) == ("blocked", "the waiver's reproducer is blocked")
