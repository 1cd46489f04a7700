"""A task of τ²-bench as a task of ours: the same start, user, reference and criteria.

The criteria become checks of the same meaning. Where upstream's actions leave one of its own assertions
false, `complete` adds the step that makes it true, so that the oracle can earn the reward honestly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from pydantic import JsonValue

from harness.core.check import (
    ActionCheck,
    CheckKind,
    CheckSpec,
    CommunicateCheck,
    ProbeCheck,
    StateCheck,
    StatementCheck,
)
from harness.core.errors import EnvironmentFault
from harness.core.message import Message, Party, ToolCall
from harness.core.parsing import JsonObject
from harness.core.protocols import Environment, Template
from harness.core.task import Call, DoneWhen, Fact, HistoryEntry, Phase, Say, Step, Task, UserScenario
from harness.packs.tau2_format import Basis, Criteria, HistoryMessage, Instructions, Tau2Task
from harness.packs.telecom_generator import composition_of

_KINDS = {
    Basis.DB: CheckKind.STATE,
    Basis.ENV_ASSERTION: CheckKind.PROBE,
    Basis.ACTION: CheckKind.ACTION,
    Basis.COMMUNICATE: CheckKind.COMMUNICATE,
    Basis.NL_ASSERTION: CheckKind.STATEMENT,
}

# What makes an assertion of upstream true: its scenarios ask for these steps in prose, and its lists of
# actions leave them out (a user's step, or a task that is judged by assertions alone).
_REMEDIES: dict[str, Callable[[JsonObject], Call]] = {
    "assert_task_status": lambda given: Call(
        tool="update_task_status", arguments={"task_id": given["task_id"], "status": given["expected_status"]}
    ),
    "assert_notification_status": lambda given: Call(
        party=Party.USER, tool="dismiss_notification", arguments={"notification_id": given["notification_id"]}
    ),
}

_FIRST_PERSON = (
    (r"\byou are\b", "I am"),
    (r"\byou're\b", "I'm"),
    (r"\byou were\b", "I was"),
    (r"\byourself\b", "myself"),
    (r"\byours\b", "mine"),
    (r"\byour\b", "my"),
    (r"\b(to|for|with|from|of|about|by|at|on) you\b", r"\1 me"),
    (r"\byou\b", "I"),
)


def convert(source: Tau2Task) -> Task:
    """A task of upstream's as one of ours.

    Raises:
        ValidationError: its id or a text can't be carried over.
    """
    criteria = source.evaluation_criteria or Criteria(reward_basis=())
    state = source.initial_state
    setup: JsonObject = {}
    if state and state.initialization_data:
        setup["data"] = state.initialization_data.model_dump(mode="json")
    if state and state.initialization_actions:
        setup["actions"] = [
            {"party": call.party, "function": call.func_name, "arguments": call.arguments}
            for call in state.initialization_actions
        ]
    request = _request(source)
    composed = composition_of(source.id)
    scenario = source.user_scenario.instructions
    extra = source.model_dump(mode="json", include={"issues", "required_documents", "annotations", "description"})
    return Task(
        id=source.id,
        purpose=(source.description and source.description.purpose) or "",
        tags=composed.tags if composed is not None else (),
        setup=setup,
        history=tuple(_history(state.message_history or ())) if state else (),
        user=UserScenario(
            instructions=scenario.text() if isinstance(scenario, Instructions) else scenario,
            persona=source.user_scenario.persona or "",
            facts=tuple(_facts(scenario, request)),
            tools=source.user_tools,
            done_when=tuple(_wishes(criteria)),
        ),
        ticket=source.ticket or "",
        phases=(
            Phase(
                request=request,
                reference=tuple(_reference(criteria)),
                checks=tuple(_checks(criteria)),
                reward_basis=tuple(_KINDS[basis] for basis in criteria.reward_basis),
            ),
        ),
        metadata={key: value for key, value in extra.items() if value is not None},
    )


_WISHES = {
    "assert_can_send_mms": DoneWhen(tool="can_send_mms", contains="can send"),
    "assert_internet_speed": DoneWhen(tool="run_speed_test", contains="Excellent"),
    "assert_service_status": DoneWhen(tool="check_network_status", contains="Cellular Connection: connected"),
}
"""What shows a telecom user that an assertion about the phone holds."""


def _wishes(criteria: Criteria) -> Iterator[DoneWhen]:
    """When a scripted user is content; a user whom nobody can help here has no such wish."""
    hopeless = any(action.name == "transfer_to_human_agents" for action in criteria.actions or ())
    for assertion in criteria.env_assertions or ():
        if assertion.func_name in _WISHES and assertion.assert_value and not hopeless:
            yield _WISHES[assertion.func_name]


def _history(messages: Sequence[HistoryMessage]) -> Iterator[HistoryEntry]:
    # Results aren't kept: the calls are executed again, and `complete` compares what they return.
    for message in messages:
        if message.role != "tool":
            calls = tuple(
                ToolCall(id=call.id, name=call.name, arguments=call.arguments) for call in message.tool_calls or ()
            )
            party = Party.USER if message.role == "user" else Party.AGENT
            yield HistoryEntry(party=party, message=Message(text=message.content or "", tool_calls=calls))


def _reference(criteria: Criteria) -> Iterator[Step]:
    for action in criteria.actions or ():
        yield Call(party=action.party, tool=action.name, arguments=action.arguments)
    for text in criteria.communicate_info or ():
        yield Say(text=text)


def _checks(criteria: Criteria) -> Iterator[CheckSpec]:
    if Basis.DB in criteria.reward_basis and not (criteria.actions is None and criteria.env_assertions is None):
        yield StateCheck()
    for call in criteria.env_assertions or ():
        yield ProbeCheck(name=call.func_name, arguments=call.arguments, party=call.party, expected=call.assert_value)
    if Basis.ACTION in criteria.reward_basis:
        for action in criteria.actions or ():
            yield ActionCheck(tool=action.name, arguments=action.arguments, compare=action.compare_args)
    for text in criteria.communicate_info or ():
        yield CommunicateCheck(text=text)
    for text in criteria.nl_assertions or ():
        yield StatementCheck(statement=text)


async def complete(template: Template, task: Task, source: Tau2Task) -> tuple[Task, list[str]]:
    """The task with the steps added that its own probes demand, and notes.

    Raises:
        EnvironmentFault: the world can't be built.
    """
    notes: list[str] = []
    phase = task.phases[0]
    environment = await template.create(task, seed=0)
    try:
        recorded = [message for message in _messages(source) if message.role == "tool"]
        calls = [(entry.party, call) for entry in task.history for call in entry.message.tool_calls]
        for (party, call), result in zip(calls, recorded, strict=False):
            content = (await environment.call(party, call, _never_asks)).content
            if _loaded(content) != _loaded(result.content or ""):
                notes.append(f"the history's call of {call.name} returns something else than upstream recorded")
        steps = list(phase.reference or ())
        for step in steps:
            await _play(environment, step)
        for check in phase.checks:
            if not isinstance(check, ProbeCheck) or await _holds(environment, check):
                continue
            remedy = _REMEDIES.get(check.name) if check.expected is True else None
            added = remedy(check.arguments) if remedy else None
            if added is not None:
                await _play(environment, added)
            if added is None or not await _holds(environment, check):
                notes.append(f"upstream's actions leave {check.name} false, and no known step mends it")
                continue
            steps.append(added)
            notes.append(_added(added, check, phase))
    finally:
        await environment.close()
    notes += [
        f"no text can hold {check.text!r} (upstream takes the commas out of it)"
        for check in phase.checks
        if isinstance(check, CommunicateCheck) and "," in check.text
    ]
    mended = phase.model_copy(update={"reference": tuple(steps)})
    return task.model_copy(update={"phases": (mended,)}), notes


def _added(step: Call, check: ProbeCheck, phase: Phase) -> str:
    note = f"the reference got the {step.party}'s step {step.tool}, without which {check.name} is false"
    if any(isinstance(other, StateCheck) for other in phase.checks):
        # Upstream compares with its actions alone, so this step makes its database check fail.
        note += "; upstream's own database check lacks it and fails every run that meets its assertion"
    return note


async def _play(environment: Environment, step: Step) -> None:
    if isinstance(step, Call):
        await environment.call(step.party, ToolCall(name=step.tool, arguments=step.arguments), _never_asks)


async def _holds(environment: Environment, check: ProbeCheck) -> bool:
    try:
        return await environment.probe(check.party, check.name, check.arguments) == check.expected
    except ValueError:
        return False


async def _never_asks(question: str) -> str:
    raise EnvironmentFault(f"a tool of a service desk asked the user: {question}")


def _messages(source: Tau2Task) -> Sequence[HistoryMessage]:
    return (source.initial_state and source.initial_state.message_history) or ()


def _loaded(text: str) -> JsonValue:
    try:
        loaded: JsonValue = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text
    return loaded


def _request(source: Tau2Task) -> str:
    """What a scripted user opens with: the scenario in the first person, less what names the user's tools."""
    scenario = source.user_scenario.instructions
    prose = scenario.reason_for_call if isinstance(scenario, Instructions) else scenario
    sentences = re.split(r"(?<=[.!?])\s+", prose.strip())
    said = [sentence for sentence in sentences if not re.search(r"\b[a-z]+(_[a-z]+)+\b", sentence)]
    return _first_person(" ".join(said or sentences))


def _facts(scenario: str | Instructions, request: str) -> Iterator[Fact]:
    if isinstance(scenario, Instructions) and scenario.known_info:
        asked = ("name", "phone number", "email", "id", "zip code", "where are you", "abroad", "travelling", "country")
        yield Fact(topic="who you are", answer=_first_person(scenario.known_info), ask=asked)
    yield Fact(topic="what you want", answer=request, ask=("how can I help", "what can I do for you"))


def _first_person(text: str) -> str:
    for pattern, said in _FIRST_PERSON:
        text = re.sub(pattern, said, text, flags=re.IGNORECASE)
    return re.sub(r"(^|[.!?]\s+)([a-z])", lambda match: match[1] + match[2].upper(), text)
