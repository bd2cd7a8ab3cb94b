"""The adapters of the reference actor system: `askance check reference` judges the first.

The others supervise their actors otherwise: `askance check askance_impl.reference.adapter:stopping`, `:restarting`,
`:giving_up`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from askance import adapter as port
from askance_impl import reference

__all__ = ["AdaptedSystem", "ReferenceAdapter", "adapter", "giving_up", "restarting", "stopping"]


class AdaptedSystem(port.System):
    """A system of `system_class`, as the kit sees it."""

    system_class: ClassVar[type[reference.System]] = reference.System

    def __init__(self, loops: int) -> None:
        # A handler that fails on a told message is what the programs are about: no line in the log for each.
        self._system = self.system_class(loops, on_failure=lambda actor, error: None)

    def spawn(self, handler: port.Handler, loop: int | None) -> reference.Actor:
        # The kit's handlers are methods of objects that know their actor's name: cycles are then told by it.
        name = getattr(getattr(handler, "__self__", None), "actor", None)
        return self._system.spawn(handler, loop, name=name, **self.options(handler))

    def options(self, handler: port.Handler) -> dict[str, Any]:
        """What else to spawn an actor of this handler with."""
        return {}

    def ask(self, ref: reference.Actor, message: Any) -> reference.Reply:
        return ref.ask(message)

    def tell(self, ref: reference.Actor, message: Any) -> None:
        ref.tell(message)

    def stop(self, ref: reference.Actor) -> None:
        ref.stop()

    def close(self) -> None:
        self._system.close()

    def then(self, reply: reference.Reply, function: Callable[[Any], Any]) -> reference.Reply:
        return reply.then(function)

    def gather(self, replies: Sequence[reference.Reply]) -> reference.Reply:
        return reference.gather(*replies)


class StoppingSystem(AdaptedSystem):
    """An actor stops when a handler of it fails."""

    def options(self, handler: port.Handler) -> dict[str, Any]:
        return {"supervision": reference.stop}


class RestartingSystem(AdaptedSystem):
    """An actor restarts when a handler of it fails; its state is in the kit's handler, which every start is given."""

    def options(self, handler: port.Handler) -> dict[str, Any]:
        return {"supervision": reference.restart(lambda: handler)}


class GivingUpSystem(AdaptedSystem):
    """An actor restarts once, and stops when a handler of it fails again."""

    def options(self, handler: port.Handler) -> dict[str, Any]:
        return {"supervision": reference.restart(lambda: handler, most=1)}


class ReferenceAdapter(port.BaseAdapter):
    """What askance needs to know of the reference."""

    name = "reference"
    capabilities = frozenset(port.CAPABILITIES) - {"reentrant", "handlers-only-tell"}
    stopped = (reference.ActorStopped,)
    cycle = (reference.AskCycle,)
    refused = (reference.WouldBlock,)
    nested = (reference.Reply,)
    adapted: ClassVar[type[AdaptedSystem]] = AdaptedSystem

    def open(self, loops: int) -> port.System:
        return self.adapted(loops)


class StoppingAdapter(ReferenceAdapter):
    """The reference with actors that a failing handler stops."""

    name = "reference-stopping"
    failing_handler_ends_actor = True
    adapted = StoppingSystem


class RestartingAdapter(ReferenceAdapter):
    """The reference with actors that a failing handler restarts."""

    name = "reference-restarting"
    adapted = RestartingSystem


class GivingUpAdapter(ReferenceAdapter):
    """The reference with actors that restart once, and stop at the second failure."""

    name = "reference-giving-up"
    failing_handler_ends_actor = True
    adapted = GivingUpSystem


adapter = ReferenceAdapter()
"""What the entry point `reference` gives."""
stopping = StoppingAdapter()
restarting = RestartingAdapter()
giving_up = GivingUpAdapter()
