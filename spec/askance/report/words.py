"""A failure as text, in the order in which it is understood; of the width that there is, plain, for every output."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from askance.report.operations import loop_names, operation_in_words
from askance.report.schedule import WIDTH, laid_out, marked, renamed
from askance.report.standing import told_standing

__all__ = [
    "failed_race",
    "failure_text",
    "harmless",
    "race_outcome",
    "race_title",
    "standing_lines",
    "step_line",
    "step_number",
]

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but for tabs and ends of lines."""


def failure_text(words: Mapping[str, Any], width: int = WIDTH, verbose: bool = False) -> str:
    """The failure as plain text; `verbose`: with every step of its schedule."""
    inside = max(30, width - 4)
    made = words["rows"]
    named = partial(renamed, names=words["strands"])
    parts = [
        f"{words['clause']} fell",
        _block("requirement", _filled(words["requirement"], inside)),
        _block("expected", _filled(named(words["expected"]), inside)),
        _block("actual", _filled(named(words["actual"]), inside)),
        _block("where", _filled(named(words["detail"]), inside)),
        _block("program", _program(words["program"], inside)),
        _block(
            f"schedule, a column a strand ({_switches(words['switches'])})",
            [*laid_out(made, inside), *_filled("\n".join(marked(made)), inside)],
        ),
        _block("how often", _filled(words.get("seen", ""), inside)),
        _block("every step", trace_lines(words["trace"], words["strands"]) if verbose else []),
        _block(*_race(words, inside)),
        _block("who waits for whom", _filled(named(words["deadlock"]), inside)),
        _block(
            f"where each strand stood (step {(words['moment'] or {'step': 0})['step']})",
            standing_lines(words, inside),
        ),
        _block("if this fails", _filled(words["if_fails"], inside)),
    ]
    if words["confirmed"] != "same":
        careful = f"its replay {words['confirmed']}: something escapes the world's control"
        parts.append(_block("careful", _filled(careful, inside)))
    parts.append(_block("replay", [words["command"]]))
    return harmless("\n".join(part for part in parts if part))


def harmless(text: str) -> str:
    """The text with what a terminal would obey, and half pairs of surrogates, escaped: a message may hold anything."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _switches(count: int) -> str:
    """How often a strand is left that could go on."""
    match count:
        case 0:
            return "none is interrupted"
        case 1:
            return "one is interrupted once"
    return f"interrupted {count} times"


def _block(title: str, lines: Sequence[str]) -> str:
    return f"{title}:\n" + "\n".join(f"    {line}".rstrip() for line in lines) if lines else ""


def _filled(text: str, width: int, indent: str = "  ") -> list[str]:
    """The lines of a text, each folded at the width; words and paths stay whole, so that they can be copied."""
    lines: list[str] = []
    for line in text.splitlines():
        before = line[: len(line) - len(line.lstrip())]
        lines += (
            [line]
            if len(line) <= width
            else textwrap.wrap(
                line.strip(),
                width,
                initial_indent=before,
                subsequent_indent=before + indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    return lines


def _program(text: str, width: int) -> list[str]:
    """The program; where a line is too long, what is expected of it stands below it."""
    lines: list[str] = []
    for line in text.splitlines():
        code, mark, expected = line.partition("# expect")
        if mark and len(line) > width:
            lines += [
                *_filled(code.rstrip(), width, "      "),
                *_filled(f"      # expect{expected}", width, "  "),
            ]
        else:
            lines += _filled(line, width, "      ")
    return lines


def _race(words: Mapping[str, Any], width: int) -> tuple[str, list[str]]:
    """The two steps, and what came of the other order; or that the order seems to be of no account. A title first."""
    names = words["strands"]
    loops = loop_names(words["trace"], names)
    lines: list[str] = []
    for step in failed_race(words):
        who = names.get(step["strand"], step["strand"])
        at = f" at {step['where']}" if step["where"] else ""
        then = "" if not lines else "before " if words["race"].get("switch") else "then "
        told = f"{operation_in_words(step, loops, who, made=True)} ({step_number(step)})"
        lines += _filled(f"{then}{who} {told}{at}", width)
        if step.get("line"):
            lines += _filled(f"    {step['line']}", width)
    return race_title(words), lines + _filled(race_outcome(words), width)


def step_number(step: Mapping[str, Any]) -> str:
    """Which step of the execution it was."""
    return f"step {step['step']}" if step["step"] else "for which it still waits"


def race_title(words: Mapping[str, Any]) -> str:
    """What the race is, or that there is none."""
    race = words.get("race")
    if not race or not race["first"]:
        return "does the order of steps matter"
    if race.get("switch"):
        return f"a switch without which {words['clause']} holds"
    return "a race whose other order passes"


def failed_race(words: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The two steps of the race; [] where none was found."""
    race = words.get("race")
    return [race["first"], race["second"]] if race and race["first"] else []


def race_outcome(words: Mapping[str, Any]) -> str:
    """What came of the other order, and of how many others; "" where nothing was tried."""
    race, clause = words.get("race"), words["clause"]
    if not race or not race["tried"]:
        return ""
    if race["first"] is None:
        pairs = "the one pair" if race["tried"] == 1 else f"any of the {race['tried']} pairs"
        return f"it seems not: with {pairs} of racing steps in the other order {clause} does not hold, either"
    holds = "holds" if race.get("arose", True) else "does not fall (its situation does not arise)"
    second = words["strands"].get(race["second"]["strand"], race["second"]["strand"])
    told = f"tried: with {second} first, and all else in the same order as far as can be, {clause} {holds}"
    instead = race.get("fell", ())
    told += f" ({' and '.join(instead)} then {'falls' if len(instead) == 1 else 'fall'})" if instead else ""
    others = race.get("passed", 1) - 1
    if others:
        told += (
            f"; of {race['tried']} pairs that were tried so, {others} more {'passes' if others == 1 else 'pass'}, "
            "but this one is closest to what led to the failure"
        )
    return told


def step_line(step: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A step in one line."""
    operation = f"{step['operation']} {names.get(step['object'], step['object'])}".rstrip()
    at = f" at {step['where']}" if step["where"] else ""
    return f"{names.get(step['strand'], step['strand'])}, step {step['step']}: {operation}{at}"


def trace_lines(steps: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Every step in a line, a line before it where the strand was switched."""
    lines = []
    for step in steps:
        if step["reason"]:
            lines.append(f"-- {renamed(step['reason'], names)}")
        lines.append(step_line(step, names))
    return lines


def standing_lines(words: Mapping[str, Any], width: int) -> list[str]:
    """Where each strand stands: who and about to do what, at which line, and the line."""
    names = words["strands"]
    loops = loop_names(words["trace"], names)
    lines = [line for one in words["stood"] for line in told_standing(one, names, loops)]
    return [part for line in lines for part in _filled(line, width)]
