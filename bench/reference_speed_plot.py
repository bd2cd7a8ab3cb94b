"""The plot of `bench/reference_speed.py`: asks a second and median latency over the number of actors. Needs matplotlib.

`python bench/reference_speed_plot.py reference_speed.json reference_speed.svg`, in the environment that has it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FROM = {
    "same": "asked by an actor of the same loop",
    "other": "asked by an actor of another loop",
    "thread": "asked by a thread",
}


def main() -> None:
    """MEASURED PICTURE: draw two diagrams for each place that asks come from."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text
    matplotlib.rcParams["svg.hashsalt"] = "askance"  # the same rows, the same file
    from matplotlib import pyplot

    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    places = list(dict.fromkeys(row["asked"] for row in rows))
    libraries = list(dict.fromkeys(row["library"] for row in rows))
    size = (4 * len(places), 6.4)
    figure, axes = pyplot.subplots(2, len(places), figsize=size, sharex=True, sharey="row", squeeze=False)
    for figures, measure in zip(axes, ("rate", "p50"), strict=True):
        for place, axis in zip(places, figures, strict=True):
            for number, library in enumerate(libraries):
                points = [row for row in rows if row["asked"] == place and row["library"] == library]
                if points:
                    actors, values = [row["actors"] for row in points], [row[measure] for row in points]
                    axis.plot(actors, values, marker="o", label=library, color=f"C{number}")
            axis.set(xscale="log", yscale="log")
            axis.minorticks_off()
            axis.grid(alpha=0.3)
    for place, top, bottom in zip(places, *axes, strict=True):
        top.set_title(FROM[place])
        bottom.set_xlabel("actors")
    axes[0][0].set_ylabel("asks a second, 100 in flight")
    axes[1][0].set_ylabel("median latency of one ask, us")
    lines = {line.get_label(): line for axis in axes[0] for line in axis.get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="lower center", ncols=len(lines), frameon=False)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    figure.savefig(sys.argv[2], metadata={"Date": None})


if __name__ == "__main__":
    main()
