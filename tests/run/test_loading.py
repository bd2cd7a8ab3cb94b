"""Names and files that a user gives are found, or refused with one message that says what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.run.libraries import Loops, actor, scene

from askance.adapter import BaseAdapter
from askance.program import Msg
from askance.program_json import dumps
from askance.run import EXIT_STATUS, AdapterError, UsageError, implementations, load_adapter, load_program
from askance.run.loading import check_declaration

LOOPS = Loops()
DECLARED = {"capabilities": frozenset({"result"}), "open": lambda self, loops: None}


def message(error: pytest.ExceptionInfo[BaseException]) -> str:
    """The error's text, which must be one line."""
    text = str(error.value)
    assert "\n" not in text
    return text


def test_installed_implementations_are_listed() -> None:
    """The entry points of the installed distributions name implementations, in order."""
    found = implementations()
    assert found["reference"] == "askance_impl.reference.adapter:adapter"
    assert list(found) == sorted(found)


def test_module_and_attribute_name_an_adapter() -> None:
    """`module:attribute` is imported and looked up."""
    assert load_adapter("tests.run.test_loading:LOOPS").name == "loops"


def test_adapter_in_the_current_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module beside the user is importable, as with `python -m`."""
    source = "class A:\n    name = 'mine'\n    capabilities = frozenset()\n    def open(self, loops): ...\nit = A()\n"
    (tmp_path / "beside_the_user.py").write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["/nowhere"])
    assert load_adapter("beside_the_user:it").name == "mine"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "referense",
            r"unknown implementation 'referense', did you mean 'reference'\? Installed: .*reference",
        ),
        (
            "nothing_like_it_9",
            r"unknown implementation 'nothing_like_it_9'\. Installed: .* Or give module:attribute",
        ),
        ("tests.run.test_loading:", "'tests.run.test_loading:' is not of the form module:attribute"),
        (
            "no_such_module:adapter",
            "implementation 'no_such_module:adapter': there is no module 'no_such_module'",
        ),
        (
            "tests.no_such:adapter",
            "implementation 'tests.no_such:adapter': there is no module 'tests.no_such'",
        ),
        (
            "tests.run.test_loading:LOPS",
            "implementation 'tests.run.test_loading:LOPS': tests.run.test_loading has no attribute 'LOPS'",
        ),
    ],
)
def test_wrong_name_is_one_message(name: str, text: str) -> None:
    """A name that leads nowhere says which part is wrong."""
    with pytest.raises(UsageError) as error:
        load_adapter(name)
    assert re.match(text, message(error))


def test_module_that_needs_another_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter whose library is not installed names the library."""
    (tmp_path / "needs_a_library.py").write_text("import not_installed_anywhere\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError) as error:
        load_adapter("needs_a_library:adapter")
    assert message(error) == (
        "implementation 'needs_a_library:adapter' needs the module 'not_installed_anywhere', which is not installed"
    )


def test_module_that_raises_says_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter's module that raises on import is reported with its exception."""
    (tmp_path / "raises_on_import.py").write_text("1 / 0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError) as error:
        load_adapter("raises_on_import:adapter")
    assert message(error).endswith("importing raises_on_import raised ZeroDivisionError: division by zero")


class Nameless:
    """No name."""

    capabilities: Any = frozenset()


class Listing(Loops):
    """Capabilities of a wrong type."""

    capabilities: Any = ("await",)


class Misspelt(Loops):
    """A capability that is no word of the vocabulary."""

    capabilities = frozenset({"awaits"})


class Unopened:
    """No `open`."""

    name = "unopened"
    capabilities: Any = frozenset()


@pytest.mark.parametrize(
    ("adapter", "text"),
    [
        (Loops, "the adapter is the class Loops: name an instance, as in `adapter = Loops()`"),
        (Nameless(), "the adapter has no `name`: give the adapter a class attribute `name`, a text"),
        (Listing(), "loops: `capabilities` must be a frozenset of texts, and is tuple"),
        (
            Misspelt(),
            "loops: unknown capability 'awaits' (did you mean 'await'?). The vocabulary: async-handlers, ",
        ),
        (Unopened(), "unopened: `open` must be a method that takes the number of loops and returns a System"),
    ],
    ids=lambda part: type(part).__name__,
)
def test_adapter_must_declare_itself(adapter: object, text: str) -> None:
    """An adapter that lacks a declaration, or declares an unknown word, is told what to write."""
    with pytest.raises(AdapterError) as error:
        check_declaration(adapter)
    assert message(error).startswith(text)


@pytest.mark.parametrize(
    ("attribute", "value", "text"),
    [
        (
            "stopped",
            OSError,
            "`stopped` must be a tuple of exception classes, as in `(OSError,)`, and is the class OSError",
        ),
        ("cycle", [OSError], "`cycle` must be a tuple of exception classes, as in `(X,)`, and is list"),
        ("refused", (OSError("x"),), "`refused` must hold exception classes, and has OSError('x')"),
        ("timed_out", (int,), "`timed_out` must hold exception classes, and has <class 'int'>"),
        ("nested", ("Future",), "`nested` must hold types, and has 'Future'"),
        ("versions", "pykka", "`versions` must be a tuple of names of distributions, and is 'pykka'"),
        ("engines", "live", '`engines` must be a frozenset of "world", "live" or both, and is \'live\''),
        ("engines", {"wrld"}, "`engines` must be a frozenset of "),
        (
            "failing_handler_ends_actor",
            "no",
            "`failing_handler_ends_actor` must be True or False, and is 'no'",
        ),
        ("any_thread", "pool", "`any_thread` must be True or False, and is 'pool'"),
        ("stoped", (OSError,), "`stoped` means nothing to askance, did you mean `stopped`?"),
    ],
)
def test_attributes_have_their_kinds(attribute: str, value: object, text: str) -> None:
    """An attribute in the wrong shape, or misspelt, is told before any clause meets it."""
    adapter = type("Wrong", (Loops,), {"name": "wrong", "stopped": (), attribute: value})
    if attribute == "stoped":
        adapter = type("Wrong", (BaseAdapter,), {"name": "wrong", **DECLARED, attribute: value})
    with pytest.raises(AdapterError) as error:
        check_declaration(adapter())
    assert message(error).startswith(f"wrong: {text}")


def test_attributes_of_ones_own_are_let_alone() -> None:
    """What is like an attribute that the adapter declares as well is no misspelling of it."""
    own = {"name": "mine", **DECLARED, "names": ("a",), "stopped": (), "stopped_": 1}
    check_declaration(type("Mine", (BaseAdapter,), own)())


def test_module_that_exits_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter's module that ends the process on import does not end askance."""
    (tmp_path / "exits_on_import.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError) as error:
        load_adapter("exits_on_import:adapter")
    assert message(error).endswith("importing exits_on_import raised SystemExit: 3")


def test_program_file_is_read(tmp_path: Path) -> None:
    """A program that was written to a file is the program that is read."""
    program = scene(actor("a", Msg()))
    (tmp_path / "program.json").write_text(dumps(program), encoding="utf-8")
    assert load_program(tmp_path / "program.json") == program


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b'{"askance-program": 1}'])
def test_malformed_program_file_is_one_message(content: bytes, tmp_path: Path) -> None:
    """A file that holds no program is named, with what is wrong in it."""
    path = tmp_path / "program.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        load_program(path)
    assert message(error).startswith(f"{path} is not a program: ")


def test_missing_program_file_is_one_message(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(UsageError) as error:
        load_program(tmp_path / "none.json")
    assert (
        message(error) == f"cannot read the program file {tmp_path / 'none.json'}: No such file or directory"
    )


def test_usage_errors_have_one_exit_status() -> None:
    """Adapter errors are usage errors: both end a process with status 2."""
    assert issubclass(AdapterError, UsageError)
    assert EXIT_STATUS == 2
