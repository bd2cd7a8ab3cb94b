"""One execution: a program performed on a thread of its own, and the watchdog that knows when nothing moves any more.

Nothing moves where no thread has run for a while and none waits for a time only, which the operating system tells
exactly; where that cannot be known (other processes, threads that poll), where nothing has been recorded for many times
as long as anything has taken so far. A thread that waits at a standstill is the clauses' to judge.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from typing import Any

from askance.adapter import Adapter
from askance.live.activity import Activity, descendants
from askance.live.calibration import Calibration
from askance.live.leftovers import Lasting, Noise, left_behind, loops_made
from askance.live.recorder import LiveRecorder
from askance.live.stacks import OURS, standing, timed_wait
from askance.live.wire import Pipe
from askance.program import Program, Sleep, SleepOp, Within, walk
from askance.run import perform

__all__ = ["Performing"]

TICK = 0.2
"""How often the watchdog looks, in seconds of the program."""
STILL = 4.0
"""For so long nothing may run before it counts as a standstill, where the operating system tells."""
QUIET = 3.0
"""For so long nothing need be recorded for a phase to end in which nothing is owed, though threads that poll run on."""
SILENT = 60.0
"""For so long nothing may be recorded before it counts as a standstill, where the operating system does not tell."""
SHORTEST = 5.0
"""But at least for so many seconds of real time: libraries wait for constant times of their own."""
BRIEF = 0.25
"""What these become where somebody will look for longer if it matters, or has done so."""
PULSES = 20.0
"""How often the parent is told that we are alive."""
LATE = 0.25
"""If the watchdog was woken later than this, times say nothing; nothing moved is no finding while it goes on."""
MOST_LATE = 2000
"""After so many late looks in which nothing was recorded the watchdog gives up."""
GRACE = 10.0
"""For so long threads and processes may take to end after the system has closed."""


class Performing:
    """The execution of one program; `carry_out` is called once. All lengths of time above are in program seconds."""

    def __init__(
        self,
        program: Program,
        adapter: Adapter,
        calibration: Calibration,
        pipe: Pipe,
        lasting: Lasting,
        brief: bool = False,
    ) -> None:
        self.program = program
        self.adapter = adapter
        self.calibration = calibration
        self.pipe = pipe
        self.lasting = lasting
        self.brief = brief
        self.second = calibration.second
        self.recorder = LiveRecorder(pipe)
        self.activity = Activity()
        self.settling = False
        self.still = threading.Event()
        """Set while the watchdog says that nothing moves: an open turn or message then keeps no phase from ending."""
        self.error = ""
        self.over = threading.Event()
        self.lag = 0.0
        self.told = False

    def carry_out(self) -> dict[str, Any]:
        """Perform the program; how it ended, as the parent is told."""
        thread = threading.Thread(target=self.perform, name=f"{OURS}main", daemon=True)
        with Noise(self.recorder):
            thread.start()
            ended = self.watch()
            left: list[str] = []
            if ended == "done" and not self.error:
                grace = GRACE * self.second
                left = left_behind(self.lasting, grace)
                for one in dict.fromkeys(left):
                    self.recorder.add("leaked", detail=one, strand="main")
        self.recorder.hush()
        if self.recorder.office is not None:
            self.recorder.office.close()
        if self.error:
            ended = "error"
        return {
            "ended": ended,
            "error": self.error,
            "lag": self.lag / self.second,
            "second": self.second,
            "close": self.calibration.close,
            "clean": ended == "done" and not left and not self.told,
            "slow": self.lag > LATE * self.second,
        }

    # ------------------------------------------------------------ on the opening thread

    def perform(self) -> None:
        """Perform the program, which may never end."""
        try:
            # How long work goes on while the system closes cannot be told from how long the closing itself takes.
            program = replace(self.program, abrupt=False)
            perform(program, self.adapter, self.recorder, self.settle, second=self.second)
        except BaseException as error:
            self.error = f"{type(error).__name__}: {error}"
        self.over.set()

    def settle(self) -> None:
        """Return when nothing moves and nothing is owed, or when the watchdog says that nothing ever will.

        Where a library's threads poll something always moves: there it is enough that nothing is recorded for a while.
        """
        self.settling = True
        # Late looks do not count here, so that what has become of the machine since it was measured need not.
        second = self.calibration.second / self.calibration.factor
        look = TICK * second / 4
        seen: object = None
        same = quiet = count = 0
        while not self.still.is_set():
            before = time.monotonic()
            time.sleep(look)
            on_time = time.monotonic() - before - look < LATE * second
            now = self.state()
            same = same + 1 if now is not None and now == seen else 0
            seen = now
            recorded = len(self.recorder.events)
            quiet = quiet + on_time if recorded == count else 0
            count = recorded
            rests = quiet * look >= QUIET * second or same * look >= second or (same and self.knows())
            if rests and not self.owed():
                break
        self.still.clear()
        self.settling = False

    def owed(self) -> bool:
        """Whether some turn has not ended, or some message has not been taken up that its actor must take up."""
        open_turns: set[str] = set()
        sent: dict[str, str] = {}
        messages: dict[str, str] = {}
        stopped: set[str] = set()
        for event in list(self.recorder.events):
            match event.kind:
                case "ask" | "tell":
                    messages[event.op] = event.message
                    if event.actor not in stopped:
                        sent[event.message] = event.actor
                case "begin":
                    open_turns.add(event.who)
                    sent.pop(event.message, None)
                case "end":
                    open_turns.discard(event.who)
                case "done":
                    # Answered, refused or cancelled: nobody waits for it any more.
                    sent.pop(messages.get(event.op, "") if event.op else event.message, None)
                case "stop":
                    stopped.add(event.actor)
                    sent = {message: actor for message, actor in sent.items() if actor != event.actor}
                case _:
                    pass
        return bool(open_turns or sent)

    # ------------------------------------------------------------ the watchdog

    def watch(self) -> str:
        """Watch until the program has been performed, or nothing moves: "done", "deadlock" or "error"."""
        seen: object = None
        still = silent = late = 0
        count = 0
        pulse = time.monotonic()
        while True:
            before = time.monotonic()
            if self.over.wait(TICK * self.second):
                return "done"
            now = time.monotonic()
            lag = now - before - TICK * self.second
            self.lag = max(self.lag, lag)
            if now - pulse > PULSES * self.second:
                self.pipe.send({"pulse": len(self.recorder.events)})
                pulse = now
            if len(self.recorder.events) != count:
                count, silent, late = len(self.recorder.events), 0, 0
            elif lag > LATE * self.second:
                # The machine has not run us; it may not have run others either.
                late += 1
            else:
                silent += 1
            # To look is work: only where nothing has been recorded for a while.
            state = self.state() if silent + late > 2 else None
            still = still + 1 if state is not None and state == seen else 0
            seen = state
            if (still > STILL / TICK and self.knows()) or silent * TICK > self.longest():
                if self.stand_still():
                    return "deadlock"
                still = silent = late = 0
            elif late > MOST_LATE:
                self.error = "the machine was too slow to tell"
                return "error"

    def state(self) -> object:
        """What changes when anything runs; None while something is about to."""
        count = len(self.recorder.events)
        if not Activity.known:
            return count
        ours = {t.native_id or 0 for t in threading.enumerate() if t.name.startswith(OURS)}
        ours.add(os.getpid())  # the main thread: after a fork, Python has the wrong number for it
        if not self.settling:
            # The opening thread is inside the implementation, or waits for the clients.
            ours -= {t.native_id or 0 for t in threading.enumerate() if t.name == f"{OURS}main"}
        moved = self.activity.moved(ours)
        return None if moved is None else (count, moved)

    def knows(self) -> bool:
        """Whether a standstill is one for ever: nothing waits for a time only, and no other process is concerned."""
        if not Activity.known or set(descendants(os.getpid())) - self.lasting.processes:
            return False
        return not timed_wait(list(loops_made), busy=not self.settling)

    def longest(self) -> float:
        """How long nothing need be recorded, in seconds of the program."""
        slept = 0
        for actor in self.program.actors:
            slept += sum(p.seconds for p in walk(actor.behaviour) if isinstance(p, (Sleep, Within)))
        for client in self.program.clients:
            slept += sum(one.seconds for one in client.operations if isinstance(one, SleepOp))
        return slept + max(SILENT, SHORTEST / self.second) * (BRIEF if self.brief else 1)

    def stand_still(self) -> bool:
        """Tell where everything stands; whether that is the end of the execution."""
        if self.settling and not self.owed():
            self.still.set()
            return False
        found = standing(list(loops_made), busy=not self.settling)
        for one in found:
            if one.blocks:
                who, strand, on, where = one.entry
                name = strand.removeprefix("strand ").strip("'")
                op = self.op_of(who)
                detail = f"{name} blocked in {on} at {where}"
                self.recorder.add("loop-blocked", who, op=op, detail=detail, strand=name)
        self.pipe.send({"standstill": [list(one.entry) for one in found]})
        self.told = True
        if self.settling:
            self.still.set()
            return False
        return True

    def op_of(self, who: str) -> str:
        """The reply that a turn or client waited for last."""
        waits = (e.op for e in reversed(self.recorder.events) if who and e.who == who and e.kind == "wait")
        return next(waits, "")
