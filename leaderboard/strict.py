"""JSON from strangers: bounded in size and depth, no key twice, every number finite, no invisible text in names.

Python's parser takes the last of two equal keys, `NaN` and `Infinity`, and numbers that overflow; two programs that
read such a file differ about what it says. Here each of these is a `Malformed`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from math import isfinite
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, JsonValue, StringConstraints, ValidationError

from harness.core.parsing import JsonObject, describe

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of control characters, of those that turn the direction of text or don't show, and of no characters."""
_BLANK = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that don't show."""
_MARKS = 2
"""Combining marks that may follow each other."""
_URL = re.compile(r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9!#$%&'()*+,./:;=?@\[\]_~-]*)?$")
_DIGIT_LIMIT = 4000


class Malformed(Exception):
    """A text is no JSON that two readers would understand alike."""


M = TypeVar("M", bound=BaseModel)


def load_json(data: bytes) -> JsonValue:
    """One JSON value, of a depth that the interpreter's stack takes; pydantic takes less, 200 levels.

    Raises:
        Malformed: says what is wrong with it.
    """
    try:
        value: JsonValue = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short,
        )
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError as error:
        # Also what isn't UTF-8.
        raise Malformed(f"not JSON: {error}") from None
    return value


def read_model(model: type[M], data: bytes) -> M:
    """One JSON object as a `model`.

    Raises:
        Malformed: says what is wrong with it.
    """
    load_json(data)
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise Malformed(describe(error, model)) from None


def _once(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise Malformed(f"key {twice[:60]!r} twice in one object")
    return made


def _no_constant(name: str) -> float:
    raise Malformed(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise Malformed(f"the number {text[:30]} is too large")
    return number


def _short(text: str) -> int:
    if len(text) > _DIGIT_LIMIT:
        raise Malformed(f"a number of {len(text)} digits")
    return int(text)


def visible(text: str) -> str:
    """`text`, if a reader sees it as it is.

    Raises:
        ValueError: it holds characters that don't show, or that turn its direction.
    """
    marks, before = 0, ""
    for character in text:
        # Behind a symbol it says that an emoji is meant.
        emoji = character == "\ufe0f" and before != "" and unicodedata.category(before) == "So"
        before = character
        if not emoji and (unicodedata.category(character) in _UNSEEN or _BLANK.match(character)):
            raise ValueError(f"must not hold the character U+{ord(character):04X}, which doesn't show")
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MARKS:
            raise ValueError(f"must not pile up more than {_MARKS} marks on a letter")
    if text != text.strip():
        raise ValueError("must not begin or end with white space")
    return text


def _web(text: str) -> str:
    if text and not _URL.match(text):
        raise ValueError("must be a http or https address")
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(visible)]
"""A short line that a reader sees as it is."""
Line = Annotated[str, StringConstraints(max_length=400), AfterValidator(visible)]
"""A line, possibly empty."""
Url = Annotated[str, StringConstraints(max_length=400), AfterValidator(_web)]
"""A web address, or empty."""
Hash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
