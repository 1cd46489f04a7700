"""The two steps of the function-driven user, by words alone or by a model.

By words: a question that asks for SQL, tables, columns or a way of solving is nothing that a user answers. Else the
labelled point that shares the most words with it is meant, or one of the user's facts; else the point, or the clause,
whose SQL tells the kind of thing that is asked for (`intents`). An answer is the label's own, or what its piece of SQL
says apart from SQL (`pieces`).

By a model: it is shown what can be chosen and picks one; then, with that one alone, it answers. A choice that can't
be read is asked for once more, and then counts as none.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from harness.core.message import Usage
from harness.core.task import Ambiguity, Fact
from harness.models.client import ChatMessage, ModelClient, Request
from simulators.intents import Intent, intents, looks
from simulators.pieces import ASKED_BY, in_words
from simulators.segments import Segment
from simulators.words import content_words, stems


class Action(StrEnum):
    """What a question is about (upstream's AMB, LOC and UNA)."""

    LABELED = "labeled"
    UNLABELED = "unlabeled"
    UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Choice:
    """The first step's outcome."""

    action: Action
    about: tuple[str, ...] = ()
    """Terms of the points (or topics of the facts), or the text of the clause."""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Knows:
    """What the user knows of a request."""

    request: str
    clear: str
    points: tuple[Ambiguity, ...]
    facts: tuple[Fact, ...]
    reference: str
    segments: tuple[Segment, ...]


Chosen = tuple[Choice, Usage | None, str | None]
Told = tuple[str, Usage | None, str | None]
"""What comes of a step, what it took of a model, and the model's own words."""


class Chooser(Protocol):
    """Both steps."""

    async def choose(self, question: str, knows: Knows, seed: int) -> Chosen:
        """What the question is about."""
        ...

    async def answer(self, question: str, choice: Choice, knows: Knows, seed: int) -> Told:
        """The reply, by that choice and nothing else."""
        ...


_OUT_OF_BOUNDS = re.compile(
    r"\b(?:sql|schemas?|tables?|columns?|fields?|attributes?|entit(?:y|ies)|relation(?:ship)?s?|foreign keys?|keys?"
    r"|identifiers?|data ?types?|databases?|data dictionary|metadata|storage|stored|server|engine|postgres\w*|sqlite"
    r"|duckdb|mysql|oracle|queries|query|subquer(?:y|ies)|cte|table expressions?|window functions?|functions?|joins?"
    r"|joined|select statement|index(?:es)?|syntax|code|script|python|algorithms?|implement\w*|ground[- ]truth"
    r"|gold(?:en)?|solution|step[- ]by[- ]step|(?:correct|final|full|exact|expected) (?:code|answer|result|output)"
    r"|(?:which|what) steps|ambiguit\w+|snippets?|prompts?|instructions?|system message|ignore (?:what|all|your|the)"
    r"|language model|what is the (?:result|answer)|how would you (?:write|solve|do|compute|choose))\b",
    re.IGNORECASE,
)
"""What isn't a user's to know or to say, unless the request itself speaks of it."""
_CLAUSES: dict[Intent, tuple[str, ...]] = {
    Intent.NUMBER: ("LIMIT",),
    Intent.ORDER: ("ORDER BY",),
    Intent.LEVEL: ("GROUP BY",),
    Intent.OUTPUT: ("SELECT",),
    Intent.PERIOD: ("WHERE",),
    Intent.THRESHOLD: ("HAVING", "WHERE"),
    Intent.CATEGORY: ("WHERE",),
}
"""By what is asked for, the clauses that may tell it."""
_WHOLE = frozenset({"LIMIT", "ORDER BY", "GROUP BY", "SELECT"})
"""Clauses that answer such a question whatever stands in them."""
_ASKS = re.compile(r"\?|\b(?:tell|clarify|specify|explain|confirm|let me know|please|what|which|how)\b", re.IGNORECASE)
_OF_ASKING = stems(
    "order sort sequence show list result row line group number top first entry entries answer detail information "
    "report figure value kind type count time date"
)
"""Words of any question about a result: that a term has one of them too is chance."""
_ENOUGH = 0.6
"""So much of a phrase has to be in a question that is taken for its own."""


class ByWords:
    """Both steps without a model; the same question gets the same answer."""

    async def choose(self, question: str, knows: Knows, seed: int) -> Chosen:
        """See `Chooser.choose`."""
        return self._choose(question, knows), None, None

    async def answer(self, question: str, choice: Choice, knows: Knows, seed: int) -> Told:
        """See `Chooser.answer`."""
        return self._answer(choice, knows), None, None

    def _choose(self, question: str, knows: Knows) -> Choice:
        nothing = Choice(Action.UNANSWERABLE)
        named = _named(question, knows)
        rest = question.lower().replace(named.lower(), " ") if named else question
        if _out_of_bounds(rest, knows):
            return nothing
        if named:
            return Choice(Action.LABELED, (named,))
        words = content_words(question)
        meant = _best(words, knows) or _only(words, knows)
        if meant:
            return Choice(Action.LABELED, meant)
        if not _ASKS.search(question) and len(question.split()) > 4:
            return nothing
        for intent in intents(question):
            if (found := _point_that_tells(intent, knows) or _clause_that_tells(intent, knows)) is not None:
                return found
        return nothing

    def _answer(self, choice: Choice, knows: Knows) -> str:
        if choice.action is Action.UNLABELED:
            return _clause_in_words(choice.clause, choice.about[0])
        told = [fact.answer for fact in knows.facts if fact.topic in choice.about]
        told += [_point_in_words(point) for point in knows.points if not told and point.term in choice.about]
        return " ".join(dict.fromkeys(told))


def _named(question: str, knows: Knows) -> str:
    """The longest term or topic that stands in the question as it is; empty where none does."""
    names = [point.term for point in knows.points] + [fact.topic for fact in knows.facts]
    said = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", question, re.IGNORECASE)]
    return max(said, key=len, default="")


def _best(words: frozenset[str], knows: Knows) -> tuple[str, ...]:
    """The term or topic that shares the most words with the question, by the greater share of its own."""
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    for name, phrases in _phrases(knows):
        for place, phrase in enumerate(phrases):
            wanted = content_words(phrase)
            shared = len(wanted & words) / len(wanted) if wanted else 0.0
            # The term itself weighs more than another word for it.
            score = (shared + 0.1 * len(wanted & words)) * (1.0 if place == 0 else 0.9)
            if shared > _ENOUGH and score > best[0]:
                best = (score, (name,))
    return best[1]


def _point_that_tells(intent: Intent, knows: Knows) -> Choice | None:
    """The first point whose piece of SQL is of that kind, critical ones before others."""
    points = sorted(knows.points, key=lambda point: not (point.critical or point.knowledge is not None))
    return next((Choice(Action.LABELED, (point.term,)) for point in points if intent in looks(point.sql)), None)


def _clause_that_tells(intent: Intent, knows: Knows) -> Choice | None:
    """The last clause that is of that kind: the outermost one."""
    for segment in reversed(knows.segments):
        if segment.clause in _CLAUSES.get(intent, ()) and (segment.clause in _WHOLE or intent in looks(segment.text)):
            return Choice(Action.UNLABELED, (segment.text,), segment.clause)
    return None


def _only(words: frozenset[str], knows: Knows) -> tuple[str, ...]:
    """The one term or topic that shares words with the question, where no other has any of them."""
    names = {name for name, phrases in _phrases(knows) if content_words(phrases[0]) & (words - _OF_ASKING)}
    return tuple(names) if len(names) == 1 else ()


def _out_of_bounds(question: str, knows: Knows) -> bool:
    """Whether it asks for something of the kind that the request, and what it leaves open, don't speak of."""
    known = content_words(" ".join((knows.request, *(name for name, _ in _phrases(knows)))))
    return any(not content_words(found[0]) <= known for found in _OUT_OF_BOUNDS.finditer(question))


def _phrases(knows: Knows) -> list[tuple[str, tuple[str, ...]]]:
    found = [(point.term, (point.term, *ASKED_BY.get(point.kind, ()))) for point in knows.points]
    return found + [(fact.topic, (fact.topic, *fact.ask)) for fact in knows.facts]


def _point_in_words(point: Ambiguity) -> str:
    return point.answer or f"About “{point.term}”: {in_words(point.kind, point.sql)}"


def _clause_in_words(clause: str, sql: str) -> str:
    match clause:
        case "ORDER BY":
            return f"As to the order: {in_words('sort', sql)}"
        case "LIMIT":
            number = re.search(r"\d+", sql)
            return f"I want {number[0]} of them." if number else "I want all of them."
        case "GROUP BY":
            return "One line for each of what I named in my request."
        case "SELECT":
            return "Just what I asked for, in the order in which I named it."
        case _:
            return f"As to what counts: {in_words('', sql)}"


CHOOSE = """\
You decide what a question is about. An analyst works on somebody's request to a database and asks back. Say which of
these it is, and nothing else:

labeled("TERM")          the question asks what is meant by one of the open points below; TERM is copied from them
unlabeled("CLAUSE")      it asks for something else that one of the clauses below settles; CLAUSE is copied from them
unanswerable()           neither; or it asks for SQL, for names of tables or columns, or how to solve the task, which
                         the person who made the request doesn't know

The request: {request}

Open points (term, and what settles it):
{points}

Clauses:
{clauses}

Write your choice between <choice> and </choice>."""

ANSWER = """\
You made a request to an analyst who works with a database, and the analyst asks you something back. You know what you
meant, not how the data is stored. Answer the question in one or two short everyday sentences, by what stands under
"What you meant" and nothing else. Never write SQL, never name a table or a column, never explain how to solve it,
don't add wishes, don't ask back, and don't mention these instructions.

Your request: {request}
What you meant: {meant}"""

AGAIN = (
    'That was none of the three. Write labeled("…"), unlabeled("…") or unanswerable() between <choice> and </choice>.'
)
PARTS = (CHOOSE, ANSWER, AGAIN)
"""All that a model is told by us; its digest belongs to the user's identity."""
_CHOICE = re.compile(
    r"\b(labeled|unlabeled)\s*\(\s*[\"“'](.+?)[\"”']\s*\)|\b(unanswerable)\s*\(\s*\)", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"<choice>(.*?)(?:</choice>|$)", re.IGNORECASE | re.DOTALL)
_CHOICE_TOKENS, _ANSWER_TOKENS = 500, 300


class ByModel:
    """Both steps by a model, at temperature 0."""

    def __init__(self, client: ModelClient) -> None:
        self._client = client
        self._turn = 0

    async def choose(self, question: str, knows: Knows, seed: int) -> Chosen:
        """See `Chooser.choose`."""
        prompt = CHOOSE.format(
            request=knows.request,
            points="\n".join(f"- {point.term}: {point.answer or point.sql}" for point in knows.points)
            + "".join(f"\n- {fact.topic}: {fact.answer}" for fact in knows.facts)
            or "- none",
            clauses="\n".join(f"- {' '.join(segment.text.split())}" for segment in knows.segments) or "- none",
        )
        chat = [ChatMessage("system", prompt), ChatMessage("user", question)]
        usage, raw = Usage(), ""
        for _ in range(2):
            raw, used = await self._ask(chat, seed, _CHOICE_TOKENS)
            usage += used
            if (choice := _read(raw, knows)) is not None:
                return choice, usage, raw
            chat = [*chat, ChatMessage("assistant", raw or "…"), ChatMessage("user", AGAIN)]
        return Choice(Action.UNANSWERABLE), usage, raw

    async def answer(self, question: str, choice: Choice, knows: Knows, seed: int) -> Told:
        """See `Chooser.answer`."""
        meant = ByWords()._answer(choice, knows)
        if choice.action is Action.UNLABELED:
            meant = f"{meant} ({' '.join(choice.about[0].split())})"
        chat = [ChatMessage("system", ANSWER.format(request=knows.request, meant=meant)), ChatMessage("user", question)]
        text, usage = await self._ask(chat, seed, _ANSWER_TOKENS)
        return text, usage, text

    async def _ask(self, chat: list[ChatMessage], seed: int, most: int) -> tuple[str, Usage]:
        request = Request(messages=chat, turn=self._turn, seed=seed, max_output_tokens=most)
        self._turn += 1
        answer = await self._client.complete(request)
        return answer.text, answer.usage


def _read(text: str, knows: Knows) -> Choice | None:
    """The choice in a model's words, if it is one that there is."""
    tagged = _TAG.findall(text)
    found = _CHOICE.search(tagged[-1] if tagged else text)
    if found is None:
        return None
    if found[3]:
        return Choice(Action.UNANSWERABLE)
    wanted = _plain(found[2])
    if found[1].lower() == Action.LABELED:
        names = [point.term for point in knows.points] + [fact.topic for fact in knows.facts]
        term = next((name for name in names if _plain(name) == wanted), None)
        return None if term is None else Choice(Action.LABELED, (term,))
    fitting = (segment for segment in knows.segments if wanted in _plain(segment.text))
    segment = next(fitting, None)
    return None if segment is None else Choice(Action.UNLABELED, (segment.text,), segment.clause)


def _plain(text: str) -> str:
    return json.dumps(" ".join(text.lower().split()))[1:-1]
