"""Small programs for exploration: bodies that run as strands on a shared object, and shared variables.

`Strands` is a target of `askance.explore`: all bodies are ready at the start, the main strand is not among the choices,
and only what the bodies do counts as steps, so that searches can be compared with the literature, number for number.
`Shared` is a variable whose accesses are scheduling points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from askance.world import World, current, state
from askance.world.locks import Controlled
from askance.world.strand import EngineFailure, Strand, StrandKilled

T = TypeVar("T")


class Shared(Controlled, Generic[T]):
    """A variable: `get()` and `set(value)` are one step each, inside a world; outside they are just that."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value
        self._made()

    def get(self) -> T:
        """Its value; a scheduling point comes first."""
        world = state.active()
        if world is not None:
            if self.world is not world:
                self._adopt(world)
            world.point("read", self)
        return self._value

    def set(self, value: T) -> None:
        """Give it another value; a scheduling point comes first."""
        world = state.active()
        if world is not None:
            if self.world is not world:
                self._adopt(world)
            world.point("write", self)
        self._value = value

    def __repr__(self) -> str:
        return f"Shared({self._value!r})"


@dataclass(frozen=True)
class Strands:
    """A program of strands that are all ready at the start.

    `setup()` makes the shared object, every `body(shared)` is a strand, `check(shared)` raises after they end. The
    first body that raises ends the execution. What `setup` and `check` do, and the start and end of a body, are no
    steps; each operation of a body is one.
    """

    setup: Callable[[], Any]
    bodies: Sequence[Callable[[Any], object]]
    check: Callable[[Any], object] | None = None

    def __post_init__(self) -> None:
        """Raises TypeError or ValueError for what could not be run."""
        if not callable(self.setup):
            raise TypeError(f"setup makes the shared object: it is a function, not {self.setup!r}")
        if not isinstance(self.bodies, Sequence) or not all(callable(body) for body in self.bodies):
            raise TypeError(f"bodies is a sequence of functions of the shared object, not {self.bodies!r}")
        if not self.bodies:
            raise ValueError("there are no bodies, so there is nothing to run")
        if self.check is not None and not callable(self.check):
            raise TypeError(f"check is a function of the shared object, or None, not {self.check!r}")

    def __call__(self) -> None:
        """Run in the main strand of a world; raises RuntimeError outside of one."""
        world = current()
        if world is None:
            raise RuntimeError("Strands run in a world: pass them to askance.explore(...)")
        _Run(world, self).run()


class _Run:
    """One execution of a `Strands`."""

    def __init__(self, world: World, program: Strands) -> None:
        self.world = world
        self.program = program
        self.left = len(program.bodies)

    def run(self) -> None:
        world = self.world
        main = world.current
        observes, pick = world.observes, world.pick
        steps, decisions = world.steps, len(world.choices)
        world.observes = False
        world.pick = lambda runnable, current: main
        shared = self.program.setup()
        strands = [self._spawn(body, shared) for body in self.program.bodies]
        # Each body runs up to its first scheduling point, where the pick above sends it back.
        for strand in strands:
            world.visit(strand)
        world.steps = steps
        del world.choices[decisions:]
        world.observes, world.pick = observes, pick
        if self.left:
            world.rest("bodies", until_settled=True)
            if self.left:
                # Some wait for ever: nothing can move any more, and that is how the execution ends.
                world.rest("bodies", until_settled=False)
        # From here on nothing is part of the program any more, the end of the main strand included.
        world.observes = False
        if self.program.check is not None:
            steps = world.steps
            try:
                self.program.check(shared)
            finally:
                world.steps = steps

    def _spawn(self, body: Callable[[Any], object], shared: Any) -> Strand:
        name = getattr(body, "__name__", "body").strip("<>")
        return self.world.spawn(name, lambda: self._live(body, shared), daemon=True)

    def _live(self, body: Callable[[Any], object], shared: Any) -> None:
        world = self.world
        strand = world.current
        try:
            body(shared)
        except (StrandKilled, EngineFailure):
            raise
        except SystemExit:
            pass
        except BaseException as exception:
            world.execution.uncaught.append((strand.name, exception))
            if not world.drain:
                world.stop()
        self.left -= 1
