"""The forms in which upstream writes a parameter's value, read into typed nodes.

Accepts those of real shortcuts, and short ones for people and models: plain lists, plain objects as
dictionaries, quantities and filters without their wrapper, and `${name}` inside plain text for the output
(by UUID or custom name) or variable of that name. It is a reference only if the reader knows the name, or
if it is a loop's variable, `Clipboard`, `CurrentDate`, `ExtensionInput`, `DeviceDetails`, `Ask` or
`Ask:prompt`; other text stays as written, so real shortcuts lose nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from pydantic import JsonValue

from environments.shortcuts.operators import operator_code
from environments.shortcuts.program import (
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
from environments.shortcuts.values import MAX_DEPTH, clean, number
from harness.core.parsing import JsonObject

PLACEHOLDER = "\ufffc"
"""Stands for a reference in upstream's text."""

_RANGE = re.compile(r"\{(\d{1,7}), ?\d+\}", re.A)
_SHORT = re.compile(r"\$\{([^{}$]{1,200})\}")
_PLAIN_SOURCES = {
    source.value: source
    for source in (Source.CLIPBOARD, Source.CURRENT_DATE, Source.EXTENSION_INPUT, Source.DEVICE_DETAILS, Source.ASK)
}
_LOOP_VARIABLE = re.compile(r"Repeat (Item|Index)( \d+)?", re.A)


