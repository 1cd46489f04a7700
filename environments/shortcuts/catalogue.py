"""All that an agent may call: the actions that the device does, and before them upstream's definitions as stubs.

An action that has a handler is described by its own declaration, since that is what it does; anything else by its
definition.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import environments.shortcuts.actions  # noqa: F401  (fills the catalogue)
from environments.shortcuts.definitions import Definition
from environments.shortcuts.program import PREFIX
from environments.shortcuts.published.actions import OUTPUT, Types
from environments.shortcuts.registry import ACTIONS, Action, ParameterType
from harness.core.errors import InputError, unknown_name
from harness.core.message import ToolSpec

_TYPES = {ParameterType.TEXT: "String", ParameterType.NUMBER: "Float", ParameterType.BOOLEAN: "Bool",
          ParameterType.ENUM: "Enum", ParameterType.DATE: "String"}  # fmt: skip
STUBS = "Other"
"""The app under which stubs are listed."""


class Catalogue:
    """The actions by their identifiers."""

    def __init__(self, definitions: Mapping[str, Definition] | None = None) -> None:
        self._definitions = definitions or {}

    @property
    def apps(self) -> list[str]:
        """The apps that have actions."""
        apps = sorted({action.app for action in ACTIONS.values()})
        return [*apps, STUBS] if self._definitions.keys() - ACTIONS.keys() else apps

    def counts(self) -> dict[str, int]:
        """How many actions each app has."""
        return {app: len(self.names(app)) for app in self.apps}

    def names(self, app: str | None = None) -> list[str]:
        """Identifiers, by app and name; those of one app only, letter case aside.

        Raises:
            InputError: there is no such app.
        """
        if app is not None and app.casefold() not in map(str.casefold, self.apps):
            raise unknown_name("app", app, self.apps)
        own = sorted(ACTIONS, key=lambda name: (ACTIONS[name].app, name))
        stubs = sorted(self._definitions.keys() - ACTIONS.keys())
        return [name for name in (*own, *stubs) if app is None or self._app(name).casefold() == app.casefold()]

    def _app(self, name: str) -> str:
        return ACTIONS[name].app if name in ACTIONS else STUBS

    def line(self, name: str) -> str:
        """An action in one line."""
        text = ACTIONS[name].text if name in ACTIONS else self._definitions[name].description
        return f"{name} ({self._app(name)}): {text}"

    def text(self, name: str) -> str:
        """An action's whole documentation.

        Raises:
            InputError: there is no such action; so with `tool_spec`.
        """
        if name in ACTIONS:
            return ACTIONS[name].description()
        return self._defined(name).text or self._defined(name).description

    def tool_spec(self, name: str) -> ToolSpec:
        """An action for function calling."""
        return ACTIONS[name].tool_spec() if name in ACTIONS else self._defined(name).tool_spec()

    def _defined(self, name: str) -> Definition:
        if name not in self._definitions:
            near = self.nearest(name)
            raise InputError(
                f"there is no action {name!r}" + (f"; did you mean {near}?" if near else ""),
                hint="`bench shortcut actions` lists them",
            )
        return self._definitions[name]

    def nearest(self, name: str) -> str:
        """The known identifier that looks most like this one, or nothing."""
        known = [one.removeprefix(PREFIX) for one in (*ACTIONS, *self._definitions)]
        near = difflib.get_close_matches(name[:200].removeprefix(PREFIX), known, n=1, cutoff=0.75)
        return next((one for one in (PREFIX + near[0], near[0]) if self.knows(one)), "") if near else ""

    def knows(self, name: str) -> bool:
        """Whether there is such an action."""
        return name in ACTIONS or name in self._definitions


def own_infos() -> dict[str, str]:
    """The text of each of the device's own actions."""
    return {name: action.description() for name, action in ACTIONS.items()}


def own_types() -> Types:
    """The types of their parameters, in the form in which upstream keeps its APIs'."""
    return {name: _types(action) for name, action in ACTIONS.items()}


def _types(action: Action) -> dict[str, str]:
    found = {}
    for parameter in action.parameters:
        default = "" if parameter.default is None else f" = {parameter.default!r}"
        found[parameter.name] = _TYPES.get(parameter.type, "Object") + default
    return {**found, f"{OUTPUT}{action.output}": "Object"} if action.output else found
