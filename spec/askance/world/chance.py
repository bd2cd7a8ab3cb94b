"""Randomness that code under test draws without a seed: in a world it is the same in every execution.

A backoff with `random.random()`, a `random.choice` among workers, a `uuid4()` as a key: without this a schedule could
not be replayed. What is drawn from the module's functions and from `os.urandom` comes from a generator of the strand's,
seeded with its place in the tree of creation, so that strands do not depend on who draws first. Generators that code
makes and seeds itself are left alone.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

from askance.world import state
from askance.world.strand import Strand

NAMES = """
seed getstate setstate
betavariate choice choices expovariate gammavariate gauss getrandbits lognormvariate normalvariate paretovariate
randbytes randint random randrange sample shuffle triangular uniform vonmisesvariate weibullvariate binomialvariate
"""


def _of_the_world(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def draw(*args: Any, **kwargs: Any) -> Any:
        world = state.active()
        if world is None:
            return original(*args, **kwargs)
        return getattr(_generator(world.current), name)(*args, **kwargs)

    draw.__name__ = name
    draw.__doc__ = original.__doc__
    return draw


def _generator(strand: Strand) -> random.Random:
    """The strand's generator, made when it is first needed."""
    if strand.chance is None:
        strand.chance = random.Random(strand.path)
    return strand.chance


FUNCTIONS: tuple[tuple[Any, Any], ...] = (
    *(
        (getattr(random, name), _of_the_world(name, getattr(random, name)))
        for name in NAMES.split()
        if hasattr(random, name)
    ),
    (os.urandom, _of_the_world("randbytes", os.urandom)),
)
"""(original, replacement), for `patching` to put in place wherever a module holds the original."""
