"""After worlds, the interpreter exits cleanly: nothing is printed, and nothing is waited for."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def script(source: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own; it has a minute."""
    code = "import sys; sys.path.insert(0, '.')\nfrom tests.world.schedules import *\n" + textwrap.dedent(
        source
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "", **environment},
    )


@pytest.mark.parametrize("ending", ["deadlock", "done", "steps"])
def test_the_interpreter_exits_cleanly_after_any_ending(ending: str) -> None:
    """With pools, loops and threads left over, the exit hooks of the standard library find nothing to wait for."""
    result = script(
        """
        import asyncio, threading, time
        from concurrent.futures import ThreadPoolExecutor

        kept = []

        def main():
            pool = ThreadPoolExecutor(2)
            kept.append(pool)
            pool.submit(threading.Event().wait)
            loop = asyncio.new_event_loop()
            kept.append(loop)
            kept.append(threading.Thread(target=loop.run_forever))
            kept[-1].start()
            asyncio.run_coroutine_threadsafe(asyncio.sleep(10**9), loop)
            kept.append(threading.current_thread())
            class Bare:
                def __del__(self):
                    kept.append(threading.current_thread())
            import _thread
            _thread.start_new_thread(lambda: kept.append(threading.current_thread()), ())
            time.sleep(0)
            if sys.argv[1] == "deadlock":
                threading.Event().wait()
            while sys.argv[1] == "steps":
                time.sleep(0)

        for seed in range(3):
            execution = World(Walk(seed), max_steps=500).run(main)
            assert execution.ending == sys.argv[1], execution
        print("end")
        """,
        ending,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "end\n", "")


def test_the_interpreter_exits_cleanly_while_patches_are_in_place() -> None:
    """Who never leaves `installed` does no harm."""
    result = script(
        """
        import threading
        patches = installed()
        patches.__enter__()
        print(World(Stay()).run(lambda: 7).value)
        """
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "7\n", "")


def test_a_world_that_is_dropped_without_closing_ends_with_the_process() -> None:
    """Nothing is printed for strands that were left suspended."""
    result = script(
        """
        import threading

        def main():
            threading.Thread(target=threading.Event().wait).start()
            world.pause()

        world = World(Stay())
        world.start(main)
        print(world.paused)
        """
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "True\n", "")
