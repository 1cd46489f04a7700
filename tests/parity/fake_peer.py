"""A peer that needs no wheel: our own worlds behind the protocol of `tau2_peer.py`, and one fault on demand.

The environment variable PARLEY_FAULT names the fault. Without one it agrees with us in everything; a comparison
that finds nothing here and something with a fault can tell the two apart.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from harness.core.parsing import parse
from harness.core.task import Call
from harness.packs.tau2_format import Tau2Task
from harness.packs.tau2_tasks import convert
from harness.parity.ours import NOTHING, SIDES, Desk, call, open_desk

FAULT = os.environ.get("PARLEY_FAULT", "")


def played(desk: Desk, world: Any, calls: list[Any], request: Any) -> dict[str, Any]:
    """Calls on a world, as the peer answers them."""
    results = [list(call(world, SIDES[side], name, arguments)) for side, name, arguments in calls]
    states: dict[str, Any] = {"assistant": desk.hash(world, "assistant"), "user": None}
    answer = {"results": results, "states": states}
    if request.get("dump"):
        answer["dumps"] = {"assistant": desk.dump(world, "assistant"), "user": None}
    return answer


def judged(desk: Desk, request: Any) -> dict[str, Any]:
    """A conversation, judged by the rules for a database and for what is communicated."""
    source = parse(Tau2Task, request["task"], where="task")
    task, said = convert(source), [one["content"] for one in request["messages"] if one["role"] == "assistant"]
    calls = [
        [one["requestor"], one["name"], one["arguments"]]
        for message in request["messages"]
        for one in message.get("tool_calls") or ()
    ]
    world, target = desk.world(task), desk.world(task)
    answer = played(desk, world, calls, request)
    for step in task.phases[0].reference or ():
        if isinstance(step, Call):
            call(target, step.party, step.tool, step.arguments)
    same = desk.hash(world, "assistant") == desk.hash(target, "assistant")
    criteria = source.evaluation_criteria
    assert criteria is not None
    told = [any(text in (one or "") for one in said) for text in criteria.communicate_info or ()]
    parts = {"DB": same, "ENV_ASSERTION": [], "ACTION": None, "COMMUNICATE": told}
    return {**answer, "reward": float(same and all(told)), "parts": parts}


def spoilt(do: str, answer: dict[str, Any], dump: bool) -> dict[str, Any]:
    """The answer with the fault in it."""
    results = answer["results"]
    match FAULT:
        case "text" if do == "play":
            results[3][0] += " "
        case "error flag" if do == "play":
            results[3][1] = not results[3][1]
        case "missing result" if do == "play":
            results.pop()
        case "state":
            answer["states"]["assistant"] = "0" * 64
            if dump:
                answer["dumps"]["assistant"]["users"]["user_1"]["tasks"] = ["another"]
        case "reward" if do == "judge":
            answer["reward"] = 1.0 - answer["reward"]
        case "part" if do == "judge":
            answer["parts"]["COMMUNICATE"] = [not one for one in answer["parts"]["COMMUNICATE"]]
        case "raise" if do == "judge":
            return {"raised": "something broke"}
        case "assertion" if do == "judge":
            return {**answer, "reward": None, "parts": {}, "raised": "no such task", "raised_by": "assert_it"}
        case "death" if do == "play":
            sys.exit("out of memory")
    return answer


def main() -> None:
    """Answer until the input ends."""
    desk: Desk | None = None
    for line in sys.stdin:
        request = json.loads(line)
        do = request["do"]
        if do == "hello":
            missing = {"error": "No module named 'tau2'"}
            answer: Any = missing if FAULT == "absent" else {"version": "0", "python": "3", "data": ""}
        elif do == "open":
            desk = open_desk(request["domain"], Path(request["files"]["db"]).parents[2])
            answer = {
                "tools": {"assistant": desk.tools()["assistant"], "user": None},
                "functions": {"assistant": [*desk.tools()["assistant"], "assert_task_status"], "user": []},
                "task_fields": list(Tau2Task.model_fields),
            }
        else:
            assert desk is not None
            if do == "judge":
                answer = judged(desk, request)
            else:
                calls = request["calls"]
                answer = played(desk, desk.world(NOTHING), calls, request)
            answer = spoilt(do, answer, bool(request.get("dump")))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
