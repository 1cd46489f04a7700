"""BIRD-INTERACT's records as tasks: the same points, requests, solutions and checks in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.core.check import CheckSpec, RowsCheck, StateCheck, TestsCheck, WithheldCheck
from harness.core.message import Party
from harness.core.task import Ambiguity, Call, Phase, Task, UserScenario
from harness.packs.bird_facts import facts_of
from harness.packs.bird_format import BirdKnowledge, BirdTask, Category, Conditions, Solution

WITHHELD = "the publisher keeps the reference SQL and the tests of BIRD-INTERACT back"
_DECIMALS = 2
"""Digits to which numbers must agree where the conditions name none. Upstream rounds every number to two digits,
whatever they say; so does `comparison = "compat"`, which doesn't look at a check's digits."""
_MOST_DECIMALS = 12
_QUERY = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(?:select|with|values|table)\b", re.IGNORECASE | re.DOTALL)
_WEIGHTS = {False: ((1.0, 0.5),), True: ((0.7, 0.5), (0.3, 0.2))}
"""By whether there is a follow-up: of each phase, its share at the first try and at the second."""


def convert(record: BirdTask, knowledge: Mapping[int, BirdKnowledge]) -> Task:
    """A record as a task. A request without a solution gets a check that says so.

    Args:
        record: the upstream record, with or without its ground truth.
        knowledge: the database's whole knowledge base, by id.
    """
    hidden = sorted({point.deleted_knowledge for point in record.knowledge_ambiguity})
    follow_up = record.follow_up
    requests = [(record.amb_user_query, record.query or "", record.category, record.conditions, _solution(record))]
    if follow_up is not None:
        wanted = follow_up.query
        requests.append((wanted, wanted, follow_up.category, follow_up.conditions, _solution(follow_up)))
    weights = _WEIGHTS[follow_up is not None]
    return Task(
        id=record.instance_id,
        tags=_tags(record),
        setup={
            "database": record.selected_database,
            "hidden_knowledge": list(hidden),
            "preprocess": list(record.preprocess_sql),
            "clean_up": list(record.clean_up_sqls) if follow_up is not None else [],
        },
        user=UserScenario(
            instructions="You asked for something in a database and know what you meant by it, not how the tables are "
            f"built. What you asked: {record.amb_user_query}",
            facts=facts_of(record, knowledge),
            ambiguities=_points(record),
        ),
        phases=tuple(
            _phase(*request, weight=weight, retry=retry)
            for request, (weight, retry) in zip(requests, weights, strict=True)
        ),
        metadata={"upstream": {"high_level": record.high_level, "masked": _masked(record)}},
    )


def script(statements: tuple[str, ...]) -> str:
    """Upstream's list of statements as one script; an element may hold several, and end with a comment."""
    return "\n".join(_ended(one.strip().rstrip(";").rstrip()) for one in statements if one.strip(" \n\t;"))


def _ended(statement: str) -> str:
    last = statement.rpartition("\n")[2]
    return f"{statement}\n;" if "--" in last else f"{statement};"


def _solution(solution: Solution) -> Solution | None:
    return solution if script(solution.sol_sql) else None


def _phase(
    request: str,
    clear: str,
    category: Category,
    conditions: Conditions,
    solution: Solution | None,
    *,
    weight: float,
    retry: float,
) -> Phase:
    if solution is None:
        checks: tuple[CheckSpec, ...] = (WithheldCheck(reason=WITHHELD),)
        return Phase(request=request, clear=clear, checks=checks, weight=weight, retry_weight=retry)
    if category == "Management" and solution.test_cases:
        checks = (TestsCheck(code=solution.test_cases),)
    elif category == "Management" and _changes(solution):
        # Upstream's programs disagree: the default test, which a change without rows never passes, or anything that
        # runs. What counts is what is left.
        checks = (StateCheck(parties=(Party.AGENT,)),)
    else:
        digits = _DECIMALS if conditions.decimal < 0 else min(conditions.decimal, _MOST_DECIMALS)
        checks = (RowsCheck(ordered=conditions.order, decimals=digits),)
    reference = (Call(tool="submit_sql", arguments={"sql": script(solution.sol_sql)}),)
    return Phase(request=request, clear=clear, reference=reference, checks=checks, weight=weight, retry_weight=retry)


def _changes(solution: Solution) -> bool:
    """Whether the last statement is no query."""
    last = next((one for one in reversed(solution.sol_sql) if one.strip(" \n\t;")), "")
    return not _QUERY.match(last)


def _points(record: BirdTask) -> tuple[Ambiguity, ...]:
    points = record.user_query_ambiguity
    found = [
        Ambiguity(term=point.term, kind=_kind(point.type), sql=point.sql_snippet, critical=critical)
        for critical, those in ((True, points.critical_ambiguity), (False, points.non_critical_ambiguity))
        for point in those
    ]
    found += [
        Ambiguity(term=point.term, kind="knowledge", sql=point.sql_snippet, knowledge=point.deleted_knowledge)
        for point in record.knowledge_ambiguity
    ]
    return tuple(found)


def _tags(record: BirdTask) -> tuple[str, ...]:
    """The database, the categories, and the kinds of what is open."""
    points = (*record.user_query_ambiguity.critical_ambiguity, *record.knowledge_ambiguity)
    kinds = dict.fromkeys(f"open:{_kind(point.type)}" for point in points)
    follow_up = () if record.follow_up is None else ("follow-up",)
    return (f"database:{record.selected_database}", f"category:{record.category.lower()}", *follow_up, *kinds)


def _kind(upstream: str) -> str:
    return upstream.removesuffix("_ambiguity")


def _masked(record: BirdTask) -> list[str]:
    points = record.user_query_ambiguity
    those = (*points.critical_ambiguity, *points.non_critical_ambiguity, *record.knowledge_ambiguity)
    return [point.term for point in those if point.is_mask]
