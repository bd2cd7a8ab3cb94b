"""Threads in a world: who they are, whether they live, what they are called, and how they end."""

from __future__ import annotations

import _thread
import contextvars
import threading
from typing import Any

import pytest
from tests.world.schedules import Newest, Stay, Walk, run, sound, value, values

from askance.world import World, installed


def test_every_strand_knows_itself() -> None:
    """`current_thread` is the thread that was started, with its name; idents differ, and are those of the threads."""

    def main() -> bool:
        seen: dict[str, Any] = {}

        def note() -> None:
            me = threading.current_thread()
            seen[me.name] = (me, threading.get_ident(), me.ident, threading.get_native_id())

        threads = [threading.Thread(target=note, name=name) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
            assert seen[thread.name][0] is thread
            assert seen[thread.name][1] == seen[thread.name][2] == thread.ident
        idents = {threading.get_ident(), *(entry[1] for entry in seen.values())}
        return len(idents) == 3

    assert set(values(main, 10)) == {True}


def test_idents_are_the_same_in_every_run() -> None:
    """They come from the world's count, not from the operating system."""

    def main() -> list[int]:
        seen = [threading.get_ident()]
        thread = threading.Thread(target=lambda: seen.append(threading.get_ident()))
        thread.start()
        thread.join()
        return seen

    assert value(main) == value(main, Newest())


def test_the_main_strand_is_the_main_thread() -> None:
    """In the main strand, and asked from others; its own name is MainThread."""

    def main() -> list[bool]:
        me = threading.current_thread()
        seen = [me is threading.main_thread(), me.name == "MainThread", not me.daemon, me.is_alive()]
        other = threading.Thread(target=lambda: seen.append(threading.main_thread() is me))
        other.start()
        other.join()
        return seen

    assert value(main) == [True] * 5


def test_default_names_are_counted_from_the_beginning_in_every_world() -> None:
    """So they do not depend on what ran before in the process."""

    def main() -> list[str]:
        def work() -> None:
            pass

        return [threading.Thread(target=work).name, threading.Thread(target=work).name]

    assert value(main) == value(main) == ["Thread-1 (work)", "Thread-2 (work)"]


def test_threads_of_one_name_are_strands_of_different_names() -> None:
    """Reports must tell them apart; the threads themselves keep their name."""

    def main() -> tuple[str, str]:
        threads = [threading.Thread(target=lambda: 1 / 0, name="same") for _ in range(2)]
        for thread in threads:
            thread.start()
            thread.join()
        return threads[0].name, threads[1].name

    execution = run(main)
    assert execution.value == ("same", "same")
    assert [name for name, _ in execution.uncaught] == ["same", "same#2"]


def test_a_thread_lives_from_its_start_to_its_end() -> None:
    """`is_alive`, and the text of the thread, before, meanwhile and after."""

    def main() -> list[bool]:
        event = threading.Event()
        thread = threading.Thread(target=event.wait)
        seen = [thread.is_alive()]
        thread.start()
        seen.append(thread.is_alive())
        assert "started" in repr(thread)
        event.set()
        thread.join()
        return [*seen, thread.is_alive()]

    assert set(map(tuple, values(main, 10))) == {(False, True, False)}


def test_enumerate_lists_the_living() -> None:
    """Each as the object it is, the main thread among them; `active_count` counts them."""

    def main() -> None:
        event = threading.Event()
        thread = threading.Thread(target=event.wait)
        thread.start()
        assert threading.enumerate() == [threading.main_thread(), thread]
        assert threading.active_count() == 2
        event.set()
        thread.join()
        assert threading.enumerate() == [threading.main_thread()]
        assert threading.active_count() == 1

    values(main, 10)


def test_a_strand_without_a_thread_object_has_one_when_asked() -> None:
    """`_thread.start_new_thread` makes no Thread; the one that is made up stays the same, and is no dummy thread."""

    def main() -> None:
        seen: list[Any] = []
        done = threading.Event()
        go = threading.Event()

        def body(number: int) -> None:
            go.wait()
            seen.append((number, threading.current_thread(), threading.get_ident()))
            assert threading.current_thread() is seen[0][1]
            done.set()

        ident = _thread.start_new_thread(body, (7,))
        listed = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
        assert listed[0].daemon and listed[0].is_alive()
        go.set()
        done.wait()
        number, thread, own = seen[0]
        assert (number, own, thread.ident) == (7, ident, ident)
        assert listed == [thread]
        assert not isinstance(thread, threading._DummyThread)

    values(main, 5)


def test_daemon_is_inherited_and_given() -> None:
    """A daemon's threads are daemons, unless told otherwise."""

    def main() -> list[bool]:
        seen = [threading.Thread().daemon]

        def body() -> None:
            seen.append(threading.Thread().daemon)
            seen.append(threading.Thread(daemon=False).daemon)

        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        thread.join()
        return seen

    assert value(main) == [False, True, False]


def test_join_waits_for_the_end_or_for_its_time() -> None:
    """A timed join of a stuck thread comes back; it raises nothing, and the thread lives."""

    def main() -> list[bool]:
        event = threading.Event()
        thread = threading.Thread(target=event.wait)
        thread.start()
        thread.join(timeout=0)
        thread.join(timeout=5)
        seen = [thread.is_alive()]
        event.set()
        thread.join(timeout=5)
        thread.join()
        return [*seen, thread.is_alive()]

    assert value(main) == [True, False]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: threading.current_thread().join(), "cannot join current thread"),
        (lambda: threading.Thread().join(), "cannot join thread before it is started"),
        (lambda: [t.start() for t in [threading.Thread()] * 2], "threads can only be started once"),
    ],
)
def test_wrong_use_of_threads_raises_as_it_does_outside(wrong: Any, message: str) -> None:
    """RuntimeError, with the words of the original."""

    def main() -> None:
        with pytest.raises(RuntimeError, match=message):
            wrong()

    value(main)


