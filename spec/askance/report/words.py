"""A failure as text, in the order in which it is understood; of the width that there is, plain, for every output."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from askance.report.schedule import WIDTH, laid_out, marked

__all__ = ["failure_text", "standing_lines", "step_line"]


def failure_text(words: Mapping[str, Any], width: int = WIDTH, verbose: bool = False) -> str:
    """The failure as plain text; `verbose`: with every step of its schedule."""
    inside = max(30, width - 4)
    made = words["rows"]
    switches = words["switches"]
    parts = [
        f"{words['clause']} fell",
        _block("requirement", _filled(words["requirement"], inside)),
        _block("expected", _filled(words["expected"], inside)),
        _block("actual", _filled(words["actual"], inside)),
        _block("where", _filled(words["detail"], inside)),
        _block("program", _program(words["program"], inside)),
        _block(
            f"schedule ({switches} {'switch' if switches == 1 else 'switches'} away from a strand that could go on)",
            [*laid_out(made, inside), *_filled("\n".join(marked(made)), inside)],
        ),
        _block("how often", _filled(words.get("seen", ""), inside)),
        _block("every step", trace_lines(words["trace"], words["strands"]) if verbose else []),
        _block("a race whose other order passes", _race(words, inside)),
        _block("who waits for whom", _filled(words["deadlock"], inside)),
        _block(
            f"where each strand stood (step {(words['moment'] or {'step': 0})['step']})",
            standing_lines(words["stood"], words["strands"], inside),
        ),
        _block("if this fails", _filled(words["if_fails"], inside)),
    ]
    if words["confirmed"] != "same":
        careful = f"its replay {words['confirmed']}: something escapes the world's control"
        parts.append(_block("careful", _filled(careful, inside)))
    parts.append(_block("replay", [words["command"]]))
    return "\n".join(part for part in parts if part)


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
                line,
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


def _race(words: Mapping[str, Any], width: int) -> list[str]:
    """The two steps, and what came of the other order."""
    race, names = words["race"], words["strands"]
    if race is None or not race["tried"]:
        return []
    if race["first"] is None:
        pairs = (
            "1 pair of racing steps was"
            if race["tried"] == 1
            else f"{race['tried']} pairs of racing steps were"
        )
        return _filled(
            f"none: {pairs} tried in the other order, and {words['clause']} held on no such schedule", width
        )
    lines: list[str] = []
    for which, then in (("first", ""), ("second", "then ")):
        lines += _filled(then + step_line(race[which], names), width)
    second = names.get(race["second"]["strand"], race["second"]["strand"])
    return lines + _filled(f"in the other order, {second} first, {words['clause']} holds (tried)", width)


def step_line(step: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A step in one line."""
    operation = f"{step['operation']} {step['object']}".rstrip()
    at = f" at {step['where']}" if step["where"] else ""
    return f"{names.get(step['strand'], step['strand'])}, step {step['step']}: {operation}{at}"


def trace_lines(steps: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Every step in a line, a line before it where the strand was switched."""
    lines = []
    for step in steps:
        if step["reason"]:
            lines.append(f"-- {step['reason']}")
        lines.append(step_line(step, names))
    return lines


def standing_lines(stood: Sequence[Mapping[str, Any]], names: Mapping[str, str], width: int) -> list[str]:
    """Where each strand stands: who and about to do what, at which line, and the line."""
    lines: list[str] = []
    for one in stood:
        at = f" at {one['where']}" if one["where"] else ""
        lines += _filled(f"{names.get(one['who'], one['who'])}: {one['doing']}{at}", width)
        if one["line"]:
            lines.append(f"    {one['line']}"[:width])
    return lines
