"""A published action as one line of text, and its values as upstream writes them down.

A line is `identifier; filled summary; other parameters of the summary's key; output; what the query must name`.
Upstream prints what it has no words for as Python would (`str` of the JSON), and a loose variable is such a thing. A
question with a prompt is announced twice. Both are kept.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from environments.shortcuts.program import Aggrandizing, Source
from environments.shortcuts.published.actions import (
    ASSIGNING,
    BOOKKEEPING,
    GROUP,
    MODE,
    Action,
    Definitions,
    Underivable,
    text_of,
)
from environments.shortcuts.published.history import OBJECT
from harness.core.parsing import JsonObject

_LOOSE = (
    Source.ACTION_OUTPUT,
    Source.ASK,
    Source.EXTENSION_INPUT,
    Source.CURRENT_DATE,
    Source.CLIPBOARD,
    Source.DEVICE_DETAILS,
)
"""Sources that have words where they stand alone; in a text all have."""
_SYSTEM = {
    Source.EXTENSION_INPUT: Source.EXTENSION_INPUT,
    Source.INPUT: Source.EXTENSION_INPUT,
    Source.CURRENT_DATE: Source.CURRENT_DATE,
    Source.CLIPBOARD: Source.CLIPBOARD,
    Source.DEVICE_DETAILS: Source.DEVICE_DETAILS,
}
_NOT_MATCHED = BOOKKEEPING | {"CustomOutputName", MODE, GROUP}
_SLOT = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """What the lines of one shortcut are made from."""

    definitions: Definitions
    names: Mapping[str, JsonValue]
    """What outputs are called."""

    def line(self, action: Action, required: Mapping[str, JsonValue]) -> str:
        """The line of an action that has a definition.

        Args:
            action: Which.
            required: Its primitive parameters.

        Raises:
            Underivable: a value has no wording, or a default can't be read.
        """
        declared = self.definitions.types[action.identifier]
        key, summary = _summary(action, self.definitions.summaries.get(action.identifier, {}))
        slots: list[str] = _SLOT.findall(summary)
        given = self.values(action)
        for slot in slots:
            value = given[slot] if slot in given else _default(declared.get(slot, ""))
            if value is not None:
                summary = summary.replace(_slot(slot), f"{_slot(slot)}={quoted(value)}")
        others: dict[str, JsonValue] = {}
        for name in key.split(","):
            value = given[name] if name in given else _default(declared.get(name, ""))
            if name not in slots:
                others[name] = _slot(name) if value is None else value
        rest = ", ".join(f"{name}={quoted(value)}" for name, value in others.items())
        return f"{action.identifier}; {summary}; {rest}; {self._output(action)}; {_needs(slots, required)}\n"

    def call(self, action: Action) -> str:
        """The line of an action without a definition."""
        given = ", ".join(f"{name}={quoted(value)}" for name, value in self.values(action).items())
        return f"Call function {action.identifier}({given}).\n"

    def values(self, action: Action) -> dict[str, JsonValue]:
        """Its parameters in words; numbers stay numbers, and nothing stays of `null`."""
        found: dict[str, JsonValue] = {}
        for name, value in action.parameters.items():
            match value:
                case str() | int() | float():
                    found[name] = value
                case dict():
                    found[name] = self.value(value)
                case list():
                    found[name] = str(value)
        return found

    def value(self, value: JsonObject) -> str:
        """A compound value in words."""
        if "Value" in value and "WFSerializationType" in value:
            inner = value["Value"]
            if not isinstance(inner, dict | list | str):
                raise Underivable("a serialized value holds a bare number or nothing")
            if not isinstance(inner, dict):
                return str(value)
            if inner.get("Type") in _LOOSE:
                return self._reference(inner)
            if "string" in inner and "attachmentsByRange" in inner:
                return self._text(inner)
        elif "Variable" in value and "Type" in value:
            held = value["Variable"]
            inner = held.get("Value") if isinstance(held, dict) and "attachmentsByRange" not in held else None
            if not isinstance(inner, dict):
                raise Underivable("a conditional's input holds no reference")
            return self._reference(inner)
        return str(value)

    def _text(self, value: JsonObject) -> str:
        """A text with its references put in words. Where there are more of the one than of the other, the last ones
        belong together."""
        attachments = value["attachmentsByRange"]
        if not isinstance(attachments, dict):
            raise Underivable("attachmentsByRange is no object")
        pieces = text_of(value["string"], "the text around references").split(OBJECT)
        words = [self._reference(attachment) for attachment in attachments.values()]
        gaps = len(pieces) - 1
        fillings = [OBJECT] * (gaps - len(words)) + words[max(len(words) - gaps, 0) :]
        return pieces[0] + "".join(word + piece for word, piece in zip(fillings, pieces[1:], strict=True))

    def _reference(self, value: JsonValue) -> str:
        if not isinstance(value, dict):
            raise Underivable("a reference is no object")
        match value.get("Type"):
            case Source.ACTION_OUTPUT:
                words = _slot(self._named(value))
            case Source.ASK:
                words = "${Ask User}"
                if "Prompt" in value:
                    words += f'${{Ask User}} with prompt "{text_of(value["Prompt"], "Prompt")}"'
            case Source.VARIABLE:
                words = _slot(text_of(value.get("VariableName"), "VariableName"))
            case str() as source if source in _SYSTEM:
                words = f"${{Ask for {_SYSTEM[Source(source)]}}}"
            case _:
                raise Underivable("a reference is of no known type")
        refinements = value.get("Aggrandizements", [])
        if not isinstance(refinements, list):
            raise Underivable("Aggrandizements is no list")
        for refinement in refinements:
            words = _refined(words, refinement)
        return words

    def _named(self, value: JsonObject) -> str:
        if "OutputName" in value:
            return text_of(value["OutputName"], "OutputName")
        uuid = text_of(value.get("OutputUUID"), "OutputUUID")
        if uuid not in self.names:
            raise Underivable("a reference without a name is to an output that has none")
        return text_of(self.names[uuid], "an output's name")

    def _output(self, action: Action) -> str:
        parameters = action.parameters
        if "UUID" in parameters:
            uuid = text_of(parameters["UUID"], "a UUID")
            name = text_of(self.names[uuid], "an output's name") if uuid in self.names else None
        elif action.identifier in ASSIGNING and "WFVariableName" in parameters:
            name = text_of(parameters["WFVariableName"], "WFVariableName")
        else:
            name = None
        return "" if name is None else f"ReturnName->{_slot(name)}"


def quoted(value: JsonValue) -> str:
    """A value behind an equals sign."""
    return f'"{value}"' if isinstance(value, str) else str(value)


def _slot(name: str) -> str:
    return f"${{{name}}}"


def _summary(action: Action, summaries: Mapping[str, str]) -> tuple[str, str]:
    """The summary that suits an action's parameters best, and its key: the most slots filled, then the most parameters
    of the key, then the first."""
    if not summaries:
        raise Underivable(f"{action.identifier} has no summary")
    given = action.parameters.keys() - _NOT_MATCHED
    filled = {key: len(given & set(_SLOT.findall(text))) for key, text in summaries.items()}
    most = max(filled.values())
    best = max(
        (key for key, count in filled.items() if count == most), key=lambda key: len(given & set(key.split(",")))
    )
    return best, summaries[best]


def _default(declared: str) -> JsonValue:
    """The default in `Type = default`; `None` where there is none.

    Raises:
        Underivable: it is no literal: upstream doesn't escape the quotes in it.
    """
    text = declared.partition("=")[2]
    if not text:
        return None
    try:
        value: JsonValue = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise Underivable(f"the default {text[:40]!r} is no literal") from None
    return value


def _refined(words: str, refinement: JsonValue) -> str:
    if not isinstance(refinement, dict):
        raise Underivable("an aggrandizement is no object")
    match refinement.get("Type"):
        case Aggrandizing.PROPERTY:
            return f"{words}.{_slot(text_of(refinement.get('PropertyName'), 'PropertyName'))}"
        case Aggrandizing.DICTIONARY_KEY:
            return f"{words}.{_slot(text_of(refinement.get('DictionaryKey'), 'DictionaryKey'))}"
        case Aggrandizing.COERCION:
            return f"TypeCasting2{refinement.get('CoercionItemClass')}({words})"
        case Aggrandizing.DATE_FORMAT:
            return words
        case Aggrandizing.UNIT:
            return f"{words} {text_of(refinement.get('WFUnitSymbol'), 'WFUnitSymbol')}"
    raise Underivable("an aggrandizement is of no known type")


def _needs(slots: Sequence[str], required: Mapping[str, JsonValue]) -> str:
    """Which primitive parameters the query must name: those in the sentence by name, the others with their value."""
    named = [_slot(slot) for slot in dict.fromkeys(slots) if slot in required]
    named += [f"{_slot(name)}={quoted(value)}" for name, value in required.items() if name not in slots]
    return f"Parameter {','.join(named)} is necessary in query." if named else ""
