"""Mutants of clauses D2 to D5: held loops, cycles unseen or imagined, blocked threads."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Generator
from typing import Any

from askance_impl.mutants.mutant import mutant
from askance_impl.reference.actor import Actor, AskReply
from askance_impl.reference.errors import AskCycle
from askance_impl.reference.loops import LoopThread
from askance_impl.reference.reply import running_loop
from askance_impl.reference.wait_for import Turn, begin_wait, current_turn

# ---------------------------------------------------------------- D2


class _LoopWithGate(LoopThread):
    turns_at_once = 1

    def __init__(self, number: int) -> None:
        self.gate = asyncio.Semaphore(self.turns_at_once)
        super().__init__(number)


class _ThroughGate(Actor):
    home: _LoopWithGate

    async def _answer(self, message: Any) -> Any:
        async with self.home.gate:
            return await super()._answer(message)


one_turn_a_loop = mutant(
    "one_turn_a_loop",
    "D2",
    "A loop handles one message at a time, whoever it is for, and keeps its place while it waits.",
    "One dispatcher task that awaits each handler: hand-written actor loops, python-telegram-bot's default.",
    actor=_ThroughGate,
    loop=_LoopWithGate,
)


class _LoopWithWiderGate(_LoopWithGate):
    turns_at_once = 2


few_turns_a_loop = mutant(
    "few_turns_a_loop",
    "D2",
    "A loop has a fixed number of places for turns, which are kept while they wait; deeper asks find none.",
    "Bounded pools whose tasks wait for their own pool: ThreadPoolExecutor, Celery's chained `get()`.",
    actor=_ThroughGate,
    loop=_LoopWithWiderGate,
)


class _LoopWithLock(LoopThread):
    def __init__(self, number: int) -> None:
        self.lock = threading.RLock()
        super().__init__(number)


class _LocksBoth(Actor):
    home: _LoopWithLock

    def ask(self, message: Any) -> AskReply:
        turn = current_turn.get()
        with contextlib.ExitStack() as locks:
            if turn is not None:
                locks.enter_context(turn.actor.home.lock)
            locks.enter_context(self.home.lock)
            return super().ask(message)


locks_in_two_orders = mutant(
    "locks_in_two_orders",
    "D2",
    "An ask locks the loop of the asker and then that of the asked; two that cross each other stand still.",
    "Lock order inversion between two queues: the bank transfer of every textbook, ZooKeeper and HDFS bugs.",
    actor=_LocksBoth,
    loop=_LoopWithLock,
)

# ---------------------------------------------------------------- D3


class _KnowsItsChain(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._asker = current_turn.get()

    def _turn_ahead(self) -> Turn | None:
        ahead = super()._turn_ahead()
        above = self._asker
        while above is not None and above is not ahead:
            above = getattr(above.reply, "_asker", None)
        return self._turn or above


cycle_by_call_chain = mutant(
    "cycle_by_call_chain",
    "D3",
    "Cycles are looked for along the chain of callers only; two askers that start at two ends close one unseen.",
    "Call-chain reentrancy and deadlock checks: Orleans' call chain ids, CORBA's nested-call detection.",
    reply=_KnowsItsChain,
)


class _ChecksThenWaits(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._guard = threading.Lock()

    def _suspend(self) -> Generator[Any, None, None]:
        turn = current_turn.get()
        if turn is None:
            yield from super()._suspend()
            return
        with self._guard:
            begin_wait(turn, self)
            turn.waits.remove(self)
        with self._guard:
            turn.waits.append(self)
        token = current_turn.set(None)
        try:
            yield from super()._suspend()
        finally:
            current_turn.reset(token)
            turn.waits.remove(self)


cycle_check_before_edge = mutant(
    "cycle_check_before_edge",
    "D3",
    "The cycle is looked for before the wait is written down; two that close it at the same time miss each other.",
    "Check-then-act in lock managers: deadlock detectors that read the graph without the latch.",
    reply=_ChecksThenWaits,
)


class _LoopWithEdges(LoopThread):
    def __init__(self, number: int) -> None:
        self.waits_for: set[int] = set()
        super().__init__(number)


class _EdgesOfLoops(AskReply):
    keep = False

    def _suspend(self) -> Generator[Any, None, None]:
        turn = current_turn.get()
        there = self._actor.home
        if turn is None or turn.actor.home is there:
            yield from super()._suspend()
            return
        here = turn.actor.home
        if isinstance(there, _LoopWithEdges) and here.number in there.waits_for:
            if self._finish(error=AskCycle([turn.actor.name, self._actor.name, turn.actor.name])):
                self._withdraw()
            return
        here.waits_for.add(there.number)
        try:
            yield from super()._suspend()
        finally:
            if not self.keep:
                here.waits_for.discard(there.number)


class _KeptEdgesOfLoops(_EdgesOfLoops):
    keep = True


cycle_of_loops = mutant(
    "cycle_of_loops",
    "D3",
    "Two loops on each of which somebody waits for the other are taken for a cycle of asks.",
    "Deadlock detectors that know threads and not tasks: lockdep-style checkers run on event loops.",
    reply=_EdgesOfLoops,
    loop=_LoopWithEdges,
)

wait_edge_not_removed = mutant(
    "wait_edge_not_removed",
    "D3",
    "What once waited is never taken out of the wait-for graph, so a later ask the other way is refused.",
    "Stale edges after success or timeout: phantom deadlocks in distributed lock managers.",
    reply=_KeptEdgesOfLoops,
    loop=_LoopWithEdges,
)


class _Visited(AskReply):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        turn = current_turn.get()
        seen: set[str] = set() if turn is None else getattr(turn.reply, "_seen", set())
        self._seen = seen
        if turn is not None:
            seen.add(turn.actor.name)
            if actor.name in seen:
                self._complete(error=AskCycle([turn.actor.name, actor.name]))
        seen.add(actor.name)


diamond_taken_for_cycle = mutant(
    "diamond_taken_for_cycle",
    "D3",
    "Each actor that was asked on behalf of one ask is marked, and asking it again counts as a cycle.",
    "Cycle detection by a visited set that is not unwound: dependency injectors, import and build tools.",
    reply=_Visited,
)

# ---------------------------------------------------------------- D4


class _BlocksOnOthers(AskReply):
    def result(self, timeout: float | None = None) -> Any:
        if running_loop() is None or self._actor.home.is_here():
            return super().result(timeout)
        if not self._done:
            self._block(timeout)
        return self._outcome()


blocks_on_other_loops = mutant(
    "blocks_on_other_loops",
    "D4",
    "result() refuses to block a loop only if that very loop has to answer; for others it blocks.",
    "Guards that compare loops instead of asking whether one runs: asgiref's async_to_sync, nest_asyncio.",
    reply=_BlocksOnOthers,
)


class _BlocksAWhile(AskReply):
    def result(self, timeout: float | None = None) -> Any:
        if running_loop() is not None and not self._done:
            with contextlib.suppress(TimeoutError):
                self._block(0.25)
        return super().result(timeout)


blocks_before_refusing = mutant(
    "blocks_before_refusing",
    "D4",
    "result() on a loop's thread waits a while before it refuses, in case the answer comes.",
    "Grace periods on blocking calls: Django's and Twisted's blockingCallFromThread with a timeout.",
    reply=_BlocksAWhile,
)

# ---------------------------------------------------------------- D5


class _PausingLoop(LoopThread):
    paused = 0


class _PausesItsLoop(AskReply):
    def _suspend(self) -> Generator[Any, None, None]:
        turn = current_turn.get()
        if turn is None or turn.actor.home is self._actor.home:
            yield from super()._suspend()
            return
        home = turn.actor.home
        home.paused += 1
        try:
            yield from super()._suspend()
        finally:
            home.paused -= 1
            if not home.paused:
                for actor in list(home.actors):
                    actor._run()


class _NotWhilePaused(Actor):
    home: _PausingLoop

    def _run(self) -> None:
        if not self.home.paused:
            super()._run()


loop_paused_while_asking = mutant(
    "loop_paused_while_asking",
    "D5",
    "While one of its actors waits for another loop, a loop begins no turns.",
    "Corked or single-flight dispatchers: clients that pause reading until the outstanding call returns.",
    actor=_NotWhilePaused,
    loop=_PausingLoop,
    reply=_PausesItsLoop,
)
