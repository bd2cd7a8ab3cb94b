"""The named scenarios: the right ones complete on every schedule, the wrong ones fail with their diagnosis."""

from __future__ import annotations

import pytest

from askance.cli import main
from askance.program_rules import validate
from askance.run import lacking, load_adapter
from askance.suite.running import run_program, run_scenario
from askance.suite.scenarios import SCENARIOS

RIGHT = [name for name, scenario in SCENARIOS.items() if not scenario.wrong]
PROGRAMS = [name for name, scenario in SCENARIOS.items() if scenario.program is not None]


def test_every_scenario_of_the_question_is_there() -> None:
    """The question's wrong turns, the answers' right ones, and the chat server."""
    assert list(SCENARIOS) == [
        "await-same-loop",
        "nested-future",
        "asyncio-with-asyncio",
        "concurrent-with-concurrent",
        "wrap-other-loop",
        "wrap-same-loop",
        "executor",
        "block-own-loop",
        "block-each-other",
        "chat-server",
    ]


@pytest.mark.parametrize("name", RIGHT)
def test_the_right_ones_complete_on_every_schedule(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain asyncio code that is right passes under many schedules, several of them distinct."""
    assert main(["run", name, "--executions", "60"]) == 0
    assert "passed: no failure" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "nested-future",
            [
                "NestedFuture",
                "a concurrent.futures.Future: .result() must be called 2 times to come to 10.0",
                "wrong:  return asyncio.run_coroutine_threadsafe",
            ],
        ),
        (
            "block-own-loop",
            ["deadlock", "scenarios_plain.py:", "in block_own_loop.<locals>.f", "cycle: strand 'loop 0'"],
        ),
        ("block-each-other", ["deadlock", "cycle: strand 'loop 0' -> strand 'loop 1' -> strand 'loop 0'"]),
    ],
)
def test_the_wrong_ones_fail_with_their_diagnosis(
    name: str, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The nested future at its depth with the fix; the blocked loop with its line; the cycle by name."""
    assert main(["run", name]) == 1
    printed = capsys.readouterr().out
    for text in said:
        assert text in printed


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("implementation", ["reference", "asyncio-bare"])
def test_the_programs_compose(name: str, implementation: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As programs, all of them come out as denoted, wherever the implementation claims what they need."""
    program = SCENARIOS[name].program
    assert program is not None
    validate(program)
    if lacking(program, load_adapter(implementation)):
        assert implementation == "asyncio-bare"
        assert name in ("nested-future", "block-own-loop", "block-each-other")
        return
    assert run_program(program, implementation, 60, 0) == 0
    assert "every reply was what the program denotes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "implementation", "clause"),
    [
        ("await-same-loop", "naive-nested", "A3"),
        ("await-same-loop", "naive-blocking", "D4"),
        ("wrap-other-loop", "naive-call-soon", "D1"),
    ],
)
def test_naive_implementations_fail_them(
    name: str,
    implementation: str,
    clause: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each naive attempt falls on its clause in the plainest of scenarios."""
    monkeypatch.chdir(tmp_path_factory.mktemp("run"))
    assert run_scenario(name, implementation, 60, 0) == 1
    assert f"{clause} fell" in capsys.readouterr().out
