"""Unmodified Pykka in a world: a library of threads, locks, queues and conditions that knows nothing of askance."""

from __future__ import annotations

import threading
from typing import Any

import pykka
import pytest
from tests.world.schedules import Walk, executions, run, sound

from askance.world import World, installed


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pykka's registry is the process's: what a world that hung in an earlier test left there is none of ours."""
    monkeypatch.setattr(pykka.ActorRegistry, "_actor_refs", [])


class Adder(pykka.ThreadingActor):
    """Remembers what it was told, and asks another actor for help."""

    def __init__(self, helper: Any = None) -> None:
        super().__init__()
        self.helper = helper
        self.seen: list[int] = []
        self.threads: set[str] = set()

    def on_receive(self, message: Any) -> Any:
        """A number is remembered; a request is answered."""
        self.threads.add(threading.current_thread().name)
        if message == "sum":
            return sum(self.seen)
        if message == "fail":
            raise KeyError("asked for")
        if self.helper is not None:
            return self.helper.ask(message) + 1
        self.seen.append(message)
        return message


def conversation() -> dict[str, Any]:
    """Asks, tells, failures, futures, several askers, and the end of all actors."""
    helper = Adder.start()
    adder = Adder.start(helper)
    results: list[int] = []
    threads = [threading.Thread(target=lambda n=n: results.append(adder.ask(n))) for n in (1, 2)]
    for thread in threads:
        thread.start()
    helper.tell(10)
    future = helper.ask("sum", block=False)
    try:
        helper.ask("fail")
        failed = False
    except KeyError:
        failed = True
    for thread in threads:
        thread.join()
    total = helper.ask("sum")
    partial = future.get()
    pykka.ActorRegistry.stop_all()
    try:
        adder.ask(3)
        dead = False
    except pykka.ActorDeadError:
        dead = True
    return {
        "results": sorted(results),
        "failed": failed,
        "total": total,
        "partial": partial,
        "dead": dead,
        "alive": adder.is_alive() or helper.is_alive(),
    }


def test_pykka_does_what_it_promises_on_every_schedule() -> None:
    """Two hundred of them, which differ in what the one racing question sees."""
    partial = set()
    with installed():
        for seed in range(200):
            execution = sound(World(Walk(seed)).run(conversation))
            value = execution.value
            partial.add(value.pop("partial"))
            assert value == {"results": [2, 3], "failed": True, "total": 13, "dead": True, "alive": False}
            assert execution.leaks == []
    assert len(partial) > 2 and partial <= {10, 11, 12, 13}


def test_a_pykka_actor_that_asks_itself_is_a_deadlock() -> None:
    """Found at once, with the strand that waits."""

    class Selfish(pykka.ThreadingActor):
        """Asks itself."""

        def on_receive(self, message: Any) -> Any:
            """Never answers."""
            return self.actor_ref.ask(message)

    def main() -> None:
        Selfish.start().ask("anything")

    execution = run(main)
    assert execution.ending == "deadlock"
    assert "Selfish" in str(execution.deadlock)
    assert {e.ending for e in executions(main, 10)} == {"deadlock"}


def test_pykkas_registry_is_empty_again_for_the_next_execution() -> None:
    """Its lock of import time and its list live on; what an execution left there is its own to clean."""

    def main() -> int:
        pykka.ActorRegistry.stop_all()
        Adder.start()
        left = len(pykka.ActorRegistry.get_all())
        pykka.ActorRegistry.stop_all()
        return left

    assert {execution.value for execution in executions(main, 20)} == {1}


def test_a_proxy_calls_and_reads_across_threads() -> None:
    """Pykka's own composition: futures of attributes and methods, mapped and joined."""

    class Plain(pykka.ThreadingActor):
        """Has a method and an attribute."""

        size = 3

        def double(self, number: int) -> int:
            """Twice the number."""
            return number * 2

    def main() -> list[int]:
        proxy = Plain.start().proxy()
        futures = [proxy.double(n) for n in range(3)]
        joined = futures[0].join(*futures[1:]).map(sum).get()
        size = proxy.size.get()
        proxy.stop()
        return [joined, size]

    assert {tuple(execution.value) for execution in executions(main, 30)} == {(6, 3)}
