"""One measurement of one actor library: prints the asks a second, and the latency of asks made one after the other.

`bench/reference_speed.py` runs this in an environment that has the libraries; it imports the one it is to measure.
Every answer is checked: the handler adds one.
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

IN_FLIGHT = 100
"""Asks sent before the first answer is waited for, where asks a second are measured."""

Measured = dict[str, float]
"""Asks a second with so many in flight, and the percentiles of the latency of single asks, in microseconds."""
Ask = Callable[[Any, int], Any]
"""Asks the actor: gives the answer, or something that gives it."""


def asked(
    actors: Sequence[Any], seconds: float, ask: Ask, send: Ask, collect: Callable[..., Any]
) -> Measured:
    """Ask in this thread, one actor after the other: `ask` blocks, `send` does not, `collect` waits for many."""
    clock = time.perf_counter
    times: list[float] = []
    end = clock() + seconds
    for number, actor in enumerate(itertools.cycle(actors)):
        start = clock()
        answer = ask(actor, number)
        now = clock()
        assert answer == number + 1
        times.append(now - start)
        if now > end:
            break
    batches = Batches(actors, seconds)
    for batch in batches:
        answers = collect([send(actor, number) for number, actor in batch])
        assert list(answers) == [number + 1 for number, _ in batch]
    return figures(times, batches)


async def awaited(
    actors: Sequence[Any], seconds: float, ask: Ask, collect: Callable[..., Awaitable[Any]]
) -> Measured:
    """As `asked`, in a coroutine: `ask` gives something to await, as `collect` does."""
    clock = time.perf_counter
    times: list[float] = []
    end = clock() + seconds
    for number, actor in enumerate(itertools.cycle(actors)):
        start = clock()
        answer = await ask(actor, number)
        now = clock()
        assert answer == number + 1
        times.append(now - start)
        if now > end:
            break
    batches = Batches(actors, seconds)
    for batch in batches:
        answers = await collect([ask(actor, number) for number, actor in batch])
        assert list(answers) == [number + 1 for number, _ in batch]
    return figures(times, batches)


class Batches:
    """The asks to send together, [(number, actor)], again and again for so long."""

    def __init__(self, actors: Sequence[Any], seconds: float) -> None:
        self.asks = enumerate(itertools.cycle(actors))
        self.seconds = seconds
        self.spent: list[float] = []
        self.started = 0.0

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> list[tuple[int, Any]]:
        now = time.perf_counter()
        if self.started:
            self.spent.append(now - self.started)
            if sum(self.spent) > self.seconds:
                raise StopIteration
        batch = list(itertools.islice(self.asks, IN_FLIGHT))
        self.started = time.perf_counter()
        return batch


def warm(times: list[float]) -> list[float]:
    """Without the first tenth."""
    return times[len(times) // 10 :]


def figures(times: list[float], batches: Batches) -> Measured:
    """What is printed."""
    ordered, spent = sorted(warm(times)), warm(batches.spent)
    return {
        "rate": IN_FLIGHT * len(spent) / sum(spent),
        "p50": 1e6 * ordered[len(ordered) // 2],
        "p99": 1e6 * ordered[int(len(ordered) * 0.99)],
    }


async def increment(x: int) -> int:
    """What every actor does."""
    return x + 1


async def gathered(awaitables: Sequence[Awaitable[int]]) -> list[int]:
    """asyncio's way of waiting for many."""
    return list(await asyncio.gather(*awaitables))


def results(futures: Sequence[Any]) -> list[int]:
    """The way of concurrent futures."""
    return [future.result() for future in futures]


def reference(where: str, count: int, seconds: float) -> Measured:
    """The reference: actors on one loop, asked by one of the same loop, of the other, or by a thread."""
    from askance_impl.reference import Actor, System, gather

    with System(loops=2) as system:
        actors = [system.spawn(increment, loop=0) for _ in range(count)]
        if where == "thread":
            return asked(
                actors,
                seconds,
                ask=lambda actor, x: actor.ask(x).result(),
                send=Actor.ask,
                collect=lambda replies: gather(*replies).result(),
            )

        async def asker(_: None) -> Measured:
            return await awaited(actors, seconds, Actor.ask, lambda replies: gather(*replies))

        measured: Measured = system.spawn(asker, loop=0 if where == "same" else 1).ask(None).result()
        return measured


