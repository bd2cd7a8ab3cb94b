"""A small actor system in which asks compose, wherever the actors live. Start reading at `reply`."""

from askance_impl.reference.actor import Actor
from askance_impl.reference.composition import gather
from askance_impl.reference.errors import ActorStopped, AskCancelled, AskCycle, SystemClosed, WouldBlock
from askance_impl.reference.reply import Reply
from askance_impl.reference.supervision import Supervision, restart, resume, stop
from askance_impl.reference.system import System, this_actor

__all__ = [
    "Actor",
    "ActorStopped",
    "AskCancelled",
    "AskCycle",
    "Reply",
    "Supervision",
    "System",
    "SystemClosed",
    "WouldBlock",
    "gather",
    "restart",
    "resume",
    "stop",
    "this_actor",
]
