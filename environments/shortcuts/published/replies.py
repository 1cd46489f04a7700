"""What a model's reply says, read as upstream reads it."""

from __future__ import annotations

import json

from pydantic import JsonValue


class Unparsable(ValueError):
    """The reply holds no JSON that upstream finds (its `json_error`)."""


def parse_reply(text: str) -> JsonValue:
    """The JSON from the first opening brace to the last closing one, or else the JSON that the whole text is.

    Two objects in one reply are therefore none, and a fence around one does no harm.

    Raises:
        Unparsable: neither is JSON.
    """
    begin, end = text.find("{"), text.rfind("}")
    for candidate in (text[begin : end + 1] if 0 <= begin < end else "", text):
        try:
            value: JsonValue = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        return value
    raise Unparsable("no JSON in the reply")
