"""The adapter of the reference actor system, for `askance check reference`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from askance import adapter as port
from askance_impl import reference

__all__ = ["AdaptedSystem", "ReferenceAdapter", "adapter"]


class AdaptedSystem(port.System):
    """A system of `system_class`, as the kit sees it."""

    system_class: ClassVar[type[reference.System]] = reference.System

    def __init__(self, loops: int) -> None:
        # A handler that fails on a told message is what the programs are about: no line in the log for each.
        self._system = self.system_class(loops, on_failure=lambda actor, error: None)

    def spawn(self, handler: port.Handler, loop: int | None) -> reference.Actor:
        # The kit's handlers are methods of objects that know their actor's name: cycles are then told by it.
        name = getattr(getattr(handler, "__self__", None), "actor", None)
        return self._system.spawn(handler, loop, name=name)

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


class ReferenceAdapter(port.BaseAdapter):
    """What askance needs to know of the reference."""

    name = "reference"
    capabilities = frozenset(port.CAPABILITIES) - {"reentrant", "handlers-only-tell"}
    stopped = (reference.ActorStopped,)
    cycle = (reference.AskCycle,)
    refused = (reference.WouldBlock,)
    nested = (reference.Reply,)

    def open(self, loops: int) -> port.System:
        return AdaptedSystem(loops)


adapter = ReferenceAdapter()
"""What the entry point `reference` gives."""
