"""Hypothesis strategies for programs: a skeleton that has the wanted situation, filled by few and cheap draws.

Called by the suite, one strategy a clause. Ask graphs are acyclic by construction (each actor asks only later ones)
unless the situation is a cycle; programs stay small (`MOST_MESSAGES`), because executions are what finds faults, and
a program's cost is multiplied by its schedules. All draws are small integers of which 0 is the simplest choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from hypothesis import strategies as st

from askance.adapter import Adapter
from askance.clauses import ALL, Clause
from askance.clauses.base import FEATURE_NEEDS
from askance.generate.focus import SKELETONS, Skeleton
from askance.generate.forms import ERRORS, FORMS, SYMBOLS, Form, forms_for
from askance.generate.groups import GROUPS, ClientDraft, Group, Values, groups_for
from askance.program import (
    Actor,
    Apply,
    Ask,
    AskOp,
    Expression,
    Gather,
    Msg,
    Program,
    Sleep,
    Stop,
    StopOp,
    Tell,
    TellOp,
    Try,
    walk,
)
from askance.run.needs import COROUTINES_CANNOT_RAISE

__all__ = ["ACTORS", "MOST_ACTORS", "MOST_LOOPS", "Situations", "deviations", "programs"]

ACTORS = ("a", "b", "c", "d", "e", "i", "j", "w")
"""The names of actors, in order; none of them is a function symbol."""
MOST_ACTORS = len(ACTORS)
MOST_LOOPS = 4
MOST_MESSAGES = 24
"""About how many messages one performance of a generated program may take."""
MOST_PER_ASK = 8
"""About how many turns one message may set off."""

MORE_ACTORS = (0, 0, 0, 1, 1, 2, 3, 4)
LOOPS = (1, 2, 2, 3, 4)
MORE_CLIENTS = (0, 0, 0, 0, 1, 1, 2)
GROUPS_PER_CLIENT = (1, 1, 1, 2, 2, 3)

T = TypeVar("T")
UP_TO = tuple(st.integers(0, most) for most in range(256))


class Situations:
    """What may be generated for some features and one implementation: the features that it supports, and the parts."""

    def __init__(
        self, features: frozenset[str], adapter: Adapter, about: frozenset[str] = frozenset()
    ) -> None:
        """`about`: the capabilities that the clause is about; what needs them is made more often."""
        capabilities = adapter.capabilities
        self.capabilities = capabilities
        self.features = tuple(
            feature
            for feature in SKELETONS
            if feature in features and FEATURE_NEEDS.get(feature, frozenset()) <= capabilities
        )
        able = frozenset(self.features)
        self.forms = forms_for(able, capabilities)
        self.leaves = tuple(form for form in self.forms if not form.targets)
        self.groups = groups_for(able, capabilities)
        self.clients_on = self._clients_on(able)
        self.skeletons: list[tuple[Skeleton, ...]] = []
        """Those of each feature, as often as the feature is to be drawn, everyday ones first."""
        self.weights: dict[Skeleton, float] = {}
        """How often to draw each skeleton."""
        for feature in self.features:
            allowed = tuple(skeleton for skeleton in SKELETONS[feature] if self._allows(skeleton))
            often = weight(feature, about)
            if allowed:
                self.skeletons += [allowed] * often
            for skeleton in allowed:
                self.weights[skeleton] = self.weights.get(skeleton, 0.0) + often / len(allowed) ** 0.5
        by_coroutine = not capabilities.isdisjoint({"async-handlers", "await"})
        self.errors = tuple(kind for kind in ERRORS if not (by_coroutine and kind in COROUTINES_CANNOT_RAISE))

    def _clients_on(self, able: frozenset[str]) -> tuple[Literal["thread", "loop", "inside"], ...]:
        """Where clients may run, plain threads first."""
        capabilities = self.capabilities
        places: list[Literal["thread", "loop", "inside"]] = []
        if "result" in capabilities:
            places.append("thread")
        if "await" in capabilities:
            places.append("loop")
            if {"loops", "async-handlers"} <= capabilities:
                places.append("inside")
        return tuple(places)

    def _allows(self, skeleton: Skeleton) -> bool:
        """Whether the implementation can do what the skeleton fixes."""
        allowed = {form.name for form in forms_for(frozenset(SKELETONS), self.capabilities)}
        asks = "ask" in allowed
        return (
            (not skeleton.also or skeleton.also in self.features)
            and (not skeleton.root or any(name in allowed for name in skeleton.root))
            and (not skeleton.leaf or any(name in allowed for name in skeleton.leaf))
            and all(GROUPS[name].needs <= self.capabilities for name in (*skeleton.group, *skeleton.others))
            and (not skeleton.where or any(place in self.clients_on for place in skeleton.where))
            and (asks or not skeleton.topology)
            and bool(self.clients_on)
        )

    def allow(self, clause: Clause) -> bool:
        """Whether the implementation can be brought into the clause's situation at all."""
        return bool(self.skeletons) and (
            not clause.arises_by
            or any(map(self._allows, (one for name in clause.arises_by for one in SKELETONS[name])))
        )

    def shares(self, count: int) -> list[tuple[Skeleton, int]]:
        """`count` programs dealt out to the skeletons by their weights, so that luck leaves no situation out."""
        total = sum(self.weights.values())
        exact = {skeleton: count * weight / total for skeleton, weight in self.weights.items()}
        shares = {skeleton: int(share) for skeleton, share in exact.items()}
        nearest = sorted(exact, key=lambda skeleton: shares[skeleton] - exact[skeleton])
        for skeleton in nearest[: count - sum(shares.values())]:
            shares[skeleton] += 1
        return [(skeleton, share) for skeleton, share in shares.items() if share]

    def form(self, names: Sequence[str], draft: Draft) -> Form:
        """One of the named forms that the implementation allows."""
        allowed = forms_for(frozenset(SKELETONS), self.capabilities)
        return draft.one_of([FORMS[name] for name in names if FORMS[name] in allowed])


