"""Published shortcuts as tasks that are run: the record is the gold, and what it does is what must be done.

The gold runs once on a furnished phone whose user agrees to everything. What it asked there, and was told, become the
user's private facts; what it changed and showed become the checks. The static form of the task stays beside it, so that
one task file serves all modes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

import environments.shortcuts as shortcuts
from environments.shortcuts.coverage import agreeable
from environments.shortcuts.definitions import Definition
from environments.shortcuts.published.files import Record
from environments.shortcuts.rehearsal import Rehearsal, rehearse
from environments.shortcuts.setup import phone
from environments.shortcuts.shortcut_file import ImportQuestion, import_questions
from harness.core.check import CheckSpec, ProbeCheck, StateCheck
from harness.core.errors import InputError
from harness.core.message import Party
from harness.core.parsing import JsonObject
from harness.core.task import Call, Fact, Phase, Task, UserScenario

DEVICE = "device.json"
_SHOWN = 5
_MODELLED = ("url", "query", "candidates", "tags", "category")


class Unplayable(Exception):
    """Why a record makes no task that can be played."""


def device_file() -> Path:
    """The data of the phone that imported shortcuts run on."""
    return Path(shortcuts.__file__).with_name("phone.json")


def playable(record: Record, static: Task, definitions: Mapping[str, Definition]) -> Task:
    """The record as a task of modes live and author.

    Args:
        static: The same as a static task.
        definitions: APIs that are recorded where nothing here does them.

    Raises:
        Unplayable: it doesn't come to its end, or leaves nothing to check.
    """
    actions = record.shortcut.actions if record.shortcut is not None else None
    assert isinstance(actions, list)
    questions = import_questions(record.shortcut.questions if record.shortcut is not None else None)
    try:
        ran, other = (
            asyncio.run(rehearse(actions, questions, phone(), agreeable, definitions=definitions, seed=seed))
            for seed in (0, 1)
        )
    except InputError as problem:
        raise Unplayable(problem.message) from None
    if (error := ran.result.error) is not None:
        raise Unplayable(f"it stops at {error.identifier or 'its form'}: {error.kind}")
    # What chance had a hand in is no part of the checks.
    shown = [text for text in dict.fromkeys(ran.result.shown) if text.strip() and text in other.result.shown][:_SHOWN]
    if not ran.changes() and not shown:
        raise Unplayable("it changes and shows nothing that could be checked")
    request = str(static.setup["query"])
    return Task(
        id=static.id,
        purpose="A published shortcut, made again.",
        tags=(*static.tags, *(("stubs",) if ran.result.stubs else ())),
        difficulty=static.difficulty,
        user=UserScenario(instructions=_instructions(request, ran), facts=_facts(ran)),
        phases=(Phase(request=request, reference=(_reference(actions, questions, ran),), checks=_checks(shown)),),
        metadata={**static.metadata, "static": {key: static.setup[key] for key in _MODELLED if key in static.setup}},
    )


def static_data(task: Task) -> JsonObject:
    """What the static form of an imported task says of itself, in either kind of pack."""
    held = task.metadata.get("static")
    return held if isinstance(held, dict) else task.setup


def _reference(actions: list[JsonValue], questions: list[ImportQuestion], ran: Rehearsal) -> Call:
    asked: list[JsonValue] = [
        {
            "ActionIndex": question.action,
            "ParameterKey": question.parameter,
            "Text": question.text,
            "DefaultValue": question.default,
        }
        for question in questions
    ]
    arguments: JsonObject = {"actions": actions, **({"import_questions": asked} if asked else {})}
    return Call(
        party=Party.AGENT, tool="run_shortcut", arguments=arguments, answers=tuple(said for _, said in ran.asked)
    )


def _facts(ran: Rehearsal) -> tuple[Fact, ...]:
    """What the user was asked, by the first line of each question or the options after it."""
    told = {question: said for question, said in ran.asked if question.strip()}
    found = []
    for question, said in told.items():
        topic, _, options = question.partition("\n")
        listed = options.partition(": ")[2]
        found.append(Fact(topic=topic.strip() or listed, answer=said, ask=(listed,) if listed else ()))
    return tuple(found)


def _instructions(request: str, ran: Rehearsal) -> str:
    lines = [f"You want a shortcut for this: {request}"]
    lines += [f"When you are asked {fact.topic!r} you say {fact.answer!r}." for fact in _facts(ran)]
    return "\n".join(lines)


def _checks(shown: list[str]) -> tuple[CheckSpec, ...]:
    probes = (ProbeCheck(name="shown", arguments={"contains": text}) for text in shown)
    return (StateCheck(parties=(Party.AGENT,)), *probes)
