"""One test for each clause, its id in the name: `test_A3`; pytest collects them from the installed package.

A test passes where the clause holds and fails where it falls or nothing can be said; what the implementation does not
claim, and what another clause's fall hides, is skipped with its reason. What a baseline waives is an expected failure
(in JUnit "skipped", of the type pytest.xfail); a waived clause that holds passes, and fails under --askance-strict.
The report has the verdicts in full.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from askance.clauses import ALL, Clause

if TYPE_CHECKING:
    from askance.suite.judges import Judged


def _test_of(clause: Clause) -> Callable[..., None]:
    def test(judged: Judged, record_property: Callable[[str, object], None]) -> None:
        entry = judged(clause)
        record_property("askance", json.dumps(entry))
        for name in ("clause", "level", "verdict"):
            record_property(name, entry[name])
        record_property("executions", entry["tally"].get("executions", 0))
        match entry["verdict"]:
            case "pass":
                return
            case "waived":
                pytest.xfail(f"waived: {entry['note']}")
            case "unexpected-pass":
                if entry["waiver"]["refused"]:
                    pytest.fail(f"{clause.id} {entry['note']}", pytrace=False)
            case "unsupported" | "blocked" as verdict:
                pytest.skip(f"{verdict}: {entry['note']}")
            case "fail":
                pytest.fail(entry["failure"]["text"], pytrace=False)
            case verdict:
                pytest.fail(f"{clause.id} {verdict}: {entry['note']}", pytrace=False)

    test.__name__ = test.__qualname__ = f"test_{clause.id}"
    test.__doc__ = " ".join(clause.text.split())
    return test


for _clause in ALL.values():
    globals()[f"test_{_clause.id}"] = _test_of(_clause)
