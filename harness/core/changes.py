"""What became of a JSON value, a place a line, as people read it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import JsonValue

_LONGEST = 80


def changes(before: JsonValue, after: JsonValue, path: str = "") -> Iterator[str]:
    """What became of `before`, as `path: old → new`, `path: + new` or `path: - old`."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from changes(before.get(key), after.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list):
        gone = [item for item in before if item not in after]
        new = [item for item in after if item not in before]
        yield from (f"{path}: - {_short(item)}" for item in gone)
        yield from (f"{path}: + {_short(item)}" for item in new)
        if not gone and not new:
            yield f"{path}: the same in another order or number"
    elif before is None:
        yield f"{path}: + {_short(after)}"
    elif after is None:
        yield f"{path}: - {_short(before)}"
    else:
        yield f"{path}: {_short(before)} → {_short(after)}"


def _short(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
