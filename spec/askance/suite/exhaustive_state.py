"""Where an exhaustive search stands, in a file: so that one that was stopped goes on, and repeats nothing.

The plan of what is still to be executed is plain data of a few classes; no others are accepted from a file.
"""

from __future__ import annotations

import io
import pickle
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askance.search.dpor import OptimalDPOR
from askance.search.events import Access, Event
from askance.search.exhaustive import Branch, Node

__all__ = ["State", "forget", "read_state", "state_file", "write_state"]

FORMAT = 4
KNOWN = {(kind.__module__, kind.__qualname__): kind for kind in (Access, Branch, Event, Node)}


@dataclass(frozen=True)
class State:
    """What one program's search has done, and what it plans: `nodes` to repeat and `follow` to go on with, and
    whether timers race.

    `program` is the program's text; `executions` and `redundant` those made; `clauses` that were reached.
    """

    program: str
    executions: int
    redundant: int
    impossible: int
    steps: int
    clauses: tuple[str, ...]
    nodes: tuple[Node, ...]
    follow: tuple[Branch, ...]
    timed: bool

    def strategy(self) -> OptimalDPOR:
        """A search that goes on from here."""
        strategy = OptimalDPOR()
        self.hand_to(strategy)
        return strategy

    def hand_to(self, strategy: OptimalDPOR) -> None:
        """Let a new search go on from here."""
        strategy.nodes = list(self.nodes)
        strategy.prefix = len(self.nodes)
        strategy.follow = list(self.follow)
        strategy.impossible = self.impossible
        strategy.timed = self.timed


def state_file(folder: Path, implementation: str, program: str) -> Path:
    """Where the search of that program is kept."""
    name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in implementation)
    return folder / f"{name}-exhaustive-{program}.state"


def write_state(state: State, file: Path) -> None:
    """Write the state, over an older one, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_bytes(pickle.dumps((FORMAT, platform.python_version(), tuple(vars(state).values()))))
    beside.replace(file)


def forget(file: Path) -> None:
    """There is nothing to go on with."""
    file.unlink(missing_ok=True)


def read_state(file: Path, program: str) -> State | None:
    """The state in the file; None where there is none, or none of this program on this Python and this askance."""
    try:
        document = _Unpickler(io.BytesIO(file.read_bytes())).load()
        version, python, values = document
        state = State(*values)
    except FileNotFoundError:
        return None
    except Exception:
        # Whatever is wrong with the file, the search can begin from the beginning.
        return None
    if (version, python, state.program) != (FORMAT, platform.python_version(), program):
        return None
    return state


class _Unpickler(pickle.Unpickler):
    """Makes nothing but nodes, branches, events and what they are made of."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the known classes; raises UnpicklingError for another."""
        try:
            return KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a search's state") from None
