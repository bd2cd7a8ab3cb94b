"""What becomes of an actor whose handler has failed: the policies that `System.spawn` takes as `supervision`.

A policy is a function of the actor and the exception. It runs on the actor's loop after each turn that failed, before
the next turn begins and before the asker hears of the failure, so that who has seen the exception finds the actor
already resumed, restarted or stopped:

    system.spawn(handle)                                          # resume: the failure was one message's
    system.spawn(handle, supervision=stop)                        # stop: what waits in the mailbox fails too
    system.spawn(Account().handle, supervision=restart(lambda: Account().handle, most=3))

Under each of them the asker gets the exception as the handler raised it, and a told message is reported to the
system's `on_failure`. An actor that was cancelled, or whose system closes, has not failed.

There are no parents and no escalation: an ask has carried the failure to the one who wants to know already. Who
supervises actors from an actor writes a policy that tells:

    system.spawn(handle, supervision=lambda actor, error: supervisor.tell((actor, error)))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askance_impl.reference.actor import Actor

__all__ = ["Supervision", "restart", "resume", "stop"]

Supervision = Callable[["Actor", BaseException], object]
"""Called with an actor and what its handler raised. If it raises itself the actor stops, and `on_failure` hears why."""


def resume(actor: Actor, error: BaseException) -> None:
    """The actor goes on with its next message, and the state that the failed turn left. The default."""


def stop(actor: Actor, error: BaseException) -> None:
    """The actor stops, as by `Actor.stop`: the messages in its mailbox fail with ActorStopped."""
    actor.stop()


def restart(make: Callable[[], Callable[[Any], Any]], *, most: int | None = None) -> Supervision:
    """A policy by which the actor goes on with its next message and a fresh handler, which `make()` gives.

    Its mailbox is kept, and so are all references to it. After `most` restarts the next failure stops it; None is no
    limit. Turns of a reentrant actor that are in progress end with the handler that they began with.
    """

    def restarted(actor: Actor, error: BaseException) -> None:
        if most is not None and actor.restarts >= most:
            actor.stop()
        else:
            actor.restart(make())

    return restarted
