"""Events in words: a sentence for the reader who steps through them, and a few words for the arrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["label", "sentence"]


def sentence(event: Mapping[str, Any], asks: Mapping[str, Mapping[str, Any]]) -> str:
    """What happened, as a sentence; `asks` are the ask events so far, by their replies."""
    who, actor, op = event.get("who", ""), event.get("actor", ""), event.get("op", "")
    message, value = event.get("message", ""), event.get("value")
    outcome, detail = event.get("outcome", {}).get("text", ""), event.get("detail", "")
    match event["kind"]:
        case "ask":
            return f"{who} asks {actor} with {value}; the reply will be {op}"
        case "tell":
            return f"{who} tells {actor} {value}"
        case "compose":
            return f"{who} makes {op} of other replies: {detail}"
        case "wait":
            ask = asks.get(op)
            return f"{who} waits for {op}" + (f", the reply of {ask['actor']}" if ask else "")
        case "done":
            if not op:
                return f"{who} is told at once: {detail} {outcome}".strip()
            return f"{who} has the outcome of {op}: {outcome}"
        case "begin":
            return f"{actor} takes up message {message} with {value} (turn {who})"
        case "end":
            return f"{who} ends: {outcome or detail}"
        case "apply":
            return f"A mapped function runs for {op}"
        case "spawn":
            return f"{who} spawns {actor}"
        case "stop":
            return f"{who or 'The harness'} stops {actor}"
        case "cancel":
            return f"{who} cancels {op}"
        case "loop-blocked":
            return f"{who or event['strand']} blocks the thread of its event loop"
        case "uncaught":
            return f"An exception that nobody caught: {detail}"
        case "settle":
            return "Nothing can move any more"
        case "closing":
            return "The system is to close at once"
        case "closed":
            return "The system is closed"
        case "leaked":
            return f"Left over at the end: {detail}"
        case kind:
            return f"{kind} {detail}".strip()


def label(event: Mapping[str, Any]) -> str:
    """A few words for the event's arrow or mark."""
    outcome = event.get("outcome", {})
    match event["kind"]:
        case "ask" | "tell" as kind:
            return f"{kind} {event.get('value')}"
        case "done":
            return str(outcome.get("text", "")) if outcome.get("kind") != "nested" else "a nested future"
        case "begin":
            return str(event.get("who", ""))
        case "end":
            if outcome.get("kind") in ("value", "nested"):
                return "ends" if outcome["kind"] == "value" else "ends with a nested future"
            return str(outcome.get("text", "deferred"))
        case "wait":
            return "waits"
        case "loop-blocked":
            return "blocks its loop"
        case "apply":
            return "applies"
        case "compose":
            return str(event.get("detail", "")).split(" ")[0]
        case "stop" | "spawn" | "cancel" as kind:
            return str(kind)
        case _:
            return ""
