"""The report for the terminal: what was tried, the matrix of clauses, each failure; colors where wanted."""

from __future__ import annotations

import io
import os
import shutil
import textwrap
from collections import Counter
from collections.abc import Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from askance.report.schedule import WIDTH
from askance.report.words import failure_text, harmless
from askance.suite.statistics import Tally

__all__ = ["colored", "counted", "made", "rendered", "shown", "tried"]

STYLES = {
    "pass": "green",
    "fail": "bold red",
    "unexpected-pass": "bold yellow",
    "waived": "cyan",
    "inconclusive": "bold yellow",
    "untested": "yellow",
    "blocked": "magenta",
    "unsupported": "dim",
}


MORE = "a larger --profile, or more --executions, tries more"
"""What to do about clauses whose situation did not arise."""


def rendered(
    document: dict[str, Any], *, color: bool, width: int, failures: bool = True, verbose: bool = False
) -> str:
    """The report as text of that width; with `failures`, each failure in full below the matrix.

    `verbose`: with the statistics of each clause, and every step of each failure.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=color,
        no_color=not color,
        width=max(width, 30),
        highlight=False,
        legacy_windows=False,
    )
    tally = Tally.of(document["tally"])
    if tally.executions:
        for line in [*tried(tally).splitlines(), made(tally)]:
            for part in textwrap.wrap(line, max(30, width), subsequent_indent="  "):
                console.print(part, markup=False, soft_wrap=True)
        console.print()
    if document["clauses"]:
        console.print(_matrix(document["clauses"], console.width))
        console.print(_summary(document["clauses"]))
    for line in _untold(document["clauses"]) if failures else ():
        console.print()
        for part in textwrap.wrap(line, max(30, width), subsequent_indent="    ", break_on_hyphens=False):
            console.print(part, markup=False, soft_wrap=True)
    if verbose:
        console.print()
        for entry in document["clauses"]:
            console.print(_statistics(entry), soft_wrap=True)
    if failures:
        for entry in document["clauses"]:
            if "failure" in entry:
                console.print()
                console.print(_failure(failure_text(entry["failure"], width, verbose)), soft_wrap=True)
    return out.getvalue()


def shown(words: Mapping[str, Any], file: TextIO, *, verbose: bool = False) -> str:
    """A failure as it is printed to that file: as wide as the terminal and with colors, or plain."""
    out = io.StringIO()
    color = colored(file)
    console = Console(
        file=out, force_terminal=color, no_color=not color, highlight=False, legacy_windows=False
    )
    width = shutil.get_terminal_size((WIDTH, 0)).columns
    console.print(_failure(failure_text(words, width, verbose)), soft_wrap=True, end="")
    return out.getvalue()


def colored(file: TextIO) -> bool:
    """Whether colors are wanted there: on a terminal that has some, unless NO_COLOR forbids them."""
    return file.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def tried(tally: Tally) -> str:
    """The statistics in one line."""
    if not tally.steps and not tally.distinct:
        return (
            f"{tally.executions:,} executions of {tally.programs:,} programs in {tally.seconds:,.0f} seconds, on real "
            f"threads; of {tally.raced:,} the times told nothing"
        )
    rate = tally.executions / tally.seconds if tally.seconds else 0.0
    text = (
        f"{counted(tally.executions, 'execution')} of {counted(tally.programs, 'program')}, {rate:,.0f} in a second "
        f"of one core; {counted(tally.distinct, 'distinct schedule')}, {counted(tally.steps, 'step')}, "
        f"{counted(tally.decisions, 'decision')}; a timer raced in {tally.raced:,}"
    )
    if tally.signed:
        sample = counted(tally.signed, "execution")
        text += f"\n{counted(tally.interleavings, 'distinct interleaving')} in a sample of {sample}"
    if tally.pct:
        bounds = ", ".join(f"{tally.missed(depth):.2g}" for depth in (1, 2, 3))
        text += (
            f"{'; ' if tally.signed else chr(10)}{tally.pct:,} executions of PCT: the chance of having missed a bug of "
            f"depth 1, 2, 3 that every program can show is at most {bounds}"
        )
    return text


def counted(number: int, what: str) -> str:
    """So many of them: "1 program", "2 programs"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def made(tally: Tally) -> str:
    """What the programs were like, in one line."""
    programs = max(1, tally.programs)
    deepest = max(tally.depths, default=0)
    depth = sum(depth * count for depth, count in tally.depths.items()) / programs
    loops = sum(loops * count for loops, count in tally.loops.items()) / programs
    actors = sum(actors * count for actors, count in tally.actors.items()) / programs
    return (
        f"programs: {_shares(tally.shapes)}; {actors:.1f} actors, {loops:.1f} loops, {tally.messages / programs:.1f} "
        f"messages, depth {depth:.1f} (to {deepest}); {100 * tally.cross_loop / programs:.0f}% of asks cross loops; "
        f"clients: {_shares(tally.clients)}; {tally.machines:,} grown by the state machine"
    )


