"""What a user's reply gives away that the user should keep: looked for in every reply, written beside it.

A mark says what was found and changes nothing of the episode: whoever reads the record, or compares simulators,
decides what it means. Words that the agent used first, or that the request holds, are no secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.core.task import Ambiguity

_TOKEN = re.compile(r"\w+|[^\w\s]")
_NAME = re.compile(r"\b[A-Za-z]\w*\b")
_RUN = 6
"""So many tokens of the reference in a row are no chance."""
_DRIFT = re.compile(
    r"\bground[- ]truth\b|\bgold(?:en)? (?:sql|query|answer)\b|\blabel+ed ambiguit|\breference (?:sql|query)\b"
    r"|\bsql[- ]snippet\b|\bas an? (?:ai|language model)\b|\bunanswerable\(",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the user keeps in the present phase."""

    reference: str
    """The SQL that settles the request."""
    points: tuple[Ambiguity, ...]
    public: str
    """The request and whatever else the agent was told."""


def marks(reply: str, question: str, asked: Sequence[str], secrets: Secrets) -> tuple[str, ...]:
    """What the reply leaks, a line each; empty where it leaks nothing.

    Args:
        reply: what the user says.
        question: what the agent said before.
        asked: terms of the points that the question was found to ask for.
        secrets: what is to be kept.
    """
    said = f"{question} {secrets.public}"
    found = [f"drift: {hit[0].lower()}" for hit in _DRIFT.finditer(reply)]
    if shares_run(reply, secrets.reference, said):
        found.append("leak: reference SQL")
    found += [f"leak: schema name {name}" for name in _names(secrets.reference) if _says(reply, name, said)]
    for point in secrets.points:
        told = point.answer.strip()
        if point.term not in asked and told and told.lower() in reply.lower():
            found.append(f"leak: another point, {point.term}")
    return tuple(dict.fromkeys(found))


def shares_run(reply: str, reference: str, said: str) -> bool:
    """Whether the reply holds six words in a row of the reference that were not said before."""
    known = set(_runs(said))
    secret = {run for run in _runs(reference) if run not in known}
    return any(run in secret for run in _runs(reply))


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    tokens = [token.lower() for token in _TOKEN.findall(text)]
    return (tuple(tokens[place : place + _RUN]) for place in range(len(tokens) - _RUN + 1))


def _names(sql: str) -> list[str]:
    """Names in SQL that are no everyday words: written with an underscore, a digit or a capital inside."""
    without_texts = re.sub(r"'(?:[^']|'')*'", " ", sql)
    names = dict.fromkeys(name for name in _NAME.findall(without_texts) if not name.isupper())
    return [name for name in names if "_" in name or re.search(r"[a-z][A-Z]|\d", name)]


def _says(reply: str, name: str, said: str) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
    return word.search(reply) is not None and word.search(said) is None
