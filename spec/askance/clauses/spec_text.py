"""The specification as a document: Markdown, made of the clauses and of nothing else. `askance spec` prints it."""

from __future__ import annotations

from collections.abc import Iterable

from askance.adapter import CAPABILITIES
from askance.clauses.base import FEATURES, Clause
from askance.clauses.judging import ALL

CHAPTERS = {
    "A": "Answers",
    "M": "Mailboxes",
    "D": "Deadlock",
    "C": "Cancellation",
    "L": "Life cycle",
}
"""The chapters' titles, by the letter that their clauses' ids begin with, in order."""

INTRODUCTION = """\
# What an actor implementation must do

When actors on several event loops and threads ask each other things, every result is the plain composition of the
functions involved, on every schedule. That is the one requirement; the clauses below say what it takes.

Each clause has a level (MUST, SHOULD or MAY), stands in the name of its test, and is judged over what happened in one
execution of one program. A clause that needs capabilities which an implementation does not declare is *unsupported* for
it. A clause that rests on another is *blocked* where that one falls: one defect is one failure.
"""


def render() -> str:
    """The whole specification; ends with a newline."""
    parts = [INTRODUCTION, _contents()]
    for letter, title in CHAPTERS.items():
        clauses = [clause for clause in ALL.values() if clause.chapter == letter]
        if clauses:
            parts.append(f"## {letter}. {title}\n")
            parts += [_clause(clause) for clause in clauses]
    parts.append(_words("Situations", "What programs make a clause's situation arise.", _used_features()))
    parts.append(
        _words("Capabilities", "What an implementation may declare that it can do.", CAPABILITIES.items())
    )
    return "\n".join(parts)


def _contents() -> str:
    """The table of all clauses."""
    rows = ["| clause | level | |", "|---|---|---|"]
    rows += [
        f"| [{clause.id}](#{clause.id.lower()}) | {clause.level} | {clause.text} |" for clause in ALL.values()
    ]
    return "\n".join(rows) + "\n"


def _clause(clause: Clause) -> str:
    """One clause, with a heading that can be linked to."""
    facts = [
        ("Rests on", ", ".join(clause.rests_on) or "nothing"),
        ("Needs", ", ".join(f"`{word}`" for word in sorted(clause.needs)) or "nothing"),
        *([("Not claimed with", f"`{clause.disclaimed_by}`")] if clause.disclaimed_by else []),
        ("Arises with", ", ".join(f"`{word}`" for word in sorted(clause.features))),
    ]
    return "\n".join(
        [
            f"### {clause.id}\n",
            f"**{clause.level}.** {clause.text}\n",
            f"{clause.rationale}\n",
            f"*The rule behind it:* {clause.rule}\n",
            f"*If this fails,* {clause.if_fails}\n",
            *[f"- {name}: {value}" for name, value in facts],
            "",
        ]
    )


def _used_features() -> Iterable[tuple[str, str]]:
    """The features that some clause names, in the order of the vocabulary."""
    used = frozenset().union(*(clause.features for clause in ALL.values()))
    return [(word, meaning) for word, meaning in FEATURES.items() if word in used]


def _words(title: str, what: str, words: Iterable[tuple[str, str]]) -> str:
    """A glossary."""
    rows = [f"- `{word}`: {meaning}" for word, meaning in words]
    return "\n".join([f"## {title}\n", f"{what}\n", *rows, ""])
