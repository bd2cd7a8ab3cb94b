"""An actor's state: what its handler keeps from one turn to the next, with a scheduling point at each access.

Handlers of both kinds have one; `State` and `Update` expressions read and write it. An implementation that lets two
threads into one actor is seen here: one may be switched out between the other's read and write.
"""

from __future__ import annotations

from askance.program import Value
from askance.world import state as running
from askance.world.locks import Controlled

__all__ = ["ActorState"]


class ActorState(Controlled):
    """A variable, None at first; outside of worlds just that. Copies (by pickle, too) have the value at that moment."""

    __slots__ = ("value",)

    def __init__(self, value: Value = None) -> None:
        self.value = value
        self._made()

    def get(self) -> Value:
        """The state; a scheduling point comes first."""
        self._point("read")
        return self.value

    def set(self, value: Value) -> None:
        """Make `value` the state; a scheduling point comes first."""
        self._point("write")
        self.value = value

    def _point(self, kind: str) -> None:
        world = running.active()
        if world is not None:
            if self.world is not world:
                self._adopt(world)
            world.point(kind, self)

    def __reduce__(self) -> tuple[type[ActorState], tuple[Value]]:
        return ActorState, (self.value,)

    def __repr__(self) -> str:
        return "the actor's state"
