"""What a failure looks like: when the clause was violated, where each strand stood, the race that decides it.

Made from strict replays in which everything is watched, by `told` for the report and by `askance replay`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from askance.adapter import Adapter
from askance.clauses import Violation
from askance.history import History
from askance.report.racing import Flipped, racing
from askance.search.watched import Moment, Seen, Standing, Stop, Watch, WatchedWorld
from askance.suite.counterexample import Counterexample, Replayed, replay
from askance.world import World

__all__ = ["Sight", "decided", "moment", "seen_again", "step_of", "stood"]

MOST_TURNED = 40
"""At most so many racing pairs are turned round."""


@dataclass(frozen=True)
class Sight:
    """A replay, and what was seen in it."""

    replayed: Replayed
    watch: Watch

    @property
    def history(self) -> History:
        """What happened."""
        return self.replayed.history


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
            if name in waits and name != "main":
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


def stood(counterexample: Counterexample, adapter: Adapter, when: Moment) -> list[Standing]:
    """Where each strand stood at that moment."""
    found: list[Standing] = []
    stop = Stop(when, lambda watch: found.extend(watch.stands()))
    seen_again(counterexample, adapter, stop)
    return found


# ---------------------------------------------------------------- the race


def decided(counterexample: Counterexample, adapter: Adapter, sight: Sight) -> dict[str, Any]:
    """The race that decides: both steps, and how many pairs were turned round; no steps where none decides."""
    watch = sight.watch
    tried = 0
    for first, second in racing(watch.accesses, watch.starts):
        if tried == MOST_TURNED:
            break
        made: list[Flipped] = []

        def turned(strategy: Any, one: int = first, two: int = second, made: list[Flipped] = made) -> Flipped:
            made.append(Flipped(strategy.choices, watch.addresses[one], watch.addresses[two]))
            return made[-1]

        replayed = replay(counterexample, adapter, turned)
        if not made[-1].flipped:
            continue
        tried += 1
        if replayed.verdict == "pass":
            pair = [asdict(watch.seen[first]), asdict(watch.seen[second])]
            return {"first": _step(pair[0]), "second": _step(pair[1]), "tried": tried}
    return {"first": None, "second": None, "tried": tried}


# ---------------------------------------------------------------- as data


def _step(step: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name != "preempting"}
