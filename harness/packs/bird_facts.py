"""What a user of an imported BIRD-INTERACT task knows, in words.

Upstream labels each open point of a request with the piece of the reference SQL that settles it. A
scripted user must not speak SQL, nor name tables and columns, so a fact's answer is a sentence made from
what the piece says apart from them: a direction, a number of digits, the values it compares with; for a
missing knowledge entry, the entry's own definition. Where nothing of the kind is in it, the answer says
only that the point matters. The pieces themselves stay in the task's metadata.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.core.task import Fact
from harness.packs.bird_format import BirdAmbiguity, BirdKnowledge, BirdTask
from simulators.pieces import ASKED_BY, in_words


def facts_of(task: BirdTask, knowledge: Mapping[int, BirdKnowledge]) -> tuple[Fact, ...]:
    """The user's private facts, a fact a labelled point; points of one term and type are one fact.

    Args:
        task: the upstream record.
        knowledge: the database's whole knowledge base, by id.
    """
    found: dict[tuple[str, str], Fact] = {}
    points = (*task.user_query_ambiguity.critical_ambiguity, *task.user_query_ambiguity.non_critical_ambiguity)
    for point in points:
        answer = f"About “{point.term}”: {in_words(_kind(point), point.sql_snippet)}"
        _add(found, point, Fact(topic=point.term, answer=answer, ask=ASKED_BY.get(_kind(point), ())))
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


def _kind(point: BirdAmbiguity) -> str:
    return point.type.removesuffix("_ambiguity")
