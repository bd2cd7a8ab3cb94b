"""Controlled `threading.Lock` and `threading.RLock`.

A release lets every strand that has announced an acquire compete for the lock, as the real ones do (no hand-off);
an acquire disables the others again. Outside of any world these serve as the real locks, so that locks which modules
keep in globals can be replaced once and for all.
"""

from __future__ import annotations

import _thread
import itertools
from typing import TYPE_CHECKING, Any

from askance.world import state
from askance.world.strand import Strand

if TYPE_CHECKING:
    from askance.world.core import World

real_lock = _thread.allocate_lock
real_rlock = _thread.RLock
os_ident = state.os_ident
_met = itertools.count(1)


class Controlled:
    """What every controlled object has: the world it is in, and a number that is the same in every run.

    `serial` is (path of the strand that made it, how many it had made before); an object made outside of worlds, or
    in another one, has the path "" and, as its number, the order in which worlds met it; it keeps that number.
    """

    __slots__ = ("pending", "serial", "world")

    world: World | None
    serial: tuple[str, int]
    pending: list[Strand]

    def _adopt(self, world: World) -> None:
        """`world` meets this object for the first time, or it was left over from another world: start afresh."""
        if self.serial[0] or not self.serial[1]:
            self.serial = ("", next(_met))
        self.world = world
        self.pending = []

    def _made(self) -> None:
        """Called by `__init__`: number this object, if it is made inside a world."""
        world = state.world
        if world is None or world.os_thread != os_ident():
            self.world = None
            self.serial = ("", 0)
            return
        maker = world.current
        maker.objects += 1
        self.world = world
        self.serial = (maker.path, maker.objects)
        self.pending = []


class _Owned(Controlled):
    """What both locks have: an owner, and strands that want to be it."""

    __slots__ = ("__weakref__", "_outside", "owner")

    owner: Strand | None
    _outside: Any

    def _try(self, world: World, blocking: bool, timeout: float) -> bool:
        """The step of an acquire that does not wait, or not for ever; whether the lock can be taken."""
        if not blocking or timeout == 0:
            if not blocking and timeout != -1:
                raise ValueError("can't specify a timeout for a non-blocking call")
            world.point("try-acquire", self)
        else:
            if timeout < 0:
                raise ValueError("timeout value must be a non-negative number")
            strand = world.current
            self.pending.append(strand)
            world.wait("acquire", self, able=self.owner is None, timeout=timeout)
            self.pending.remove(strand)
        return self.owner is None


