"""Words of a text, as the scripted user compares them."""

from __future__ import annotations

import re

_EMPTY_TEXT = """
a about all also an and any are as at be been by can could did do does for from get give had has have how i if
in into is it its know let like many may me mean much my need no now of on one or our out please say shall
should so some tell than that the their them then there these they this those to up us use want was we were
what when where which who why will with would you your
"""
_EMPTY = frozenset(_EMPTY_TEXT.split())
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SENTENCE = re.compile(r"[^.!?\n]*(?:\.(?=\w)[^.!?\n]*)*[.!?\n]?")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "es", "ed", "s", "e", "y")
_STEM = 3


def stem(word: str) -> str:
    """A word without its inflection, roughly: `meetings` and `meeting` give the same."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM:
            return word[: -len(ending)]
    return word


def stems(words: str) -> frozenset[str]:
    """The stems of words that stand with blanks between them."""
    return frozenset(map(stem, words.split()))


def words_of(text: str) -> list[str]:
    """A text's words that carry content, as they are but in lower case."""
    plain = text.lower().replace("_", " ").replace("-", " ")
    return [word for word in _WORD.findall(plain) if word not in _EMPTY]


def content_words(text: str) -> frozenset[str]:
    """The stems of a text's words, without those that carry no content."""
    return frozenset(map(stem, words_of(text)))


def sentences(text: str) -> list[str]:
    """A text's sentences and lines, end marks included; a dot inside a word or number ends none."""
    return [found.strip() for found in _SENTENCE.findall(text) if found.strip()]
