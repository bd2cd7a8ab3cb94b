"""The set of clauses: complete, well-founded, readable, and judged by the same rules."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.clauses.script import CHAIN, EVERYTHING, Script, gives, whole_chain

from askance.adapter import CAPABILITIES
from askance.clauses import ALL, FEATURE_NEEDS, FEATURES, Clause, Violation, judge, judge_all
from askance.clauses.misfits import attribute
from askance.clauses.spec_text import CHAPTERS, render
from askance.history import Outcome

CLAUSES = list(ALL.values())


@pytest.mark.parametrize("one", CLAUSES, ids=list(ALL))
def test_a_clause_says_everything_that_a_reader_needs(one: Clause) -> None:
    """Every clause has its prose, names real clauses, capabilities and situations, and a documented rule."""
    assert one.level in ("MUST", "SHOULD", "MAY")
    assert one.text.endswith(".") and one.rationale.endswith(".") and one.rule.endswith(".")
    assert len(one.rationale) > 120
    assert re.search(r"(asyncio|concurrent\.futures|queue|PEP|contextvars|threading)", one.rule)
    assert one.if_fails.startswith("look ") and one.if_fails.endswith(".")
    assert "\n" not in one.text + one.rationale + one.rule + one.if_fails
    assert one.chapter in CHAPTERS
    assert set(one.rests_on) <= ALL.keys() and one.id not in one.rests_on
    assert one.needs <= CAPABILITIES.keys()
    assert one.features and one.features <= FEATURES.keys()


def test_clauses_rest_on_each_other_without_a_circle() -> None:
    """What a clause rests on never leads back to it."""

    def below(id: str) -> set[str]:
        found: set[str] = set()
        for lower in ALL[id].rests_on:
            found |= {lower} | below(lower)
        return found

    for id in ALL:
        assert id not in below(id)


def test_every_situation_is_some_clauses_and_says_what_it_needs() -> None:
    """The vocabulary holds no word that no clause uses, and its needs are real capabilities."""
    used: frozenset[str] = frozenset().union(*(clause.features for clause in CLAUSES))
    assert FEATURE_NEEDS.keys() <= FEATURES.keys()
    assert all(needs <= CAPABILITIES.keys() for needs in FEATURE_NEEDS.values())
    assert used <= FEATURES.keys()


def test_a_clause_with_an_unknown_feature_cannot_be_written() -> None:
    """A word that no generator knows is an error where the clause is defined, and the error lists the words."""
    with pytest.raises(ValueError, match=r"clause A1: unknown features .'cross-lop'.*cross-loop"):
        replace(ALL["A1"], features=frozenset({"cross-lop"}))


def test_a_clause_whose_capabilities_are_lacking_is_unsupported() -> None:
    """What an implementation does not claim is not asked of it."""
    script = whole_chain(CHAIN, EVERYTHING - {"loops"})
    assert script.judged("A7").verdict == "unsupported"
    assert script.judged("A1").verdict == "pass"


def test_a_clause_is_blocked_by_what_lies_lowest() -> None:
    """Where several clauses fall, the one that the others rest on is named."""
    script = whole_chain().add("loop-blocked", "", strand="strand-0", detail="at x.py:1")
    verdicts = judge_all(script.case())
    assert verdicts["D4"].verdict == "fail"
    assert verdicts["A5"].blocked_by == verdicts["D1"].blocked_by == "D4"


@pytest.mark.parametrize(
    ("clause", "below"), [(one.id, below) for one in CLAUSES for below in one.rests_on], ids="-".join
)
def test_a_clause_is_blocked_by_each_clause_that_it_rests_on(clause: str, below: str) -> None:
    """Where a clause falls, each that rests on it is blocked by it, whatever its own check would say."""
    case = whole_chain().case()
    case.of(ALL[below].check)
    case._known[ALL[below].check] = Violation(below, "one thing", "another")
    judgement = judge(ALL[clause], case)
    assert judgement.verdict == "blocked"
    assert ALL[judgement.blocked_by].id == below


def test_a_check_is_made_once_a_case() -> None:
    """Judging many clauses of one case asks each question once."""
    calls = []
    counted = replace(ALL["A1"], check=lambda case: calls.append(case))  # type: ignore[func-returns-value]
    case = whole_chain().case()
    for _ in range(3):
        judge(counted, case)
    assert len(calls) == 1


def test_every_clause_that_a_misfit_may_belong_to_exists() -> None:
    """No wrong outcome is attributed to a clause that nobody judges."""
    case = Script(CHAIN).ask("c0", "c0.r0", "a", 10).wait("c0", "c0.r0").done("c0", "c0.r0", gives(1)).case()
    wait = case.facts.waits[0]
    kinds = ("value", "error", "stopped", "cycle", "cancelled", "timeout", "refused", "nested")
    outcomes = [Outcome(kind) for kind in kinds]
    for got in outcomes:
        for denoted in ([], [outcomes[0]], *([one] for one in outcomes), outcomes[:2], outcomes[::2]):
            assert attribute(case, wait, frozenset(denoted), got) in ALL


def test_the_document_has_every_clause_in_full() -> None:
    """The specification as a document says all that the clauses say, chapter by chapter."""
    text = render()
    assert text.startswith("# ") and text.endswith("\n") and render() == text
    places = [text.index(f"### {id}\n") for id in ALL]
    for clause in CLAUSES:
        for prose in (clause.text, clause.rationale, clause.rule, clause.if_fails):
            assert prose in text
    assert places == sorted(places)