class Lock(_Owned):
    """A lock that is not reentrant; any strand may release it."""

    __slots__ = ()

    def __new__(cls) -> Any:
        # `threading.Lock()` outside of worlds gives the real thing.
        if cls is Lock and ((world := state.world) is None or world.os_thread != os_ident()):
            return real_lock()
        return object.__new__(cls)

    def __init__(self) -> None:
        self.owner = None
        self._outside = None
        self._made()

    @classmethod
    def dual(cls, original: Any) -> Lock:
        """To stand in for `original`, which goes on to serve outside of worlds."""
        lock: Lock = object.__new__(cls)
        lock.__init__()  # type: ignore[misc]
        lock._outside = original
        return lock

    def outside(self) -> Any:
        """The real lock that stands in for this one outside of worlds."""
        if self._outside is None:
            self._outside = real_lock()
        return self._outside

    def _adopt(self, world: World) -> None:
        super()._adopt(world)
        self.owner = None

    def __enter__(self) -> bool:
        """As `acquire` without arguments."""
        world = state.world
        if world is None or world.os_thread != os_ident():
            return bool(self.outside().acquire())
        if self.world is not world:
            self._adopt(world)
        strand = world.current
        if self.owner is None:
            # What `World.ready` and, in `__exit__`, `World.point` do, written out: nothing is done more often.
            strand.kind = "acquire"
            strand.object = self
            if len(world.runnable) > 1 and (chosen := world.choose(strand)) is not strand:
                self.pending.append(strand)
                world.turn(chosen).switch()
                self.pending.remove(strand)
            world.steps = steps = world.steps + 1
            if steps > world.limit:
                world.counted(strand)
        else:
            self.pending.append(strand)
            world.wait("acquire", self, able=False)
            self.pending.remove(strand)
        if self.owner is not None:
            return False
        self.owner = strand
        if self.pending:
            world.hold(self.pending)
        return True

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.Lock.acquire`: seconds, -1 for ever."""
        if blocking and timeout == -1:
            return self.__enter__()
        world = state.world
        if world is None or world.os_thread != os_ident():
            return bool(self.outside().acquire(blocking, timeout))
        if self.world is not world:
            self._adopt(world)
        if not self._try(world, blocking, timeout):
            return False
        self.owner = world.current
        world.hold(self.pending)
        return True

    def release(self) -> None:
        """As `threading.Lock.release`; raises RuntimeError where nobody holds it."""
        self.__exit__()

    def __exit__(self, kind: object = None, value: object = None, traceback: object = None) -> None:
        world = state.world
        if world is None or world.os_thread != os_ident():
            if self._outside is not None and self._outside.locked():
                self._outside.release()
            elif self.world is None:
                raise RuntimeError("release unlocked lock")
            return
        if self.world is not world:
            self._adopt(world)
        strand = world.current
        strand.kind = "release"
        strand.object = self
        if len(world.runnable) > 1 and (chosen := world.choose(strand)) is not strand:
            world.turn(chosen).switch()
        world.steps = steps = world.steps + 1
        if steps > world.limit:
            world.counted(strand)
        if self.owner is None:
            raise RuntimeError("release unlocked lock")
        self.owner = None
        if self.pending:
            world.let(self.pending)

    def locked(self) -> bool:
        """Whether somebody holds it."""
        world = state.active()
        if world is None:
            return bool(self.outside().locked())
        if self.world is not world:
            self._adopt(world)
        world.point("locked", self)
        return self.owner is not None

    def _at_fork_reinit(self) -> None:
        self._outside = None

    def __repr__(self) -> str:
        return f"<{'unlocked' if self.owner is None else 'locked'} askance lock {self.serial}>"


class RLock(_Owned):
    """A reentrant lock, owned by a strand."""

    __slots__ = ("count",)

    count: int

    def __new__(cls) -> Any:
        # `threading.RLock()` outside of worlds gives the real thing.
        if cls is RLock and ((world := state.world) is None or world.os_thread != os_ident()):
            return real_rlock()
        return object.__new__(cls)

    def __init__(self) -> None:
        self.owner = None
        self.count = 0
        self._outside = None
        self._made()

    @classmethod
    def dual(cls, original: Any) -> RLock:
        """To stand in for `original`, which goes on to serve outside of worlds."""
        lock: RLock = object.__new__(cls)
        lock.__init__()  # type: ignore[misc]
        lock._outside = original
        return lock

    def outside(self) -> Any:
        """The real lock that stands in for this one outside of worlds."""
        if self._outside is None:
            self._outside = real_rlock()
        return self._outside

    def _adopt(self, world: World) -> None:
        super()._adopt(world)
        self.owner = None
        self.count = 0

    def __enter__(self) -> bool:
        """As `acquire` without arguments."""
        world = state.world
        if world is None or world.os_thread != os_ident():
            return bool(self.outside().acquire())
        if self.world is not world:
            self._adopt(world)
        strand = world.current
        if self.owner is strand:
            self.count += 1
            return True
        if self.owner is None:
            world.ready("acquire", self, self.pending)
        else:
            self.pending.append(strand)
            world.wait("acquire", self, able=False)
            self.pending.remove(strand)
        if self.owner is not None:
            return False
        self.owner = strand
        self.count = 1
        if self.pending:
            world.hold(self.pending)
        return True

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.RLock.acquire`: seconds, -1 for ever. Acquiring again is no scheduling point."""
        if blocking and timeout == -1:
            return self.__enter__()
        world = state.world
        if world is None or world.os_thread != os_ident():
            return bool(self.outside().acquire(blocking, timeout))
        if self.world is not world:
            self._adopt(world)
        if self.owner is world.current:
            self.count += 1
            return True
        if not self._try(world, blocking, timeout):
            return False
        self.owner = world.current
        self.count = 1
        world.hold(self.pending)
        return True

    def release(self) -> None:
        """As `threading.RLock.release`; raises RuntimeError where the calling strand does not hold it."""
        self.__exit__()

    def __exit__(self, kind: object = None, value: object = None, traceback: object = None) -> None:
        world = state.world
        if world is None or world.os_thread != os_ident():
            if self.world is None or self._outside is not None:
                self.outside().release()
            return
        if self.owner is not world.current:
            if world.dying:
                return
            raise RuntimeError("cannot release un-acquired lock")
        if self.count > 1:
            self.count -= 1
            return
        world.point("release", self)
        self._free(world)

    def _free(self, world: World) -> None:
        self.owner = None
        self.count = 0
        if self.pending:
            world.let(self.pending)

    # What threading.Condition calls. Releasing here is part of the wait: not a step of its own.

    def _is_owned(self) -> bool:
        world = state.active()
        if world is None:
            return bool(self.outside()._is_owned())
        return self.world is world and self.owner is world.current

    def _release_save(self) -> Any:
        world = state.active()
        if world is None:
            return self.outside()._release_save()
        if self.owner is not world.current:
            raise RuntimeError("cannot release un-acquired lock")
        count = self.count
        self._free(world)
        return count

    def _acquire_restore(self, saved: Any) -> None:
        world = state.active()
        if world is None:
            self.outside()._acquire_restore(saved)
            return
        self.acquire()
        self.count = saved

    def _recursion_count(self) -> int:
        return self.count if self._is_owned() else 0

    def _at_fork_reinit(self) -> None:
        self._outside = None

    def __repr__(self) -> str:
        return f"<askance rlock {self.serial} count={self.count}>"
