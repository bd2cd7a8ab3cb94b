"""What a mutant is: the reference actor system with one defect, and what is known of that defect.

A chapter of mutants subclasses the one part of the reference that it breaks, and `mutant` puts the part in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from askance.adapter import System as Port
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.adapter import AdaptedSystem, ReferenceAdapter
from askance_impl.reference.loops import LoopThread
from askance_impl.reference.system import System
from askance_impl.reference.wait_for import Turn

__all__ = ["Mutant", "mutant"]


@dataclass(frozen=True, repr=False)
class Mutant:
    """An adapter whose implementation is the reference but for one defect."""

    name: str
    clause: str
    """The clause that the defect breaks, and that has to catch it."""
    defect: str
    """What is wrong, in one sentence."""
    drawn_from: str
    """The library, or the family of published defects, in which it has been seen."""
    adapted: type[AdaptedSystem]

    capabilities: ClassVar[frozenset[str]] = ReferenceAdapter.capabilities
    stopped: ClassVar[tuple[type[BaseException], ...]] = ReferenceAdapter.stopped
    cycle: ClassVar[tuple[type[BaseException], ...]] = ReferenceAdapter.cycle
    refused: ClassVar[tuple[type[BaseException], ...]] = ReferenceAdapter.refused
    timed_out: ClassVar[tuple[type[BaseException], ...]] = ReferenceAdapter.timed_out
    nested: ClassVar[tuple[type, ...]] = ReferenceAdapter.nested
    failing_handler_ends_actor: ClassVar[bool] = ReferenceAdapter.failing_handler_ends_actor
    versions: ClassVar[tuple[str, ...]] = ReferenceAdapter.versions

    def __repr__(self) -> str:
        return f"<mutant {self.name}, breaks {self.clause}>"

    def open(self, loops: int) -> Port:
        """Start a broken system with that many event loops."""
        return self.adapted(loops)


def mutant(
    name: str,
    clause: str,
    defect: str,
    drawn_from: str,
    *,
    adapted: type[AdaptedSystem] = AdaptedSystem,
    system: type[System] = System,
    loop: type[LoopThread] = LoopThread,
    actor: type[Actor] = Actor,
    reply: type[AskReply] = AskReply,
    turn: type[Turn] = Turn,
) -> Mutant:
    """The mutant whose parts are these, and otherwise the reference's."""
    broken_actor = _with(actor, reply_class=reply, turn_class=turn)
    broken_system = _with(system, actor_class=broken_actor, loop_class=loop)
    return Mutant(name, clause, defect, drawn_from, _with(adapted, system_class=broken_system))


def _with(base: type[Any], **attributes: Any) -> type[Any]:
    """A subclass of `base` with these class attributes."""
    members: Mapping[str, Any] = {**attributes, "__module__": base.__module__}
    return type(base.__name__, (base,), dict(members))
