"""`askance diff`: the first place where two histories part.

Both may be counterexamples (they are replayed), what `askance replay --history` wrote, or reports of
`askance check --json`, whose clauses that fell are compared one by one.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from askance.cli.grammar import FELL, PASSED, Commands
from askance.run import UsageError
from askance.run.json_files import read_json

HISTORY = 1
"""The version of histories, as `replay --history` writes them."""
CONTEXT = 3
"""So many events are shown before the first that differs, and after."""
COMPARED = ("kind", "who", "actor", "message", "op", "outcome", "detail", "value", "strand", "loop")
"""What makes two events the same; steps and times may differ."""


def add(commands: Commands) -> None:
    """Add to the command line's grammar."""
    diff = commands.add_parser("diff", help="show where two histories part")
    for name in ("first", "second"):
        diff.add_argument(
            name, metavar="FILE", type=Path, help="a counterexample, a history, or a report of check --json"
        )
    diff.epilog = "Exit status: 0 the same, 1 they part."
    diff.set_defaults(run=diff_command)


def diff_command(options: argparse.Namespace) -> int:
    """Compare, and say where they part."""
    first, second = histories(options.first), histories(options.second)
    if len(first) == len(second) == 1:
        pairs = [("", next(iter(first.values())), next(iter(second.values())))]
    else:
        common = [clause for clause in first if clause in second]
        if not common:
            raise UsageError(
                f"no clause fell in both: {options.first} has {', '.join(first)}, "
                f"{options.second} has {', '.join(second)}"
            )
        pairs = [(f"{clause}: ", first[clause], second[clause]) for clause in common]
    status = PASSED
    for title, one, other in pairs:
        at = parting(one, other)
        if at is None:
            print(f"{title}the same, {len(one)} events")
            continue
        status = FELL
        print("\n".join(told(title, at, one, other)))
    return status


def parting(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> int | None:
    """The index of the first event that differs; None where none does."""
    for at, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if any(mine.get(name) != theirs.get(name) for name in COMPARED):
            return at
    return None if len(one) == len(other) else min(len(one), len(other))


def told(title: str, at: int, one: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[str]:
    """The events around the first that differs."""
    lines = [f"{title}they part at event {at}"]
    if at > CONTEXT:
        lines.append(f"    ... {at - CONTEXT} events before are the same")
    lines += [f"    {line(event)}" for event in one[max(0, at - CONTEXT) : at]]
    for mark, events in (("-", one), ("+", other)):
        shown = events[at : at + CONTEXT]
        lines += [f"  {mark} {line(event)}" for event in shown]
        if not shown:
            lines.append(f"  {mark} (it ends here)")
    return lines


def line(event: dict[str, Any]) -> str:
    """An event in one line."""
    outcome = event.get("outcome")
    parts = [
        event.get("who") or "",
        event["kind"],
        event.get("op") or event.get("actor") or "",
        "" if event.get("value") is None else f"({event['value']})",
        "" if outcome is None else f"-> {outcome.get('text') if isinstance(outcome, dict) else outcome}",
        event.get("detail") or "",
    ]
    strand = event.get("strand") or "-"
    return f"{event.get('index', '?'):>3} [{strand}] " + " ".join(str(part) for part in parts if part)


def histories(file: Path) -> dict[str, list[dict[str, Any]]]:
    """The histories in the file, by their clause. Raises UsageError with one message for whatever is wrong."""
    document = read_json(file, "holds no history")
    if isinstance(document, dict) and "askance counterexample" in document:
        return replayed(file)
    if isinstance(document, dict) and "askance history" in document:
        if document["askance history"] != HISTORY:
            raise UsageError(
                f'{file} has another form: "askance history" is {document["askance history"]!r}, '
                f"this askance knows {HISTORY}"
            )
        return {str(document.get("clause", "")): _events(file, document.get("history"))}
    if isinstance(document, dict) and isinstance(document.get("clauses"), list):
        found = {
            str(entry.get("clause")): _events(file, entry["failure"].get("history"))
            for entry in document["clauses"]
            if isinstance(entry, dict) and isinstance(entry.get("failure"), dict)
        }
        if not found:
            raise UsageError(f"{file} is a report in which no clause fell: it has no history to compare")
        return found
    raise UsageError(f"{file} is no counterexample, no history and no report of check --json")


def _events(file: Path, found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(one, dict) and "kind" in one for one in found):
        raise UsageError(f'{file} holds no history: "history" must be a list of events')
    return found


def replayed(file: Path) -> dict[str, list[dict[str, Any]]]:
    """The history of a counterexample, from its replay."""
    from askance.report.entry import told as in_words
    from askance.run import load_adapter
    from askance.suite.counterexample import read

    counterexample = read(file)
    words = in_words(counterexample, load_adapter(counterexample.implementation), file)
    if words["confirmed"] == "diverged":
        raise UsageError(f"the schedule of {file} cannot be followed here: {words['error']}")
    return {words["clause"]: words["history"]}
