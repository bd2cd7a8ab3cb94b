"""A failing execution as a sequence diagram: its lanes, rows and bars, as plain data that the page's script draws.

A lane is a client or an actor; lanes stand in groups, one for each strand. A row is an event; rows at the end show who
waits for whom. Bars along a lane: a turn, a wait, a blocked loop.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from askance.report.html.sentences import label, sentence

__all__ = ["diagram"]

SILENT = ("client-begin", "client-end")
"""Events that need no row: they follow from the others."""


def diagram(failure: Mapping[str, Any]) -> dict[str, Any]:
    """The lanes, groups, rows and bars of a failure's entry; without rows where the entry has no history."""
    drawing = _Drawing(failure.get("history", ()), failure.get("trace", ()), failure.get("strands") or {})
    drawing.draw()
    drawing.mark(failure.get("moment") or {})
    drawing.draw_waits(failure.get("wait_for") or {})
    return drawing.data()


def owner(name: str, known: Container[str]) -> str:
    """The client or actor among `known` that a name is of: of turn "a#1" and its ask "a#1.2" a, of "c0.r1" c0.

    An actor that was spawned has its parent's turn in its name: "a#1/1" is an actor, "a#1/1#2" a turn of it.
    """
    name = name.split(",")[0].split(" ")[0]
    while name and name not in known:
        name = name[: max(name.rfind("#"), name.rfind("."), 0)]
    return name


