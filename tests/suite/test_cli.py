"""The command line: exit statuses, and one message for whatever is wrong."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

import askance.suite
from askance.cli import main, parsed
from askance.cli.check import pytest_arguments
from askance.program import Actor, Apply, AskOp, Client, Msg, Program, Result
from askance.program_json import dump
from askance.suite.scenarios import SCENARIOS

ASK = Program(
    1, (Actor("a", 0, Apply("f", (Msg(),))),), (Client("c0", "thread", (AskOp("r0", "a", 1), Result("r0"))),)
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wrong(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What one wrong use prints: the exit status is 2, and the message is all there is."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("askance: ")
    assert "Traceback" not in printed.err
    return printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "refrence"), "unknown implementation 'refrence', did you mean 'reference'?"),
        (("check", "no_such_module:adapter"), "there is no module 'no_such_module'"),
        (("check", "reference", "--profle", "smoke"), "unrecognized arguments: --profle"),
        (("check", "reference", "--profile", "huge"), "invalid choice: 'huge'"),
        (("check", "reference", "--executions", "0"), "must be 1 or more, not 0"),
        (("check", "reference", "-n", "two"), "invalid processes value: 'two'"),
        (("check", "reference", "-n", "-1"), "must be 0 or more, not -1"),
        (("chek", "reference"), "invalid choice: 'chek'"),
        ((), "the following arguments are required: COMMAND"),
        (("replay", "absent.json"), "cannot read the counterexample absent.json: No such file or directory"),
        (("run", "absent.json"), "cannot read the program file absent.json: No such file or directory"),
        (("run", "await-sme-loop"), "there is no scenario and no file 'await-sme-loop'"),
        (("run", "executor", "--impl", "reference"), "the scenario executor is no ask graph"),
        (("run", "nested-future", "--impl", "asyncio-bare"), 'it needs "deferred"'),
        (("explore", "no_such_module:f"), "there is no module 'no_such_module'"),
        (("explore", "json"), "'json' is not of the form module:function"),
        (("explore", "json:nothing"), "json has no attribute 'nothing'"),
        (("explore", "json:__name__"), "json:__name__ is not a function but str"),
        (("explore", "json:dumps"), "json:dumps: the target is called without arguments"),
        (("explore", "json:dumps", "--exhaustive"), "needs 'obj'"),
        (("explore", "gc:collect", "--strategy", "clever"), "there is no strategy 'clever'"),
        (("explore", "gc:collect", "--strategy", "pct:99999999999"), "bugs have few ordered steps"),
        (("explore", "./mine/program:f"), "is a file: give the module's name"),
        (("explore", "program.py:f"), "is a file: give the module's name"),
        (
            ("explore", "pkgutil:walk_packages"),
            "'walk_packages' is a generator function, and calling it runs nothing",
        ),
        (("run", "await-same-loop", "--impl", ""), "--impl needs a name"),
    ],
)
def test_wrong_use_is_one_message(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Each mistake is told in one message on stderr, with exit status 2 and no traceback."""
    assert said in wrong(capsys, *arguments)


def test_how_a_repository_tests_itself_does_not_matter(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """Its options would end the check at the first clause that falls, or judge none; its conftest.py does anything."""
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -x -m slow\npython_functions = check_*\n")
    (folder / "conftest.py").write_text("raise RuntimeError('not meant for clauses')\n")
    arguments = ["check", "naive-nested", "-k", "A3 or M1", "--executions", "20", "--json", "report.json"]
    assert main(arguments) == 1
    report = json.loads((folder / "report.json").read_text())
    assert [entry["clause"] for entry in report["clauses"]] == ["A3", "M1"]


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    """What a bug report needs first."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"askance {version('askance')}\n"


def test_letters_that_the_output_lacks_are_escaped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe on Windows, or the locale C: no traceback, and the other letters are there."""
    (folder / "program.json").write_text(json.dumps(dump(replace(ASK, name="Größe, размер"))))
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="latin-1"))
    assert main(["run", "program.json", "--executions", "2"]) == 0
    sys.stdout.flush()
    assert "Größe, \\u0440".encode("latin-1") in out.getvalue()


