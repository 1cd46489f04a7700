"""The tools of both parties.

The agent sees the device only through actions: it reads the catalogue, and runs them as it goes (mode `live`) or
hands in whole shortcuts (`author`). The user holds the device and has a few things that hands can do. A
toolkit object is made for each call and carries that call's way to ask the user.
"""

from __future__ import annotations

from dataclasses import replace

from pydantic import JsonValue

from environments.shortcuts.coercion import item_text, plain
from environments.shortcuts.interpreter import RunResult, run_actions
from environments.shortcuts.program import CONTROL_FLOW
from environments.shortcuts.records import Notification
from environments.shortcuts.registry import ACTIONS, nearest
from environments.shortcuts.running import Frame, Run, World
from environments.shortcuts.values import Record, Value, kind_of
from environments.toolkit import ToolFailure, tool
from harness.core.message import Party, ToolErrorKind
from harness.core.parsing import JsonObject
from harness.core.protocols import Ask

_SHOWN_ITEMS = 50


class DeviceTools:
    """What agent and user can do in one call."""

    def __init__(self, world: World, ask: Ask) -> None:
        self._world = world
        self._ask = ask

    @tool()
    def list_actions(self, app: str | None = None) -> str:
        """List the device's actions with a line on each.

        Args:
            app: Only the actions of this app, such as Notes or Scripting.
        """
        apps = sorted({action.app for action in ACTIONS.values()})
        if app is not None and app.casefold() not in (name.casefold() for name in apps):
            raise ToolFailure(f"there is no app {app!r}; the apps are: {', '.join(apps)}")
        lines = [
            f"{action.identifier} ({action.app}): {action.text}"
            for action in sorted(ACTIONS.values(), key=lambda action: (action.app, action.identifier))
            if app is None or action.app.casefold() == app.casefold()
        ]
        return "\n".join(lines)

    @tool()
    def describe_action(self, identifier: str) -> str:
        """Describe an action: its parameters, their types and defaults, and its output.

        Args:
            identifier: The action's identifier, such as is.workflow.actions.gettext.
        """
        action = ACTIONS.get(identifier)
        if action is None:
            near = nearest(identifier)
            hint = f"did you mean {near}?" if near else "list_actions shows those that there are"
            raise ToolFailure(f"there is no action {identifier!r}; {hint}", ToolErrorKind.INVALID_ARGUMENTS)
        return action.description()

    @tool(writes=True)
    async def run_action(self, identifier: str, parameters: JsonObject) -> JsonValue:
        """Run one action on the device now and return its output.

        Args:
            identifier: The action's identifier.
            parameters: Its parameters. `${name}` in a text stands for an earlier output (by its UUID) or
                variable. Give a UUID to choose the name of this output yourself.
        """
        if identifier in CONTROL_FLOW:
            raise ToolFailure(f"{identifier} makes a block: use it in run_shortcut", ToolErrorKind.REFUSED)
        self._world.calls += 1
        given = parameters.get("UUID")
        uuid = given if isinstance(given, str) and given else f"output-{self._world.calls}"
        # The frame that the run works on is the world's: what this action leaves is there for the next.
        run = Run(self._world, self._ask, self._world.live)
        step: JsonObject = {
            "WFWorkflowActionIdentifier": identifier,
            "WFWorkflowActionParameters": {**parameters, "UUID": uuid},
        }
        result = await run_actions([step], run)
        self._raise_error(result)
        made = uuid in self._world.live.outputs and bool(ACTIONS[identifier].output)
        answer: dict[str, JsonValue] = {"uuid": uuid, **self._output(result.output)} if made else {"done": True}
        return answer | self._remarks(result)

    @tool(writes=True)
    async def run_shortcut(self, actions: list[JsonObject]) -> JsonValue:
        """Run a whole shortcut on the device and return its output and what it showed. If an action
        fails, the shortcut stops there and what it did before stays done.

        Args:
            actions: Its actions in order, each {"WFWorkflowActionIdentifier": …, "WFWorkflowActionParameters": {…}}.
                Blocks (if, menu, repeat) are marked by GroupingIdentifier and WFControlFlowMode.
        """
        return await self._whole(actions)

    @tool(writes=True)
    async def submit_shortcut(self, actions: list[JsonObject]) -> JsonValue:
        """Hand in a whole shortcut: it runs on the device as this request found it, and its output and what it
        showed come back. Hand in another one to revise it; what the one before did is undone first.

        Args:
            actions: Its actions in order, each {"WFWorkflowActionIdentifier": …, "WFWorkflowActionParameters": {…}}.
                Blocks (if, menu, repeat) are marked by GroupingIdentifier and WFControlFlowMode.
        """
        self._world.begin_attempt()
        return await self._whole(actions)

    @tool(party=Party.USER, writes=True)
    def unlock_device(self) -> str:
        """Unlock your device."""
        self._change(locked=False)
        return "The device is unlocked."

    @tool(party=Party.USER, writes=True)
    def lock_device(self) -> str:
        """Lock your device."""
        self._change(locked=True)
        return "The device is locked."

    @tool(party=Party.USER, writes=True)
    def set_airplane_mode(self, on: bool) -> str:
        """Switch airplane mode on or off in the control centre.

        Args:
            on: Whether it shall be on.
        """
        self._change(airplane_mode=on)
        return f"Airplane mode is {'on' if on else 'off'}."

    @tool(party=Party.USER, writes=True)
    def set_wifi(self, on: bool) -> str:
        """Switch Wi-Fi on or off in the control centre.

        Args:
            on: Whether it shall be on.
        """
        self._change(wifi=on)
        return f"Wi-Fi is {'on' if on else 'off'}."

    @tool(party=Party.USER, writes=True)
    def copy_to_clipboard(self, text: str) -> str:
        """Copy a text, as if you selected it on the screen.

        Args:
            text: The text to copy.
        """
        self._world.by_hand(lambda device: replace(device, clipboard=text))
        return f"Copied: {text}"

    @tool(party=Party.USER)
    def look_at_screen(self) -> JsonValue:
        """Look at the screen: the time, what was shown last, notifications, and the status bar."""
        device = self._world.device
        settings = device.settings
        notifications: list[JsonValue] = [f"{entry.title}: {entry.body}" for entry in device.table(Notification)]
        status: dict[str, JsonValue] = {
            "locked": settings.locked,
            "airplane_mode": settings.airplane_mode,
            "wifi": settings.wifi,
            "do_not_disturb": settings.do_not_disturb,
            "battery_percent": settings.battery_percent,
        }
        return {
            "time": device.clock.now.isoformat(),
            "shown": list(device.shown[-3:]),
            "notifications": notifications,
            "status": status,
        }

    async def _whole(self, actions: list[JsonObject]) -> JsonValue:
        result = await run_actions(list(actions), Run(self._world, self._ask, Frame()))
        self._raise_error(result)
        return {**self._output(result.output), **self._remarks(result)}

    def _change(self, **changes: bool) -> None:
        self._world.by_hand(
            lambda device: replace(device, settings=replace(device.settings, **changes))  # type: ignore[arg-type]
        )

    def _output(self, value: Value) -> dict[str, JsonValue]:
        """A value as an agent sees it: what kind of items, and their texts or fields."""
        clock = self._world.device.clock
        kinds = sorted({kind_of(item).value for item in value[:_SHOWN_ITEMS]})
        shown: list[JsonValue] = [
            plain(item, clock) if isinstance(item, Record) else item_text(item, clock) for item in value[:_SHOWN_ITEMS]
        ]
        if not value:
            return {"output": None}
        answer: dict[str, JsonValue] = {"type": " or ".join(kinds), "output": shown[0] if len(value) == 1 else shown}
        if len(value) > _SHOWN_ITEMS:
            answer["items"] = len(value)
        return answer

    @staticmethod
    def _remarks(result: RunResult) -> dict[str, JsonValue]:
        remarks: dict[str, JsonValue] = {}
        if result.shown:
            remarks["shown"] = list(result.shown)
        if result.remarks:
            remarks["remarks"] = list(result.remarks)
        return remarks

    @staticmethod
    def _raise_error(result: RunResult) -> None:
        error = result.error
        if error is None:
            return
        where = f"action {error.index} ({error.identifier[:200]})" if error.identifier else f"action {error.index}"
        before = f"; shown before: {'; '.join(result.shown)}" if result.shown else ""
        raise ToolFailure(f"{where}: {error.kind.value}: {error.message}{before}", ToolErrorKind.FAILED)
