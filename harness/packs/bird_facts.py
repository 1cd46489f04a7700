"""What a user of an imported BIRD-INTERACT task knows, in words.

Upstream labels each open point of a request with the piece of the reference SQL that settles it. A
scripted user must not speak SQL, nor name tables and columns, so a fact's answer is a sentence made from
what the piece says apart from them: a direction, a number of digits, the values it compares with; for a
missing knowledge entry, the entry's own definition. Where nothing of the kind is in it, the answer says
only that the point matters. The pieces themselves stay in the task's metadata.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.core.task import Fact
from harness.packs.bird_format import BirdAmbiguity, BirdKnowledge, BirdTask

_ASK: dict[str, tuple[str, ...]] = {
    "sort_ambiguity": ("sort", "order", "ascending", "descending"),
    "decimal_ambiguity": ("decimal", "round", "rounding", "precision", "digits"),
    "null_ambiguity": ("null", "missing", "empty values"),
    "join_ambiguity": ("without a match", "no partner", "unmatched"),
    "distinct_ambiguity": ("distinct", "duplicate", "twice"),
    "divide_zero_ambiguity": ("division by zero", "divisor", "zero"),
    "rank_ambiguity": ("rank", "ranking", "ties"),
    "date_format_ambiguity": ("date format",),
}
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.\"'])-?\d+(?:\.\d+)?(?![\w.\"'])")
_DIGITS = re.compile(r"ROUND\s*\(.*,\s*(\d+)\s*\)", re.I | re.S)
_LIMIT = re.compile(r"\bLIMIT\s+(\d+)", re.I)
_FILLED = re.compile(r"\b(?:COALESCE|IFNULL)\s*\(.*,\s*('(?:[^']|'')*'|-?\d+(?:\.\d+)?)\s*\)", re.I | re.S)
_SAYS_NOTHING = frozenset({"0", "1", ""})
_SHOWN = 8


def facts_of(task: BirdTask, knowledge: Mapping[int, BirdKnowledge]) -> tuple[Fact, ...]:
    """The user's private facts, a fact a labelled point; points of one term and type are one fact.

    Args:
        task: the upstream record.
        knowledge: the database's whole knowledge base, by id.
    """
    found: dict[tuple[str, str], Fact] = {}
    points = (*task.user_query_ambiguity.critical_ambiguity, *task.user_query_ambiguity.non_critical_ambiguity)
    for point in points:
        answer = f"About “{point.term}”: {_in_words(point)}"
        _add(found, point, Fact(topic=point.term, answer=answer, ask=_ASK.get(point.type, ())))
    for missing in task.knowledge_ambiguity:
        entry = knowledge.get(missing.deleted_knowledge)
        if entry is not None:
            answer = f"By “{entry.knowledge}” I mean this. {entry.description} {entry.definition}"
            _add(found, missing, Fact(topic=missing.term, answer=answer, ask=(entry.knowledge,)))
    return tuple(found.values())


def _add(found: dict[tuple[str, str], Fact], point: BirdAmbiguity, fact: Fact) -> None:
    key = (point.term, point.type)
    known = found.get(key)
    if known is None:
        found[key] = fact
    elif fact.answer != known.answer:
        found[key] = Fact(topic=known.topic, answer=f"{known.answer} {fact.answer}", ask=known.ask)


def _in_words(point: BirdAmbiguity) -> str:
    sql = point.sql_snippet
    match point.type:
        case "sort_ambiguity":
            return _sorted(sql)
        case "decimal_ambiguity" if digits := _DIGITS.search(sql):
            return f"round it to {digits[1]} decimal places."
        case "null_ambiguity" if filled := _FILLED.search(sql):
            return f"where a value is missing, take {filled[1]} for it."
        case "null_ambiguity" if re.search(r"IS\s+NOT\s+NULL", sql, re.I):
            return "leave out what has no value there."
        case "join_ambiguity":
            kept = re.search(r"\b(LEFT|FULL|RIGHT)\b", sql, re.I)
            return "keep also what has no partner on the other side." if kept else "only what has a partner counts."
        case "distinct_ambiguity":
            return "count or list each of them once."
        case "divide_zero_ambiguity":
            return "where the divisor is zero there is no value, and no error."
        case _:
            return _values(sql)


def _sorted(sql: str) -> str:
    if "ORDER BY" not in sql.upper():
        return _values(sql)
    first = re.split(r"ORDER\s+BY", sql, flags=re.I)[-1].split(",")[0]
    direction = "the highest first" if re.search(r"\bDESC\b", first, re.I) else "the lowest first"
    limit = _LIMIT.search(sql)
    return f"sort by it, {direction}{f', and only the first {limit[1]}' if limit else ''}."


def _values(sql: str) -> str:
    """The values in a piece of SQL; paths into JSON documents are names, not values."""
    texts = [text.replace("''", "'") for text in _TEXT.findall(sql)]
    numbers = _NUMBER.findall(_TEXT.sub(" ", sql))
    wanted = [value for value in (*texts, *numbers) if value not in _SAYS_NOTHING and not value.startswith(("$", "%"))]
    values = list(dict.fromkeys(wanted))[:_SHOWN]
    if not values:
        return "it has a particular meaning here; the knowledge base or the data tell it."
    return f"it has a particular meaning here, in which these values matter: {', '.join(values)}."
