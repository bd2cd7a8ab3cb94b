"""What `askance replay` can do besides showing a failure: stop in it, tell every step, write its history."""

from __future__ import annotations

import argparse
import json
import pdb
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from askance.adapter import Adapter
from askance.cli.grammar import FELL, INCONCLUSIVE, PASSED, positive
from askance.report.files import written
from askance.report.naming import steady
from askance.report.operations import loop_names
from askance.report.seen import moment, seen_again
from askance.report.standing import standing_data, told_standing
from askance.report.trace_lines import told_step
from askance.run import UsageError
from askance.search.watched import Moment, Seen, Stop, Watch, implementation_frame
from askance.suite.counterexample import Counterexample
from askance.world import watchdog
from askance.world.frames import own_frame

__all__ = ["add_options", "debugged", "wants_more"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `replay` that this module serves."""
    parser.add_argument(
        "--pdb", action="store_true", help="stop in the debugger where the clause is violated"
    )
    parser.add_argument("--until", metavar="STEP", type=positive, help="stop before that step")
    parser.add_argument("--trace", action="store_true", help="print every operation")
    parser.add_argument("--history", metavar="FILE", help="write the events and the steps as JSON")


def wants_more(options: argparse.Namespace) -> bool:
    """Whether any of these options is given."""
    return bool(options.pdb or options.until is not None or options.trace)


def debugged(options: argparse.Namespace, counterexample: Counterexample, adapter: Adapter) -> int:
    """Follow the schedule as the options say; the exit status. Raises UsageError."""
    with steady(counterexample, adapter):
        return _debugged(options, counterexample, adapter)


def _debugged(options: argparse.Namespace, counterexample: Counterexample, adapter: Adapter) -> int:
    first = seen_again(counterexample, adapter)
    if first.replayed.outcome == "diverged":
        print(f"askance: the schedule cannot be followed here: {first.history.error}", file=sys.stderr)
        return INCONCLUSIVE
    last = first.watch.seen[-1].step if first.watch.seen else 0
    if options.until is not None:
        if options.until > last:
            raise UsageError(f"--until {options.until}: the schedule has {last} steps")
        when = Moment("step", options.until)
    elif options.pdb:
        when = moment(first, first.replayed.violation or counterexample.failure.violation)
    else:
        when = Moment("step", -1)

    def stopped(watch: Watch) -> None:
        if options.pdb:
            debug(watch, counterexample, first.names)
        else:
            print(f"stopped {told_moment(when)}:")
            loops = loop_names([asdict(one) for one in first.watch.seen], first.names)
            for one in standing_data(watch, first.history.events):
                print(*(f"  {line}" for line in told_standing(one, first.names, loops)), sep="\n")
            assert watch.world is not None
            watch.world.stop()

    seen_again(counterexample, adapter, Stop(when, stopped), _print if options.trace else None)
    return FELL if first.replayed.outcome == "same" else PASSED


def _print(step: Seen) -> None:
    print(told_step(step))


def told_moment(when: Moment) -> str:
    """The moment in words."""
    match when.kind:
        case "step":
            return f"before step {when.number}"
        case "event":
            return f"where event {when.number} is recorded"
    return f"where {when.strand} begins to wait for ever"


STEPPING = frozenset(
    [
        *("step", "s", "next", "n", "return", "r", "until", "unt", "jump", "j"),
        *("break", "b", "tbreak", "run", "restart", "debug", "interact"),
    ]
)
"""Commands of the standard debugger that mean nothing where a schedule is followed."""


class Debugger(pdb.Pdb):
    """The standard debugger, on the stack of a strand that stands still: it looks, and lets the schedule go on."""

    def __init__(self) -> None:
        # Not --pdb's own configuration files: a replay is the same for everybody.
        super().__init__(readrc=False, nosigint=True)
        self.reset()
        self.ended = False

    def do_quit(self, arg: str) -> bool | None:
        """End the replay."""
        self.ended = True
        return True

    do_q = do_exit = do_quit

    def do_EOF(self, arg: str) -> bool | None:
        """End the replay."""
        print()
        return self.do_quit(arg)

    def do_continue(self, arg: str) -> bool | None:
        """Let the schedule go on."""
        return True

    do_c = do_cont = do_continue

    def onecmd(self, line: str) -> bool:
        """Carry out a command; those that would let code run step by step only say what to do instead."""
        if line.split(" ")[0].strip() in STEPPING:
            print("the schedule decides what runs next: stop elsewhere with --until STEP; c goes on, q ends")
            return False
        return bool(super().onecmd(line))


def debug(watch: Watch, counterexample: Counterexample, names: Mapping[str, str]) -> None:
    """Debug on the stack of the strand that has stopped. Returns where the schedule is to go on.

    `names` are what strands are called.
    """
    world = watch.world
    assert world is not None
    frame = implementation_frame(watch.at) or own_frame(watch.at) or watch.at
    stop = watch.stop
    assert stop is not None and frame is not None
    strand = world.current.name
    print(
        f"{counterexample.failure.clause}: stopped in {names.get(strand, strand)} {told_moment(stop.moment)} "
        f"(step {world.steps}); where, p, up, down, list; c goes on, q ends"
    )
    sys.stdout.flush()
    # Whoever looks takes their time.
    watchdog.rest(True)
    debugger: Any = Debugger()
    debugger.interaction(frame, None)
    watchdog.rest(False)
    if debugger.ended:
        world.stop()


def write_history(file: str, words: dict[str, Any], counterexample: Counterexample) -> None:
    """Write what happened as JSON, for `askance diff`; raises UsageError where that cannot be done."""
    document = {
        "askance history": 1,
        "implementation": counterexample.implementation,
        "clause": words["clause"],
        "history": words["history"],
        "trace": words["trace"],
    }
    written(Path(file), json.dumps(document, indent=1) + "\n")
