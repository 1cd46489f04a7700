"""One run of a shortcut from a file, outside any episode: what it asks, shows, gives and changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from environments.shortcuts.coercion import plain
from environments.shortcuts.definitions import Definition
from environments.shortcuts.device import Device
from environments.shortcuts.interpreter import RunResult, run_actions
from environments.shortcuts.running import Frame, Run, World
from environments.shortcuts.shortcut_file import ImportQuestion
from harness.core.errors import InputError
from harness.core.parsing import JsonObject
from harness.core.protocols import Ask


@dataclass(slots=True)
class Rehearsal:
    """What came of it."""

    result: RunResult
    before: Device
    after: Device
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Questions and answers."""

    def changes(self) -> JsonObject:
        """What of the device is another than before."""
        before, after = self.before.state(), self.after.state()
        found: JsonObject = {}
        for key, value in after.items():
            was = before.get(key)
            if isinstance(value, dict) and isinstance(was, dict):
                value = {name: one for name, one in value.items() if was.get(name) != one}
            if value != was and value:
                found[key] = value
        return found

    def as_json(self) -> JsonObject:
        """For `--json`."""
        error = self.result.error
        questions: list[JsonValue] = [{"question": question, "answer": answer} for question, answer in self.asked]
        where: JsonObject | None = None
        if error is not None:
            where = {"kind": error.kind.value, "action": error.index, "identifier": error.identifier,
                     "message": error.message}  # fmt: skip
        return {
            "output": [plain(item, self.after.clock) for item in self.result.output],
            "shown": list(self.result.shown),
            "asked": questions,
            "changes": self.changes(),
            "steps": self.result.steps,
            "stubs": list(self.result.stubs),
            "remarks": list(self.result.remarks),
            "error": where,
        }


async def rehearse(
    actions: Sequence[JsonValue],
    questions: Sequence[ImportQuestion],
    device: Device,
    ask: Ask,
    *,
    given: str = "",
    definitions: Mapping[str, Definition] | None = None,
    seed: int = 0,
) -> Rehearsal:
    """Put a shortcut's import questions, then run it.

    Args:
        given: A text that comes in by the share sheet; empty: what the device has there.
        definitions: APIs that are recorded where nothing here does them.
        seed: Of what is left to chance.

    Raises:
        InputError: an import question is about an action that there is not.
    """
    asked: list[tuple[str, str]] = []

    async def answer(question: str) -> str:
        said = await ask(question)
        asked.append((question, said))
        return said

    start = replace(device, shared_input=given) if given else device
    world = World(seed, start, definitions=definitions or {}, lenient=True)
    installed = await install(actions, questions, answer)
    result = await run_actions(installed, Run(world, answer, Frame()))
    return Rehearsal(result, start, world.device, asked)


async def install(actions: Sequence[JsonValue], questions: Sequence[ImportQuestion], ask: Ask) -> list[JsonValue]:
    """The actions with the answers to their import questions in place; an empty answer leaves the default.

    Raises:
        InputError: a question is about an action that there is not.
    """
    made = list(actions)
    for question in questions:
        action = made[question.action] if 0 <= question.action < len(made) else None
        parameters = action.get("WFWorkflowActionParameters", {}) if isinstance(action, dict) else None
        if not isinstance(action, dict) or not isinstance(parameters, dict):
            raise InputError(
                f"import question {question.text!r}: field 'ActionIndex': there is no action {question.action}"
            )
        said = (await ask(question.text or f"{question.parameter}?")).strip()
        value = said or question.default
        if value is not None:
            made[question.action] = {
                **action,
                "WFWorkflowActionParameters": {**parameters, question.parameter: value},
            }
    return made
