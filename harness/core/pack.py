"""A pack: a versioned folder of tasks for one environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from harness.core.check import CheckSpec
from harness.core.limits import Limits
from harness.core.parsing import JsonObject, Model
from harness.core.task import Task

PackId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


SOLO = "solo"
"""The policy's variant for play without a user; `<variant>-solo` is another variant's."""


class Protocol(Model):
    """How an episode of the pack goes, beyond the one loop that all share."""

    greeting: str | None = None
    """The agent's fixed first words (τ²). `None`: the user opens."""
    tries: int = Field(default=1, ge=1)
    """Times that a phase's answer may be handed in (BIRD-INTERACT c: 2, one of them for debugging)."""
    relay: str = ""
    """The user's tool that makes the requests in the user's place and takes the agent's reply to each (ShortcutsBench's
    teacher-forced steps). Empty: a simulator sits there."""


class Source(Model):
    """Where the tasks come from."""

    name: str
    url: str = ""
    version: str = ""
    attribution: str = ""


class PackManifest(Model):
    """The file `pack.toml`."""

    id: PackId
    version: str
    title: str
    description: str = ""
    environment: Literal["sql", "service", "shortcuts"]
    license: str
    """SPDX expression of the tasks and their data."""
    canary: str
    """A string that must not turn up in training data."""
    publish: Literal["open", "redact_gold", "sealed"] = "open"
    """What a submission may carry of the pack."""
    policy: str = "policy.md"
    """File with the instructions that the agent gets."""
    policies: dict[str, str] = Field(default_factory=dict)
    """Files with variants of the policy, by name; see `SOLO`."""
    protocol: Protocol = Protocol()
    limits: Limits = Limits()
    checks: tuple[CheckSpec, ...] = ()
    """Checks that every phase of every task has beside its own (diagnostic ones, say)."""
    splits: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Named selections of task ids; `base` is the default one, all tasks where there is none."""
    excluded: dict[str, str] = Field(default_factory=dict)
    """Tasks that nobody can be judged by, and why: their database isn't there, their reference doesn't run. They
    stay in the pack; no run plays them."""
    options: JsonObject = Field(default_factory=dict)
    """What only the environment understands (a domain, a data file); part of the pack's hash."""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was loaded and found valid."""

    root: Path
    manifest: PackManifest
    policy: str
    tasks: dict[str, Task]
    """By id, in the files' order."""
    files: dict[str, Path]
    """The file that each task came from, for messages."""
    hash: str
    """Content hash of the folder."""
    policies: dict[str, str] = field(default_factory=dict)
    """Variants of the policy, by name."""

    @property
    def id(self) -> str:
        """The pack's name."""
        return self.manifest.id
