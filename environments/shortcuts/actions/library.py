"""Shortcuts that run one another, and values that stay between runs."""

from __future__ import annotations

from environments.shortcuts.coercion import item_text, lookup
from environments.shortcuts.records import SavedShortcut, StoredValue
from environments.shortcuts.registry import Arguments, Parameter, ParameterType, action
from environments.shortcuts.running import ActionError, Run, RunErrorKind
from environments.shortcuts.values import NOTHING, Dictionary, Value


@action(
    "runworkflow",
    "Scripting",
    "Runs another shortcut of the library.",
    Parameter("WFWorkflow", ParameterType.ANY, "The shortcut, or its name.", aliases=("WFWorkflowName",)),
    Parameter("WFInput", ParameterType.ANY, "What it's given.", is_input=True),
    Parameter("WFShowWorkflow", ParameterType.BOOLEAN, "Whether the user sees it run.", False),
    output="Shortcut Result",
    writes=True,
)
async def run_shortcut(run: Run, given: Arguments) -> Value:
    """Its output.

    Raises:
        ActionError: there is none of that name, it fails, or too many wait for one another.
    """
    # Here, because the interpreter imports the actions.
    from environments.shortcuts.interpreter import run_nested

    name = _name(run, given)
    if not name:
        raise given.problem("WFWorkflow", "must name a shortcut")
    found = next((one for one in run.world.device.table(SavedShortcut) if one.name.casefold() == name.casefold()), None)
    if found is None:
        raise ActionError(RunErrorKind.NOT_FOUND, f"there is no shortcut called {name[:80]!r}")
    return await run_nested(found.actions, run, given.value("WFInput"))


def _name(run: Run, given: Arguments) -> str:
    for item in given.value("WFWorkflow"):
        if isinstance(item, SavedShortcut):
            return item.name
        if isinstance(item, Dictionary):
            held = lookup(item, "workflowName") or lookup(item, "title")
            return "" if held is None else item_text(held, run.clock).strip()
        return item_text(item, run.clock).strip()
    return ""


@action(
    "getmyworkflows",
    "Scripting",
    "Gives the shortcuts of the library.",
    Parameter("Folder", ParameterType.TEXT, "Of which folder, if not of all."),
    output="My Shortcuts",
    personal=True,
)
def mine(run: Run, given: Arguments) -> Value:
    """The shortcuts."""
    folder = given.text("Folder").casefold()
    library = run.world.device.table(SavedShortcut)
    return tuple(one for one in library if not folder or one.folder.casefold() == folder)


_KEY = Parameter("WFStoredContentKey", ParameterType.TEXT, "Its name.")
_GLOBAL = Parameter("WFStoredContentGlobalValue", ParameterType.BOOLEAN, "Whether all shortcuts share it.", False)


@action(
    "setstoredcontent",
    "Scripting",
    "Keeps a text for later runs.",
    _KEY,
    Parameter("WFInput", ParameterType.TEXT, "The text.", is_input=True),
    _GLOBAL,
    writes=True,
)
def keep(run: Run, given: Arguments) -> None:
    """It is there under that name."""
    name = _stored_name(given)
    known = _stored(run, name)
    value = StoredValue(known.id if known else "", name, given.text("WFInput"))
    if known is None:
        run.world.add(value)
    else:
        run.world.change(value)


@action("getstoredcontent", "Scripting", "Gives a text that was kept.", _KEY, _GLOBAL, output="Stored Content")
def recall(run: Run, given: Arguments) -> Value:
    """The text; nothing where none was kept."""
    known = _stored(run, _stored_name(given))
    return (known.text,) if known is not None and known.text else NOTHING


@action("deletestoredcontent", "Scripting", "Forgets a text that was kept.", _KEY, _GLOBAL, writes=True)
def forget(run: Run, given: Arguments) -> None:
    """It is gone."""
    known = _stored(run, _stored_name(given))
    if known is not None:
        run.world.drop(known)


def _stored_name(given: Arguments) -> str:
    name = given.text("WFStoredContentKey").strip()
    if not name:
        raise given.problem("WFStoredContentKey", "must name what is kept")
    return name


def _stored(run: Run, name: str) -> StoredValue | None:
    return next((value for value in run.world.device.table(StoredValue) if value.name == name), None)
