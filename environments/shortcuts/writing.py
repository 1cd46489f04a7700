"""Typed nodes written down in upstream's forms: the reverse of `forms`.

What was written short (`${name}` in a text, plain objects for dictionaries, quantities and filters) becomes the
attachments and wrappers of real shortcuts, so that what an agent handed in can be opened by Apple's app. What is in
upstream's form already stays as it was written.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pydantic import JsonValue

from environments.shortcuts.forms import PLACEHOLDER
from environments.shortcuts.program import (
    CONTROL_FLOW,
    Aggrandizement,
    Aggrandizing,
    Condition,
    DictionaryNode,
    FilterNode,
    ListNode,
    Literal,
    Node,
    QuantityNode,
    Reference,
    Source,
    Text,
)
from environments.shortcuts.reading import read_steps
from environments.shortcuts.registry import ACTIONS, ParameterType
from harness.core.parsing import JsonObject

_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_NAMESPACE = uuid.UUID("6f0b5d0c-8a52-4c53-9f2e-7d7c1c4f7b11")
_WRAPPED = (ParameterType.DICTIONARY, ParameterType.QUANTITY, ParameterType.FILTER)


def written(node: Node) -> JsonValue:
    """A value in upstream's form."""
    match node:
        case Literal(value=value):
            return _plain(value)
        case Text(parts=(Reference() as reference,)):
            return _serialized("WFTextTokenAttachment", written_reference(reference))
        case Text(parts=parts) if not any(isinstance(part, Reference) for part in parts):
            return "".join(str(part) for part in parts)
        case Text():
            return _serialized("WFTextTokenString", _token_string(node))
        case ListNode(items=items):
            return [written(item) for item in items]
        case DictionaryNode():
            return _serialized("WFDictionaryFieldValue", _dictionary(node))
        case QuantityNode(negative=True):
            offset: JsonObject = {"Operation": "Subtract", "Unit": node.unit, "Value": _inner(node.magnitude)}
            return _serialized("WFTimeOffsetValue", offset)
        case QuantityNode():
            return _serialized("WFQuantityFieldValue", {"Magnitude": _inner(node.magnitude), "Unit": node.unit})
        case FilterNode():
            return _serialized("WFContentPredicateTableTemplate", _filter(node))


def _plain(value: Decimal | bool | None) -> JsonValue:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)
    return value


def written_reference(reference: Reference) -> JsonObject:
    """An attachment."""
    made: JsonObject = {"Type": reference.source.value}
    match reference.source:
        case Source.ACTION_OUTPUT:
            made |= {"OutputUUID": reference.key, "OutputName": reference.name or reference.key}
        case Source.VARIABLE:
            made["VariableName"] = reference.key
        case Source.ASK if reference.prompt:
            made["Prompt"] = reference.prompt
    if reference.aggrandizements:
        made["Aggrandizements"] = [_aggrandizement(step) for step in reference.aggrandizements]
    return made


def _aggrandizement(step: Aggrandizement) -> JsonObject:
    made: JsonObject = {"Type": step.kind.value}
    match step.kind:
        case Aggrandizing.DICTIONARY_KEY:
            made["DictionaryKey"] = step.name
        case Aggrandizing.PROPERTY:
            made["PropertyName"] = step.name
        case Aggrandizing.COERCION:
            made["CoercionItemClass"] = step.name
        case Aggrandizing.DATE_FORMAT:
            made |= {"WFDateFormatStyle": step.date_style, "WFTimeFormatStyle": step.time_style}
            if step.pattern:
                made["WFDateFormat"] = step.pattern
            if step.with_time:
                made["WFISO8601IncludeTime"] = True
    return made


def _serialized(form: str, value: JsonValue) -> JsonObject:
    return {"Value": value, "WFSerializationType": form}


def _inner(node: Node) -> JsonValue:
    """A magnitude: a number as text, a reference without its wrapper."""
    if isinstance(node, Text) and len(node.parts) == 1 and isinstance(node.parts[0], Reference):
        return written_reference(node.parts[0])
    found = written(node)
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else found


def _token_string(text: Text) -> JsonObject:
    """Text with its references by range; offsets count UTF-16 units, as upstream's do."""
    string, offset, attachments = "", 0, {}
    for part in text.parts:
        if isinstance(part, Reference):
            attachments[f"{{{offset}, 1}}"] = written_reference(part)
            string, offset = string + PLACEHOLDER, offset + 1
        else:
            string, offset = string + part, offset + len(part.encode("utf-16-le")) // 2
    return {"string": string, "attachmentsByRange": {**attachments}}


def _as_text(node: Node) -> JsonValue:
    """A node where only text is allowed: always a token string."""
    return _serialized(
        "WFTextTokenString", _token_string(node if isinstance(node, Text) else Text((str(written(node)),)))
    )


