"""Whether a document has the form that its schema says."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from askance.report.schemas import schema_text


def valid(document: Any, kind: str = "report") -> None:
    """Raise where the document does not have the form that the schema says, as it is printed."""
    schema = json.loads(schema_text(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
