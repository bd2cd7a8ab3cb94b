"""JSON files as people name them on the command line: whatever is wrong with one is one message.

Every command that reads JSON reads it here, so that a file which is none is told of in the same way everywhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from askance.run.errors import UsageError

__all__ = ["read_json"]


def read_json(file: Path, complaint: str, what: str = "") -> Any:
    """What the JSON file holds. Raises UsageError: `file` with the complaint ("is not a program"), and why.

    `what` it is that cannot be read, in that message: "the baseline ".
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {what}{file}: {getattr(error, 'strerror', None) or error}") from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{file} {complaint}: line {error.lineno} is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise UsageError(f"{file} {complaint}: it is nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise UsageError(f"{file} {complaint}: {error}") from error