def _dictionary(node: DictionaryNode) -> JsonObject:
    return {"WFDictionaryFieldValueItems": [{"WFKey": _as_text(key), **_item(inner)} for key, inner in node.entries]}


def _item(node: Node) -> JsonObject:
    """A row of a dictionary or a list: its type and its value."""
    match node:
        case DictionaryNode():
            return {"WFItemType": 1, "WFValue": _serialized("WFDictionaryFieldValue", written(node))}
        case ListNode(items=items):
            rows: list[JsonValue] = [_listed(item) for item in items]
            return {"WFItemType": 2, "WFValue": _serialized("WFArrayParameterState", rows)}
        case Literal(value=Decimal()):
            return {"WFItemType": 3, "WFValue": _as_text(Text((str(written(node)),)))}
        case Literal(value=bool()):
            return {"WFItemType": 4, "WFValue": _serialized("WFNumberSubstitutableState", written(node))}
        case Literal(value=None):
            return {"WFItemType": 0, "WFValue": _as_text(Text(()))}
        case _:
            return {"WFItemType": 0, "WFValue": _as_text(node)}


def _listed(node: Node) -> JsonValue:
    return (
        written(node)
        if isinstance(node, Text) and not any(isinstance(p, Reference) for p in node.parts)
        else _item(node)
    )


def _filter(node: FilterNode) -> JsonObject:
    rows: list[JsonValue] = [_condition(row) for row in node.conditions]
    return {"WFActionParameterFilterPrefix": int(node.every), "WFActionParameterFilterTemplates": rows}


def _condition(row: Condition) -> JsonObject:
    made: JsonObject = {"Property": row.property, "Operator": row.operator}
    values: JsonObject = {}
    for place, operand in enumerate((row.value, row.second)):
        match operand:
            case Literal(value=None):
                pass
            case Literal(value=bool() as value):
                values["Bool"] = value
            case Literal():
                values["AnotherNumber" if place else "Number"] = written(operand)
            case Text() if place:
                values["AnotherDate"] = written(operand)
            case _:
                values["String"] = written(operand)
    if row.unit:
        values["Unit"] = row.unit
    return {**made, "Values": values} if values else made


def expanded(actions: Sequence[JsonValue]) -> list[JsonValue]:
    """A shortcut's actions with everything short written out, and ids that Apple's app takes.

    Raises:
        Malformed: they can't be read.
    """
    steps = read_steps(actions)
    ids = _ids(step.raw for step in steps)
    made: list[JsonValue] = []
    for step in steps:
        parameters: JsonObject = {}
        for name, raw in step.raw.items():
            value = raw
            if _is_short(step.identifier, name, raw):
                value = written(step.parameters[name])
                if name == "WFInput" and step.identifier in CONTROL_FLOW and _is_attachment(value):
                    value = {"Type": "Variable", "Variable": value}
            own = name in ("UUID", "GroupingIdentifier") and isinstance(value, str)
            parameters[name] = ids.get(str(value), value) if own else _renamed(value, ids)
        made.append({"WFWorkflowActionIdentifier": step.identifier, "WFWorkflowActionParameters": parameters})
    return made


def _is_attachment(value: JsonValue) -> bool:
    return isinstance(value, dict) and value.get("WFSerializationType") == "WFTextTokenAttachment"


def _is_short(identifier: str, name: str, raw: JsonValue) -> bool:
    """Whether a parameter is written in a form of ours."""
    match raw:
        case str():
            return "${" in raw
        case list():
            return any(_is_short(identifier, "", item) for item in raw)
        case dict() if "WFSerializationType" in raw or "Type" in raw:
            return False
        case dict():
            action = ACTIONS.get(identifier)
            declared = action.parameter(name) if action is not None else None
            wrapped = declared is not None and declared.type in _WRAPPED
            return wrapped or any(_is_short(identifier, "", item) for item in raw.values())
    return False


def _ids(every: Iterable[JsonObject]) -> Mapping[str, str]:
    """For each id that is no UUID, one made from it."""
    found: dict[str, str] = {}
    for parameters in every:
        for key in ("UUID", "GroupingIdentifier"):
            given = parameters.get(key)
            if isinstance(given, str) and given and not _UUID.fullmatch(given):
                found[given] = str(uuid.uuid5(_NAMESPACE, given)).upper()
    return found


def _renamed(value: JsonValue, ids: Mapping[str, str]) -> JsonValue:
    match value:
        case dict():
            return {
                key: ids.get(inner, inner) if key == "OutputUUID" and isinstance(inner, str) else _renamed(inner, ids)
                for key, inner in value.items()
            }
        case list():
            return [_renamed(inner, ids) for inner in value]
    return value
