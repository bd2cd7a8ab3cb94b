"""Exhaustive search of small programs: what is said is true, in all its parts."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest

from askance.clauses import Case, judge_all
from askance.cli import main
from askance.generate.continuing import carry_out
from askance.program_rules import validate
from askance.run import load_adapter
from askance.search.delays import DelayBounded
from askance.search.dpor import OptimalDPOR
from askance.search.exhaustive import Exhaustive, SleepSets
from askance.search.named import named
from askance.suite import exhaustive
from askance.suite.exhaustive import Searched, check_exhaustively, search_program
from askance.suite.exhaustive_family import FAMILY
from askance.suite.exhaustive_progress import Progress, line
from askance.suite.exhaustive_state import read_state, state_file
from askance.world import installed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def searched(name: str, implementation: str = "reference", executions: int = 1000) -> Searched:
    """One program of the family, searched."""
    return search_program(name, FAMILY[name], load_adapter(implementation), executions=executions)


def orders(strategy: Exhaustive, name: str, most: int = 2000) -> set[tuple[str, ...]]:
    """The orders of recorded events that a strategy sees before it is done; it must be done."""
    seen = set()
    with installed():
        for _ in range(most):
            world = exhaustive._World(strategy, max_steps=1000)
            world.planning = strategy
            world.drain = True
            strategy.attach(world)
            history = carry_out(FAMILY[name], (), load_adapter("reference"), world)
            if not strategy.redundant:
                seen.add(tuple(f"{event.kind} {event.who} {event.message}" for event in history.events))
            if not strategy.another():
                return seen
    raise AssertionError(f"{name} is not done after {most} executions")


def test_the_family_is_valid_and_has_names() -> None:
    """Every program can be performed; none is there twice."""
    for program in FAMILY.values():
        validate(program)
    assert len(set(FAMILY.values())) == len(FAMILY)


@pytest.mark.parametrize("name", ["one-ask", "two-clients", "nested-two-loops", "ask-racing-stop"])
def test_the_reference_holds_on_all_interleavings(name: str) -> None:
    """The search of a small program is complete, and no clause falls."""
    found = searched(name)
    assert (found.complete, found.status, found.inconclusive) == (True, 0, "")
    assert str(found) == f"all {found.executions:,} interleavings of {name}: no clause fell"
    assert {"A1", "D1"} <= found.reached


@pytest.mark.parametrize("name", ["two-clients", "ask-racing-stop"])
def test_asks_that_share_no_lock_race_all_the_same(name: str) -> None:
    """All orders of recorded events that the trusted oracle sees are seen, the second client's lead among them."""
    expected = orders(SleepSets(), name)
    assert orders(OptimalDPOR(), name) == expected
    begun = {next(event for event in order if event.startswith(("ask", "stop"))) for order in expected}
    assert len(begun) == 2


def test_delay_bounds_grow_to_the_whole() -> None:
    """No delay is one schedule; every bound adds some; a bound that leaves nothing out is complete."""
    seen: list[set[tuple[str, ...]]] = []
    for bound in range(3):
        strategy = DelayBounded(bound)
        seen.append(orders(strategy, "two-clients"))
        assert strategy.exhausted
        assert not strategy.complete
    assert len(seen[0]) == 1
    assert seen[0] < seen[1] < seen[2]
    whole = DelayBounded(100)
    assert orders(whole, "one-ask") == orders(SleepSets(), "one-ask")
    assert whole.complete


def test_a_delay_bound_is_for_exhaustive_strategies() -> None:
    """`delay_bound` chooses delay-bounded search, and is refused where it would mean nothing."""
    assert isinstance(named("dpor", delay_bound=2), DelayBounded)
    with pytest.raises(ValueError, match="a delay bound is for exhaustive strategies, and 'pos' is none"):
        named("pos", delay_bound=2)
    with pytest.raises(ValueError, match="a delay bound is 0 or more, not -1"):
        named("dpor", delay_bound=-1)