@dataclass
class _Drawing:
    """The diagram while it is made."""

    history: Any
    trace: Any
    names: Mapping[str, str]
    """What strands are called."""
    lanes: dict[str, int] = field(default_factory=dict)
    strands: dict[str, str] = field(default_factory=dict)
    """The strand of each lane."""
    groups: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)
    open_bars: dict[Any, dict[str, Any]] = field(default_factory=dict)
    asks: dict[str, dict[str, Any]] = field(default_factory=dict)

    # ------------------------------------------------------------ lanes

    def place(self) -> None:
        """Lanes of one strand stand together; strands in the order in which they appear, clients first."""
        clients: dict[str, str] = {}
        actors: dict[str, str] = {}
        spawned: dict[str, Any] = {}
        for event in self.history:
            kind, strand = event["kind"], event.get("strand", "")
            if kind == "client-begin":
                clients.setdefault(event["who"], strand)
            elif kind == "begin":
                actors[event["actor"]] = actors.get(event["actor"]) or strand
            elif event.get("actor"):
                actors.setdefault(event["actor"], "")
            if kind == "spawn":
                spawned[event["actor"]] = event.get("value")
            if event.get("who") and "#" not in event["who"]:
                clients.setdefault(event["who"], strand)
        known = {spawned[actor]: strand for actor, strand in actors.items() if strand and actor in spawned}
        for actor, strand in actors.items():
            if not strand:
                actors[actor] = known.get(spawned.get(actor), f"never ran {spawned.get(actor)}")
        self.strands = {**clients, **actors}
        by_strand: dict[str, list[str]] = {}
        for name, strand in self.strands.items():
            by_strand.setdefault(strand, []).append(name)
        for strand, names in by_strand.items():
            first = len(self.lanes)
            for name in names:
                self.lanes[name] = len(self.lanes)
            if strand.startswith("never ran "):
                title = "ran nothing"
            elif strand in self.names:
                name = self.names[strand]
                title = name if name == strand else f"{name}, {strand}"
            else:
                title = strand if strand not in names else f"thread {strand}"
            self.groups.append({"name": title, "strand": strand, "first": first, "count": len(names)})

    def lane(self, name: str) -> int | None:
        """The lane of a client, an actor, a turn or a reply."""
        return self.lanes.get(owner(name, self.lanes))

    # ------------------------------------------------------------ events

    def draw(self) -> None:
        """A row for each event; bars begin and end with them."""
        self.place()
        switches = [step for step in self.trace if step["switch"]]
        at = 0
        for event in self.history:
            reasons = []
            if event["kind"] in SILENT or (event["kind"] == "spawn" and not event.get("who")):
                continue
            while at < len(switches) and switches[at]["step"] <= event["step"]:
                reasons.append(switches[at]["reason"])
                at += 1
            self.row(event, "; ".join(reasons))
        for step in switches[at:]:
            self.rows.append({"kind": "note", "text": step["reason"], "label": "", "switch": step["reason"]})

    def row(self, event: dict[str, Any], switch: str) -> None:
        """One event."""
        number = len(self.rows)
        kind, who, op = event["kind"], event.get("who", ""), event.get("op", "")
        mine = self.lane(who)
        row: dict[str, Any] = {
            "kind": kind,
            "event": event["index"],
            "text": sentence(event, self.asks),
            "label": label(event),
            "step": event["step"],
            "time": event["time"],
            "strand": event["strand"],
        }
        if switch:
            row["switch"] = switch
        for name in ("source", "mailbox"):
            if name in event:
                row[name] = event[name]
        if kind in ("ask", "tell", "stop", "spawn", "cancel"):
            target = self.asks.get(op, {}).get("actor", "") if kind == "cancel" else event.get("actor", "")
            row["from"], row["to"] = mine, self.lane(target)
            if kind == "ask":
                self.asks[op] = event
        elif kind == "done":
            ask = self.asks.get(op)
            row["from"], row["to"] = (self.lane(ask["actor"]) if ask else mine), mine
            row["bad"] = event.get("outcome", {}).get("kind") == "nested"
            self.close(("wait", who, op), number)
        elif kind in ("begin", "end"):
            row["from"] = self.lane(event.get("actor", ""))
            if kind == "begin":
                self.open(("turn", who), "turn", row["from"], number)
            else:
                row["bad"] = event.get("outcome", {}).get("kind") == "nested"
                self.close(("turn", who), number)
        else:
            row["from"] = mine
        if kind == "wait":
            self.open(("wait", who, op), "wait", mine, number)
        self.unblock(event, number)
        if kind == "loop-blocked":
            row["bad"] = True
            for lane in self.neighbours(event["strand"]):
                self.open(("blocked", event["strand"], lane), "blocked", lane, number)
        elif kind in ("uncaught", "leaked"):
            row["bad"] = True
        self.rows.append(row)

    def neighbours(self, strand: str) -> list[int]:
        """The lanes of that strand."""
        return [self.lanes[name] for name, its in self.strands.items() if its == strand]

    def open(self, key: Any, kind: str, lane: int | None, row: int) -> None:
        """A bar begins."""
        if lane is not None:
            bar = {"kind": kind, "lane": lane, "first": row, "last": None}
            self.open_bars[key] = bar
            self.bars.append(bar)

    def close(self, key: Any, row: int) -> None:
        """A bar ends, if it has begun."""
        bar = self.open_bars.pop(key, None)
        if bar is not None:
            bar["last"] = row

    def unblock(self, event: dict[str, Any], row: int) -> None:
        """A strand that does something is blocked no more."""
        for lane in self.neighbours(event["strand"]) if event["kind"] != "loop-blocked" else ():
            self.close(("blocked", event["strand"], lane), row)

    def mark(self, moment: Mapping[str, Any]) -> None:
        """The event in which the clause was violated is a bad one; of a wait for ever, it is its beginning."""
        event = moment.get("number") if moment.get("kind") == "event" else None
        if moment.get("kind") == "wait":
            waits = (
                one["index"]
                for one in reversed(self.history)
                if one["kind"] == "wait" and one.get("strand") == moment["strand"]
            )
            event = next(waits, None)
        for row in self.rows:
            if event is not None and row.get("event") == event:
                row["bad"] = True

    # ------------------------------------------------------------ the end

    def draw_waits(self, wait_for: Mapping[str, Any]) -> None:
        """Rows that show why nothing can move: the cycle, or else each wait; and what nobody will complete."""
        cycle = wait_for.get("cycle", ())
        for at, one in enumerate(cycle):
            other = cycle[(at + 1) % len(cycle)]
            self.waits(one, other, "cycle")
        wheres = {one["who"]: one["where"] for one in wait_for.get("waiting", ()) if one["who"]}
        for row in self.rows[len(self.rows) - len(cycle) :] if cycle else ():
            if where := wheres.get(row["who"]):
                row["source"] = where
        for one in wait_for.get("waiting", ()):
            if not cycle and one["who"]:
                text = f"{one['who']} still waits for {one['on']}"
                target = self.asks.get(one["on"].split(" ")[0], {}).get("actor", "")
                row = self.end_row("stuck", text, self.lane(one["who"]), self.lane(target))
                row["source"] = one["where"]
        for reply in wait_for.get("forgotten", ()):
            row = self.end_row("stuck", f"Nobody is left to complete {reply}", self.lane(reply), None)
            row["label"] = "nobody will answer"

    def waits(self, one: str, other: str, kind: str) -> None:
        """One edge of the wait-for graph."""
        name, _, state = one.partition(", ")
        text = f"{name} waits for {owner(other, self.lanes)}"
        if state:
            text = (
                f"{name} cannot go on until {owner(other, self.lanes)} does: {state.replace('whose', 'its')}"
            )
        self.end_row(kind, text, self.lane(one), self.lane(other))["who"] = name

    def end_row(self, kind: str, text: str, start: int | None, end: int | None) -> dict[str, Any]:
        """A row after the events."""
        row = {"kind": kind, "text": text, "label": "waits for", "from": start, "to": end, "bad": True}
        self.rows.append(row)
        return row

    def data(self) -> dict[str, Any]:
        """All as plain data."""
        lanes = [{"name": name, "kind": "actor" if self.is_actor(name) else "client"} for name in self.lanes]
        return {"lanes": lanes, "groups": self.groups, "rows": self.rows, "bars": self.bars}

    def is_actor(self, name: str) -> bool:
        """Whether messages go to it."""
        return any(event.get("actor") == name for event in self.history)