class Malformed(Exception):
    """An action can't be read at all; `index` is its place in the list."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


class ValueReader:
    """Reads values; knows the names that `${name}` may mean, and gathers what it had to repair."""

    def __init__(self, names: Mapping[str, Source]) -> None:
        self._names = names
        self.reports: list[str] = []
        self.index = 0

    def node(self, given: JsonValue, depth: int = 0) -> Node:
        """Any value of a parameter."""
        if depth > MAX_DEPTH:
            raise Malformed(self.index, f"values may be nested {MAX_DEPTH} levels deep, no more")
        match given:
            case None:
                return Literal(None)
            case bool():
                return Literal(given)
            case int() | float():
                return Literal(number(given))
            case str():
                return self._short_text(clean(given))
            case list():
                return ListNode(tuple(self.node(item, depth + 1) for item in given))
            case dict():
                return self._object(given, depth + 1)

    def _object(self, given: JsonObject, depth: int) -> Node:
        form, value = given.get("WFSerializationType"), given.get("Value")
        if isinstance(form, str):
            reads = self._forms().get(form)
            if reads is not None:
                return reads(value if value is not None else {}, depth)
            self._report(f"the value form {form} isn't known; it was read as it is")
            return self.node(value, depth)
        if isinstance(inner := given.get("Variable"), dict) and given.get("Type") == "Variable":
            return self.node(inner, depth)
        if "WFItemType" in given:
            return self._typed_item(given, depth)
        if "attachmentsByRange" in given and "string" in given:
            return self._text(given, depth)
        if given.get("Type") in list(Source) and not given.keys() - _ATTACHMENT_KEYS:
            return self._attachment(given, depth)
        if "WFActionParameterFilterTemplates" in given:
            return self._filter(given, depth)
        if given.keys() == {"Magnitude", "Unit"}:
            return self._quantity(given, depth)
        return DictionaryNode(tuple((self._short_text(clean(k)), self.node(v, depth)) for k, v in given.items()))

    def _forms(self) -> dict[str, Callable[[JsonValue, int], Node]]:
        return {
            "WFTextTokenString": self._text,
            "WFTextTokenAttachment": self._attachment,
            "WFDictionaryFieldValue": self._dictionary,
            "WFArrayParameterState": self.node,
            "WFNumberSubstitutableState": self.node,
            "WFStringSubstitutableState": self.node,
            "WFContactFieldValue": self._contacts,
            "WFQuantityFieldValue": self._quantity,
            "WFTimeOffsetValue": self._time_offset,
            "WFContentPredicateTableTemplate": self._filter,
            "WFLocationParameterState": self._location,
            "WFEmailAddressFieldValue": self._contacts,
            "WFPhoneNumberFieldValue": self._contacts,
            "WFTextTokenParameterState": self.node,
        }

    def _short_text(self, text: str) -> Text:
        """Plain text, with `${name}` for what has that name."""
        parts: list[str | Reference] = []
        end = 0
        for match in _SHORT.finditer(text):
            reference = self._named(match[1])
            if reference is None:
                self._report(f"{match[0]} names nothing that the shortcut has made; it stays as text")
            else:
                parts += [text[end : match.start()], reference]
                end = match.end()
        return Text(tuple(part for part in (*parts, text[end:]) if part != ""))

    def _named(self, name: str) -> Reference | None:
        head, _, prompt = name.partition(":")
        if name in self._names:
            source = self._names[name]
        elif name in _PLAIN_SOURCES or head == Source.ASK:
            return Reference(_PLAIN_SOURCES[head if head == Source.ASK else name], prompt=prompt.strip())
        elif _LOOP_VARIABLE.fullmatch(name):
            source = Source.VARIABLE
        else:
            return None
        return Reference(source, key=name, name=name)

    def _text(self, value: JsonValue, depth: int) -> Node:
        if not isinstance(value, dict):
            return self.node(value, depth)
        text, attachments = clean(string_in(value.get("string"))), value.get("attachmentsByRange")
        by_offset: dict[int, Reference] = {}
        for key, attachment in attachments.items() if isinstance(attachments, dict) else ():
            place = _RANGE.fullmatch(key)
            reference = self._reference(attachment) if isinstance(attachment, dict) else None
            if place is None or reference is None:
                self._report(f"the attachment at {key!r} can't be understood; it was left out")
            else:
                by_offset[int(place[1])] = reference
        parts: list[str | Reference] = []
        plain, offset = "", 0
        for character in text:
            if character == PLACEHOLDER and offset in by_offset:
                parts += [plain, by_offset.pop(offset)]
                plain = ""
            elif character != PLACEHOLDER:
                plain += character
            # Upstream counts offsets in UTF-16 units.
            offset += 2 if ord(character) > 0xFFFF else 1
        for stray in by_offset:
            self._report(f"the attachment at offset {stray} points at no placeholder; it was left out")
        return Text(tuple(part for part in (*parts, plain) if part != ""))

    def _attachment(self, value: JsonValue, depth: int) -> Node:
        reference = self._reference(value) if isinstance(value, dict) else None
        if reference is None:
            self._report("a reference can't be understood; it was left empty")
            return Literal(None)
        return Text((reference,))

    def _reference(self, given: JsonObject) -> Reference | None:
        kind = given.get("Type")
        if kind not in list(Source):
            return None
        source = Source(str(kind))
        key = {Source.ACTION_OUTPUT: "OutputUUID", Source.VARIABLE: "VariableName"}.get(source)
        steps = given.get("Aggrandizements")
        read = [self._aggrandizement(step) for step in steps] if isinstance(steps, list) else []
        return Reference(
            source,
            key=string_in(given.get(key)) if key else "",
            name=string_in(given.get("OutputName")),
            prompt=string_in(given.get("Prompt")),
            aggrandizements=tuple(step for step in read if step is not None),
        )

    def _aggrandizement(self, given: JsonValue) -> Aggrandizement | None:
        kind = given.get("Type") if isinstance(given, dict) else None
        if not isinstance(given, dict) or kind not in list(Aggrandizing):
            self._report("a post-processing of a reference isn't known; it was left out")
            return None
        name = given.get("DictionaryKey") or given.get("PropertyName") or given.get("CoercionItemClass")
        return Aggrandizement(
            Aggrandizing(str(kind)),
            name=string_in(name),
            date_style=string_in(given.get("WFDateFormatStyle")) or "Short",
            time_style=string_in(given.get("WFTimeFormatStyle")) or "Short",
            pattern=string_in(given.get("WFDateFormat")),
            with_time=given.get("WFISO8601IncludeTime") is True,
        )

    def _dictionary(self, value: JsonValue, depth: int) -> Node:
        rows = value.get("WFDictionaryFieldValueItems") if isinstance(value, dict) else None
        entries = []
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict):
                key = self.node(row.get("WFKey", ""), depth + 1)
                entries.append((key if isinstance(key, Text) else Text(()), self._typed_item(row, depth + 1)))
        return DictionaryNode(tuple(entries))

    def _typed_item(self, row: JsonObject, depth: int) -> Node:
        """A row of a dictionary or list: types 0 text, 1 dictionary, 2 list, 3 number, 4 boolean, 5 file."""
        kind, value = row.get("WFItemType"), row.get("WFValue")
        if isinstance(value, dict) and isinstance(value.get("Value"), dict) and kind in (1, 2):
            inner = value["Value"]
            # Upstream wraps a nested dictionary or list once more.
            value = inner if isinstance(inner, dict) and "WFSerializationType" in inner else value
        node = self.node(value, depth)
        if kind == 3 and isinstance(node, Text) and len(node.parts) == 1 and isinstance(node.parts[0], str):
            return Literal(number(node.parts[0].strip()))
        return node

    def _contacts(self, value: JsonValue, depth: int) -> Node:
        """Contacts as their names or handles: enough to look them up in the device's address book."""
        rows = value.get("WFContactFieldValues") if isinstance(value, dict) else value
        if not isinstance(rows, list):
            return self.node(rows, depth)
        named = []
        for row in rows:
            if isinstance(row, dict) and (name := row.get("WFContactHandle") or row.get("WFContactName")):
                row = name
            named.append(self.node(row, depth + 1))
        return ListNode(tuple(named))

    def _location(self, value: JsonValue, depth: int) -> Node:
        """A place by its name, or else by its street; the place where the device is."""
        held = value if isinstance(value, dict) else {}
        if held.get("isCurrentLocation") is True:
            return Text(("Current Location",))
        mark = held.get("placemark")
        names = [held.get(key) for key in ("locationName", "name", "searchTerm")]
        if isinstance(mark, dict):
            names += [mark.get(key) for key in ("Name", "name", "Street", "street")]
        name = next((clean(name) for name in names if isinstance(name, str) and name), "")
        return Text((name,)) if name else Literal(None)

    def _quantity(self, value: JsonValue, depth: int) -> Node:
        held = value if isinstance(value, dict) else {}
        return QuantityNode(self.node(held.get("Magnitude"), depth + 1), string_in(held.get("Unit")))

    def _time_offset(self, value: JsonValue, depth: int) -> Node:
        held = value if isinstance(value, dict) else {}
        magnitude = self.node(held.get("Value"), depth + 1)
        return QuantityNode(magnitude, string_in(held.get("Unit")), negative=held.get("Operation") == "Subtract")

    def _filter(self, value: JsonValue, depth: int) -> Node:
        held = value if isinstance(value, dict) else {}
        rows = held.get("WFActionParameterFilterTemplates")
        read = map(partial(self._condition, depth=depth + 1), rows if isinstance(rows, list) else [])
        every = held.get("WFActionParameterFilterPrefix", 1) != 0
        return FilterNode(tuple(row for row in read if row is not None), every)

    def _condition(self, row: JsonValue, depth: int) -> Condition | None:
        operator = operator_code(row.get("Operator")) if isinstance(row, dict) else None
        if not isinstance(row, dict) or operator is None:
            self._report("a condition of a filter can't be understood; it was left out")
            return None
        values, overrides = row.get("Values"), row.get("VariableOverrides")
        held = {**row, **(values if isinstance(values, dict) else {})}
        variables = [
            *(overrides[key] for key in overrides if not key.startswith("another")),
            *(overrides[key] for key in overrides if key.startswith("another")),
        ] if isinstance(overrides, dict) else []  # fmt: skip
        plain = [held[key] for key in _OPERANDS if key in held]
        nodes = [self.node(value, depth) for value in (*variables, *plain)]
        unit = held.get("Unit")
        return Condition(
            property=string_in(row.get("Property")),
            operator=operator,
            value=nodes[0] if nodes else Literal(None),
            second=nodes[1] if len(nodes) > 1 else Literal(None),
            unit=unit if isinstance(unit, int) else 0,
        )

    def _report(self, problem: str) -> None:
        self.reports.append(f"action {self.index}: {problem}")


_ATTACHMENT_KEYS = {
    "Type", "OutputUUID", "OutputName", "VariableName", "VariableUUID", "Prompt", "Aggrandizements",
}  # fmt: skip
_OPERANDS = ("String", "Enumeration", "Bool", "Date", "AnotherDate", "Number", "AnotherNumber")


def string_in(given: JsonValue) -> str:
    """`given` if it is text, else no text."""
    return clean(given) if isinstance(given, str) else ""
