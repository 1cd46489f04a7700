"""Nodes become values: references are looked up, post-processed in order, and set into text.

What a reference names but nothing has set is nothing, never an error: a shortcut may read a variable that
only another branch sets. An `Ask` reference puts a question to the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from environments.shortcuts.coercion import coerced, date_of, item_text, lookup, text_of
from environments.shortcuts.dates import Clock, format_date, format_iso, format_pattern, format_relative
from environments.shortcuts.device import Device
from environments.shortcuts.operators import holds
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
from environments.shortcuts.properties import property_of
from environments.shortcuts.running import Run
from environments.shortcuts.values import (
    NOTHING,
    Dictionary,
    Item,
    ItemKind,
    Quantity,
    Record,
    Url,
    Value,
    checked,
    checked_text,
    dictionary,
    gathered,
    listing,
    spread,
)

_CONTENT_CLASSES = {
    "WFStringContentItem": ItemKind.TEXT,
    "WFRichTextContentItem": ItemKind.RICH_TEXT,
    "WFNumberContentItem": ItemKind.NUMBER,
    "WFBooleanContentItem": ItemKind.BOOLEAN,
    "WFDateContentItem": ItemKind.DATE,
    "WFDictionaryContentItem": ItemKind.DICTIONARY,
    "WFURLContentItem": ItemKind.URL,
    "WFContactContentItem": ItemKind.CONTACT,
    "WFReminderContentItem": ItemKind.REMINDER,
    "WFCalendarEventContentItem": ItemKind.EVENT,
    "WFNoteContentItem": ItemKind.NOTE,
    "WFGenericFileContentItem": ItemKind.FILE,
    "WFImageContentItem": ItemKind.IMAGE,
    "WFPhotoMediaContentItem": ItemKind.IMAGE,
    "WFMPMediaContentItem": ItemKind.SONG,
    "WFLocationContentItem": ItemKind.LOCATION,
    "WFArticleContentItem": ItemKind.ARTICLE,
    "WFAppStoreAppContentItem": ItemKind.STORE_ITEM,
    "WFiTunesProductContentItem": ItemKind.STORE_ITEM,
    "WFWeatherDataContentItem": ItemKind.WEATHER,
    "WFHKSampleContentItem": ItemKind.HEALTH_SAMPLE,
}


@dataclass(frozen=True, slots=True)
class ReadyCondition:
    """A condition of a filter whose operands are known."""

    condition: Condition
    value: Value
    second: Value


@dataclass(frozen=True, slots=True)
class Predicate:
    """A filter whose operands are known."""

    conditions: tuple[ReadyCondition, ...] = ()
    every: bool = True

    def accepts(self, item: Item, clock: Clock) -> bool:
        """Whether `item` fulfils the filter; a filter without conditions accepts everything."""
        verdicts = (
            holds(
                ready.condition.operator,
                property_of(item, ready.condition.property),
                ready.value,
                ready.second,
                clock,
                ready.condition.unit,
            )
            for ready in self.conditions
        )
        return not self.conditions or (all(verdicts) if self.every else any(verdicts))


async def resolve(node: Node, run: Run, purpose: str) -> Value:
    """The value that `node` stands for now; `purpose` says what it's for, should the user be asked.

    Raises:
        TooLarge: the value would be beyond the limits.
    """
    match node:
        case Literal(value=None):
            return NOTHING
        case Literal(value=Decimal() | bool() as value):
            return (value,)
        case Text(parts=(Reference() as reference,)):
            return await look_up(reference, run, purpose)
        case Text():
            return (await _text(node, run, purpose),)
        case ListNode():
            found = [await resolve(item, run, purpose) for item in node.items]
            return checked(tuple(item for value in found for item in value))
        case DictionaryNode():
            return (await _dictionary(node, run, purpose),)
        case QuantityNode():
            magnitude = coerced(await resolve(node.magnitude, run, purpose), ItemKind.NUMBER, run.clock)
            amounts = [item for item in magnitude if isinstance(item, Decimal)]
            amount = amounts[0] if amounts else Decimal(0)
            return (Quantity(-amount if node.negative else amount, node.unit),)
        case _:
            return NOTHING


async def predicate(node: Node | None, run: Run, purpose: str) -> Predicate:
    """The filter that `node` is; one that accepts everything where it's none."""
    if not isinstance(node, FilterNode):
        return Predicate()
    ready = [
        ReadyCondition(row, await resolve(row.value, run, purpose), await resolve(row.second, run, purpose))
        for row in node.conditions
    ]
    return Predicate(tuple(ready), node.every)


