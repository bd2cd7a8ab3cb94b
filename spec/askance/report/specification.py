"""The specification as text: every clause with its level, what it rests on, why it stands, and where the rule comes from."""

from __future__ import annotations

import textwrap

from askance.clauses import ALL, Clause

__all__ = ["specification"]

WIDTH = 100


def specification() -> str:
    """All clauses, in order."""
    return "\n\n".join(_clause(clause) for clause in ALL.values())


def _clause(clause: Clause) -> str:
    lines = [f"{clause.id} ({clause.level})", _filled(clause.text)]
    lines.append(_filled("Why: " + clause.rationale))
    lines.append(_filled("Rule: " + clause.rule))
    lines.append(_filled("If it fails: " + clause.if_fails))
    if clause.needs:
        lines.append(_filled("Needs: " + ", ".join(sorted(clause.needs))))
    if clause.rests_on:
        lines.append(_filled("Rests on: " + ", ".join(clause.rests_on)))
    return "\n".join(lines)


def _filled(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()), WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False
    )
