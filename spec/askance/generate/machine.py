"""The state machine: a program grows rule by rule, and runs in a continuing world, so that later rules meet real state.

Rules spawn actors, ask, tell, compose, gather, sleep and fail; `settle` carries out what has been built until nothing
can move. The model knows which replies exist, which are complete, and which actors raise; preconditions and draws
follow it. At the end the whole program is judged, and run again under further schedules.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from askance.adapter import Adapter
from askance.generate.continuing import Continuing, Step
from askance.generate.forms import FORMS, SYMBOLS
from askance.generate.groups import ClientDraft, Values
from askance.generate.programs import ACTORS, MOST_LOOPS, Situations
from askance.history import Event, History
from askance.program import (
    Actor,
    Cancel,
    Client,
    Fail,
    GatherOp,
    Operation,
    Program,
    Raise,
    Settle,
    SleepOp,
    StopOp,
    walk,
)
from askance.world import World

__all__ = ["Growing", "Judging", "machine_for"]

MOST_CLIENTS = 3
MOST_COST = 8
"""About how many turns one message may set off."""
FEW = st.integers(0, 7)


class Judging(Protocol):
    """What the machine needs of a trial; see `askance.suite.trial.Trial`."""

    def world(self, number: int) -> World:
        """A new world for a program that grows."""

    def grown(
        self, program: Program, births: tuple[int, ...], history: History, world: World, seconds: float
    ) -> None:
        """Judge what came of it, and examine the program as a whole; raises where the clause fell."""


class Growing:
    """The model: the program so far, what of it has not been carried out, and what has been seen of the rest."""

    def __init__(self, situations: Situations, adapter: Adapter, world: World, loops: int) -> None:
        self.situations = situations
        self.loops = loops
        self.world = world
        self.values = Values()
        self.actors: list[Actor] = []
        self.births: list[int] = []
        self.cost: dict[str, int] = {}
        self.clients: list[ClientDraft] = []
        self.begun: list[int] = []
        """How many operations of each client have been carried out."""
        self.born = 0
        """How many actors have been spawned in the world."""
        self.phase = 0
        self.complete: set[str] = set()
        """The replies ("c0.r1") for which a wait has ended."""
        self.seen = 0
        self.seconds = 0.0
        began = time.perf_counter()
        self.continuing = Continuing(adapter, loops, world)
        self.seconds += time.perf_counter() - began

    # ------------------------------------------------------------ what may come next

    def pending(self) -> bool:
        """Whether anything has been built that was not carried out."""
        return any(
            len(client.operations) > begun for client, begun in zip(self.clients, self.begun, strict=True)
        )

    def raising(self) -> list[str]:
        """The actors that raise."""
        return [
            actor.name
            for actor in self.actors
            if any(isinstance(part, Raise | Fail) for part in walk(actor.behaviour))
        ]

    def spawn(self, form: int, first: int, second: int, place: int, *, raises: bool = False) -> str:
        """A new actor, which may ask those that there are; its name."""
        situations, number = self.situations, len(self.actors)
        forms = situations.forms if self.actors else situations.leaves
        chosen = FORMS["raise"] if raises else forms[form % len(forms)]
        asked = [
            self.actors[pick % number].name for pick in (first, second, first + second)[: chosen.targets]
        ]
        if sum(self.cost[name] for name in asked) >= MOST_COST:
            chosen, asked = FORMS["apply"], []
        name = ACTORS[number]
        self.cost[name] = 1 + sum(self.cost[other] for other in asked)
        behaviour = chosen.make(SYMBOLS[number], asked, second, situations.errors)
        loop = place % self.loops if "loops" in situations.capabilities else None
        self.actors.append(Actor(name, loop, behaviour))
        self.births.append(self.phase)
        return name

    def client(self, place: int) -> None:
        """A new client, which begins with the phase that is being built."""
        where = self.situations.clients_on[place % len(self.situations.clients_on)]
        at: Literal["thread", "loop"] | int = (
            place % self.loops if where == "inside" else "thread" if where == "thread" else "loop"
        )
        draft = ClientDraft(f"c{len(self.clients)}", at, self.values, tuple(self.clients))
        draft.operations += [Settle()] * self.phase
        self.clients.append(draft)
        self.begun.append(len(draft.operations))

    # ------------------------------------------------------------ carrying out

    def settle(self) -> None:
        """Carry out what has been built, until nothing can move."""
        parts: list[tuple[Client, Sequence[Operation]]] = []
        for client, begun in zip(self.clients, self.begun, strict=True):
            fresh = client.operations[begun:]
            if fresh:
                parts.append((client.client(), fresh))
        actors = self.actors[self.born :]
        self.born = len(self.actors)
        began = time.perf_counter()
        self.continuing.go_on(Step(actors, parts))
        self.seconds += time.perf_counter() - began
        self.phase += 1
        for at, client in enumerate(self.clients):
            client.operations.append(Settle())
            self.begun[at] = len(client.operations)
        clients = {client.name for client in self.clients}
        for event in self.continuing.events[self.seen :]:
            if event.kind == "done" and event.who in clients and event.op:
                self.complete.add(event.op)
        self.seen = len(self.continuing.events)

    def program(self) -> Program:
        """What has been carried out, as a program."""
        clients: list[Client] = []
        for draft in self.clients:
            operations = list(draft.operations)
            while operations and isinstance(operations[-1], Settle):
                operations.pop()
            if operations:
                clients.append(Client(draft.name, draft.where, tuple(operations)))
        return Program(self.loops, tuple(self.actors[: self.born]), tuple(clients))

    def unended(self) -> list[Event]:
        """Waits of clients that have begun and not ended, though nothing can move."""
        open_waits: dict[tuple[str, str], Event] = {}
        clients = {client.name for client in self.clients}
        for event in self.continuing.events:
            if event.kind == "wait" and event.who in clients:
                open_waits[event.who, event.op] = event
            elif event.kind == "done":
                open_waits.pop((event.who, event.op), None)
        return list(open_waits.values())


def machine_for(features: frozenset[str], adapter: Adapter, judging: Judging) -> type[RuleBasedStateMachine]:
    """The state machine whose programs are judged by `judging`; its rules make only what the adapter claims."""
    situations = Situations(features, adapter)

    class Machine(RuleBasedStateMachine):
        """See the module."""

        growing: Growing | None = None
        over = False

        @initialize(loops=st.integers(1, MOST_LOOPS), schedule=FEW, where=FEW)
        def open(self, loops: int, schedule: int, where: int) -> None:
            """Open the system in a new world, with one actor and one client."""
            placing = "loops" in situations.capabilities
            self.growing = Growing(situations, adapter, judging.world(schedule), loops if placing else 1)
            self.growing.spawn(0, 0, 0, 0)
            self.growing.client(where)
            if self.growing.continuing.over:
                self.finish()

        def model(self) -> Growing:
            """The model, which `open` has made."""
            assert self.growing is not None
            return self.growing

        def drafted(self, client: int) -> ClientDraft:
            """One of the clients."""
            clients = self.model().clients
            return clients[client % len(clients)]

        @precondition(lambda self: len(self.model().actors) < len(ACTORS))
        @rule(form=FEW, first=FEW, second=FEW, place=FEW)
        def spawn(self, form: int, first: int, second: int, place: int) -> None:
            """Spawn an actor that may ask those that there are."""
            self.model().spawn(form, first, second, place)

        @precondition(lambda self: len(self.model().clients) < MOST_CLIENTS)
        @rule(where=FEW)
        def join(self, where: int) -> None:
            """Another client comes."""
            self.model().client(where)

        @rule(client=FEW, actor=FEW, wait=st.booleans())
        def ask(self, client: int, actor: int, wait: bool) -> None:
            """Ask any actor, the latest ones first; wait for it now, or not."""
            actors, draft = self.model().actors, self.drafted(client)
            reply = draft.ask(actors[-1 - actor % len(actors)].name)
            if wait:
                draft.wait(reply)

        @rule(client=FEW, actor=FEW)
        def tell(self, client: int, actor: int) -> None:
            """Tell any actor."""
            actors = self.model().actors
            self.drafted(client).tell(actors[-1 - actor % len(actors)].name)

        @precondition(lambda self: any(client.replies for client in self.model().clients))
        @rule(client=FEW, reply=FEW)
        def wait(self, client: int, reply: int) -> None:
            """Wait for a reply of an earlier ask; it may have been waited for, and be complete."""
            draft = self.drafted(client)
            if draft.replies:
                draft.wait(draft.replies[-1 - reply % len(draft.replies)])

        @precondition(
            lambda self: "then" in situations.capabilities and any(c.replies for c in self.model().clients)
        )
        @rule(client=FEW, reply=FEW)
        def compose(self, client: int, reply: int) -> None:
            """Map a reply, complete or not, and wait for the mapped one."""
            draft = self.drafted(client)
            if draft.replies:
                draft.wait(draft.compose(draft.replies[-1 - reply % len(draft.replies)], "m"))

        @precondition(lambda self: any(len(client.replies) > 1 for client in self.model().clients))
        @rule(client=FEW, reply=FEW)
        def gather(self, client: int, reply: int) -> None:
            """Gather two replies that are no gathers themselves, and wait for both."""
            draft = self.drafted(client)
            gathered = {one.name for one in draft.operations if isinstance(one, GatherOp)}
            plain = [name for name in draft.replies if name not in gathered]
            if plain:
                first, second = plain[-1 - reply % len(plain)], plain[-1]
                draft.wait(draft.gather((first, second)))

        @rule(client=FEW, seconds=st.integers(1, 3))
        def sleep(self, client: int, seconds: int) -> None:
            """A client lets time pass."""
            self.drafted(client).operations.append(SleepOp(seconds))

        @precondition(lambda self: "raise" in {form.name for form in situations.forms})
        @rule(client=FEW, pick=FEW)
        def fail(self, client: int, pick: int) -> None:
            """Ask an actor that raises, the same as before if there is one: it must have survived its failure."""
            growing, draft = self.model(), self.drafted(client)
            raising = growing.raising()
            if not raising and len(growing.actors) < len(ACTORS):
                raising = [growing.spawn(0, 0, pick, pick, raises=True)]
            if raising:
                draft.wait(draft.ask(raising[pick % len(raising)]))

        @precondition(
            lambda self: "cancel" in situations.features and any(c.replies for c in self.model().clients)
        )
        @rule(client=FEW, reply=FEW)
        def cancel(self, client: int, reply: int) -> None:
            """Cancel a reply, pending or complete, and wait for it."""
            draft = self.drafted(client)
            if draft.replies:
                name = draft.replies[-1 - reply % len(draft.replies)]
                draft.operations.append(Cancel(name))
                draft.wait(name)

        @precondition(lambda self: any(client.others() for client in self.model().clients))
        @rule(client=FEW, reply=FEW, cancel=st.booleans())
        def share(self, client: int, reply: int, cancel: bool) -> None:
            """Wait for a reply of another client, at the same time perhaps; or cancel it first."""
            draft = self.drafted(client)
            if others := draft.others():
                name = others[reply % len(others)]
                if cancel and "cancel" in situations.features:
                    draft.operations.append(Cancel(name))
                draft.wait(name)

        @precondition(lambda self: "stop" in situations.features)
        @rule(client=FEW, actor=FEW)
        def stop(self, client: int, actor: int) -> None:
            """Stop an actor."""
            actors = self.model().actors
            self.drafted(client).operations.append(StopOp(actors[-1 - actor % len(actors)].name))

        @precondition(lambda self: self.model().pending() and not self.over)
        @rule()
        def settle(self) -> None:
            """Carry out what has been built."""
            self.model().settle()
            if self.model().continuing.over:
                self.finish()

        @precondition(lambda self: bool(self.model().complete) and not self.over)
        @rule(pick=FEW)
        def revisit(self, pick: int) -> None:
            """Wait once more for a reply that is known to be complete."""
            growing = self.model()
            client, _, reply = sorted(growing.complete)[pick % len(growing.complete)].partition(".")
            for draft in growing.clients:
                if draft.name == client and reply in draft.replies:
                    draft.wait(reply)

        @invariant()
        def nobody_waits(self) -> None:
            """Where a phase has settled and the world goes on, no wait of a client is open."""
            growing = self.growing
            if growing is not None and not self.over and not growing.pending():
                assert not growing.unended(), growing.unended()

        def finish(self) -> None:
            """Close the world and have the program judged, once."""
            growing = self.model()
            self.over = True
            began = time.perf_counter()
            growing.continuing.close()
            growing.seconds += time.perf_counter() - began
            program = growing.program()
            births = tuple(growing.births[: growing.born])
            births = births if any(births) else ()
            history = growing.continuing.history(program)
            judging.grown(program, births, history, growing.world, growing.seconds)

        def teardown(self) -> None:
            """Carry out what is left, and finish."""
            growing = self.growing
            if growing is None or self.over:
                return
            if growing.pending():
                growing.settle()
            self.finish()

    machine: type[Any] = Machine
    return machine
