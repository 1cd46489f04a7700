"""Upstream's definitions of APIs, as typed tool specifications.

A definition has parameters with types, defaults and choices, an output, and the text that models are shown. It comes
as JSON Schema for function calling and as text. Upstream's descriptions of about seventy built-in APIs are another
API's; `mended` puts the words of the identifier in their place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import JsonValue

from environments.shortcuts.program import PREFIX
from environments.shortcuts.published.actions import OUTPUT, Types
from environments.shortcuts.published.files import DEFECTS, INFOS, TYPES, read_defects, read_infos, read_types
from harness.core.message import ToolSpec
from harness.core.parsing import JsonObject

_LONGEST_NAME = 64
"""Characters that providers allow in a function's name."""
_CHOICES = re.compile(r"must be one of the following values \([^)]*\): ((?:\"[^\"\n]*\"(?: \([^)\n]*\))?(?:, )?)+)")
_QUOTED = re.compile(r'"([^"\n]*)"')
_NUMBERS = ("Integer", "Float")


@dataclass(frozen=True, slots=True)
class DefinedParameter:
    """A parameter of an API."""

    name: str
    type: str
    """In upstream's words: `String`, `Integer`, `Float`, `Bool`, `Enum`, `X(Enum)`, `X(Object)`, `array(X)`."""
    default: JsonValue = None
    choices: tuple[str, ...] = ()
    """Of an enum, as far as upstream lists them."""
    text: str = ""

    def schema(self) -> JsonObject:
        """As JSON Schema. Numbers and booleans may be given as `${name}`, too; decimals are legal in an Integer."""
        shape = _shape(self.type)
        if self.choices and shape.get("type") == "string":
            shape["enum"] = list(self.choices)
        if self.text:
            shape["description"] = self.text
        if self.default is not None:
            shape["default"] = self.default
        return shape


@dataclass(frozen=True, slots=True)
class Definition:
    """An API."""

    identifier: str
    parameters: Mapping[str, DefinedParameter]
    output: str
    """What its output is called; empty where it has none."""
    output_type: str
    description: str
    text: str
    """As models are shown it."""

    @property
    def tool_name(self) -> str:
        """The identifier as the name of a function: with underscores, short enough, and unambiguous."""
        name = re.sub(r"[^A-Za-z0-9_-]", "_", self.identifier)
        if len(name) <= _LONGEST_NAME:
            return name
        mark = sha256(self.identifier.encode()).hexdigest()[:8]
        return f"{name[: _LONGEST_NAME - 9]}_{mark}"

    def tool_spec(self) -> ToolSpec:
        """For function calling."""
        properties: JsonObject = {name: one.schema() for name, one in self.parameters.items()}
        output = f" Gives {self.output} ({self.output_type})." if self.output else ""
        return ToolSpec(
            name=self.tool_name,
            description=f"{self.identifier}: {self.description}{output}",
            parameters={"type": "object", "properties": properties, "additionalProperties": False},
        )


def read_definitions_of(types: Types, infos: Mapping[str, str]) -> dict[str, Definition]:
    """The definitions of all APIs that have types, by identifier.

    Args:
        types: Upstream's `all_api2paraname2paratype`.
        infos: The texts, published or corrected.
    """
    return {
        identifier: _definition(identifier, declared, infos.get(identifier, ""))
        for identifier, declared in types.items()
    }


def definitions_in(folder: Path, *, corrected: bool = False) -> Mapping[str, Definition]:
    """Upstream's definitions in a folder.

    Args:
        corrected: Whether descriptions that belong to another API are corrected.

    Raises:
        InputError: they aren't there, or are malformed.
    """
    infos = read_infos(folder / INFOS)
    if corrected:
        infos = mended(infos, read_defects(folder / DEFECTS))
    return read_definitions_of(read_types(folder / TYPES), infos)


def mended(infos: Mapping[str, str], inherited: Mapping[str, str]) -> Mapping[str, str]:
    """The APIs' texts, with descriptions that belong to another API replaced by the words of the identifier."""
    return {
        name: text.replace(inherited[name], words_of(name)) if name in inherited else text
        for name, text in infos.items()
    }


def words_of(identifier: str) -> str:
    """An identifier's own words."""
    return " ".join(identifier.removeprefix(PREFIX).split("."))


def _definition(identifier: str, declared: Mapping[str, str], text: str) -> Definition:
    lines = _parameter_texts(text)
    parameters = {
        name: _parameter(name, given, lines.get(name, ""))
        for name, given in declared.items()
        if not name.startswith(OUTPUT)
    }
    output = next((name for name in declared if name.startswith(OUTPUT)), "")
    return Definition(
        identifier,
        parameters,
        output[len(OUTPUT) :].strip(),
        declared.get(output, ""),
        _description(text) or words_of(identifier),
        text,
    )


def _parameter(name: str, given: str, text: str) -> DefinedParameter:
    kind, _, default = given.partition("=")
    found = _CHOICES.search(text)
    choices = tuple(dict.fromkeys(_QUOTED.findall(found[1]))) if found else ()
    return DefinedParameter(name, kind.strip(), _literal(default.strip(), kind.strip()), choices, text)


def _literal(text: str, kind: str) -> JsonValue:
    if not text:
        return None
    try:
        value: JsonValue = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    # Booleans of intents have the default "0" or "1".
    return value == "1" if kind == "Bool" and value in ("0", "1") else value


def _parameter_texts(text: str) -> dict[str, str]:
    """The lines of the block `Parameters:`, by the parameter's name."""
    _, _, block = text.partition("\nParameters:\n")
    block = re.split(r"\n(?=\S)", block, maxsplit=1)[0]
    pairs = (line.strip().partition(":") for line in block.splitlines())
    return {name: words.strip().rstrip(".") for name, _, words in pairs if name}


def _description(text: str) -> str:
    found = re.search(r"^Description:\n    (.+(?:\n(?!\S+:).+)*)", text, flags=re.M)
    return " ".join(found[1].split()) if found else ""


def _shape(kind: str) -> JsonObject:
    match kind:
        case "String" | "Enum":
            return {"type": "string"}
        case "Bool":
            return {"type": ["boolean", "string"]}
        case _ if kind in _NUMBERS:
            return {"type": ["number", "string"]}
        case _ if kind.endswith("(Enum)"):
            return {"type": "string"}
        case _ if kind.startswith("array(") and kind.endswith(")"):
            return {"type": "array", "items": _shape(kind[len("array(") : -1])}
        case _:
            # An object, a reference, or something that upstream has no type for.
            return {}
