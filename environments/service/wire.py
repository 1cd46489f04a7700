"""What a tool returns, as the text that upstream τ² would show for it.

The rules (reference, section 3): text stays text; a record becomes JSON with every field, a day inside
it as ISO text and a time with a space between date and clock; outside of records, numbers and booleans
become strings (`5` is `"5"`, `True` is `"True"`) and nothing stays `null`.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import fields

from pydantic import JsonValue

from environments.service.state import Record


def wire(value: object) -> str:
    """The text of a tool's result.

    Raises:
        TypeError: a kind of value that upstream can't show either.
    """
    return value if isinstance(value, str) else json.dumps(_outside(value))


def _outside(value: object) -> JsonValue:
    match value:
        case None | str():
            return value
        case int() | float():
            return str(value)
        case datetime.date():
            return value.isoformat()
        case Record():
            return _inside(value)
        case list() | tuple():
            return [_outside(item) for item in value]
        case Mapping():
            return {str(key): _outside(item) for key, item in value.items()}
    raise TypeError(f"a tool can't return {type(value).__name__}")


def _inside(value: object) -> JsonValue:
    match value:
        case Record():
            return {field.name: _inside(getattr(value, field.name)) for field in fields(value)}
        case None | str() | int() | float():
            return value
        case datetime.date():
            return str(value)
        case list() | tuple():
            return [_inside(item) for item in value]
        case Mapping():
            return {str(key): _inside(item) for key, item in value.items()}
    raise TypeError(f"a record can't hold {type(value).__name__}")
