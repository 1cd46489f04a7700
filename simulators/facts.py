"""What the scripted user gives away: the facts it is asked for, and no other.

A question is asked for a fact where it holds every content word of the fact's topic, or of one of the
other phrases by which it may be asked for (of phrases of four words and more, three quarters).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil

from harness.core.task import Fact
from simulators.words import content_words, sentences

_SHARE = 0.75
_REQUEST = re.compile(
    r"\b(tell me|let me know|provide|share|confirm|clarify|specify|give me|may i have|could i have)\b"
    r"|^\W*(what|which|who|whose|when|where|how)\b(?!.*[.:]$)",
    re.IGNORECASE,
)
"""Question words count where a sentence begins with one: elsewhere they mostly belong to a statement."""


_UNWILLING = re.compile(
    r"\b(?:(?:do not|don't|does not|doesn't) (?:want|wish|agree)|(?:not|un) ?willing|refuse) to ([^.,;:\n]+)",
    re.IGNORECASE,
)


def questions(text: str) -> str:
    """The sentences of a message that ask for something."""
    return " ".join(part for part in sentences(text) if part.endswith("?") or _REQUEST.search(part))


def asked_for(question: str, facts: Sequence[Fact]) -> list[Fact]:
    """The facts that a question asks for, in the task's order."""
    words = content_words(question)
    return [fact for fact in facts if any(_holds(words, phrase) for phrase in (fact.topic, *fact.ask))]


def unwelcome(offer: str, scenario: str) -> bool:
    """Whether the scenario says that the user doesn't want what is offered ("you do not want to change your plan")."""
    words = content_words(offer)
    for found in _UNWILLING.finditer(scenario):
        refused = content_words(found[1])
        if refused and len(refused & words) >= ceil(len(refused) / 2):
            return True
    return False


def _holds(words: frozenset[str], phrase: str) -> bool:
    wanted = content_words(phrase)
    needed = len(wanted) if len(wanted) < 4 else ceil(_SHARE * len(wanted))
    return bool(wanted) and len(wanted & words) >= needed