def shared(device: Device) -> Value:
    """What was given through the share sheet: an address where the text is one, else the text, and entries."""
    text = device.shared_input
    given = () if not text else (Url(text),) if _ADDRESS.fullmatch(text) else (text,)
    entries = (device.current(entry) or entry for entry in device.shared_entries)
    return (*given, *(entry for entry in entries if isinstance(entry, Record)))


_ADDRESS = re.compile(r"https?://\S{1,2000}")


async def look_up(reference: Reference, run: Run, purpose: str) -> Value:
    """What a reference stands for now, after its post-processing."""
    frame, device = run.frame, run.world.device
    makers: tuple[str, ...] = (reference.source.value,)
    match reference.source:
        case Source.ACTION_OUTPUT:
            key = reference.key if reference.key in frame.outputs else frame.named.get(reference.key, reference.key)
            value, makers = frame.outputs.get(key, NOTHING), frame.makers.get(key, makers)
        case Source.VARIABLE:
            value = frame.variables.get(reference.key, NOTHING)
            makers = frame.makers.get(f"${reference.key}", makers)
        case Source.EXTENSION_INPUT:
            value = shared(device) if frame.input is None else frame.input
        case Source.INPUT:
            value, makers = frame.last, frame.last_makers
        case Source.CURRENT_DATE:
            value = (device.clock.now,)
        case Source.CLIPBOARD:
            value = (device.clipboard,) if device.clipboard else NOTHING
        case Source.DEVICE_DETAILS:
            value = (device.settings.device_name,)
        case Source.ASK:
            answer = await run.ask(reference.prompt or f"What should be used for {purpose}?")
            value = (checked_text(answer),) if answer else NOTHING
    run.use(makers)
    for step in reference.aggrandizements:
        value = checked(_aggrandized(value, step, run.clock))
    return value


def _aggrandized(value: Value, step: Aggrandizement, clock: Clock) -> Value:
    match step.kind:
        case Aggrandizing.DICTIONARY_KEY:
            return tuple(inner for item in value for inner in spread(lookup(item, step.name)))
        case Aggrandizing.PROPERTY:
            return tuple(inner for item in value for inner in property_of(item, step.name))
        case Aggrandizing.COERCION:
            kind = _CONTENT_CLASSES.get(step.name)
            return value if kind is None else coerced(value, kind, clock)
        case Aggrandizing.DATE_FORMAT:
            return tuple(_formatted(item, step, clock) for item in value)
        case Aggrandizing.UNIT:
            return value


def _formatted(item: Item, step: Aggrandizement, clock: Clock) -> str:
    when = date_of((item,), clock)
    if when is None:
        return item_text(item, clock)
    match step.date_style:
        case "Custom":
            return format_pattern(when, clock, step.pattern)
        case "ISO 8601":
            return format_iso(when, clock, with_time=step.with_time)
        case "Relative":
            return format_relative(when, clock)
        case style:
            return format_date(when, clock, style, step.time_style)


async def _text(node: Text, run: Run, purpose: str) -> str:
    text = ""
    for part in node.parts:
        more = part if isinstance(part, str) else text_of(await look_up(part, run, purpose), run.clock)
        text = checked_text(text + more)
    return text


async def _dictionary(node: DictionaryNode, run: Run, purpose: str) -> Dictionary:
    entries: dict[str, Item | None] = {}
    for key, inner in node.entries:
        name = text_of(await resolve(key, run, purpose), run.clock)
        value = await resolve(inner, run, purpose)
        entries[name] = listing(value) if isinstance(inner, ListNode) else gathered(value)
    return dictionary(entries)
