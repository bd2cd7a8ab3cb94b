"""A world that goes on: a program carried out phase by phase, while what comes next is still being decided.

The state machine decides the next phase after it has seen how the last one ended; a counterexample that it found is
carried out again from its script, without pauses. Both run the same code, so the same choices give the same history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from askance.adapter import Adapter
from askance.history import Event, History
from askance.program import Actor, Client, Operation, Program
from askance.run import Performance, WorldRecorder, finished, phases
from askance.world import World

__all__ = ["Continuing", "Step", "carry_out"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done next: actors to spawn, then operations of clients, up to where nothing can move any more."""

    actors: Sequence[Actor] = ()
    parts: Sequence[tuple[Client, Sequence[Operation]]] = ()
    abrupt: bool = False
    """Whether the system is closed before nothing can move any more; only in the last step."""


def _performed(performance: Performance, world: World, steps: Iterable[Step]) -> None:
    """The main strand: open, each step up to its settling, close."""
    performance.open()
    abrupt = False
    for step in steps:
        for actor in step.actors:
            performance.spawn(actor)
        performance.phase(step.parts)
        performance.join()
        abrupt = step.abrupt
        if not abrupt:
            world.settle()
            performance.settled()
    performance.close(abrupt=abrupt)


def carry_out(program: Program, births: Sequence[int], adapter: Adapter, world: World) -> History:
    """Carry out the whole program in `world`, which must be new; `births` is the phase that spawns each actor.

    With all births 0 (or none given) this is `askance.run.execute`.
    """
    recorder = WorldRecorder(world)
    performance = Performance(adapter, program.loops, recorder)
    cut = phases(program.clients)
    born = [births[at] if at < len(births) else 0 for at in range(len(program.actors))]
    count = max([len(cut), *(birth + 1 for birth in born)])
    steps = [
        Step(
            [actor for actor, birth in zip(program.actors, born, strict=True) if birth == number],
            cut[number] if number < len(cut) else (),
            program.abrupt and number == count - 1,
        )
        for number in range(count)
    ]
    world.run(lambda: _performed(performance, world, steps))
    performance.let_go()
    return finished(program, recorder, world.execution)


class Continuing:
    """A system that is open in a world which stands still between phases. Call `close` in any case."""

    def __init__(self, adapter: Adapter, loops: int, world: World) -> None:
        self.world = world
        self.recorder = WorldRecorder(world)
        self.performance = Performance(adapter, loops, self.recorder)
        self._next: Step | None = None
        self.world.start(lambda: _performed(self.performance, world, self._steps()))

    def _steps(self) -> Iterator[Step]:
        while True:
            self.world.pause()
            step = self._next
            if step is None:
                return
            yield step

    @property
    def over(self) -> bool:
        """Whether the world has ended: the system was closed, or it could not go on."""
        return self.world.ending is not None

    @property
    def events(self) -> list[Event]:
        """What has happened so far."""
        return self.recorder.events

    def go_on(self, step: Step) -> None:
        """Carry out one more phase; return when nothing can move any more, or the world has ended (see `over`)."""
        self._next = step
        self.world.resume()

    def close(self) -> None:
        """Close the system if the world has not ended, and end the world. Nothing happens the second time."""
        if not self.over and self.world.paused:
            self._next = None
            self.world.resume()
        self.world.close()
        self.performance.let_go()

    def history(self, program: Program) -> History:
        """What happened, after `close`; `program` is what has been carried out."""
        return finished(program, self.recorder, self.world.execution)
