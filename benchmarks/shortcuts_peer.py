"""The peer of `benchmarks/shortcuts.py`: a phone as plain dictionaries, and a short interpreter that changes it.

It does the same actions in the same order. That a failing action leaves nothing behind, which the harness promises
of any action, costs it a deep copy of the phone before each one; without that promise it needs none.
"""

from __future__ import annotations

import copy
import re
from typing import Any

_NAME = re.compile(r"\$\{([^}]+)\}")


class PlainPhone:
    """A phone and the names that a run has made."""

    def __init__(self, data: dict[str, Any], *, undo: bool) -> None:
        self.data = data
        self.undo = undo
        self.names: dict[str, str] = {}
        self.steps = 0

    def run(self, actions: list[dict[str, Any]]) -> None:
        """Run a flat list of actions, jumping at the markers of blocks."""
        place, loops = 0, []
        while place < len(actions):
            name = actions[place]["WFWorkflowActionIdentifier"].rpartition("actions.")[2]
            given = actions[place]["WFWorkflowActionParameters"]
            mode = given.get("WFControlFlowMode")
            if name == "repeat.count" and mode == 0:
                loops.append([place, given["WFRepeatCount"]])
            elif name == "repeat.count":
                loops[-1][1] -= 1
                if loops[-1][1] > 0:
                    place = loops[-1][0]
                else:
                    loops.pop()
            elif name == "conditional":
                self.steps += mode == 0
                if mode == 0 and not float(self.text(given["WFInput"])) > given["WFNumberValue"]:
                    place = _end_of(actions, place)
            else:
                self.act(name, given)
            place += 1

    def act(self, name: str, given: dict[str, Any]) -> None:
        """One action; an error leaves the phone as it was."""
        self.steps += 1
        before = copy.deepcopy(self.data) if self.undo else None
        try:
            made = self.do(name, given)
        except Exception:
            self.data = self.data if before is None else before
            raise
        if "UUID" in given and made is not None:
            self.names[given["UUID"]] = made

    def do(self, name: str, given: dict[str, Any]) -> str | None:
        """What it gives."""
        match name:
            case "gettext":
                return self.text(given["WFTextActionText"])
            case "math":
                total = float(self.text(given["WFInput"])) + float(self.text(str(given["WFMathOperand"])))
                return str(int(total)) if total.is_integer() else str(total)
            case "setvariable":
                self.names[given["WFVariableName"]] = self.text(given["WFInput"])
                return None
            case "setclipboard":
                self.data["clipboard"] = self.text(given["WFInput"])
                return None
            case "addnewreminder":
                made = {"id": f"new-{self.steps}", "title": self.text(given["WFCalendarItemTitle"]), "list": "Home"}
                self.data["reminders"].append(made)
                return str(made["title"])
        raise KeyError(name)

    def text(self, value: str) -> str:
        """With names filled in."""
        return _NAME.sub(lambda found: self.names.get(found[1], ""), value)


def _end_of(actions: list[dict[str, Any]], place: int) -> int:
    group = actions[place]["WFWorkflowActionParameters"]["GroupingIdentifier"]
    while place < len(actions):
        place += 1
        given = actions[place]["WFWorkflowActionParameters"]
        if given.get("GroupingIdentifier") == group and given["WFControlFlowMode"] == 2:
            return place
    raise KeyError(group)