def test_a_module_that_ends_the_process_is_one_message(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script without a guard: its exit status is not ours."""
    (folder / "script_that_exits.py").write_text("raise SystemExit(4)")
    monkeypatch.syspath_prepend(str(folder))
    assert "importing script_that_exits raised SystemExit: 4" in wrong(
        capsys, "explore", "script_that_exits:f"
    )


ADAPTERS = """
from askance.adapter import BaseAdapter, System

class Raising(BaseAdapter):
    name = "raising"
    capabilities = frozenset({"result"})
    def open(self, loops):
        raise OSError("no network")

class Silent(System):
    def spawn(self, handler, loop): return handler
    def ask(self, ref, message): ref(message)
    def tell(self, ref, message): ref(message)
    def close(self): pass

class Nothing(BaseAdapter):
    name = "nothing"
    capabilities = frozenset({"result"})
    def open(self, loops):
        return Silent()

raising, nothing = Raising(), Nothing()
"""


@pytest.mark.parametrize(
    ("name", "said"), [("raising", "`open` raised OSError: no network"), ("nothing", "`ask` returned None")]
)
def test_a_broken_adapter_is_one_message(
    capsys: pytest.CaptureFixture[str], folder: Path, name: str, said: str
) -> None:
    """An adapter that breaks the port is refused before anything is judged."""
    (folder / f"broken_{name}.py").write_text(ADAPTERS)
    assert said in wrong(capsys, "check", f"broken_{name}:{name}")


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"loops": 0}'])
def test_a_malformed_program_is_one_message(
    capsys: pytest.CaptureFixture[str], folder: Path, text: str
) -> None:
    """A file that holds no program is refused with its name and what is wrong."""
    (folder / "program.json").write_text(text)
    assert "program.json is not a program: " in wrong(capsys, "run", "program.json")


def test_xdist_is_asked_for_by_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """Without pytest-xdist, -n says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'askance[xdist]'" in wrong(capsys, "check", "reference", "-n", "2")


def test_check_is_nothing_but_pytest() -> None:
    """Options become pytest's; what follows -- is handed on as it is."""
    options = parsed(
        [
            "check",
            "reference",
            "--profile",
            "smoke",
            "--seed",
            "-3",
            "-k",
            "A3 or D1",
            "-n",
            "2",
            "--",
            "-x",
            "--lf",
        ]
    )
    arguments = pytest_arguments(options)
    suite = Path(askance.suite.__file__).parent
    assert arguments[:3] == [str(suite), "-c", str(suite / "pytest.ini")]
    assert arguments[arguments.index("--askance") + 1] == "reference"
    assert "--askance-profile=smoke" in arguments
    assert "--askance-seed=-3" in arguments
    assert arguments[arguments.index("-k") + 1] == "A3 or D1"
    assert arguments[arguments.index("-n") + 1] == "2"
    assert arguments[-2:] == ["-x", "--lf"]


def test_as_many_processes_as_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """-n auto is one for each core that this process may use."""
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 2, 3}, raising=False)
    assert parsed(["check", "reference", "-n", "auto"]).processes == 3


@pytest.mark.parametrize("processes", ["0", "1"])
def test_no_further_processes(processes: str) -> None:
    """-n 0, which pytest-xdist knows, and -n 1 do without it."""
    options = parsed(["check", "reference", "-n", processes])
    assert pytest_arguments(options) == pytest_arguments(parsed(["check", "reference"]))


def test_a_program_runs_on_any_implementation(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A program's file runs under many schedules: 0 where no clause falls, 1 and a counterexample where one does."""
    (folder / "program.json").write_text(json.dumps(dump(ASK)))
    assert main(["run", "program.json", "--executions", "20"]) == 0
    assert "every reply was what the program denotes" in capsys.readouterr().out
    assert main(["run", "program.json", "--impl", "naive-call-soon"]) == 1
    printed = capsys.readouterr().out
    assert "D1 fell" in printed
    assert "askance replay .askance/naive-call-soon-D1.json" in printed
    assert main(["replay", ".askance/naive-call-soon-D1.json"]) == 1
    assert "nobody is left to complete c0.r0" in capsys.readouterr().out


TARGETS = """
import threading

def lost_update():
    total, lock = [0], threading.Lock()
    def add():
        with lock:
            seen = total[0]
        with lock:
            total[0] = seen + 1
    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert total[0] == 2, f"an update was lost: {total[0]}"

def careful():
    total, lock = [0], threading.Lock()
    def add():
        with lock:
            total[0] += 1
    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert total[0] == 2
"""


def test_explore_runs_any_function(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A lost update is found with status 1; careful code passes with status 0."""
    (folder / "explored_targets.py").write_text(TARGETS)
    assert main(["explore", "explored_targets:lost_update"]) == 1
    printed = capsys.readouterr().out
    assert "an update was lost: 1" in printed
    assert printed.endswith("askance replay .askance/explored_targets-lost_update.json\n")
    assert main(["replay", ".askance/explored_targets-lost_update.json"]) == 1
    assert "an update was lost: 1" in capsys.readouterr().out
    assert main(["explore", "explored_targets:careful", "--executions", "50"]) == 0
    assert "passed: no failure" in capsys.readouterr().out


def test_the_specification_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """`askance spec` prints every clause."""
    assert main(["spec"]) == 0
    assert "A3" in capsys.readouterr().out


def test_what_there_is_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """`askance list` has every implementation and every scenario."""
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name in (*SCENARIOS, "reference", "naive-nested"):
        assert name in printed
