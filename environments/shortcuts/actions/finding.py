"""The actions that find records of an app: filter, sort, limit, and the parameters they share; and those that read
a property of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from environments.shortcuts.coercion import date_of, number_of, text_of
from environments.shortcuts.dates import Clock
from environments.shortcuts.device import Device
from environments.shortcuts.properties import EMPTY, NAMES, property_of
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import Item, Record, Value, checked

_DESCENDING = frozenset({"latest first", "z to a", "biggest first", "longest first", "largest first", "descending"})


def finder(
    identifier: str,
    app: str,
    text: str,
    output: str,
    records: Callable[[Device], Iterable[Record]],
    *more: Parameter,
) -> None:
    """Declare an action that finds records of a kind."""

    @action(
        identifier,
        app,
        text,
        Parameter("WFContentItemFilter", ParameterType.FILTER, "Which: conditions on properties."),
        Parameter("WFContentItemInputParameter", ParameterType.ANY, "Where to look, if not everywhere."),
        Parameter("WFContentItemSortEnabled", ParameterType.BOOLEAN, "Whether it's sorted.", True),
        Parameter("WFContentItemSortProperty", ParameterType.TEXT, "The property to sort by, or `Random`."),
        Parameter("WFContentItemSortOrder", ParameterType.TEXT, "Such as `Latest First` or `A to Z`."),
        Parameter("WFContentItemLimitEnabled", ParameterType.BOOLEAN, "Whether only some are taken.", False),
        Parameter("WFContentItemLimitNumber", ParameterType.NUMBER, "How many.", 1),
        *more,
        output=output,
        personal=True,
    )
    def find(run: Run, given: Arguments) -> Value:
        pool: Iterable[Item] = records(run.world.device)
        if given.given("WFContentItemInputParameter"):
            pool = given.value("WFContentItemInputParameter")
        wanted = given.predicate("WFContentItemFilter")
        found = [item for item in pool if wanted.accepts(item, run.clock)]
        by = given.text("WFContentItemSortProperty") if given.boolean("WFContentItemSortEnabled") else ""
        if by.casefold() == "random":
            run.world.chance().shuffle(found)
        elif by:
            descending = given.text("WFContentItemSortOrder").casefold() in _DESCENDING
            found.sort(key=lambda item: _rank(item, by, run.clock), reverse=descending)
        if given.boolean("WFContentItemLimitEnabled"):
            found = found[: given.integer("WFContentItemLimitNumber", least=0, most=100_000)]
        return checked(tuple(found))


def _rank(item: Item, by: str, clock: Clock) -> tuple[bool, str, float, str]:
    """A key that orders dates, numbers and texts; what lacks the property comes first."""
    value = property_of(item, by)
    when = date_of(value, clock) if value and not isinstance(value[0], str) else None
    amount = number_of(value) if value and not isinstance(value[0], str) else None
    return (
        bool(value),
        when.isoformat() if when else "",
        float(amount) if amount is not None else 0.0,
        text_of(value, clock).casefold(),
    )


def details(identifier: str, app: str, kind: type, output: str) -> None:
    """Declare an action that reads one property of records of a kind."""
    names = tuple(NAMES[kind])
    name_parameter = Parameter(
        "WFContentItemPropertyName", ParameterType.ENUM, "Which.", names[0], names, also=EMPTY.get(kind, ())
    )

    @action(
        identifier,
        app,
        "Takes a property of each item.",
        name_parameter,
        Parameter("WFInput", ParameterType.ANY, "The items.", is_input=True),
        output=output,
    )
    def read(run: Run, given: Arguments) -> Value:
        name = given.choice("WFContentItemPropertyName")
        return checked(tuple(found for item in given.value("WFInput") for found in property_of(item, name)))
