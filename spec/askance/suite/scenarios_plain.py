"""The scenarios as literal threading and asyncio code, no actors: what people write, right and wrong.

Each function is a target of `askance.explore`: it starts its loops on threads, waits as the scenario does, checks what
came, and ends its loops. Values follow the question: `f(x) = g(x / 2)` and `g(x) = x * 2` compose to the identity.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from askance.run import Classifier

__all__ = ["NestedFuture", "flat", "loops"]


class NestedFuture(AssertionError):
    """A result that must be waited for again."""


def flat(result: Any, wrong: str, right: str) -> Any:
    """The result; raises NestedFuture, with the wrong and the right code, if it must be awaited again."""
    found = Classifier(_NOTHING_DECLARED).find_awaitable(result, "")
    if found:
        depth, inner = 1, result
        while isinstance(inner, Future) and inner.done():
            inner = inner.result()
            depth += 1
        raise NestedFuture(
            f"the result is not a value, it is {found}: .result() must be called {depth} times to come to {inner!r}.\n"
            f"wrong:  {wrong}\nright:  {right}"
        )
    return result


class _NothingDeclared:
    name = "plain code"
    capabilities: frozenset[str] = frozenset()

    def open(self, loops: int) -> Any:
        """There is no system."""
        raise NotImplementedError


_NOTHING_DECLARED = _NothingDeclared()


@contextmanager
def loops(count: int) -> Iterator[list[asyncio.AbstractEventLoop]]:
    """Event loops, each running for ever on a thread of its own, until the block ends."""
    made = [asyncio.new_event_loop() for _ in range(count)]
    threads = [
        threading.Thread(target=loop.run_forever, name=f"loop {number}", daemon=True)
        for number, loop in enumerate(made)
    ]
    for thread in threads:
        thread.start()
    yield made
    for loop, thread in zip(made, threads, strict=True):
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def submit(coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Future[Any]:
    """`run_coroutine_threadsafe`, by a shorter name."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop)


async def g(x: float) -> float:
    """Twice x."""
    return x * 2


def await_same_loop() -> None:
    """f awaits g on the same loop."""

    async def f(x: float) -> float:
        return await g(x / 2)

    with loops(1) as (loop,):
        assert submit(f(10.0), loop).result() == 10.0


def nested_future() -> None:
    """f returns what run_coroutine_threadsafe gives."""
    with loops(1) as (loop,):

        async def f(x: float) -> Any:
            return submit(g(x / 2), loop)

        result = submit(f(10.0), loop).result()
        while not result.done():  # let g run, so that every layer is seen
            threading.Event().wait(0.001)
        flat(
            result,
            "return asyncio.run_coroutine_threadsafe(g(x / 2), loop)",
            "return await g(x / 2)    # or, for another loop: return await asyncio.wrap_future(...)",
        )


def asyncio_with_asyncio() -> None:
    """Two tasks of one loop, awaited in sequence and gathered."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        first, second = loop.create_task(g(1.0)), loop.create_task(g(2.0))
        assert await first + await second == 6.0
        assert sum(await asyncio.gather(g(3.0), loop.create_task(g(4.0)))) == 14.0

    with loops(1) as (loop,):
        submit(main(), loop).result()


def concurrent_with_concurrent() -> None:
    """A pool: a future of work on a future's result, and a chain made by a callback."""
    with ThreadPoolExecutor(2) as pool:
        half = pool.submit(lambda: 10.0 / 2)
        double = pool.submit(lambda: half.result() * 2)
        chained: Future[float] = Future()
        half.add_done_callback(lambda done: chained.set_result(done.result() * 2))
        assert double.result() == chained.result() == 10.0


def wrap_other_loop() -> None:
    """f awaits g on another loop, through wrap_future."""
    with loops(2) as (here, there):

        async def f(x: float) -> Any:
            return await asyncio.wrap_future(submit(g(x / 2), there))

        assert submit(f(10.0), here).result() == 10.0


def wrap_same_loop() -> None:
    """The same on its own loop: an async future around a concurrent one around an async one."""
    with loops(1) as (loop,):

        async def f(x: float) -> Any:
            return await asyncio.wrap_future(submit(g(x / 2), loop))

        first, second = submit(f(10.0), loop), submit(f(12.0), loop)
        assert (first.result(), second.result()) == (10.0, 12.0)


def executor() -> None:
    """f awaits blocking code in an executor, which itself waits on a future of the loop."""
    with loops(1) as (loop,), ThreadPoolExecutor(1) as pool:

        def blocking(x: float) -> float:
            result: float = submit(g(x / 2), loop).result()
            return result

        async def f(x: float) -> Any:
            return await loop.run_in_executor(pool, blocking, x)

        first, second = submit(f(10.0), loop), submit(f(12.0), loop)
        assert (first.result(), second.result()) == (10.0, 12.0)


def block_own_loop() -> None:
    """f blocks the only thread that could run g."""
    with loops(1) as (loop,):

        async def f(x: float) -> Any:
            return submit(g(x / 2), loop).result()

        submit(f(10.0), loop).result()


def block_each_other() -> None:
    """Each loop's thread is blocked by a coroutine that waits for one on the other loop."""
    with loops(2) as (one, other):
        both = threading.Barrier(2)

        async def ask(there: asyncio.AbstractEventLoop) -> Any:
            both.wait()
            return submit(g(5.0), there).result()

        first, second = submit(ask(other), one), submit(ask(one), other)
        assert (first.result(), second.result()) == (10.0, 10.0)


class Room:
    """Who is in it, by name, and on which loop each can be reached; used from every loop."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users: dict[str, User] = {}

    def join(self, user: User) -> None:
        """The user comes in."""
        with self.lock:
            self.users[user.name] = user

    def leave(self, user: User) -> None:
        """The user goes."""
        with self.lock:
            self.users.pop(user.name, None)

    def present(self) -> list[User]:
        """Who is there now."""
        with self.lock:
            return list(self.users.values())


class User:
    """Somebody who chats, on one loop of the pool; waits for others wherever they are."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.loop = loop
        self.heard: list[str] = []

    async def hear(self, text: str) -> str:
        """On the user's own loop."""
        self.heard.append(text)
        await asyncio.sleep(0)
        return f"{self.name} heard {text}"

    async def say(self, room: Room, text: str) -> list[str]:
        """Tell everybody present, and wait until they have heard it: the loops may differ, or be one."""
        others = [user for user in room.present() if user is not self]
        heard = [asyncio.wrap_future(submit(user.hear(f"{self.name}: {text}"), user.loop)) for user in others]
        return list(await asyncio.gather(*heard))


def chat_server() -> None:
    """Four users on two loops talk in one room, while one leaves and one joins."""
    with loops(2) as pool:
        room = Room()
        users = [User(name, pool[number % 2]) for number, name in enumerate(("ann", "bob", "cid", "dan"))]
        for user in users[:3]:
            room.join(user)

        async def come_and_go(leaving: User, joining: User) -> list[str]:
            room.join(joining)
            room.leave(leaving)
            return await joining.say(room, "hello")

        talking = [submit(user.say(room, "hi"), user.loop) for user in users[:3]]
        moving = submit(come_and_go(users[1], users[3]), users[3].loop)
        for future, user in zip(talking, users, strict=False):
            for answer in future.result():
                assert answer.endswith(f"heard {user.name}: hi"), answer
        assert all(answer.endswith("heard dan: hello") for answer in moving.result())
        assert sum(len(user.heard) for user in users) == sum(len(f.result()) for f in (*talking, moving))
