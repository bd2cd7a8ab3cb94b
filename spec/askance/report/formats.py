"""What other programs read: annotations for GitHub's workflows, a badge as SVG or for shields.io."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from askance.report.schedule import renamed

__all__ = ["badge", "workflow_commands"]

COLORS = {"pass": "#2e7d32", "fail": "#c62828", "inconclusive": "#8d6e00"}
"""White letters on each are easily read: a contrast of 4.5 and more."""


# ---------------------------------------------------------------- GitHub


def workflow_commands(document: Mapping[str, Any]) -> list[str]:
    """The workflow commands: an error for each clause that fell, a warning for each of which nothing can be said.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions says how texts are escaped.
    """
    lines = []
    for entry in document["clauses"]:
        clause = entry["clause"]
        if "failure" in entry:
            words = entry["failure"]
            told = _annotation(words)
            title = f"{clause}: {document['implementation']}"
            lines.append(_command("error", {**_place(words), "title": title}, told))
        elif entry["verdict"] in ("inconclusive", "untested"):
            title = f"{clause}: {entry['verdict']}"
            lines.append(_command("warning", {"title": title}, entry["note"] or entry["text"]))
    lines += [
        _command("error", {"title": "askance could not judge"}, broken) for broken in document["broken"]
    ]
    return lines


def _annotation(words: Mapping[str, Any]) -> str:
    """The failure in a few lines, each once; strands are called as in the rest of the report."""
    parts = (
        words["requirement"],
        f"expected: {words['expected']}" if words["expected"] else "",
        f"actual: {words['actual']}",
        words["detail"],
        words["deadlock"],
    )
    lines = [line for part in parts for line in renamed(part, words["strands"]).split("\n") if line]
    return "\n".join([*dict.fromkeys(lines), f"replay: {words['command']}"])


def _command(kind: str, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::{kind} {told}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    """The text with "%" and line ends (and, in properties, ":" and ",") as GitHub wants them."""
    for letter in "%\r\n" + more:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text


def _place(words: Mapping[str, Any]) -> dict[str, str]:
    """File and line of the implementation, if it lies in the workspace: else GitHub can show no line."""
    workspace = os.path.realpath(os.environ.get("GITHUB_WORKSPACE") or os.getcwd())
    for where in _lines(words):
        shown, _, line = where.partition(" in ")[0].rpartition(":")
        path = os.path.realpath(words["files"].get(shown, shown))
        if line.isdigit() and os.path.isfile(path) and path.startswith(workspace + os.sep):
            return {"file": Path(path).relative_to(workspace).as_posix(), "line": line}
    return {}


def _lines(words: Mapping[str, Any]) -> Iterator[str]:
    """Source lines, the most telling first: where strands stood, then where the last steps were made."""
    shown = words["files"]
    standing = [one["where"] for one in words["stood"] if one["where"]]
    yield from (where for where in standing if where.partition(" in ")[0].rpartition(":")[0] in shown)
    yield from standing
    yield from (step["where"] for step in reversed(words["trace"]) if step["where"])


# ---------------------------------------------------------------- badges


def badge(document: Mapping[str, Any], name: str) -> str:
    """The badge: SVG, or where the file's name ends with ".json" what shields.io's endpoint badge reads."""
    counts = Counter(entry["verdict"] for entry in document["clauses"])
    judged = sum(count for verdict, count in counts.items() if verdict != "unsupported")
    verdict = document["verdict"]
    said = {
        "pass": f"{counts['pass']} of {judged} clauses hold",
        "fail": f"{counts['fail']} of {judged} clauses fell",
    }.get(verdict, "inconclusive")
    if name.endswith(".json"):
        color = COLORS[verdict].removeprefix("#")
        made = {"schemaVersion": 1, "label": "askance", "message": said, "color": color}
        return json.dumps(made, indent=1) + "\n"
    return _svg("askance", said, COLORS[verdict])


def _svg(label: str, said: str, color: str) -> str:
    """Two boxes with text; `textLength` makes the text fit whatever font there is."""
    left, right = 7 * len(label) + 12, 7 * len(said) + 12
    boxes = ((label, 0, left, "#444"), (said, left, right, color))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{escape(f"{label}: {said}")}">',
        f"<title>{escape(f'{label}: {said}')}</title>",
    ]
    for text, at, width, fill in boxes:
        parts.append(f'<rect x="{at}" width="{width}" height="20" fill="{fill}"/>')
        parts.append(
            f'<text x="{at + 6}" y="14" textLength="{width - 12}" fill="#fff" font-size="11" '
            f'font-family="Verdana,Geneva,sans-serif">{escape(text)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
