"""The plot of `bench/reference_speed.py`: asks a second and median latency over the number of actors. Needs matplotlib.

`python bench/reference_speed_plot.py reference_speed.json reference_speed.svg`, in the environment that has it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    """MEASURED PICTURE: draw two diagrams for each place that asks come from."""
    import matplotlib

    matplotlib.use("Agg")
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
            axis.grid(which="both", alpha=0.3)
            axis.legend(fontsize="small")
    for place, top, bottom in zip(places, *axes, strict=True):
        top.set_title(f"asked from: {place}")
        bottom.set_xlabel("actors")
    axes[0][0].set_ylabel("asks a second, 100 in flight")
    axes[1][0].set_ylabel("median latency of one ask, us")
    figure.tight_layout()
    figure.savefig(sys.argv[2])


if __name__ == "__main__":
    main()
