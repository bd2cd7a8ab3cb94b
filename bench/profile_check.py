"""Where the time of `askance check` goes: a sample of the running stack every millisecond, sorted into what it serves.

    python bench/profile_check.py [NAME] [--profile smoke|default|nightly] [--lines N]

A thread beside the check looks at the stack, which unlike a tracing profiler neither slows calls down nor loses its
way when greenlets switch. A sample belongs to the innermost frame that is of one of the parts below: asyncio's own
code counts for the loop that runs it. Prints the shares of the parts and of the functions that ran most often.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from types import FrameType

from askance.cli import main as command

PARTS = (
    ("/askance/world/patching.py", "garbage collection, patches"),
    ("/askance/world/", "world: steps, locks, loops, threads"),
    ("/askance/search/", "search: strategies"),
    ("/askance/suite/schedules.py", "search: strategies"),
    ("/askance/history.py", "history"),
    ("/askance/run/", "performing programs: clients, behaviours, recording"),
    ("/askance/meaning/", "meaning: what may come of a program"),
    ("/askance/clauses/", "judging: clauses"),
    ("/askance/generate/", "generating programs"),
    ("/hypothesis/", "Hypothesis"),
    ("/askance_impl/", "the implementation under test"),
    ("/concurrent/futures/", "standard library: futures, threads"),
    ("/asyncio/", "standard library: asyncio"),
    ("/threading.py", "standard library: futures, threads"),
    ("/askance/", "the rest of askance"),
    ("/_pytest/", "pytest"),
)
"""(part of a file's path, what it belongs to); the first that fits counts."""

EVERY = 0.001
"""Seconds between two samples."""


def part_of(frame: FrameType | None) -> str:
    """What the innermost frame that has a part serves."""
    while frame is not None:
        path = frame.f_code.co_filename.replace("\\", "/")
        for fragment, part in PARTS:
            if fragment in path:
                return part
        frame = frame.f_back
    return "other"


class Sampler(threading.Thread):
    """Looks at one thread's stack until it is told to stop."""

    def __init__(self, watched: int) -> None:
        super().__init__(daemon=True)
        self.watched = watched
        self.parts: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        self.over = False

    def run(self) -> None:
        """Sample."""
        pause = time.sleep
        while not self.over:
            pause(EVERY)
            frame = sys._current_frames().get(self.watched)
            if frame is not None:
                self.parts[part_of(frame)] += 1
                code = frame.f_code
                path = code.co_filename.replace("\\", "/").rpartition("site-packages/")[2]
                self.functions[f"{'/'.join(path.split('/')[-3:])}:{code.co_qualname}"] += 1


def main() -> int:
    """Check, sampling meanwhile; the exit status of the check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", default="reference")
    parser.add_argument("--profile", default="default")
    parser.add_argument("--lines", type=int, default=25)
    options = parser.parse_args()
    # Else the sampler waits for the interpreter for as long as five samples take.
    sys.setswitchinterval(EVERY / 10)
    sampler = Sampler(threading.get_ident())
    sampler.start()
    start = time.process_time()
    # With -s it judges in this process, where its stack can be seen, and not in one of its own.
    status = command(["check", options.name, "--profile", options.profile, "--", "-s"])
    spent = time.process_time() - start
    sampler.over = True
    sampler.join()
    total = sum(sampler.parts.values())
    print(f"\n{total} samples in {spent:.1f} seconds of the processor, Python {sys.version.split()[0]}\n")
    for counter in (sampler.parts, sampler.functions):
        for name, count in counter.most_common(options.lines):
            print(f"{100 * count / total:6.1f}%  {name}")
        print()
    if sampler.parts["other"] > total / 2:
        print("most samples belong to no part: the check was not seen")
        return 1
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
