"""From the word after `--user` to a maker of simulated users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.agents.terminal import terminal
from harness.core.errors import InputError, unknown_name
from harness.core.identity import digest
from harness.core.parsing import JsonObject
from harness.core.protocols import Simulator
from harness.core.run import SeatIdentity
from harness.core.task import Task
from harness.models.open import ModelPool
from harness.models.speaker import ToolProtocol
from simulators import choosing
from simulators.choosing import ByModel, ByWords
from simulators.function_driven import FunctionDrivenUser
from simulators.human import HumanUser
from simulators.llm import PARTS, LlmUser
from simulators.scripted import ScriptedUser

SIMULATORS = {
    "scripted": "plays by rules: answers from its facts, does what it is told; needs no model",
    "function_driven": "answers one open point at a time, by a model, or without one by words (BIRD-INTERACT's)",
    "llm": "a model, with --user-model",
    "human": "you, at the terminal",
}
"""What can be named, with a line about each."""


@dataclass(frozen=True, slots=True)
class SimulatorFactory:
    """Makes a new user for each episode."""

    identity: SeatIdentity
    create: Callable[[Task, int], Simulator]


def simulator_identity(name: str, model: str | None, protocol: str) -> SeatIdentity:
    """What the run's manifest says of the user.

    Raises:
        InputError: the simulator is unknown, or lacks a model that it needs.
    """
    name = name.replace("-", "_")
    if name not in SIMULATORS:
        raise unknown_name("user", name, SIMULATORS)
    if name == "llm" and model is None:
        raise InputError("user 'llm' needs a model", hint="for example --user-model local/smollm2-135m")
    if name == "function_driven" and model is not None:
        return SeatIdentity(name=name, model=model, options={"prompt": digest(choosing.PARTS)})
    if name != "llm":
        return SeatIdentity(name=name)
    options: JsonObject = {"protocol": protocol, "prompt": digest(PARTS)}
    return SeatIdentity(name=name, model=model, options=options)


def simulator_factory(identity: SeatIdentity, pool: ModelPool) -> SimulatorFactory:
    """The factory of the user that a manifest names; its model is in the pool."""
    if identity.name == "llm":
        client = pool.client(identity.model or "")
        protocol = ToolProtocol(str(identity.options["protocol"]))
        return SimulatorFactory(identity, lambda task, seed: LlmUser(task, client, protocol))
    if identity.name == "function_driven":
        if identity.model is None:
            return SimulatorFactory(identity, lambda task, seed: FunctionDrivenUser(task, ByWords()))
        driving = pool.client(identity.model)
        return SimulatorFactory(identity, lambda task, seed: FunctionDrivenUser(task, ByModel(driving)))
    if identity.name == "human":
        return SimulatorFactory(identity, lambda task, seed: HumanUser(task, terminal()))
    return SimulatorFactory(identity, lambda task, seed: ScriptedUser(task))