def _shares(counts: Counter[str]) -> str:
    total = max(1, sum(counts.values()))
    return ", ".join(f"{name} {100 * count / total:.0f}%" for name, count in counts.most_common())


def _matrix(entries: list[dict[str, Any]], width: int) -> Text:
    """One line a clause: id, level, verdict, in how many executions it held, what it says; cut at the width."""
    rows = Text()
    level = max((len(entry["level"]) for entry in entries), default=0)
    verdict = max((len(entry["verdict"]) for entry in entries), default=0)
    for entry in entries:
        held = entry["tally"].get("verdicts", {}).get("pass", 0)
        row = Text(f"{entry['clause']:<4}", style="bold")
        row.append(f"{entry['level']:<{level}}  ", style="not bold")
        row.append(f"{entry['verdict']:<{verdict}}", style=f"not bold {STYLES.get(entry['verdict'], '')}")
        row.append(f"  {held or '':>7}  ", style="not bold")
        row.append(
            harmless(entry["note"] or entry["text"]), style="not bold" if entry["note"] else "not bold dim"
        )
        row.truncate(width, overflow="ellipsis")
        rows.append(row).append("\n")
    rows.rstrip()
    return rows


def _statistics(entry: Mapping[str, Any]) -> str:
    """What was tried for one clause, in one line."""
    tally = Tally.of(entry["tally"])
    verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in tally.verdicts.most_common())
    return (
        f"{entry['clause']:<4}{tally.executions:,} executions of {tally.programs:,} programs, {tally.distinct:,} "
        f"distinct schedules, {tally.steps:,} steps, {tally.seconds:.2f} s; {verdicts or 'nothing tried'}"
        + (f"; {tally.shrinking:,} more to make the failure small" if tally.shrinking else "")
    )


def _summary(entries: list[dict[str, Any]]) -> Text:
    """How many clauses have which verdict."""
    counts = Counter(entry["verdict"] for entry in entries)
    text = Text("\n")
    for at, (verdict, style) in enumerate((name, style) for name, style in STYLES.items() if counts[name]):
        text.append(", " if at else "")
        text.append(f"{counts[verdict]} {verdict}", style=style)
    return text


def _untold(entries: list[dict[str, Any]]) -> list[str]:
    """Why nothing can be said of clauses, in full: it is what somebody has to act on, and the matrix cuts it."""
    clauses: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        if entry["verdict"] in ("inconclusive", "untested") and entry["note"]:
            clauses.setdefault((entry["verdict"], entry["note"]), []).append(entry["clause"])
    told = []
    for (verdict, note), names in clauses.items():
        more = f"; {MORE}" if verdict == "untested" else ""
        told.append(harmless(f"{', '.join(names)} {verdict}: {note}{more}"))
    return told


def _failure(text: str) -> Text:
    """The failure, its titles set off."""
    shown = Text()
    for at, line in enumerate(text.splitlines()):
        title = not line.startswith(" ")
        style = (
            "bold red" if at == 0 else "bold" if title else "bold yellow" if line.startswith("    > ") else ""
        )
        shown.append(line + "\n", style=style)
    return shown
