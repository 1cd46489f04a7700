"""What judges a telecom task, as one JSON value: from a task of ours and from one of upstream's.

Two tasks are the same task where the values are equal: id, initial actions, expected actions, assertions and
reward basis, in upstream's names and order. Texts that only people or simulators read are left out.
"""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue

from harness.core.check import ActionCheck, CheckKind, ProbeCheck
from harness.core.message import Party
from harness.core.parsing import JsonObject
from harness.core.task import Task
from harness.packs.tau2_format import Basis, Criteria, Tau2Task

_BASIS: Final = {CheckKind.PROBE: Basis.ENV_ASSERTION, CheckKind.ACTION: Basis.ACTION}
_REQUESTOR: Final = {Party.AGENT: "assistant", Party.USER: "user"}


def criteria_of_upstream(task: Tau2Task) -> JsonObject:
    """The value of a task as upstream's file has it."""
    state, criteria = task.initial_state, task.evaluation_criteria or Criteria()
    return {
        "id": task.id,
        "initialization_actions": [
            call.model_dump(mode="json") for call in (state and state.initialization_actions) or ()
        ],
        "actions": [action.model_dump(mode="json", exclude={"info"}) for action in criteria.actions or ()],
        "env_assertions": [
            assertion.model_dump(mode="json", exclude={"message"}) for assertion in criteria.env_assertions or ()
        ],
        "reward_basis": [basis.value for basis in criteria.reward_basis],
    }


def criteria_of(task: Task) -> JsonObject:
    """The value of a generated telecom task.

    Raises:
        KeyError: the task has kinds of check that upstream's telecom tasks don't have.
        ValueError: its setup isn't a list of actions.
    """
    phase = task.phases[0]
    compared = {check.tool: check.compare for check in phase.checks if isinstance(check, ActionCheck)}
    return {
        "id": task.id,
        "initialization_actions": _initialization(task),
        "actions": [
            {
                # Upstream numbers its mends, and not the transfer.
                "action_id": call.tool if call.tool in compared else f"{call.tool}_{number}",
                "requestor": _REQUESTOR[call.party],
                "name": call.tool,
                "arguments": call.arguments,
                "compare_args": None if (keys := compared.get(call.tool)) is None else list(keys),
            }
            for number, call in enumerate(task.reference_calls())
        ],
        "env_assertions": [
            {
                "env_type": _REQUESTOR[check.party],
                "func_name": check.name,
                "arguments": check.arguments,
                "assert_value": check.expected,
            }
            for check in phase.checks
            if isinstance(check, ProbeCheck)
        ],
        "reward_basis": [_BASIS[kind].value for kind in phase.reward_basis or ()],
    }


def _initialization(task: Task) -> list[JsonValue]:
    actions = task.setup.get("actions")
    if not isinstance(actions, list):
        raise ValueError(f"task {task.id!r}: the setup has no list of actions")
    return [
        {"env_type": _REQUESTOR[Party(str(act["party"]))], "func_name": act["function"], "arguments": act["arguments"]}
        for act in actions
        if isinstance(act, dict)
    ]
