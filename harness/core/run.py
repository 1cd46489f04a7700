"""What made a run: the file `run.json`."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from harness.core.limits import Limits
from harness.core.model_settings import ModelSettings, RetryPolicy
from harness.core.parsing import JsonObject, Model
from harness.core.suite import Suite


class PackIdentity(Model):
    """A pack as it was when the run started."""

    id: str
    version: str
    hash: str
    root: str
    """Folder it was loaded from; where it is no longer there, it's looked for by id."""


class SeatIdentity(Model):
    """Who sat in a seat: the agent's, the user's or the judge's."""

    name: str
    """Built-in name or `module:Class`."""
    model: str | None = None
    options: JsonObject = Field(default_factory=dict)
    """Settings that shape the answers; never a key or a secret."""


class GraftIdentity(Model):
    """The run whose clarification dialogues were given to the agent (BIRD-INTERACT's memory grafting)."""

    run: str
    """Its directory."""
    id: str
    agent: SeatIdentity
    """Who asked."""
    simulator: SeatIdentity
    """Who answered."""
    hash: str
    """Of all dialogues that were taken over."""


class ServerIdentity(Model):
    """A server that Parley started for the run."""

    model: str
    engine: str
    """`vllm` or `llama.cpp`."""
    version: str
    """What the running server says of itself."""
    arguments: tuple[str, ...]
    """Of its command line, without host and port."""
    gpus: tuple[tuple[str, ...], ...]
    """For each replica the devices that it was shown; empty: whatever there is."""


class PlannedTrial(Model):
    """A trial that the run must finish."""

    pack: str
    task: str
    trial: int


class ScheduleKind(StrEnum):
    """How a run that doesn't play its whole suite chose what to play."""

    ESTIMATE = "estimate"
    """By lot, within strata: the whole suite's score can be estimated without bias."""
    HARD_FIRST = "hard-first"
    """What will most likely fail, to find failures: its scores say nothing about the suite."""


class ScheduledTask(Model):
    """A task of the suite that a schedule chose from."""

    pack: str
    task: str
    stratum: str = ""
    """Of an estimate: the group it was drawn in."""
    chance: float | None = Field(default=None, gt=0, le=1)
    """Of an estimate: its probability to be drawn."""


class Schedule(Model):
    """Which of a suite's tasks a run plays."""

    kind: ScheduleKind
    budget: int = Field(ge=1)
    """Episodes that were allowed."""
    tasks: tuple[ScheduledTask, ...]
    """The whole suite, in its order, drawn or not."""
    earlier: tuple[str, ...] = ()
    """Of hard-first: ids of the runs that it learned from."""


class RunManifest(Model):
    """Everything that made a run. Two runs compare only where suite hash, simulator, judge and
    harness major agree."""

    schema_version: Literal[1] = 1
    id: str
    created_at: str
    """ISO 8601, UTC."""
    harness: str
    """Version of `parley-bench`."""
    commit: str = ""
    """Of the checkout it ran from; empty where it was installed as a package."""
    dependencies: str = ""
    """Hash over the names and versions of the installed packages."""
    python: str
    platform: str
    suite: Suite
    suite_hash: str
    """Hash over the suite file, the pack hashes and the resolved tasks."""
    packs: tuple[PackIdentity, ...]
    agent: SeatIdentity
    simulator: SeatIdentity
    judge: SeatIdentity | None = None
    graft: GraftIdentity | None = None
    """`None`: the agent asks for itself."""
    seed: int
    limits: Limits
    """Given on the command line; overrides suite, task and pack."""
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    """Settings of its models, where there are any. `--resume` goes by them."""
    retries: RetryPolicy = RetryPolicy()
    servers: tuple[ServerIdentity, ...] = ()
    schedule: Schedule | None = None
    """`None`: the whole suite is played."""
    budget_usd: float | None = Field(default=None, gt=0)
    """What the run may spend on models; `--resume` may raise it. `None`: whatever it costs."""
    trials: tuple[PlannedTrial, ...]
