"""One measurement of one actor library: prints the asks a second and the latencies of asks made one after the other.

`bench/reference_speed.py` runs this in an environment that has the libraries; it imports the one it is to measure.
Every ask is checked: its handler adds one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Times = list[float]
"""Seconds from the asking to the answer, an entry for each ask."""


def asked(ask: Callable[[Any, int], int], actors: Sequence[Any], seconds: float) -> Times:
    """Ask one actor after the other, blocking, for so long."""
    clock = time.perf_counter
    times: Times = []
    end = clock() + seconds
    for number, actor in enumerate(itertools.cycle(actors)):
        start = clock()
        answer = ask(actor, number)
        now = clock()
        assert answer == number + 1
        times.append(now - start)
        if now > end:
            break
    return times


async def awaited(ask: Callable[[Any, int], Awaitable[int]], actors: Sequence[Any], seconds: float) -> Times:
    """Ask one actor after the other, awaiting each answer, for so long."""
    clock = time.perf_counter
    times: Times = []
    end = clock() + seconds
    for number, actor in enumerate(itertools.cycle(actors)):
        start = clock()
        answer = await ask(actor, number)
        now = clock()
        assert answer == number + 1
        times.append(now - start)
        if now > end:
            break
    return times


async def increment(x: int) -> int:
    """What every actor does."""
    return x + 1


def reference(where: str, count: int, seconds: float) -> Times:
    """The reference: actors on one loop, asked by one of the same loop, of the other, or by a thread."""
    from askance_impl.reference import System

    with System(loops=2) as system:
        actors = [system.spawn(increment, loop=0) for _ in range(count)]
        if where == "thread":
            return asked(lambda actor, x: actor.ask(x).result(), actors, seconds)

        async def asker(_: None) -> Times:
            return await awaited(lambda actor, x: actor.ask(x), actors, seconds)

        times: Times = system.spawn(asker, loop=0 if where == "same" else 1).ask(None).result()
        return times


def bare_asyncio(where: str, count: int, seconds: float) -> Times:
    """Nothing but asyncio: a coroutine function behind a lock; from elsewhere through run_coroutine_threadsafe."""
    loops = [asyncio.new_event_loop() for _ in range(2)]
    threads = [threading.Thread(target=loop.run_forever, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    submit = asyncio.run_coroutine_threadsafe
    actors = [asyncio.Lock() for _ in range(count)]

    async def handle(lock: asyncio.Lock, x: int) -> int:
        async with lock:
            return await increment(x)

    async def same(lock: asyncio.Lock, x: int) -> int:
        return await asyncio.create_task(handle(lock, x))

    async def cross(lock: asyncio.Lock, x: int) -> int:
        return await asyncio.wrap_future(submit(handle(lock, x), loops[0]))

    if where == "thread":
        times = asked(lambda lock, x: submit(handle(lock, x), loops[0]).result(), actors, seconds)
    elif where == "same":
        times = submit(awaited(same, actors, seconds), loops[0]).result()
    else:
        times = submit(awaited(cross, actors, seconds), loops[1]).result()
    for loop, thread in zip(loops, threads, strict=True):
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
    return times


def pykka(where: str, count: int, seconds: float) -> Times:
    """Pykka: a thread for each actor, so "other" is an actor that asks another, and blocks meanwhile."""
    import pykka as library

    class Increment(library.ThreadingActor):
        def on_receive(self, message: int) -> int:
            return message + 1

    actors = [Increment.start() for _ in range(count)]

    class Asker(library.ThreadingActor):
        def on_receive(self, message: float) -> Times:
            return asked(lambda actor, x: actor.ask(x), actors, message)

    try:
        if where == "thread":
            return asked(lambda actor, x: actor.ask(x), actors, seconds)
        times: Times = Asker.start().ask(seconds)
        return times
    finally:
        library.ActorRegistry.stop_all()


def xoscar(where: str, count: int, seconds: float) -> Times:
    """Xoscar: one pool in this process, whose actors share its loop."""
    import xoscar as library

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    class Increment(library.Actor):
        async def handle(self, message: int) -> int:
            return message + 1

    class Asker(library.Actor):
        async def handle(self, refs: Any) -> Times:
            return await awaited(lambda ref, x: ref.handle(x), refs, seconds)

    async def begin() -> tuple[Any, list[Any], Any]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        pool = await library.create_actor_pool(address, n_process=0)
        await pool.start()
        refs = [await library.create_actor(Increment, address=address) for _ in range(count)]
        return pool, refs, await library.create_actor(Asker, address=address)

    async def ask(ref: Any, x: int) -> int:
        answer: int = await ref.handle(x)
        return answer

    def submit(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    pool, refs, asker = submit(begin())

    def from_thread() -> Times:
        return asked(lambda ref, x: submit(ask(ref, x)), refs, seconds)

    times: Times = from_thread() if where == "thread" else submit(ask(asker, refs))
    submit(pool.stop())
    return times


def thespian(where: str, count: int, seconds: float) -> Times:
    """Thespian's system within a process; its actors never wait, so only a thread can ask."""
    from thespian.actors import Actor, ActorSystem

    class Increment(Actor):
        def receiveMessage(self, message: Any, sender: Any) -> None:
            if isinstance(message, int):
                self.send(sender, message + 1)

    system = ActorSystem("simpleSystemBase", logDefs=False)
    actors = [system.createActor(Increment) for _ in range(count)]
    times = asked(lambda actor, x: system.ask(actor, x, 10), actors, seconds)
    system.shutdown()
    return times


LIBRARIES = {
    "reference": reference,
    "asyncio": bare_asyncio,
    "pykka": pykka,
    "xoscar": xoscar,
    "thespian": thespian,
}


def main() -> None:
    """LIBRARY WHERE ACTORS SECONDS: JSON with asks a second, and the median and 99th percentile in microseconds."""
    library, where, count, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    times = LIBRARIES[library](where, count, seconds)
    times = times[len(times) // 10 :]  # it has warmed up by then
    ordered = sorted(times)
    row = {
        "rate": len(times) / sum(times),
        "p50": 1e6 * ordered[len(ordered) // 2],
        "p99": 1e6 * ordered[int(len(ordered) * 0.99)],
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
