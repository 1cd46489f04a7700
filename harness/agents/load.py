"""From the word after `--agent` to a maker of agents."""

from __future__ import annotations

import difflib
import importlib
import inspect
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from harness.agents import plan, react
from harness.agents.doors import DOORS, TurnOptions, door_of, public_name
from harness.agents.human import HumanPlayer
from harness.agents.llm import PROMPT, SOLO_PROMPT, LlmAgent
from harness.agents.noop import NoopAgent
from harness.agents.oracle import OracleAgent
from harness.agents.plan import PlanAgent
from harness.agents.random import RandomAgent, RandomOptions
from harness.agents.react import ReactAgent, ReactOptions
from harness.agents.terminal import terminal
from harness.core.errors import InputError, unknown_name
from harness.core.identity import digest
from harness.core.parsing import JsonObject, M, Model, parse
from harness.core.protocols import Agent
from harness.core.run import SeatIdentity
from harness.core.task import Task
from harness.models.open import ModelPool
from harness.models.speaker import ToolProtocol

SERVED = "mcp"
"""The agent that `bench serve mcp` waits for: a client that somebody else starts."""
AGENTS = {
    "oracle": "plays each task's reference solution: the ceiling",
    "noop": "stops at once: the floor",
    "random": "valid calls by the trial's seed: a floor, and a fuzzer",
    "llm": "a model, with --model",
    "react": "a model that thinks, then acts, in one JSON object a turn: for models without tools",
    "plan": "a model that splits its task into sub-goals and sees only the path to the one at hand",
    "human": "you, at the terminal",
    "MODULE:CLASS": "a class of yours with a method act(view)",
    **{door.form: door.about for door in DOORS.values()},
}
"""What can be named, with a line about each."""


_ON_MODELS = ("llm", "react", "plan")
_OPTIONS: dict[str, type[Model]] = {SERVED: TurnOptions, "random": RandomOptions, "react": ReactOptions}
"""Of agents that have some; the doors know their own."""


@dataclass(frozen=True, slots=True)
class AgentFactory:
    """Makes a new agent for each episode."""

    identity: SeatIdentity
    create: Callable[[Task, int], Agent]
    """Called with the task and the agent's seed. Only the oracle looks at the task."""


def agent_identity(name: str, model: str | None, protocol: str, options: JsonObject | None = None) -> SeatIdentity:
    """What the run's manifest says of the agent.

    Args:
        options: What was given by `--agent-option`.

    Raises:
        InputError: the agent is unknown, lacks a model that it needs, or doesn't take these options.
    """
    if ":" not in name and name not in AGENTS and name != SERVED:
        raise unknown_name("agent", name, AGENTS, listing="(your own: --agent module:Class)")
    if name in _ON_MODELS and model is None:
        raise InputError(f"agent {name!r} needs a model", hint="for example --model local/smollm2-135m")
    if name not in _ON_MODELS and model is not None:
        raise InputError(f"agent {name!r} takes no model, but --model {model!r} was given", hint="use --agent llm")
    chosen = _options(name, options or {})
    if name == "llm":
        chosen = {"protocol": protocol, "prompt": digest([PROMPT, SOLO_PROMPT])}
    elif name == "react":
        chosen = {**chosen, "prompt": digest(react.PARTS)}
    elif name == "plan":
        chosen = {"protocol": protocol, "prompt": digest(plan.PARTS)}
    return SeatIdentity(name=public_name(name), model=model, options=chosen)


def _options(name: str, given: JsonObject) -> JsonObject:
    """The agent's options, checked and with what wasn't given."""
    kind: type[Model] | None = _OPTIONS.get(name)
    if (found := door_of(name)) is not None:
        kind = found[1].options
    if kind is not None:
        return parse(kind, given, where=f"--agent-option of {name!r}").model_dump(mode="json")
    if given:
        raise InputError(f"agent {name!r} takes no options, but --agent-option {next(iter(given))!r} was given")
    return {}


def check_agent(name: str) -> None:
    """Refuse an agent that can't play, without starting anything.

    Raises:
        InputError: its class, its command or its address can't be used.
    """
    if (found := door_of(name)) is not None:
        _, door, address = found
        door.check(address)
    elif name == SERVED:
        hint = 'bench serve mcp waits for a client; --agent "mcp:COMMAND" starts one for each episode'
        raise InputError(f"agent {name!r}: there is no command to start", hint=hint)
    else:
        agent_class(name)


def agent_class(name: str) -> Callable[[], Agent] | None:
    """The class behind `module:Class`; None for a built-in agent.

    Raises:
        InputError: the module, the class or its method `act` isn't there, or it can't be made without
            arguments.
    """
    module_name, colon, class_name = name.partition(":")
    if not colon:
        return None
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        # Boundary: importing runs anyone's code.
        near = difflib.get_close_matches(module_name, DOORS, n=1)
        hint = "a module is looked for in the current folder and among the installed packages"
        hint = f"did you mean {near[0]}:{class_name}?" if near else hint
        raise InputError(f"agent {name!r}: {type(error).__name__}: {error}", hint=hint) from error
    found = getattr(module, class_name, None)
    if not inspect.isclass(found):
        names = [
            key for key, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module_name
        ]
        unknown = unknown_name(f"class in module {module_name!r}", class_name, names)
        raise InputError(f"agent {name!r}: {unknown.message}", hint=unknown.hint)
    if not callable(getattr(found, "act", None)):
        raise InputError(f"agent {name!r}: has no method act(view)", hint="see docs/agents.md")
    try:
        inspect.signature(found).bind()
    except TypeError as error:
        raise InputError(f"agent {name!r}: is made without arguments, but its constructor: {error}") from None
    except ValueError:
        pass
    return cast("Callable[[], Agent]", found)


@asynccontextmanager
async def open_agent(identity: SeatIdentity, pool: ModelPool) -> AsyncIterator[AgentFactory]:
    """The factory of the agent that a manifest names; its model is in the pool, and what it needs ends with the scope.

    Raises:
        InputError: an agent outside can't be reached.
    """
    found = door_of(identity.name)
    if found is None:
        yield _factory(identity, pool)
        return
    _, door, address = found
    async with door.open(address, identity.options) as make:
        yield AgentFactory(identity, lambda task, seed: make())


def _factory(identity: SeatIdentity, pool: ModelPool) -> AgentFactory:
    made = agent_class(identity.name)
    if made is not None:
        return AgentFactory(identity, lambda task, seed: made())
    if identity.name in ("llm", "plan"):
        client = pool.client(identity.model or "")
        protocol = ToolProtocol(str(identity.options["protocol"]))
        played = PlanAgent if identity.name == "plan" else LlmAgent
        return AgentFactory(identity, lambda task, seed: played(client, protocol))
    if identity.name == "react":
        thinking = pool.client(identity.model or "")
        held = _chosen(ReactOptions, identity).holds(identity.model or "")
        return AgentFactory(identity, lambda task, seed: ReactAgent(thinking, constrained=held))
    if identity.name == "human":
        return AgentFactory(identity, lambda task, seed: HumanPlayer(terminal()))
    if identity.name == "random":
        odds = _chosen(RandomOptions, identity)
        return AgentFactory(identity, lambda task, seed: RandomAgent(seed, odds))
    if identity.name == "oracle":
        return AgentFactory(identity, lambda task, seed: OracleAgent(task))
    return AgentFactory(identity, lambda task, seed: NoopAgent())


def _chosen(kind: type[M], identity: SeatIdentity) -> M:
    """An agent's own options out of its manifest."""
    own = {name: value for name, value in identity.options.items() if name in kind.model_fields}
    return parse(kind, own, where="the agent's options")
