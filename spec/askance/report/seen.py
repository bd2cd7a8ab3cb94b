"""What a failure looks like: when the clause was violated, where each strand stood, the race that decides it.

Made from strict replays in which everything is watched, by `told` for the report and by `askance replay`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from askance.adapter import Adapter
from askance.clauses import ALL, Violation, judge
from askance.history import History
from askance.report.racing import Race, Raced, Turned, orderings, racing
from askance.report.schedule import strand_names
from askance.report.standing import standing_data
from askance.search.operations import name_of
from askance.search.recording import Recorder
from askance.search.watched import Moment, Seen, Stop, Watch, WatchedWorld
from askance.suite.counterexample import Counterexample, Replayed, replay
from askance.world import World, installed

__all__ = ["Sight", "decided", "fallen", "moment", "seen_again", "step_of", "stood"]

MOST_TURNED = 40
"""At most so many racing pairs are turned round."""
MOST_STEPS = 50_000
"""No further pair is turned round after so many steps."""
LOOP_S_OWN = ("round", "select", "look")
"""What an event loop does between two callbacks: the line of the last callback has no part in it."""


@dataclass(frozen=True)
class Sight:
    """A replay, and what was seen in it."""

    replayed: Replayed
    watch: Watch

    @property
    def history(self) -> History:
        """What happened."""
        return self.replayed.history

    @property
    def names(self) -> dict[str, str]:
        """What its strands are called."""
        runners = [one.strand for one in self.watch.seen if one.operation == "run"]
        return strand_names(self.history, runners)


def seen_again(
    counterexample: Counterexample,
    adapter: Adapter,
    stop: Stop | None = None,
    tell: Callable[[Seen], None] | None = None,
) -> Sight:
    """Follow the counterexample's schedule once more, and watch."""
    watches: list[Watch] = []

    def watch(strategy: Any) -> Watch:
        watches.append(Watch(strategy, stop, tell))
        return watches[-1]

    replayed = replay(counterexample, adapter, watch, _world)
    return Sight(replayed, watches[-1])


def _world(watch: Watch, *, max_steps: int) -> World:
    return WatchedWorld(watch, max_steps=max_steps)


# ---------------------------------------------------------------- the moment of the violation


def moment(sight: Sight, violation: Violation) -> Moment:
    """When the clause was violated, or when that could not be helped any more.

    A strand that waits for ever: where it begins to. Else the last event that shows the violation; and if none does,
    the last step.
    """
    history, watch = sight.history, sight.watch
    if history.deadlock is not None and not any(event.kind == "loop-blocked" for event in history.events):
        waits = watch.waits
        for waiting in history.deadlock.waiting:
            name = waiting.strand.removeprefix("strand ").strip("'")
            if name in waits:
                return Moment("wait", waits[name], name)
    made = [at for at in violation.events if at < watch.events]
    if history.deadlock is not None:
        made += [at for at, event in enumerate(history.events) if event.kind == "loop-blocked"]
    if made:
        return Moment("event", max(made))
    return Moment("step", watch.seen[-1].step if watch.seen else 0)


def step_of(sight: Sight, when: Moment) -> int:
    """The step that the moment belongs to."""
    match when.kind:
        case "event":
            return sight.history.events[when.number].step
        case "wait":
            return max((one.step for one in sight.watch.seen if one.strand == when.strand), default=0)
    return when.number


def stood(
    counterexample: Counterexample, adapter: Adapter, when: Moment, history: History
) -> list[dict[str, Any]]:
    """Where each strand stood at that moment of the history, as data."""
    found: list[dict[str, Any]] = []
    stop = Stop(when, lambda watch: found.extend(standing_data(watch, history.events)))
    seen_again(counterexample, adapter, stop)
    return found


# ---------------------------------------------------------------- the race


def decided(counterexample: Counterexample, adapter: Adapter, sight: Sight, until: int) -> dict[str, Any]:
    """The race that decides: two steps in whose other order, all else kept as far as can be, the clause holds.

    Of several, one with which no other clause falls instead; of these, where strands wait for locks for ever, a race
    for one of the locks; of these, the one with which the fewest operations that led to the violation, at step `until`,
    change their order; of these the last.

    `tried`: how many pairs were turned round; `passed`: with how many the clause did not fall; of the pair that is
    shown, `arose`: whether it held, rather than that its situation did not arise, `fell`: the clauses that fall
    instead, `changed`: how many orderings between operations are lost; `switch`: whether it is only that the schedule
    leaves a strand for another. No steps where there is no such pair.
    """
    watch = sight.watch
    order = {address: position for position, address in enumerate(watch.addresses)}
    was = orderings(watch.accesses, watch.starts[: max(1, until)])
    blocked = (one for one in watch.blocked.values() if str(one.seen.operation) == "acquire")
    locks = {name_of(one.thing) for one in blocked}
    tried = passed = steps = 0
    best: tuple[tuple[bool, bool, bool, int], Race] | None = None
    fell: list[str] = []
    # To put controlled versions in place takes longer than to replay.
    with installed():
        for race in racing(watch):
            if tried == MOST_TURNED or steps > MOST_STEPS:
                break
            turned = Turned(order, race.first.address, race.second.address)
            recorders: list[Recorder] = []

            def recorded(_: Any, turned: Turned = turned, recorders: list[Recorder] = recorders) -> Recorder:
                recorders.append(Recorder(turned))
                return recorders[-1]

            replayed = replay(counterexample, adapter, recorded)
            recorder = recorders[-1]
            steps += len(recorder.starts)
            if not turned.flipped:
                continue
            tried += 1
            if replayed.verdict in ("pass", "untested"):
                passed += 1
                instead = fallen(replayed, adapter)
                lost = len(was - orderings(recorder.accesses, recorder.starts))
                elsewhere = bool(locks) and name_of(race.thing) not in locks
                rank = bool(instead), replayed.verdict != "pass", elsewhere, lost
                if best is None or rank < best[0]:
                    best, fell = (rank, race), instead
    return {
        "first": None if best is None else _step(watch, best[1].first, best[1].thing),
        "second": None if best is None else _step(watch, best[1].second, best[1].thing),
        "tried": tried,
        "passed": passed,
        "changed": 0 if best is None else best[0][3],
        "arose": best is None or not best[0][1],
        "fell": fell,
        "switch": best is not None and best[1].thing is None,
    }


def fallen(replayed: Replayed, adapter: Adapter) -> list[str]:
    """The clauses that fall in a replay; of what ends in an error, none can be told."""
    if replayed.case is None:
        return []
    asked = [clause for clause in ALL.values() if clause.needs <= adapter.capabilities]
    return [clause.id for clause in asked if judge(clause, replayed.case).verdict == "fail"]


def _step(watch: Watch, raced: Raced, thing: Any) -> dict[str, Any]:
    """One of the two steps as data: what it did to the object, at which line where that is not a loop's own doing."""
    seen = raced.seen
    own = thing is None or raced.did not in LOOP_S_OWN
    return {
        "step": seen.step,
        "strand": seen.strand,
        "operation": raced.did,
        "object": seen.object if thing is None else watch.names.of(thing),
        "where": seen.where if own else "",
        "line": seen.line if own else "",
    }
