"""The adapter of the reference actor system, for `askance check reference`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from askance import adapter as port
from askance_impl import reference

__all__ = ["adapter"]


class _System(port.System):
    def __init__(self, loops: int) -> None:
        # A handler that fails on a told message is what the programs are about: no line in the log for each.
        self._system = reference.System(loops, on_failure=lambda actor, error: None)

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


class _Adapter(port.BaseAdapter):
    name = "reference"
    capabilities = frozenset(port.CAPABILITIES) - {"reentrant"}
    stopped = (reference.ActorStopped,)
    cycle = (reference.AskCycle,)
    refused = (reference.WouldBlock,)
    nested = (reference.Reply,)

    def open(self, loops: int) -> port.System:
        return _System(loops)


adapter = _Adapter()
"""What the entry point `reference` gives."""