def test_what_is_too_large_is_said_to_be_not_complete() -> None:
    """The share is used up: the counts are honest, and the status is inconclusive."""
    found = searched("two-clients", executions=20)
    assert found.executions == 20
    assert not found.complete
    assert found.status == 3
    assert found.delays >= 0
    assert str(found).startswith("20 of about ")
    assert str(found).endswith("no clause fell; not complete")


def test_a_failure_ends_the_search_of_its_program(folder: Path) -> None:
    """A naive implementation's clause is named with the executions it took; the failure is told once, and saved."""
    out = io.StringIO()
    status = check_exhaustively("naive-nested", only="nested", out=out)
    printed = out.getvalue()
    assert status == 1
    assert "A3 fell after 1 interleaving of nested-one-loop" in printed
    assert "A3 fell after 1 interleaving of nested-two-loops" in printed
    assert printed.count("requirement:") == 1
    assert "askance replay .askance/naive-nested-A3.json" in printed
    assert main(["replay", ".askance/naive-nested-A3.json"]) == 1


def test_pykkas_forgotten_message_is_found(folder: Path) -> None:
    """An ask that comes as the actor stops is never answered: one interleaving of few."""
    pytest.importorskip("pykka")
    found = searched("ask-racing-stop", "pykka")
    assert found.failure is not None
    assert found.executions > 1


def test_a_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Searched in pieces, a program has as many interleavings as searched at once; nothing is left behind."""
    whole = searched("two-clients")
    adapter, file = load_adapter("reference"), state_file(tmp_path, "reference", "two-clients")
    found = Searched("", FAMILY["one-ask"])
    for _ in range(20):
        program = FAMILY["two-clients"]
        found = search_program("two-clients", program, adapter, executions=40, file=file, resume=True)
        if found.complete:
            break
        assert file.exists()
    assert found.complete
    assert found.executions == whole.executions
    assert found.reached == whole.reached
    assert found.resumed > 0
    assert not file.exists()


def test_without_resume_a_search_begins_again(tmp_path: Path) -> None:
    """The saved state is used only where it is asked for."""
    adapter, file = load_adapter("reference"), tmp_path / "some.state"
    for _ in range(2):
        found = search_program("two-clients", FAMILY["two-clients"], adapter, executions=10, file=file)
        assert found.executions == 10


class Planted:
    """What a file could plant in whoever reads it carelessly."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("planted",)


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps(Planted()), pickle.dumps((1, "3", ()))])
def test_a_file_that_is_no_state_is_none(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Broken and foreign files begin a search from the beginning; nothing in them is run."""
    file = tmp_path / "some.state"
    file.write_bytes(content)
    assert read_state(file, "") is None
    assert capsys.readouterr().out == ""


def test_ctrl_c_leaves_what_is_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in the middle, the command says how far it came, and a later one goes on from there."""
    made = 0

    def judged(case: Case) -> object:
        nonlocal made
        made += 1
        if made == 31:
            raise KeyboardInterrupt
        return judge_all(case)

    monkeypatch.setattr(exhaustive, "judge_all", judged)
    out = io.StringIO()
    assert check_exhaustively("reference", only="two-clients or diamond", out=out) == 3
    assert "no clause fell; interrupted, not complete" in out.getvalue()
    assert "diamond" not in out.getvalue()
    out = io.StringIO()
    assert check_exhaustively("reference", only="two-clients", resume=True, out=out) == 0
    assert "by an earlier call)" in out.getvalue()


def test_what_an_implementation_cannot_do_is_left_out(folder: Path) -> None:
    """Programs that need other capabilities are named with the reason."""
    out = io.StringIO()
    assert check_exhaustively("asyncio-bare", only="one-ask or deferred", out=out) == 0
    assert 'deferred left out: it needs "deferred", which asyncio-bare does not declare' in out.getvalue()
    assert "asyncio-bare: 20 executions, 1 of 1 programs complete; no clause fell" in out.getvalue()


def wrong(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> str:
    """The message of a wrong use."""
    assert main(arguments) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--exhaustive", "-k", "nothing"), "no program's name has 'nothing' in it; they are one-ask, "),
        (("--exhaustive", "--profile", "smoke"), "--exhaustive has no use for --profile"),
        (("--exhaustive", "--", "-x"), "--exhaustive has no use for -- ..."),
        (("--resume",), "--resume and --seconds are for --exhaustive"),
    ],
)
def test_wrong_use_is_told(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: Sequence[str], said: str
) -> None:
    """Options that mean nothing together are refused."""
    assert said in wrong(capsys, ["check", "reference", *arguments])


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize(("file", "shown"), [(Terminal(), "\r{}\x1b[K"), (io.StringIO(), "{}\n")])
def test_progress_is_one_line_on_a_terminal_and_plain_elsewhere(file: io.StringIO, shown: str) -> None:
    """Executions done, estimated total, rate, time left; not more often than somebody can read."""
    now = iter((0.0, 0.0, 0.1, 20.0))
    progress = Progress(file, lambda: next(now))
    progress.begin("diamond")
    progress.update(1, 400)
    assert file.getvalue() == ""
    progress.update(200, 400)
    expected = "diamond: 200 of about 400 executions, 10 a second, about 20 s left"
    assert file.getvalue() == shown.format(expected)


