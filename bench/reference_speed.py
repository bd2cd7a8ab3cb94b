"""Asks a second of the reference beside bare asyncio, pykka, xoscar and thespian, all in one run.

    python bench/reference_speed.py [--rounds 5] [--seconds 0.3] [--actors 1 100 10000]
        [--environment DIR] [--output DIR]

Asks come from an actor on the same loop, from one on another loop (with pykka: on another thread), and from a plain
thread. Asks a second are measured with a hundred in flight, sent to one actor after the other and then gathered, the
latency with one ask at a time. The libraries are installed from the registry into an environment of their own, kept in
DIR for the next time, with matplotlib for the plot. Every round measures each of them once. Prints medians over the
rounds, with latencies in microseconds, and writes `reference_speed.json` and `reference_speed.svg`. Says where a
library is ahead of the reference, and exits 1 if one answers more asks a second. Bare asyncio is no library of
actors, but what there is to gain and to lose: it is shown and does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
REQUIREMENTS = ("pykka==4.5.0", "xoscar==0.12.2", "thespian==4.0.1", "matplotlib")
ABLE: Mapping[str, tuple[str, ...]] = {
    "same": ("reference", "asyncio", "xoscar"),
    "other": ("reference", "asyncio", "pykka"),
    "thread": ("reference", "asyncio", "pykka", "xoscar", "thespian"),
}
"""{who asks: libraries that can}. In a process, xoscar has one loop, and only threads can ask thespian's actors."""

TIMEOUT = 60.0
"""Seconds of real time for one measurement; a library that takes longer has not managed."""

Key = tuple[str, str, int]
"""(who asks, library, how many actors)."""
Row = dict[str, float]


def environment(home: Path) -> Path:
    """The Python of the environment, made if need be. Raises CalledProcessError where that fails."""
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not (home / "installed").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *REQUIREMENTS], check=True)
        (home / "installed").touch()
    return python


def measure(python: Path, key: Key, seconds: float) -> Row | None:
    """One measurement; None if the library did not manage."""
    where, library, actors = key
    path = os.pathsep.join([str(HERE.parent / "impl"), str(HERE.parent / "spec")])
    try:
        finished = subprocess.run(
            [str(python), str(HERE / "reference_speed_once.py"), library, where, str(actors), str(seconds)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            env={**os.environ, "PYTHONPATH": path},
        )
    except subprocess.TimeoutExpired:
        return None
    if finished.returncode or not finished.stdout:
        return None
    row: Row = json.loads(finished.stdout.splitlines()[-1])
    return row


def table(medians: Mapping[Key, Row]) -> str:
    """A row for each measurement, with the factors by which the reference is faster."""
    lines = [
        f"{'asked from':11}{'library':11}{'actors':>6}{'asks/s':>9}{'reference':>11}"
        f"{'p50 us':>9}{'reference':>11}{'p99 us':>9}"
    ]
    for key, row in medians.items():
        where, library, actors = key
        more, sooner = ("" if ratio is None else f"{ratio:.2f}x" for ratio in ahead(medians, key))
        lines.append(
            f"{where:11}{library:11}{actors:6}{row['rate']:9.0f}{more:>11}"
            f"{row['p50']:9.1f}{sooner:>11}{row['p99']:9.1f}"
        )
    return "\n".join(lines)


def ahead(medians: Mapping[Key, Row], key: Key) -> tuple[float | None, float | None]:
    """How many times the asks a second the reference answers, and how much sooner a single one; None for itself."""
    where, library, actors = key
    ours = medians.get((where, "reference", actors))
    if library == "reference" or ours is None:
        return None, None
    return ours["rate"] / medians[key]["rate"], medians[key]["p50"] / ours["p50"]


def behind(medians: Mapping[Key, Row]) -> tuple[list[str], list[str]]:
    """Where a library is ahead of the reference, by asks a second and by the median latency, in words."""
    fewer, later = [], []
    for key in medians:
        where, library, actors = key
        more, sooner = ahead(medians, key)
        words = f"{library} from {where}, {actors} actors"
        if library != "asyncio" and more is not None and more < 1:
            fewer.append(f"{words}: {more:.2f}x")
        if library != "asyncio" and sooner is not None and sooner < 1:
            later.append(f"{words}: {sooner:.2f}x")
    return fewer, later


def keys_of(counts: Sequence[int]) -> list[Key]:
    """What is to be measured."""
    return [(where, library, count) for where, able in ABLE.items() for count in counts for library in able]


def main() -> int:
    """Measure, print, write; 1 if a library is ahead."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 100, 10_000])
    default = Path(tempfile.gettempdir()) / "askance-bench" / "actors"
    parser.add_argument("--environment", type=Path, default=default)
    parser.add_argument("--output", type=Path, default=Path("."))
    options = parser.parse_args()
    python = environment(options.environment)
    measured: dict[Key, list[Row]] = {key: [] for key in keys_of(options.actors)}
    unable: set[Key] = set()
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for key, rows in measured.items():
            row = None if key in unable else measure(python, key, options.seconds)
            if row is None:
                unable.add(key)
            else:
                rows.append(row)
    medians = {
        key: {name: median(row[name] for row in rows) for name in ("rate", "p50", "p99")}
        for key, rows in measured.items()
        if rows
    }
    print(f"medians of {options.rounds} rounds, Python {sys.version.split()[0]}")
    print(table(medians))
    if unable:
        print(f"did not manage: {', '.join(f'{w} {library} {n} actors' for w, library, n in sorted(unable))}")
    options.output.mkdir(parents=True, exist_ok=True)
    written = options.output / "reference_speed.json"
    rows = [{"asked": w, "library": lib, "actors": n, **row} for (w, lib, n), row in medians.items()]
    written.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    picture = written.with_suffix(".svg")
    subprocess.run(
        [str(python), str(HERE / "reference_speed_plot.py"), str(written), str(picture)], check=True
    )
    fewer, later = behind(medians)
    print(f"asks a second: {'; '.join(fewer) or 'ahead of every library'}")
    print(f"latency: {'; '.join(later) or 'ahead of every library'}")
    return 1 if fewer else 0


if __name__ == "__main__":
    sys.exit(main())
