"""The plot of `bench/speed.py`: bars on a logarithmic scale, a group for each program, as SVG without any library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

LEFT, WIDTH, BAR, GAP = 220, 460, 16, 34


def plot(medians: Mapping[tuple[str, str, str], float], programs: Sequence[str]) -> str:
    """The SVG document for {(tool, option, program): executions a second}."""
    top = max(medians.values(), default=10.0)
    height = GAP
    parts: list[str] = []
    for program in programs:
        rows = sorted(((rate, key) for key, rate in medians.items() if key[2] == program), reverse=True)
        parts.append(f'<text x="8" y="{height}" font-weight="bold">{escape(program)}</text>')
        for rate, (tool, option, _) in rows:
            height += BAR + 4
            length = WIDTH * log10(max(rate, 1.0)) / log10(max(top, 10.0))
            colour = "#2b6cb0" if tool in ("world", "explore") else "#a0aec0"
            label = escape(f"{tool} {option}".removesuffix(" -"))
            parts.append(f'<text x="{LEFT - 8}" y="{height}" text-anchor="end">{label}</text>')
            parts.append(
                f'<rect x="{LEFT}" y="{height - BAR + 3}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>'
            )
            parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{height}">{rate:,.0f}</text>')
        height += GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" height="{height}" '
        'font-family="sans-serif" font-size="12">'
    )
    title = '<text x="8" y="16">executions a second (logarithmic)</text>'
    return "\n".join([head, title, *parts, "</svg>", ""])
