"""Lists: make one, take items from it, let the user choose from it."""

from __future__ import annotations

from environments.shortcuts.asking import choose, choose_several
from environments.shortcuts.coercion import item_text
from environments.shortcuts.records import File, Note, Photo
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import Run
from environments.shortcuts.values import NOTHING, Dictionary, Item, Value, spread

_SPECIFIERS = ("First Item", "Last Item", "Random Item", "Item At Index", "Items in Range")
_POSITIONS = 100_000


@action(
    "list",
    "Scripting",
    "Makes a list.",
    Parameter("WFItems", ParameterType.ANY, "The items."),
    output="List",
)
def make_list(run: Run, given: Arguments) -> Value:
    """The items."""
    return given.value("WFItems")


@action(
    "getitemfromlist",
    "Scripting",
    "Takes one or more items from a list; positions count from 1.",
    Parameter("WFItemSpecifier", ParameterType.ENUM, "Which.", "First Item", _SPECIFIERS),
    Parameter("WFItemIndex", ParameterType.NUMBER, "The position, for Item At Index.", 1),
    Parameter("WFItemRangeStart", ParameterType.NUMBER, "The first position of a range.", 1),
    Parameter("WFItemRangeEnd", ParameterType.NUMBER, "The last position of a range; the end if left out."),
    Parameter("WFInput", ParameterType.ANY, "The list.", is_input=True),
    output="Item from List",
)
def get_items(run: Run, given: Arguments) -> Value:
    """The items at those positions; nothing where there are none."""
    items = given.value("WFInput")
    match given.choice("WFItemSpecifier"):
        case "First Item":
            return items[:1]
        case "Last Item":
            return items[-1:]
        case "Random Item":
            return (run.world.chance().choice(items),) if items else NOTHING
        case "Item At Index":
            position = given.integer("WFItemIndex", least=-_POSITIONS, most=_POSITIONS)
            return items[position - 1 : position] if position > 0 else NOTHING
        case _:
            first = given.integer("WFItemRangeStart", least=1, most=_POSITIONS)
            ended = given.given("WFItemRangeEnd")
            last = given.integer("WFItemRangeEnd", least=0, most=_POSITIONS) if ended else len(items)
            return items[first - 1 : last]


@action(
    "choosefromlist",
    "Scripting",
    "Asks the user for one of a list's items, or for several.",
    Parameter("WFInput", ParameterType.ANY, "The list.", is_input=True),
    Parameter("WFChooseFromListActionPrompt", ParameterType.TEXT, "What the user is asked."),
    Parameter("WFChooseFromListActionSelectMultiple", ParameterType.BOOLEAN, "Whether several may be chosen.", False),
    Parameter("WFChooseFromListActionSelectAll", ParameterType.BOOLEAN, "Whether all are chosen to begin with.", False),
    output="Chosen Item",
)
async def choose_from_list(run: Run, given: Arguments) -> Value:
    """The items that the user names; of a dictionary, its values by their keys."""
    items = given.value("WFInput")
    prompt = given.text("WFChooseFromListActionPrompt")
    if len(items) == 1 and isinstance(items[0], Dictionary):
        entries = items[0].entries
        names, held = list(entries), [spread(entry) for entry in entries.values()]
    else:
        names, held = [_name(item, run) for item in items], [(item,) for item in items]
    if given.boolean("WFChooseFromListActionSelectMultiple"):
        places = await choose_several(run, prompt, names)
    else:
        places = [await choose(run, prompt, names)]
    return tuple(item for place in places for item in held[place])


def _name(item: Item, run: Run) -> str:
    """What an item is called where the user sees it: a record its name, not what is in it."""
    if isinstance(item, Note | File | Photo):
        return item.title if isinstance(item, Note) else item.name
    return item_text(item, run.clock)
