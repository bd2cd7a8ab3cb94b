"""The JSON Schemas (draft 2020-12) of every JSON document that askance writes: `askance schema`.

Most are files beside this module. That of programs is made of the tables by which programs are written and read, so
that it knows every kind of expression. A schema that names another has it inside, so that each can be used alone.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

from askance.program_json import ACTOR, CLIENT, EXPRESSIONS, OPERATIONS, VERSION, Fields

__all__ = ["SCHEMAS", "schema", "schema_text"]

SCHEMAS = {
    "report": "check --json",
    "exhaustive": "check --exhaustive --json",
    "comparison": "compare --json",
    "mutants": "mutants --json",
    "counterexample": "the files in .askance, which replay reads",
    "history": "replay --history",
    "program": "programs, which run reads",
}
"""The names of the schemas, and what writes such documents."""


def schema_text(name: str = "report") -> str:
    """The schema of that name (one of SCHEMAS) as it is printed."""
    return json.dumps(schema(name), indent=1) + "\n"


def schema(name: str) -> dict[str, Any]:
    """The schema of that name, with those that it refers to among its definitions."""
    found = _alone(name)
    inside = {}
    missing = [name]
    while missing:
        for other in re.findall(r'"urn:askance:(\w+)[#"]', json.dumps(_alone(missing.pop()))):
            if other != name and other not in inside:
                inside[other] = _alone(other)
                missing.append(other)
    return {**found, "$defs": {**found.get("$defs", {}), **inside}} if inside else found


def _alone(name: str) -> dict[str, Any]:
    if name == "program":
        return _program()
    text = files("askance.report").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


# ---------------------------------------------------------------- programs

_FIELDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "number": {"type": "number", "minimum": 0},
    "value": {"$ref": "#/$defs/value"},
    "expression": {"$ref": "#/$defs/expression"},
    "expressions": {"type": "array", "items": {"$ref": "#/$defs/expression"}},
    "operations": {"type": "array", "items": {"$ref": "#/$defs/operation"}},
    "loop": {"type": ["integer", "null"], "minimum": 0},
    "where": {
        "type": ["integer", "string"],
        "description": "thread, loop, or the number of a loop of the system's",
    },
}


def _program() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:askance:program",
        "title": f"A program, version {VERSION}",
        "description": "What a document must look like; not every document that does is a valid program.",
        "type": "object",
        "required": ["askance-program", "loops", "actors", "clients"],
        "properties": {
            "askance-program": {"const": VERSION},
            "name": {"type": "string"},
            "loops": {"type": "integer", "minimum": 1},
            "actors": {"type": "array", "items": _object(_properties(ACTOR))},
            "clients": {"type": "array", "items": _object(_properties(CLIENT))},
        },
        "$defs": {
            "expression": {"oneOf": [_kind(kind, fields) for kind, (_, fields) in EXPRESSIONS.items()]},
            "operation": {"oneOf": [_kind(kind, fields) for kind, (_, fields) in OPERATIONS.items()]},
            "value": {
                "anyOf": [
                    {"type": ["null", "boolean", "integer", "string"]},
                    {"type": "array", "items": {"$ref": "#/$defs/value"}},
                    _object(
                        {"term": {"type": "string"}, "args": {"type": "array", "items": _FIELDS["value"]}}
                    ),
                    {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
                ]
            },
        },
    }


def _kind(kind: str, fields: Fields) -> dict[str, Any]:
    return _object({"kind": {"const": kind}, **_properties(fields)})


def _properties(fields: Fields) -> dict[str, Any]:
    return {name: _FIELDS.get(holds, {}) for name, holds in fields}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}
