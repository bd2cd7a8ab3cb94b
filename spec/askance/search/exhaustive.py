"""Exhaustive search: every interleaving of a program, by executing it again and again with another prefix.

The base of all exhaustive strategies. A node is a state on the path of the current execution: the strand that makes
the step there, others whose turn is still to come (`branches`), and those asleep. A strand is asleep where a sibling
subtree has begun with its step already, and nothing has happened since that depends on it (sleep sets: Godefroid,
"Partial-order methods for the verification of concurrent systems", 1996): an execution in which all who can run are
asleep would only repeat another one, and is given up as redundant.

    dfs          no reduction: every schedule
    sleep-sets   every strand's step at every state, but for sleeping ones: completes one execution for each
                 interleaving, and begins many more; simple enough to be trusted
    dpor         optimal-DPOR, in `askance.search.dpor`
    source-dpor  source-DPOR, in `askance.search.source_dpor`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askance.search.events import Event, announced, touch
from askance.search.operations import MODES
from askance.world import EngineFailure, World


class Branch:
    """A step to be explored from a node, and what is to follow it: a wakeup tree where it goes on."""

    __slots__ = ("branches", "event", "path")

    def __init__(self, path: str, event: Event | None = None) -> None:
        self.path = path
        self.event = event
        self.branches: list[Branch] = []


class Node:
    """A state on the path of the current execution, and the step that it goes on with.

    `planned`: what the step was expected to do, where a plan has led here. In another context than the one that it was
    planned in it may do something else: it wakes nobody, say, where nobody waits yet. `able`: who could have made a
    step instead, and was not asleep.
    """

    __slots__ = ("able", "branches", "done", "event", "path", "planned", "sleep")

    def __init__(self, path: str, sleep: dict[str, Event], branches: list[Branch], event: Event) -> None:
        self.path = path
        self.done = 0
        self.sleep = sleep
        self.branches = branches
        self.event = event
        self.planned: Event | None = None
        self.able: tuple[str, ...] = (path,)

    def footprint(self) -> Event:
        """What the step did or was expected to do: whoever is independent of that may sleep on."""
        return self.event if self.planned is None else self.event.united(self.planned)


class Exhaustive:
    """A strategy that plans the next execution from the last; `another` says whether there is one."""

    observes = True
    sleeps = True

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        # The next execution repeats this many nodes, and then follows the branches.
        self.prefix = 0
        self.follow: list[Branch] = []
        self.complete = False
        self.redundant = False
        # Executions whose planned step proved impossible.
        self.impossible = 0
        self.impossible_now = False
        self.divergence = ""

    # ------------------------------------------------------------ what the world asks

    def attach(self, world: World) -> None:
        """The world of the next execution."""
        self.world = world

    def begin(self) -> None:
        """The next execution, from the beginning."""
        del self.nodes[self.prefix :]
        self.depth = 0
        self.redundant = False
        self._following = self.follow
        self._picked: Node | None = None
        # What the main strand does before its first step comes before everything else, and races with nothing.
        self._event: Event | None = None

    def pick(self, runnable: Sequence[Any], current: Any) -> Any:
        """The strand that the plan has at this depth, or a new node's first."""
        if self.redundant:
            raise EngineFailure(REDUNDANT)
        depth = self.depth
        if depth < self.prefix:
            path = self.nodes[depth].path
            for strand in runnable:
                if strand.path == path:
                    return strand
            self._diverged(path, "it cannot run")
            raise EngineFailure(self.divergence or REDUNDANT)
        sleep = self._sleep()
        following = self._following
        able = sorted(
            (s for s in runnable if s.path not in sleep),
            key=lambda s: (not s.number, s is not current, s.number),
        )
        if not able:
            self.redundant = True
            raise EngineFailure(REDUNDANT)
        chosen = None
        while following:
            # A planned step that turns out to be impossible here is dropped, with what was to follow it.
            chosen = next((strand for strand in able if strand.path == following[0].path), None)
            if chosen is not None:
                break
            following = following[1:]
        if chosen is None:
            chosen = able[0]
            following = self._branches(able)
        else:
            following = self._widened(following, able)
        self._picked = Node(chosen.path, sleep, following, Event(chosen.path))
        self._picked.able = tuple(strand.path for strand in able)
        return chosen

    def stepped(self, strand: Any) -> None:
        """Open the step's event, and make its node if it is new."""
        depth = self.depth
        # The steps of the prefix are known, but for its last, which is made by another strand than before.
        event = None if depth < self.prefix - 1 else announced(strand, self.world)
        if depth < self.prefix:
            node = self.nodes[depth]
            if node.path != strand.path:
                self._diverged(node.path, f"{strand.path} did")
                self.world.fail(self.divergence or REDUNDANT)
                return
            if event is not None:
                node.event = event
        else:
            assert event is not None
            node_or_none = self._picked
            if node_or_none is None:
                node_or_none = self._forced(strand)
                if node_or_none is None:
                    return
            node = node_or_none
            self._picked = None
            node.event = event
            self.nodes.append(node)
            planned = next((branch for branch in node.branches if branch.path == node.path), None)
            if planned is not None:
                node.planned = planned.event
                self._following = planned.branches
            else:
                self._following = []
        self._event = event
        self.depth = depth + 1

    def touched(self, strand: Any, kind: str, thing: Any) -> None:
        """The step's event grows."""
        if self._event is not None:
            touch(self._event, kind, thing, MODES[kind])

    def _diverged(self, path: str, how: str) -> None:
        """The plan cannot be followed: its last step is a mere plan that may prove impossible, the others were made."""
        if self.depth == self.prefix - 1:
            self.redundant = True
            self.impossible += 1
            self.impossible_now = True
        else:
            self.divergence = (
                f"the replay diverged: strand {path} was to make step {self.depth + 1}, but {how}. "
                "The code depends on something that the world does not control"
            )

    def _forced(self, strand: Any) -> Node | None:
        """The node of a step where nobody else could run; None where that strand is asleep."""
        sleep = self._sleep()
        if strand.path in sleep:
            self.redundant = True
            self.world.fail(REDUNDANT)
            return None
        following = [branch for branch in self._following if branch.path == strand.path]
        return Node(strand.path, sleep, following or [Branch(strand.path)], Event(strand.path))

    def _sleep(self) -> dict[str, Event]:
        """Who is asleep at the next node: who was, but for those whom the last step woke."""
        if not self.nodes or not self.sleeps:
            return {}
        last = self.nodes[-1]
        if not last.sleep:
            return {}
        footprint = last.footprint()
        return {path: event for path, event in last.sleep.items() if event.independent(footprint)}

    def _branches(self, able: Sequence[Any]) -> list[Branch]:
        """What is to be explored from a new node, its first step first."""
        return [Branch(strand.path) for strand in able]

    def _widened(self, planned: list[Branch], able: Sequence[Any]) -> list[Branch]:
        """What is to be explored from a new node that a plan leads through."""
        return planned

    # ------------------------------------------------------------ what the search asks

    def another(self) -> bool:
        """Plan the next execution; False when everything has been explored."""
        nodes = self.nodes
        while nodes:
            node = nodes[-1]
            node.branches = [branch for branch in node.branches if branch.path != node.path]
            if self.impossible_now:
                # The step that was planned here never came to be, and so it cannot be asleep.
                self.impossible_now = False
            else:
                node.sleep[node.path] = node.footprint()
            node.done += 1
            if node.branches:
                node.path = node.branches[0].path
                node.planned = node.branches[0].event
                self.follow = node.branches[0].branches
                self.prefix = len(nodes)
                return True
            nodes.pop()
        self.complete = True
        return False

    def ended(self) -> None:
        """The execution has ended, and its world is not closed yet: add branches to the nodes."""

    def explored(self) -> float:
        """The share of the whole that is behind us, as far as can be told from the branches that are known."""
        share = 0.0
        weight = 1.0
        for node in self.nodes[: self.prefix]:
            known = node.done + len(node.branches)
            share += weight * node.done / known
            weight /= known
        return share


class SleepSets(Exhaustive):
    """Every step at every state, but for those asleep."""


class DFS(Exhaustive):
    """Every schedule."""

    sleeps = False


REDUNDANT = "redundant: this execution can only repeat another one"
