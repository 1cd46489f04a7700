"""What differs between two states, as people read it, and what of it doesn't count."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from harness.core.parsing import JsonObject

_SHOWN = 4
_LONGEST = 80


def without(state: JsonValue, paths: Sequence[str]) -> JsonValue:
    """A state without the parts at these dotted paths."""
    if not isinstance(state, dict):
        return state
    heads = {path.partition(".")[0]: path.partition(".")[2] for path in paths if path}
    whole = {path for path in paths if "." not in path}
    kept: JsonObject = {}
    for key, value in state.items():
        if key not in whole:
            inner = [path.partition(".")[2] for path in paths if path.partition(".")[0] == key]
            kept[key] = without(value, inner) if key in heads else value
    return kept


def differences(given: JsonValue, wanted: JsonValue) -> str:
    """The places at which two states differ, with both sides; empty where they are equal."""
    found = list(_walk(given, wanted, ""))
    more = len(found) - _SHOWN
    return "; ".join(found[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _walk(given: JsonValue, wanted: JsonValue, path: str) -> Iterator[str]:
    if given == wanted:
        return
    if isinstance(given, dict) and isinstance(wanted, dict):
        for key in dict.fromkeys((*wanted, *given)):
            yield from _walk(given.get(key), wanted.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(given, list) and isinstance(wanted, list):
        extra = [item for item in given if item not in wanted]
        lacking = [item for item in wanted if item not in given]
        if lacking or extra:
            yield from (f"{path} lacks {_short(item)}" for item in lacking)
            yield from (f"{path} has {_short(item)} too many" for item in extra)
        else:
            yield f"{path} has the same in another order or number"
    elif wanted is None:
        yield from _sides(given, path, "has {} too many")
    elif given is None:
        yield from _sides(wanted, path, "lacks {}")
    else:
        yield f"{path} is {_short(given)}, not {_short(wanted)}"


def _sides(side: JsonValue, path: str, words: str) -> Iterator[str]:
    """What only one side has: its entries one by one."""
    match side:
        case dict():
            for key, value in side.items():
                yield from _sides(value, f"{path}.{key}", words)
        case list():
            yield from (f"{path} {words.format(_short(item))}" for item in side)
        case _:
            yield f"{path} {words.format(_short(side))}"


def _short(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