def test_a_subclass_that_overrides_run_runs() -> None:
    """And so does one whose `start` and `join` call the originals."""

    class Worker(threading.Thread):
        """Records what was called."""

        def __init__(self) -> None:
            super().__init__()
            self.log = ["init"]

        def start(self) -> None:
            self.log.append("start")
            super().start()

        def run(self) -> None:
            self.log.append("run")

        def join(self, timeout: float | None = None) -> None:
            super().join(timeout)
            self.log.append("join")

    def main() -> list[str]:
        worker = Worker()
        worker.start()
        worker.join()
        return worker.log

    assert set(map(tuple, values(main, 10))) == {("init", "start", "run", "join")}


def test_an_exception_that_ends_a_thread_is_kept_and_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody else would see it: the execution has it, with the strand's name."""

    def main() -> str:
        thread = threading.Thread(target=lambda: {}["missing"], name="worker")
        thread.start()
        thread.join()
        return "main went on"

    execution = run(main)
    assert execution.value == "main went on"
    [(name, exception)] = execution.uncaught
    assert name == "worker" and isinstance(exception, KeyError)
    assert capfd.readouterr() == ("", "")


def test_the_main_strands_exception_is_the_executions() -> None:
    """Whatever its kind; it does not come out of `run`."""

    def main() -> None:
        raise SystemExit(3)

    execution = run(main)
    assert execution.ending == "done"
    assert isinstance(execution.exception, SystemExit)


def test_system_exit_ends_only_its_thread() -> None:
    """As in the original, it is nothing to report."""

    def main() -> int:
        def leave() -> None:
            raise SystemExit(1)

        threads = [threading.Thread(target=leave)]
        threads[0].start()
        threads[0].join()
        return 1

    assert sound(run(main)).value == 1


def test_daemons_are_not_waited_for_and_others_are() -> None:
    """When the main strand has ended, the execution goes on until only daemons are left."""
    log: list[str] = []

    def main() -> None:
        never, soon = threading.Event(), threading.Event()
        threading.Thread(target=never.wait, daemon=True).start()

        def last() -> None:
            soon.wait()
            log.append("last")

        threading.Thread(target=last).start()
        threading.Thread(target=soon.set).start()

    for seed in range(10):
        log.clear()
        execution = sound(run(main, Walk(seed)))
        assert log == ["last"]
        assert len(execution.leaks) == 1


def test_context_variables_are_per_strand_and_the_main_strand_has_the_callers() -> None:
    """A new thread starts with an empty context; what a strand sets is seen nowhere else, not even outside."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    variable.set("outside")

    def main() -> list[str]:
        seen = [variable.get()]
        variable.set("main")

        def other() -> None:
            seen.append(variable.get())
            variable.set("other")
            threading.Event().set()
            seen.append(variable.get())

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return [*seen, variable.get()]

    assert World(Stay()).run(main).value == ["outside", "unset", "other", "main"]
    assert variable.get() == "outside"


def test_a_thread_that_was_made_outside_can_be_started_inside() -> None:
    """It becomes a strand."""
    log: list[str] = []
    thread = threading.Thread(target=lambda: log.append(threading.current_thread().name), name="early")

    def main() -> None:
        thread.start()
        thread.join()

    value(main)
    assert log == ["early"]
    assert not thread.is_alive()
    thread.join()


def test_a_thread_that_was_made_inside_and_is_started_outside_tells_of_its_exception(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Strands keep theirs, but this one is none."""
    told: list[Any] = []
    thread = value(lambda: threading.Thread(target=lambda: 1 / 0))
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))
    thread.start()
    thread.join()
    assert told == [ZeroDivisionError]


def test_who_forks_finds_the_real_threads_and_no_strands() -> None:
    """`threading._dangling` is where a child process finds the threads that it does not have."""
    module: Any = threading
    with installed():
        inside = value(lambda: threading.Thread(target=int))
        outside = threading.Thread(target=int)
        assert outside in list(module._dangling) and inside not in list(module._dangling)
    assert outside in module._dangling
