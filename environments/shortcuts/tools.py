"""The tools of both parties.

The agent sees the device only through actions: it reads the catalogue, and runs them as it goes (mode `live`) or
hands in whole shortcuts (`author`). The user holds the device and has a few things that hands can do. A
toolkit object is made for each call and carries that call's way to ask the user.
"""

from __future__ import annotations

import json
from dataclasses import replace

from pydantic import JsonValue

from environments.shortcuts.catalogue import Catalogue
from environments.shortcuts.coercion import item_text, plain
from environments.shortcuts.interpreter import RunResult, run_actions
from environments.shortcuts.program import CONTROL_FLOW
from environments.shortcuts.records import File, Notification, Photo
from environments.shortcuts.registry import ACTIONS
from environments.shortcuts.rehearsal import install
from environments.shortcuts.running import Frame, Run, World
from environments.shortcuts.shortcut_file import import_questions
from environments.shortcuts.values import Record, Value, kind_of
from environments.toolkit import ToolFailure, tool
from harness.core.errors import InputError
from harness.core.message import Party, ToolErrorKind
from harness.core.parsing import JsonObject
from harness.core.protocols import Ask

_SHOWN_ITEMS = 50


class DeviceTools:
    """What agent and user can do in one call."""

    def __init__(self, world: World, ask: Ask) -> None:
        self._world = world
        self._ask = ask
        self._catalogue = Catalogue(world.definitions)

    @tool()
    def list_actions(self, app: str | None = None) -> str:
        """List the device's apps, or the actions of one with a line on each.

        Args:
            app: Show the actions of this app, such as Notes or Scripting; `all` shows those of every app.
        """
        if app is None:
            return "\n".join(f"{name}: {count} actions" for name, count in self._catalogue.counts().items())
        try:
            names = self._catalogue.names(None if app.casefold() == "all" else app)
        except InputError as error:
            raise ToolFailure(f"there is no app {app!r}; the apps are: {', '.join(self._catalogue.apps)}") from error
        return "\n".join(map(self._catalogue.line, names))

    @tool()
    def describe_action(self, identifier: str) -> str:
        """Describe an action: its parameters, their types and defaults, and its output.

        Args:
            identifier: The action's identifier, such as is.workflow.actions.gettext.
        """
        if not self._catalogue.knows(identifier):
            near = self._catalogue.nearest(identifier)
            hint = f"did you mean {near}?" if near else "list_actions shows those that there are"
            raise ToolFailure(f"there is no action {identifier!r}; {hint}", ToolErrorKind.INVALID_ARGUMENTS)
        if self._world.schemas:
            spec = self._catalogue.tool_spec(identifier)
            return json.dumps(
                {"identifier": identifier, "description": spec.description, "parameters": spec.parameters},
                ensure_ascii=False,
            )
        return self._catalogue.text(identifier)

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
        known = ACTIONS.get(identifier)
        made = uuid in self._world.live.outputs and (known is None or bool(known.output))
        answer: dict[str, JsonValue] = {"uuid": uuid, **self._output(result.output)} if made else {"done": True}
        return answer | self._remarks(result)

    @tool(writes=True)
    async def run_shortcut(
        self, actions: list[JsonObject], import_questions: list[JsonObject] | None = None
    ) -> JsonValue:
        """Run a whole shortcut on the device and return its output and what it showed. If an action
        fails, the shortcut stops there and what it did before stays done.

        Args:
            actions: Its actions in order, each {"WFWorkflowActionIdentifier": …, "WFWorkflowActionParameters": {…}}.
                Blocks (if, menu, repeat) are marked by GroupingIdentifier and WFControlFlowMode.
            import_questions: Questions that the user answers before it runs, each {"ActionIndex": from 0,
                "ParameterKey": …, "Text": …, "DefaultValue": …}; the answer becomes that parameter's value.
        """
        return await self._whole(actions, import_questions or [])

    @tool(writes=True)
    async def submit_shortcut(
        self, actions: list[JsonObject], import_questions: list[JsonObject] | None = None
    ) -> JsonValue:
        """Hand in a whole shortcut: it runs on the device as this request found it, and its output and what it
        showed come back. Hand in another one to revise it; what the one before did is undone first.

        Args:
            actions: Its actions in order, each {"WFWorkflowActionIdentifier": …, "WFWorkflowActionParameters": {…}}.
                Blocks (if, menu, repeat) are marked by GroupingIdentifier and WFControlFlowMode.
            import_questions: Questions that the user answers before it runs, each {"ActionIndex": from 0,
                "ParameterKey": …, "Text": …, "DefaultValue": …}; the answer becomes that parameter's value.
        """
        self._world.begin_attempt()
        return await self._whole(actions, import_questions or [])

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
    def set_bluetooth(self, on: bool) -> str:
        """Switch Bluetooth on or off in the control centre.

        Args:
            on: Whether it shall be on.
        """
        self._change(bluetooth=on)
        return f"Bluetooth is {'on' if on else 'off'}."

    @tool(party=Party.USER, writes=True)
    def set_cellular_data(self, on: bool) -> str:
        """Switch cellular data on or off in the control centre.

        Args:
            on: Whether it shall be on.
        """
        self._change(cellular_data=on)
        return f"Cellular data is {'on' if on else 'off'}."

    @tool(party=Party.USER, writes=True)
    def pick_photo(self, name: str) -> str:
        """Pick a photo of your library, for a shortcut that asks for one.

        Args:
            name: The photo's name, such as IMG_0412.HEIC, or words that can be read in it.
        """
        wanted = name.strip().casefold()
        photos = list(self._world.device.table(Photo))
        found = [one for one in photos if wanted in (one.name.casefold(), one.stem.casefold())]
        found = found or [one for one in photos if wanted and wanted in one.text.casefold()]
        if not found:
            raise ToolFailure(f"you have no photo called {name!r}; you have: {', '.join(one.name for one in photos)}")
        return self._picked(found[0], found[0].name)

    @tool(party=Party.USER, writes=True)
    def pick_file(self, path: str) -> str:
        """Pick a file or folder, for a shortcut that asks for one.

        Args:
            path: Its path, such as Papers/lease.pdf.
        """
        wanted = path.strip().strip("/").casefold()
        files = list(self._world.device.table(File))
        found = next((one for one in files if wanted in (one.path.casefold(), one.name.casefold())), None)
        if found is None:
            raise ToolFailure(f"you have no file {path!r}; you have: {', '.join(one.path for one in files)}")
        return self._picked(found, found.path)

    @tool(party=Party.USER, writes=True)
    def share_text(self, text: str) -> str:
        """Give a text or an address to the next shortcut by the share sheet.

        Args:
            text: The text.
        """
        self._world.by_hand(lambda device: replace(device, shared_input=text))
        return f"Shared: {text}"

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

    async def _whole(self, actions: list[JsonObject], questions: list[JsonObject]) -> JsonValue:
        self._world.calls += 1
        asked = import_questions([*questions])
        if len(asked) < len(questions):
            form = '{"ActionIndex": number from 0, "ParameterKey": text, "Text": text}'
            raise ToolFailure(f"each import question is of the form {form}", ToolErrorKind.INVALID_ARGUMENTS)
        try:
            installed = await install(list(actions), asked, self._ask)
        except InputError as error:
            raise ToolFailure(str(error), ToolErrorKind.INVALID_ARGUMENTS) from error
        result = await run_actions(installed, Run(self._world, self._ask, Frame()))
        self._raise_error(result)
        return {**self._output(result.output), **self._remarks(result)}

    def _picked(self, entry: Photo | File, name: str) -> str:
        self._world.by_hand(lambda device: replace(device, picked=(entry.id,)))
        return f"Picked: {name}"

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
        if result.stubs:
            # Nobody can say what these would have done; a score that rests on them says so.
            remarks["only_recorded"] = list(result.stubs)
        return remarks

    @staticmethod
    def _raise_error(result: RunResult) -> None:
        error = result.error
        if error is None:
            return
        where = f"action {error.index} ({error.identifier[:200]})" if error.identifier else f"action {error.index}"
        before = f"; shown before: {'; '.join(result.shown)}" if result.shown else ""
        raise ToolFailure(f"{where}: {error.kind.value}: {error.message}{before}", ToolErrorKind.FAILED)