def test_long_times_are_told_in_minutes_and_hours() -> None:
    """Nobody wants to divide by 3600."""
    assert line("a", 10, 3010, 10) == "a: 10 of about 3,010 executions, 10 a second, about 5 min left"
    assert line("a", 10, 360010, 10).endswith("about 10 h left")
    assert line("a", 0, 7, 0) == "a: 0 of about 7 executions"


COUNTERS = """
import threading

def careful():
    total, lock = [0], threading.Lock()
    def add():
        with lock:
            total[0] += 1
    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert total[0] == 3
"""


def test_explore_says_all_or_not_complete(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """All 3! orders of three threads at one lock, with status 0; cut short it is status 3."""
    (folder / "exhaustive_counters.py").write_text(COUNTERS)
    assert main(["explore", "exhaustive_counters:careful", "--exhaustive"]) == 0
    assert "passed: all 6 interleavings" in capsys.readouterr().out
    assert main(["explore", "exhaustive_counters:careful", "--exhaustive", "--executions", "3"]) == 3
    assert "interleavings: not complete" in capsys.readouterr().out


def test_explore_goes_on_where_it_stopped(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Two calls together see each interleaving once; once all is seen nothing is kept."""
    (folder / "exhaustive_parts.py").write_text(COUNTERS)
    search = ["explore", "exhaustive_parts:careful", "--exhaustive"]
    assert main([*search, "--executions", "3"]) == 3
    assert "askance explore exhaustive_parts:careful --exhaustive --resume" in capsys.readouterr().out
    assert main([*search, "--executions", "2", "--resume"]) == 3
    assert (
        "no failure in 5 of about 6 interleavings (3 of them by an earlier call)" in capsys.readouterr().out
    )
    assert main([*search, "--executions", "2", "--resume"]) == 0
    assert "passed: all 6 interleavings" in capsys.readouterr().out
    assert not list((folder / ".askance").glob("*.state"))


def test_explore_begins_again_where_the_function_is_another(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """A state belongs to the text of the module that it was searched in, and to what was preempted."""
    (folder / "exhaustive_again.py").write_text(COUNTERS)
    search = ["explore", "exhaustive_again:careful", "--exhaustive", "--executions", "3"]
    assert main(search) == 3
    assert main([*search, "--resume", "--preempt", "json"]) == 3
    assert "earlier call" not in capsys.readouterr().out
    assert main(search) == 3
    (folder / "exhaustive_again.py").write_text(COUNTERS + "\n")
    assert main([*search, "--resume"]) == 3
    assert "earlier call" not in capsys.readouterr().out


def test_resume_is_for_exhaustive_search(capsys: pytest.CaptureFixture[str]) -> None:
    """A random search has nothing to go on with."""
    assert main(["explore", "json:dumps", "--resume"]) == 2
    assert "--resume is for --exhaustive" in capsys.readouterr().err
