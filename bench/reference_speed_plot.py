"""The plot of `bench/reference_speed.py`: median latency over the number of actors. Needs matplotlib.

`python bench/reference_speed_plot.py reference_speed.json reference_speed.svg`, in the environment that has it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    """MEASURED PICTURE: draw one diagram for each place that asks come from."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    places = list(dict.fromkeys(row["asked"] for row in rows))
    libraries = list(dict.fromkeys(row["library"] for row in rows))
    figure, axes = pyplot.subplots(1, len(places), figsize=(4 * len(places), 3.6), sharey=True, squeeze=False)
    for place, axis in zip(places, axes[0], strict=True):
        for number, library in enumerate(libraries):
            points = [row for row in rows if row["asked"] == place and row["library"] == library]
            if points:
                actors, latencies = [row["actors"] for row in points], [row["p50"] for row in points]
                axis.plot(actors, latencies, marker="o", label=library, color=f"C{number}")
        axis.set(xscale="log", yscale="log", xlabel="actors", title=f"asked from: {place}")
        axis.grid(which="both", alpha=0.3)
        axis.legend(fontsize="small")
    axes[0][0].set_ylabel("median latency of an ask, microseconds")
    figure.tight_layout()
    figure.savefig(sys.argv[2])


if __name__ == "__main__":
    main()
