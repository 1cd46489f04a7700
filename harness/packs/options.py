"""From words on the command line to what is laid over a pack's `[options]`.

Only the shape is checked here. Which options there are, and their values, is for the pack's environment to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.core.errors import InputError
from harness.core.parsing import JsonObject, parse_pairs

_DIGITS = 4
_BUDGET = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(usd)?")
_ENGINES = {"postgresql": "postgres"}
"""Other names that are understood."""


def pack_options(
    pairs: Iterable[str] = (), *, engine: str | None = None, rules: str | None = None, patience: int | None = None
) -> JsonObject:
    """The options that were given, `pairs` as `KEY=VALUE` with JSON or plain text for a value.

    Raises:
        InputError: a pair isn't one, or an option is given twice.
    """
    named = {"engine": None if engine is None else _ENGINES.get(engine, engine), "rules": rules, "patience": patience}
    found: JsonObject = {key: value for key, value in named.items() if value is not None}
    for key, value in parse_pairs(pairs, option="--option").items():
        if key in found:
            raise InputError(f"--option: {key!r} is given twice", hint="leave one of them out")
        found[key] = value
    return found


def read_budget(text: str | None) -> tuple[float | None, int | None]:
    """What follows `--budget`: US dollars, written `5usd`, or a number of episodes; the other one is `None`.

    Raises:
        InputError: it is neither, or not above 0.
    """
    if text is None:
        return None, None
    found = _BUDGET.fullmatch(text.strip().lower())
    number = float(found[1]) if found else 0.0
    if found is None or number <= 0 or (found[2] is None and not number.is_integer()):
        raise InputError(
            f"--budget {text!r}: expected US dollars, as 5usd, or a whole number of episodes",
            hint="for example --budget 2.50usd, or --schedule estimate --budget 200",
        )
    return (number, None) if found[2] else (None, int(number))


def read_patience(text: str | None) -> tuple[int, ...]:
    """The values after `--patience`: one, or several with commas, which make a run each; none for `None`.

    Raises:
        InputError: one is no whole number from 0, or they repeat.
    """
    parts = [] if text is None else [part.strip() for part in text.split(",")]
    wrong = not all(part.isdecimal() and part.isascii() and len(part) <= _DIGITS for part in parts)
    if wrong or len({*map(int, parts)}) < len(parts):
        raise InputError(
            f"--patience {text!r}: expected a whole number from 0, or different ones with commas between",
            hint="for example --patience 3, or --patience 0,3,5,7 for a scaling curve",
        )
    return tuple(map(int, parts))
