"""The results file of a τ²-bench run, and a conversation in it as what each party said.

Results of several versions circulate, with reviews, ticks and more beside what an episode is made of, so
unknown fields of them are passed over here; the tasks inside are read as strictly as a task file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, Field, JsonValue

from harness.core.errors import InputError
from harness.core.message import Message, Party, Stop, ToolCall, Usage
from harness.core.mode import Mode
from harness.core.parsing import JsonObject, Model, parse, read_json
from harness.core.termination import Termination
from harness.packs.tau2_format import HistoryCall, Tau2Task

STOPS = {"###STOP###": Stop.DONE, "###TRANSFER###": Stop.TRANSFER, "###OUT-OF-SCOPE###": Stop.OUT_OF_SCOPE}
"""Upstream's tokens."""

TERMINATIONS = {
    "user_stop": Termination.USER_STOP,
    "agent_stop": Termination.AGENT_STOP,
    "max_steps": Termination.MAX_STEPS,
    "too_many_errors": Termination.TOO_MANY_ERRORS,
    "agent_error": Termination.AGENT_ERROR,
    "user_error": Termination.USER_ERROR,
    "timeout": Termination.TIMEOUT,
    "context_window_exceeded": Termination.CONTEXT_WINDOW_EXCEEDED,
    "infrastructure_error": Termination.INFRA_ERROR,
    "unexpected_error": Termination.INFRA_ERROR,
    # The wheel's judge stops an agent that goes in circles: a limit, of which ours has no name.
    "judge_stop": Termination.MAX_STEPS,
}


class _Lenient(Model):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Seat(_Lenient):
    """Who sat in a seat."""

    implementation: str
    llm: str | None = None
    llm_args: JsonObject | None = None


class EnvironmentInfo(_Lenient):
    """The domain and the policy that the agent had."""

    domain_name: str
    policy: str


class Info(_Lenient):
    """How the run was made."""

    git_commit: str = ""
    seed: int | None = None
    user_info: Seat
    agent_info: Seat
    environment_info: EnvironmentInfo

    @property
    def mode(self) -> Mode:
        """The ablation, which upstream tells by its agent."""
        solo, plan = "solo" in self.agent_info.implementation, "gt" in self.agent_info.implementation.split("_")
        if solo:
            return Mode.NO_USER_ORACLE_PLAN if plan else Mode.NO_USER
        return Mode.ORACLE_PLAN if plan else Mode.DEFAULT


class ResultMessage(_Lenient):
    """A message of a conversation; a tool's result is one too."""

    role: str
    content: str | None = None
    tool_calls: tuple[HistoryCall, ...] | None = None
    usage: JsonObject | None = None
    cost: float | None = None
    error: bool = False
    generation_time_seconds: float | None = None


class RewardInfo(_Lenient):
    """What upstream made of it."""

    reward: float


class Simulation(_Lenient):
    """One episode."""

    id: str
    task_id: str
    trial: int | None = None
    start_time: str = ""
    duration: float = 0.0
    termination_reason: str
    reward_info: RewardInfo | None = None
    messages: tuple[ResultMessage, ...] | None = None

    @property
    def termination(self) -> Termination:
        """Our name of why it ended."""
        return TERMINATIONS[self.termination_reason]


class _Index(_Lenient):
    timestamp: str | None = None
    info: Info
    tasks: tuple[JsonValue, ...] = Field(min_length=1)
    simulations: tuple[JsonValue, ...] = ()
    simulation_index: tuple[JsonObject, ...] | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """A run of upstream's."""

    timestamp: str
    info: Info
    tasks: dict[str, Tau2Task]
    simulations: tuple[Simulation, ...]


def read_results(path: Path) -> Results:
    """The results in `path`: one file, or the folder of upstream's `dir` layout.

    Raises:
        InputError: names the file, the simulation or task, the field and the value that can't be used.
    """
    file = path / "results.json" if path.is_dir() else path
    index = parse(_Index, read_json(file), where=str(file))
    tasks = [parse(Tau2Task, data, where=f"{file}: task number {number}") for number, data in enumerate(index.tasks, 1)]
    raw: list[tuple[str, JsonValue]] = [(f"{file}: simulation {n}", data) for n, data in enumerate(index.simulations)]
    if not raw:
        parts = sorted((file.parent / "simulations").glob("*.json"))
        raw = [(str(part), read_json(part)) for part in parts]
    if not raw:
        raise InputError(f"{file}: holds no simulations")
    known = {task.id: task for task in tasks}
    simulations = tuple(_simulation(where, data, known) for where, data in raw)
    return Results(index.timestamp or "", index.info, known, simulations)


def _simulation(where: str, data: JsonValue, tasks: dict[str, Tau2Task]) -> Simulation:
    simulation = parse(Simulation, data, where=where)
    if simulation.task_id not in tasks:
        raise InputError(f"{where}: field 'task_id': the file has no such task (got {simulation.task_id!r})")
    if simulation.termination_reason not in TERMINATIONS:
        raise InputError(
            f"{where}: field 'termination_reason': not one of upstream's (got {simulation.termination_reason!r})"
        )
    if simulation.messages is None:
        raise InputError(f"{where}: field 'messages': is missing; voice runs (ticks) can't be imported")
    return simulation


@dataclass(frozen=True, slots=True)
class Spoken:
    """What each party said and called, and what its calls returned."""

    messages: dict[Party, tuple[Message, ...]]
    results: tuple[tuple[str, bool], ...]
    """Text and error flag of every tool result, in order."""


def spoken(simulation: Simulation, *, given: int, greeted: bool) -> Spoken:
    """A simulation's messages by party.

    Args:
        given: Messages at the beginning that the task's data already holds.
        greeted: Whether the first message is the agent's fixed greeting.
    """
    own = list((simulation.messages or ())[given + greeted :])
    said: dict[Party, list[Message]] = {Party.AGENT: [], Party.USER: []}
    acts = [message for message in own if message.role in ("assistant", "user")]
    for number, message in enumerate(acts):
        last = number == len(acts) - 1 and simulation.termination.ordinary
        said[Party.AGENT if message.role == "assistant" else Party.USER].append(_message(message, last=last))
    results = tuple((one.content or "", one.error) for one in own if one.role == "tool")
    return Spoken({party: tuple(messages) for party, messages in said.items()}, results)


def _message(source: ResultMessage, *, last: bool) -> Message:
    calls = tuple(ToolCall(id=call.id, name=call.name, arguments=call.arguments) for call in source.tool_calls or ())
    text, stop = source.content or "", None
    # Only a last message that is one of upstream's ordinary ends stops anything: a stop that a limit overtook
    # on the last step allowed earned no reward there.
    if last and not calls:
        stop = next((stop for token, stop in STOPS.items() if token in text), Stop.DONE)
        for token in STOPS:
            text = text.replace(token, "")
    return Message(text=text.strip() if stop else text, tool_calls=calls, stop=stop, usage=_usage(source))


def _usage(source: ResultMessage) -> Usage | None:
    if source.usage is None and source.cost is None:
        return None
    counts = [(source.usage or {}).get(name) for name in ("prompt_tokens", "completion_tokens")]
    tokens = [count if isinstance(count, int) else 0 for count in counts]
    return Usage(calls=1, input_tokens=tokens[0], output_tokens=tokens[1], cost_usd=source.cost)


def first_greeting(simulations: Sequence[Simulation]) -> str | None:
    """The agent's fixed first words; `None` where an episode opens otherwise."""
    for simulation in simulations:
        messages = simulation.messages or ()
        if messages and messages[0].role == "assistant" and not messages[0].tool_calls:
            return messages[0].content
    return None
