"""Source-DPOR: as few branches as race reversals need, without plans for what follows them (Abdulla, Aronis, Jonsson,
Sagonas, "Optimal dynamic partial order reduction", POPL 2014, algorithm 1).

At each state a *source set* of strands is explored: for every interleaving from there on, one that can begin it. A race
adds a strand only if none of those that could begin its reversal is explored there already. It needs less memory than
the wakeup trees of optimal-DPOR, and completes as many executions, but some are begun in vain: every strand that could
go on is asleep.
"""

from __future__ import annotations

from askance.search.dpor import OptimalDPOR, is_initial
from askance.search.events import Event
from askance.search.exhaustive import Branch


class SourceDPOR(OptimalDPOR):
    """Explores one more strand for each race that no explored strand can begin the reversal of."""

    # The races of executions that are given up count as well: only wakeup trees make sure that there are none.
    optimal = False

    def _plan(self, depth: int, numbers: list[int], sequence: list[Event], past: list[int]) -> None:
        """Explore the first strand of the sequence from the node at that depth, unless an initial one is explored."""
        node = self.nodes[depth]
        # Whoever is asleep was explored from here or from further up.
        for path in (*node.sleep, *(branch.path for branch in node.branches if branch.path != node.path)):
            place = is_initial(path, numbers, sequence, past)
            if place is not None and place >= 0:
                return
        node.branches.append(Branch(sequence[0].path))