def bare_asyncio(where: str, count: int, seconds: float) -> Measured:
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

    def same(lock: asyncio.Lock, x: int) -> Any:
        return asyncio.create_task(handle(lock, x))

    def send(lock: asyncio.Lock, x: int) -> Any:
        return submit(handle(lock, x), loops[0])

    def cross(lock: asyncio.Lock, x: int) -> Any:
        return asyncio.wrap_future(send(lock, x))

    if where == "thread":
        measured = asked(actors, seconds, lambda lock, x: send(lock, x).result(), send, results)
    else:
        ask, loop = (same, loops[0]) if where == "same" else (cross, loops[1])
        measured = submit(awaited(actors, seconds, ask, gathered), loop).result()
    for loop, thread in zip(loops, threads, strict=True):
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
    return measured


def pykka(where: str, count: int, seconds: float) -> Measured:
    """Pykka: a thread for each actor, so "other" is an actor that asks another, and blocks meanwhile."""
    import pykka as library

    class Increment(library.ThreadingActor):
        def on_receive(self, message: int) -> int:
            return message + 1

    actors = [Increment.start() for _ in range(count)]

    def ask_all(duration: float) -> Measured:
        return asked(
            actors,
            duration,
            ask=lambda actor, x: actor.ask(x),
            send=lambda actor, x: actor.ask(x, block=False),
            collect=library.get_all,
        )

    class Asker(library.ThreadingActor):
        def on_receive(self, message: float) -> Measured:
            return ask_all(message)

    try:
        if where == "thread":
            return ask_all(seconds)
        measured: Measured = Asker.start().ask(seconds)
        return measured
    finally:
        library.ActorRegistry.stop_all()


def xoscar(where: str, count: int, seconds: float) -> Measured:
    """Xoscar: one pool in this process, whose actors share its loop."""
    import xoscar as library

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    class Increment(library.Actor):
        async def handle(self, message: int) -> int:
            return message + 1

    class Asker(library.Actor):
        async def handle(self, refs: Any) -> Measured:
            return await awaited(refs, seconds, lambda ref, x: ref.handle(x), gathered)

    async def begin() -> tuple[Any, list[Any], Any]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        pool = await library.create_actor_pool(address, n_process=0)
        await pool.start()
        refs = [await library.create_actor(Increment, address=address) for _ in range(count)]
        return pool, refs, await library.create_actor(Asker, address=address)

    async def ask(ref: Any, message: Any) -> Any:
        return await ref.handle(message)

    def submit(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop)

    pool, refs, asker = submit(begin()).result()
    if where == "thread":
        measured = asked(
            refs,
            seconds,
            ask=lambda ref, x: submit(ask(ref, x)).result(),
            send=lambda ref, x: submit(ask(ref, x)),
            collect=results,
        )
    else:
        measured = submit(ask(asker, refs)).result()
    submit(pool.stop()).result()
    return measured


def thespian(where: str, count: int, seconds: float) -> Measured:
    """Thespian's system within a process; its actors never wait, so only a thread can ask."""
    from thespian.actors import Actor, ActorSystem

    class Increment(Actor):
        def receiveMessage(self, message: Any, sender: Any) -> None:
            if isinstance(message, int):
                self.send(sender, message + 1)

    system = ActorSystem("simpleSystemBase", logDefs=False)
    actors = [system.createActor(Increment) for _ in range(count)]
    measured = asked(
        actors,
        seconds,
        ask=lambda actor, x: system.ask(actor, x, 10),
        send=system.tell,
        collect=lambda sent: [system.listen(10) for _ in sent],
    )
    system.shutdown()
    return measured


LIBRARIES = {
    "reference": reference,
    "asyncio": bare_asyncio,
    "pykka": pykka,
    "xoscar": xoscar,
    "thespian": thespian,
}


def main() -> None:
    """LIBRARY WHERE ACTORS SECONDS: JSON with the figures. Asks are measured for so long, alone and then together."""
    library, where, count, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    print(json.dumps(LIBRARIES[library](where, count, seconds)))


if __name__ == "__main__":
    main()
