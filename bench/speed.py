"""Executions a second of the world, beside plain threads and beside other tools, all in one run.

    python bench/speed.py [--rounds 5] [--seconds 0.5] [--environments DIR] [--output DIR]

The tools are installed from the registry, each in an environment of its own (kept in DIR for the next time); one that
cannot be installed is left out and named. Every round measures every tool once, one after the other, so that a machine
which is busy for a while is busy for all. Prints medians over the rounds and the ratios to them, and writes
`speed.json` and `speed.svg`. Exits 1 where a target is missed: 20 times interleave-test's best, and 3 times plain
threads.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from speed_plot import plot

HERE = Path(__file__).resolve().parent
PROGRAMS = ("cnt", "pc", "fg")
OURS = (("world", "random"), ("explore", "random"), ("explore", "portfolio"), ("explore", "dpor"))
OTHERS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "interleave-test": (
        "interleave-test==0.1.0",
        ("random/opcode", "pct/opcode", "random/line", "pct/line", "dfs/line"),
        ("cnt", "pc"),
    ),
    "frontrun": ("frontrun==0.7.0", ("dpor", "random"), ("cnt", "pc")),
}
"""{tool: (requirement, options, programs that it can run)}. Neither controls event loops on threads of their own."""

TIMEOUT = 120.0
"""Seconds of real time for one measurement; a tool that takes longer has not managed."""

Key = tuple[str, str, str]
"""(tool, option, program)."""


def environment(tool: str, requirement: str, folder: Path) -> Path | None:
    """The directory of executables of the tool's environment, made if need be; None if it cannot be installed."""
    home = folder / tool
    executables = home / ("Scripts" if sys.platform == "win32" else "bin")
    if not (home / "installed").exists():
        venv.create(home, with_pip=True, clear=True)
        command = [str(executables / "python"), "-m", "pip", "install", "-q", requirement]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
        (home / "installed").touch()
    return executables


def measure(command: list[str], key: Key, seconds: float) -> float | None:
    """Executions a second; None if the tool did not manage."""
    tool, option, program = key
    try:
        finished = subprocess.run(
            [*command, str(HERE / "speed_once.py"), tool, option, program, str(seconds)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return float(finished.stdout.split()[-1]) if finished.returncode == 0 and finished.stdout else None


def commands(folder: Path) -> tuple[dict[str, list[str]], list[Key]]:
    """How to start each tool, and what is to be measured."""
    start = {tool: [sys.executable] for tool in ("threads", "world", "explore")}
    keys: list[Key] = [("threads", "-", program) for program in PROGRAMS]
    keys += [(tool, option, program) for tool, option in OURS for program in PROGRAMS]
    for tool, (requirement, options, able) in OTHERS.items():
        executables = environment(tool, requirement, folder)
        if executables is None:
            print(f"{requirement} could not be installed: left out")
            continue
        python = str(executables / "python")
        start[tool] = [str(executables / "frontrun"), python] if tool == "frontrun" else [python]
        keys += [(tool, option, program) for option in options for program in able]
    return start, keys


def table(medians: Mapping[Key, float]) -> str:
    """Executions a second, a row for each tool and option, with the factor by which the world is faster."""
    lines = [f"{'tool':28}" + "".join(f"{program:>10}{'world is':>10}" for program in PROGRAMS)]
    for tool, option in dict.fromkeys((tool, option) for tool, option, _ in medians):
        cells = ""
        for program in PROGRAMS:
            rate = medians.get((tool, option, program))
            world = medians.get(("world", "random", program))
            if rate is None or world is None:
                cells += f"{'-':>10}{'':>10}"
            else:
                cells += f"{rate:10.0f}{world / rate:9.1f}x"
        lines.append(f"{tool + ' ' + option:28}{cells}")
    return "\n".join(lines)


def missed(medians: Mapping[Key, float]) -> list[str]:
    """The targets that were missed, in words."""
    words = []
    for program in PROGRAMS:
        world = medians.get(("world", "random", program), 0.0)
        for tool, factor in (("interleave-test", 20.0), ("threads", 3.0)):
            best = max(
                (rate for key, rate in medians.items() if key[0] == tool and key[2] == program), default=0.0
            )
            if best and world < factor * best:
                words.append(f"{program}: {world / best:.1f} times {tool}, not {factor:.0f}")
    return words


def main() -> int:
    """Measure, print, write; 1 if a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--environments", type=Path, default=Path(tempfile.gettempdir()) / "askance-bench")
    parser.add_argument("--output", type=Path, default=Path("."))
    options = parser.parse_args()
    start, keys = commands(options.environments)
    measured: dict[Key, list[float]] = {key: [] for key in keys}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for key in keys:
            rate = measure(start[key[0]], key, options.seconds)
            if rate is not None:
                measured[key].append(rate)
    medians = {key: median(rates) for key, rates in measured.items() if rates}
    print(f"executions a second, medians of {options.rounds} rounds, Python {sys.version.split()[0]}")
    print(table(medians))
    unable = [" ".join(key) for key in keys if not measured[key]]
    if unable:
        print(f"did not manage: {', '.join(unable)}")
    options.output.mkdir(parents=True, exist_ok=True)
    rows = [{"tool": t, "option": o, "program": p, "rates": measured[t, o, p]} for t, o, p in keys]
    (options.output / "speed.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (options.output / "speed.svg").write_text(plot(medians, PROGRAMS), encoding="utf-8")
    words = missed(medians)
    print("every target holds" if not words else "missed: " + "; ".join(words))
    return 1 if words else 0


if __name__ == "__main__":
    sys.exit(main())