def weight(feature: str, about: frozenset[str]) -> int:
    """How often to draw the feature for a clause: a rare one more often than one that every other clause has too."""
    sharing = sum(feature in clause.features for clause in ALL.values())
    needs = FEATURE_NEEDS.get(feature, frozenset())
    return max(1, min(6, 12 // max(1, sharing))) * (3 if needs and needs <= about else 1)


class Draft:
    """One program in the making; every method draws what it leaves open."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int], situations: Situations) -> None:
        self.draw = draw
        self.situations = situations

    def number(self, most: int) -> int:
        """A number from 0 to `most`, of which 0 is the simplest; draws nothing if there is no choice."""
        return self.draw(UP_TO[most]) if most > 0 else 0

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options, of which the first is the simplest."""
        return options[self.number(len(options) - 1)]

    def program(self, skeleton: Skeleton | None = None) -> Program:
        """The whole program; with the situation of the skeleton, or of one that is drawn."""
        situations = self.situations
        skeleton = skeleton or self.one_of(self.one_of(situations.skeletons))
        count = min(MOST_ACTORS, skeleton.actors + self.one_of(MORE_ACTORS))
        placing = "loops" in situations.capabilities
        loops = max(skeleton.loops, self.one_of(LOOPS)) if placing else 1
        actors = self.actors(skeleton, count, loops)
        clients = tuple([client.client() for client in self.clients(skeleton, loops)])
        return trimmed(Program(loops, tuple(actors), clients, abrupt=skeleton.abrupt))

    # ------------------------------------------------------------ actors

    def actors(self, skeleton: Skeleton, count: int, loops: int) -> list[Actor]:
        """The actors, the last one drawn first, so that each knows what its asks cost."""
        self.names = ACTORS[:count]
        self.cost = [1] * count
        behaviours: list[Expression] = [Msg()] * count
        for index in reversed(range(count)):
            behaviours[index] = self.behaviour(skeleton, index)
        places = self.places(skeleton, count, loops)
        return [
            Actor(name, place, behaviour)
            for name, place, behaviour in zip(self.names, places, behaviours, strict=True)
        ]

    def places(self, skeleton: Skeleton, count: int, loops: int) -> list[int | None]:
        """The loop of each actor; None where the implementation places them itself."""
        if "loops" not in self.situations.capabilities:
            return [None] * count
        places = [self.number(loops - 1) for _ in range(count)]
        if skeleton.apart is not None and count > 1:
            asked = count - 1 if skeleton.leaf else 1
            places[asked] = (places[0] + int(skeleton.apart)) % loops
        if skeleton.topology == "chain" and skeleton.apart:
            places = [(places[0] + index) % 2 for index in range(count)]
        if skeleton.topology == "bystander":
            places[1] = (places[0] + 1) % loops
            places[-1] = places[0]
        return list(places)

    def behaviour(self, skeleton: Skeleton, index: int) -> Expression:
        """What the actor at that place does."""
        symbol, last = SYMBOLS[index], len(self.names) - 1
        if skeleton.topology:
            fixed = self.fixed(skeleton, index)
            if fixed is not None:
                return fixed
        form: Form | None = None
        if index == 0 and skeleton.root and last > 0:
            form = self.situations.form(skeleton.root, self)
        elif index == last and skeleton.leaf:
            form = self.situations.form(skeleton.leaf, self)
        if form is None:
            form = self.one_of(self.situations.forms if index < last else self.situations.leaves)
        targets: list[int] = []
        # A skeleton that names the last actor's form wants the first to ask it.
        direct = bool(skeleton.leaf or skeleton.apart is not None) and index == 0
        for place in range(form.targets):
            if direct and place == 0 and index < last:
                targets.append(last if skeleton.leaf else 1)
            else:
                targets.append(index + 1 + self.number(last - index - 1))
        if sum(self.cost[target] for target in targets) >= MOST_PER_ASK:
            targets = [last] * len(targets)
        self.cost[index] = 1 + sum(self.cost[target] for target in targets)
        pick = (
            self.number(11)
            if form.name not in ("apply", "relay", "two", "then", "tell", "spawn", "update", "update-read")
            else 0
        )
        able = self.situations.errors
        errors = tuple(kind for kind in skeleton.errors if kind in able) or able
        return form.make(symbol, [self.names[target] for target in targets], pick, errors)

    def fixed(self, skeleton: Skeleton, index: int) -> Expression | None:
        """The behaviour that the topology prescribes there, None where it leaves it open."""
        names, last, symbol = self.names, len(self.names) - 1, SYMBOLS[index]

        def ask(target: int) -> Ask:
            self.cost[index] += self.cost[target] if target > index else 1
            return Ask(names[target], Msg())

        match skeleton.topology:
            case "chain" if index < last:
                return Apply(symbol, (ask(index + 1),))
            case "diamond" if index == 0:
                asks = (ask(1), ask(2))
                return Apply(symbol, asks) if self.number(1) == 0 else Apply(symbol, (Gather(asks),))
            case "diamond" if index in (1, 2):
                return Apply(symbol, (ask(3),))
            case "tree" if index == 0:
                return Apply(symbol, (ask(1), ask(2)))
            case "tree" if index == 1:
                return Apply(symbol, (ask(3),))
            case "ring" | "cycle":
                back = 0 if skeleton.topology == "ring" or index < last else self.number(last)
                target = index + 1 if index < last else back
                asking = Apply(symbol, (ask(target),))
                caught = self.number(3) == 3
                return Try(asking, Apply(symbol, (Msg(),))) if caught else asking
            case "bystander" if index == 0:
                return Apply(symbol, (ask(1),))
            case "bystander" if index == 1:
                return Sleep(1 + self.number(1), Apply(symbol, (Msg(),)))
            case "bystander" if index == last:
                return Apply(symbol, (Msg(),))
            case _:
                return None

    # ------------------------------------------------------------ clients

    def clients(self, skeleton: Skeleton, loops: int) -> list[ClientDraft]:
        """The clients; the first does what the skeleton says."""
        values = Values()
        clients: list[ClientDraft] = []
        self.messages = 0
        for place in range(skeleton.clients + self.one_of(MORE_CLIENTS)):
            wanted: Sequence[str] = self.situations.clients_on
            if place == 0 and skeleton.where:
                wanted = [where for where in skeleton.where if where in wanted]
            if place > 0 and skeleton.others:
                wanted = [where for where in wanted if where != "inside"]
            where = self.one_of(wanted)
            at: Literal["thread", "loop"] | int = (
                self.number(loops - 1) if where == "inside" else "thread" if where == "thread" else "loop"
            )
            client = ClientDraft(f"c{place}", at, values, tuple(clients))
            self.fill(client, skeleton, place)
            clients.append(client)
        return clients

    def fill(self, client: ClientDraft, skeleton: Skeleton, place: int) -> None:
        """Draw the client's groups of operations."""
        for turn in range(self.one_of(GROUPS_PER_CLIENT)):
            first = turn == 0 and place < skeleton.clients
            if self.messages >= MOST_MESSAGES and not first:
                return
            if first and place == 0 and skeleton.group:
                group = self.one_of([GROUPS[name] for name in skeleton.group])
            elif first and place > 0 and skeleton.others:
                group = self.one_of([GROUPS[name] for name in skeleton.others])
            elif first and (skeleton.topology or skeleton.clients > 1):
                group = GROUPS["ask"]
            else:
                group = self.one_of(self.allowed(client))
            targets = [self.target(skeleton, place, first and at == 0) for at in range(group.targets)]
            if first and skeleton.root and skeleton.leaf and len(targets) > 1:
                targets[1] = len(self.names) - 1
            pick = self.number(3) if group.name not in ("ask", "tell", "tell-then-ask", "unwaited") else 0
            group.make(client, [self.names[target] for target in targets], pick)
            self.messages += sum(self.cost[target] for target in targets) * max(
                1, group.messages - group.targets + 1
            )

    def allowed(self, client: ClientDraft) -> tuple[Group, ...]:
        """The groups that this client can perform: one on a plain thread is never refused to block."""
        lacking = {"refused"} if not isinstance(client.where, int) else set[str]()
        if not client.others():
            lacking |= {"share", "cancel-share"}
        return tuple(group for group in self.situations.groups if group.name not in lacking)

    def target(self, skeleton: Skeleton, place: int, first: bool) -> int:
        """Which actor a group talks to: the root, where the skeleton needs it."""
        last = len(self.names) - 1
        if first and skeleton.topology == "ring":
            return place * last if place < 2 else self.number(last)
        if first and skeleton.topology == "chain" and skeleton.apart:
            return min(place, last)
        if first and skeleton.topology == "bystander":
            return last if place == 1 else 0
        if first:
            return last if skeleton.leaf and not skeleton.root else 0
        return self.number(last)


def trimmed(program: Program) -> Program:
    """The program without actors that nothing is sent to, and without loops that nobody is on."""
    operations = [operation for client in program.clients for operation in client.operations]
    reached = {operation.actor for operation in operations if isinstance(operation, AskOp | TellOp | StopOp)}
    # Actors send to later ones, except in a cycle, whose actors all are reached from any of them.
    for _ in program.actors:
        for actor in program.actors:
            if actor.name in reached:
                parts = walk(actor.behaviour)
                reached |= {part.actor for part in parts if isinstance(part, Ask | Tell | Stop)}
    actors = [actor for actor in program.actors if actor.name in reached]
    used = {actor.loop for actor in actors} | {client.where for client in program.clients}
    order = [loop for loop in range(program.loops) if loop in used]
    if len(actors) == len(program.actors) and len(order) == program.loops:
        return program
    number = {loop: at for at, loop in enumerate(order)}
    return Program(
        max(1, len(order)),
        tuple(actor if actor.loop is None else replace(actor, loop=number[actor.loop]) for actor in actors),
        abrupt=program.abrupt,
        clients=tuple(
            replace(client, where=number[client.where]) if isinstance(client.where, int) else client
            for client in program.clients
        ),
    )


def programs(
    features: frozenset[str],
    adapter: Adapter,
    about: frozenset[str] = frozenset(),
    skeleton: Skeleton | None = None,
) -> st.SearchStrategy[Program]:
    """Programs in which those situations arise, runnable on that implementation; `about` as in `Situations`.

    With `skeleton`, one of the situations' own, all have the situation that it makes. Raises ValueError if the
    implementation lacks what every one of these features needs.
    """
    situations = Situations(features, adapter, about)
    if not situations.skeletons:
        raise ValueError(f"{adapter.name} cannot be brought into any of: {', '.join(sorted(features))}")

    @st.composite
    def drawn(draw: st.DrawFn) -> Program:
        return Draft(draw, situations).program(skeleton)

    return drawn()


@st.composite
def deviations(draw: st.DrawFn) -> dict[tuple[str, int], int]:
    """A few places at which a schedule leaves the current strand, as `askance.search.sparse.Sparse` takes them.

    The strands are those that the main strand makes: loops first, then clients. No deviation is the simplest.
    """
    found: dict[tuple[str, int], int] = {}
    for _ in range(draw(UP_TO[3])):
        found[f"1.{1 + draw(UP_TO[4])}", 1 + draw(UP_TO[31])] = draw(UP_TO[3])
    return found
