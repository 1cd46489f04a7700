"""A small device, and actions in upstream's form, for the tests of the shortcuts environment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from environments.shortcuts.coercion import text_of
from environments.shortcuts.dates import Clock
from environments.shortcuts.device import Device, Table
from environments.shortcuts.interpreter import RunResult, run_actions
from environments.shortcuts.records import Contact, Event, Note, Reminder
from environments.shortcuts.running import Frame, Run, World
from environments.shortcuts.setup import phone

Action = dict[str, Any]


@dataclass
class Ran:
    """What one run left."""

    result: RunResult
    world: World
    questions: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        """The output as text."""
        return text_of(self.result.output, self.world.device.clock)


RunShortcut = Callable[..., Ran]


def act(identifier: str, **parameters: Any) -> Action:
    """An action in upstream's form; `identifier` without its prefix."""
    full = identifier if identifier.startswith(("com.", "is.workflow.")) else f"is.workflow.actions.{identifier}"
    return {"WFWorkflowActionIdentifier": full, "WFWorkflowActionParameters": parameters}


def mark(identifier: str, mode: int, group: str = "g", **parameters: Any) -> Action:
    """A control-flow marker."""
    return act(identifier, GroupingIdentifier=group, WFControlFlowMode=mode, **parameters)


def small_device() -> Device:
    """One entry or two of each kind; Wednesday, 14 May 2025, 08:40."""
    notes = {"n1": Note("n1", "Groceries", "milk\neggs"), "n2": Note("n2", "Ideas", "a kite", folder="Work")}
    reminders = {
        "r1": Reminder("r1", "Water plants", "Home", datetime(2025, 5, 14, 19)),
        "r2": Reminder("r2", "Pay rent", "Home", datetime(2025, 5, 20, 9), completed=True),
    }
    events = {
        "e1": Event("e1", "Stand-up", datetime(2025, 5, 14, 9, 15), datetime(2025, 5, 14, 9, 30), "Work", "Room 2"),
        "e2": Event("e2", "Choir", datetime(2025, 5, 15, 19), datetime(2025, 5, 15, 21)),
    }
    contacts = {
        "c1": Contact("c1", "Maya", "Lindqvist", ("+1 555 0100",), ("maya@example.org",)),
        "c2": Contact("c2", "Tom", "Okafor"),
        "c3": Contact("c3", "Tom", "Berger"),
    }
    return Device(
        clock=Clock(datetime(2025, 5, 14, 8, 40), zone="America/New_York", utc_offset_minutes=-240),
        tables={
            Note: Table(MappingProxyType(notes)),
            Reminder: Table(MappingProxyType(reminders)),
            Event: Table(MappingProxyType(events)),
            Contact: Table(MappingProxyType(contacts)),
        },
        clipboard="copied before",
    )


def on_the_phone(*actions: Action, answers: Sequence[str] = (), device: Device | None = None, **world: Any) -> Ran:
    """What came of a shortcut on the furnished phone; the user gives `answers` in order."""
    found = Ran(RunResult(()), World(7, device or phone(), **world))
    left = list(answers)

    async def ask(question: str) -> str:
        found.questions.append(question)
        return left.pop(0)

    found.result = asyncio.run(run_actions(list(actions), Run(found.world, ask, Frame())))
    return found


def output_of(*actions: Action, **options: Any) -> str:
    """The output as text, of a shortcut that comes to its end on the furnished phone."""
    result = on_the_phone(*actions, **options)
    assert result.result.error is None, result.result.error
    return result.output


def changed(result: Ran, kind: type) -> list[Any]:
    """The entries of one kind that a run on the furnished phone added or changed."""
    before = phone().table(kind)
    return [entry for entry in result.world.device.table(kind) if before.get(entry.id) != entry]
