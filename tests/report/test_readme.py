"""The README's excerpts are what is printed: each part of them stands in a failure's text, in order, to the letter."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from tests.report.failures import failure
from tests.report.test_racing import AGAIN, MUTANTS

import askance_impl
from askance.program import Actor, Apply, Ask, AskOp, Client, Msg, Program
from askance.report.words import failure_text

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

README = Path(__file__).parents[2] / "README.md"
CHAIN = Program(
    1,
    (Actor("a", 0, Ask("b", Msg())), Actor("b", 0, Apply("g", (Msg(),)))),
    (Client("c0", "thread", (AskOp("r0", "a", 10),)),),
)


def excerpts() -> list[str]:
    """The code blocks that tell of a failure."""
    blocks = re.findall(r"(?ms)^```\w*\n(.*?)^```$", README.read_text(encoding="utf-8"))
    return [block for block in blocks if block.split("\n")[0].endswith(" fell")]


@pytest.mark.parametrize(
    ("number", "implementation", "clause", "program"),
    [
        (0, "naive-nested", "A3", CHAIN),
        (1, "naive-blocking", "D4", CHAIN),
        (2, MUTANTS + "contention_lost_wakeup", "D1", AGAIN),
    ],
)
def test_excerpts_are_what_is_printed(
    number: int, implementation: str, clause: str, program: Program
) -> None:
    """With the paths of an installed package, and files in the usual folder."""
    words = json.dumps(failure(implementation, clause, program))
    folder = os.path.dirname(os.path.dirname(os.path.abspath(askance_impl.__file__)))
    for shown in (folder, os.path.relpath(folder)):
        words = words.replace(f"{shown}/askance_impl", "askance_impl")
    printed = failure_text(json.loads(words), 110)
    file = json.loads(words)["file"]
    printed = printed.replace(file, f".askance/{os.path.basename(file)}") + "\n"
    parts = excerpts()[number].split("...\n")
    assert len(parts) > 1
    at = 0
    for part in parts:
        assert part in printed[at:], f"this is not printed, or not there:\n{part}\nbut:\n{printed[at:]}"
        at += printed[at:].index(part) + len(part)


def test_there_are_three_excerpts() -> None:
    """A nested future, a deadlock and a lost message."""
    assert [block.split(" ")[0] for block in excerpts()] == ["A3", "D4", "D1"]
