"""A tool's arguments from words: values of an enumeration, named options, quoted texts, names, numbers."""

from __future__ import annotations

import re
from itertools import product

from pydantic import JsonValue

from harness.core.message import ToolSpec
from harness.core.parsing import JsonObject
from simulators.literal_calls import properties
from simulators.words import stem

_QUOTED = re.compile(r"(?<!\w)[\"'“‘`]([^\"'”’`]+)[\"'”’`]")
_IDENTIFIER = re.compile(r"\b(?=\w*\d)(?=\w*[a-z_])[\w-]{2,}\b", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LISTED = re.compile(r"^\W*(\w+(?:, \w+)*,? or \w+)\W*$")
_FORMERLY = re.compile(r"\b(?:from|instead of|rather than|and not) .*?(?=\bto\b|$)")
_NO_NAME = frozenset(
    ("the", "your", "my", "this", "that", "an", "a", "any", "which", "what", "each", "installed", "app")
)


def arguments_in_words(request: str, said: str, spec: ToolSpec) -> tuple[list[JsonObject], list[str]]:
    """The arguments of each call that a request asks for, and the required parameters that it leaves open.

    Args:
        request: As the agent wrote it.
        said: The same in plain text (`simulators.phrases.plain`).
        spec: The tool that is asked for.
    """
    found: dict[str, list[JsonValue]] = {}
    missing = []
    required = spec.parameters.get("required", [])
    for name, schema in properties(spec).items():
        values = _values(request, said, name, schema if isinstance(schema, dict) else {})
        if values:
            found[name] = values
        elif isinstance(required, list) and name in required:
            missing.append(name)
    if missing:
        return [], missing
    return [dict(zip(found, values, strict=True)) for values in product(*found.values())], []


def named_option(said: str, spec: ToolSpec) -> bool:
    """Whether plain text names an option of one of the tool's enumerations in full."""
    return any(
        _named_in_full(said, options)
        for schema in properties(spec).values()
        if isinstance(schema, dict) and isinstance(options := schema.get("enum"), list)
    )


def _values(request: str, said: str, name: str, schema: JsonObject) -> list[JsonValue]:
    options = schema.get("enum")
    if isinstance(options, list):
        return _option(said, options)
    kind = schema.get("type")
    if kind == "string":
        return _texts(request, said, name, str(schema.get("description") or ""))
    if kind in ("integer", "number"):
        number = _NUMBER.search(request)
        return [int(float(number[0])) if kind == "integer" else float(number[0])] if number else []
    if kind == "boolean":
        spoken = set(re.findall(r"\b(on|off|true|false|yes|no)\b", said))
        return [bool(spoken & {"on", "true", "yes"})] if spoken else []
    return []


def _option(said: str, options: list[JsonValue]) -> list[JsonValue]:
    """The one option that is meant: the longest that is named in full, or the only one of which a word is said."""
    now = _FORMERLY.sub(" ", said)
    if full := _named_in_full(now, options):
        return [max(full, key=lambda option: len(str(option)))]
    words = _words(now)
    shares = {index: _words(str(option)) & words for index, option in enumerate(options)}
    said_of = [index for index, share in shares.items() if any(any(map(str.isdigit, word)) for word in share)]
    said_of = said_of or [index for index, share in shares.items() if share]
    most = max((len(shares[index]) for index in said_of), default=0)
    best = [options[index] for index in said_of if len(shares[index]) == most]
    return best if len(best) == 1 else []


def _named_in_full(said: str, options: list[JsonValue]) -> list[JsonValue]:
    words = _words(said)
    return [option for option in options if _words(str(option)) and _words(str(option)) <= words]


def _words(text: str) -> frozenset[str]:
    # "prefer", "preferred" and "preference" are one word; "4g/5g" is two.
    return frozenset(stem(word)[:6] for word in re.findall(r"[a-z0-9]+", text.lower().replace("_", " ")))


def _texts(request: str, said: str, name: str, description: str) -> list[JsonValue]:
    if listed := _LISTED.match(description):
        options = re.findall(r"\w+", listed[1].replace(" or ", " "))
        if spoken := [option for option in options if re.search(rf"\b{option}\b", said)]:
            return [*spoken]
    *_, noun = name.removesuffix("_name").removesuffix("_id").split("_")
    if (quoted := _QUOTED.search(request)) is not None:
        return [quoted[1]]
    if name.endswith("_id"):
        identifier = _IDENTIFIER.search(request)
        return [identifier[0]] if identifier else []
    for found in re.finditer(rf"\b([\w-]+)(?:'s)? {noun}\b|\b{noun} (?:called|named) ([\w-]+)", said):
        word = found[1] or found[2]
        if word not in _NO_NAME:
            return [word]
    return []
