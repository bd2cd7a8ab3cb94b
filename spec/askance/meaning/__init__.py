"""The oracle: which outcomes a program may have, computed from its data and never by running it.

`meaning(program, capabilities)` maps each reply of each client to the *set* of outcomes that a wait on it may have:
one where nothing races, several where something does. The sets are flat (clause A3): a reply that a turn returns
un-awaited stands for its value. Where the oracle cannot be exact it errs towards more outcomes, so that an
implementation is never blamed wrongly. `graph` has the shape of a program: who asks whom, and the cycles.
"""

from askance.meaning.graph import (
    Edge,
    Shape,
    ask_graph,
    cyclic_actors,
    endless_actors,
    shape,
)
from askance.meaning.oracle import Anything, Meaning, meaning

__all__ = [
    "Anything",
    "Edge",
    "Meaning",
    "Shape",
    "ask_graph",
    "cyclic_actors",
    "endless_actors",
    "meaning",
    "shape",
]
