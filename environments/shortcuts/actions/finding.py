"""The actions that find records of an app: filter, sort, limit, and the parameters they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from environments.shortcuts.coercion import date_of, number_of, property_of, text_of
from environments.shortcuts.dates import Clock
from environments.shortcuts.device import Device
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import Item, Record, Value, checked

_DESCENDING = frozenset({"latest first", "z to a", "biggest first", "longest first", "largest first", "descending"})


def finder(identifier: str, app: str, text: str, output: str, records: Callable[[Device], Iterable[Record]]) -> None:
    """Declare an action that finds records of a kind."""

    @action(
        identifier,
        app,
        text,
        Parameter("WFContentItemFilter", ParameterType.FILTER, "Which: conditions on properties."),
        Parameter("WFContentItemInputParameter", ParameterType.ANY, "Where to look, if not everywhere."),
        Parameter("WFContentItemSortProperty", ParameterType.TEXT, "The property to sort by."),
        Parameter("WFContentItemSortOrder", ParameterType.TEXT, "Such as `Latest First` or `A to Z`."),
        Parameter("WFContentItemLimitEnabled", ParameterType.BOOLEAN, "Whether only some are taken.", False),
        Parameter("WFContentItemLimitNumber", ParameterType.NUMBER, "How many.", 1),
        output=output,
        personal=True,
    )
    def find(run: Run, given: Arguments) -> Value:
        pool: Iterable[Item] = records(run.world.device)
        if given.given("WFContentItemInputParameter"):
            pool = given.value("WFContentItemInputParameter")
        wanted = given.predicate("WFContentItemFilter")
        found = [item for item in pool if wanted.accepts(item, run.clock)]
        by = given.text("WFContentItemSortProperty")
        if by:
            descending = given.text("WFContentItemSortOrder").casefold() in _DESCENDING
            found.sort(key=lambda item: _rank(item, by, run.clock), reverse=descending)
        if given.boolean("WFContentItemLimitEnabled"):
            found = found[: given.integer("WFContentItemLimitNumber", least=0, most=100_000)]
        return checked(tuple(found))


def _rank(item: Item, by: str, clock: Clock) -> tuple[bool, str, float, str]:
    """A key that orders dates, numbers and texts; what lacks the property comes first."""
    value = property_of(item, by, clock)
    when = date_of(value, clock) if value and not isinstance(value[0], str) else None
    amount = number_of(value) if value and not isinstance(value[0], str) else None
    return (
        bool(value),
        when.isoformat() if when else "",
        float(amount) if amount is not None else 0.0,
        text_of(value, clock).casefold(),
    )
