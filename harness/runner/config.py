"""Everything that a person chooses for a run, built once and passed whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.core.limits import Limits
from harness.core.parsing import JsonObject
from harness.core.run import ScheduleKind
from harness.models.book import ModelBook
from harness.models.open import Storage
from harness.packs.suites import Changes


@dataclass(frozen=True, slots=True)
class ScheduleChoice:
    """A part of the suite, no more than a budget allows."""

    kind: ScheduleKind
    budget: int
    """Episodes."""
    earlier: tuple[Path, ...] = ()
    """Runs that hard-first learns from."""


@dataclass(frozen=True, slots=True)
class RunConfig:
    """One `bench run`."""

    suite: str
    """Suite, suite file, pack or `pack:split`."""
    agent: str
    """Built-in agent, `module:Class`, or an agent outside: `stdio:COMMAND`, …"""
    agent_options: JsonObject = field(default_factory=dict)
    """What the agent is told beside its name; which options there are is its own affair."""
    model: str | None = None
    """The agent's model, `provider/name` or one of the book."""
    simulator: str = "scripted"
    user_model: str | None = None
    protocol: str = "auto"
    """How a model calls tools: `native`, `text`, or `auto` by what the model can do."""
    book: ModelBook = field(default_factory=ModelBook)
    """Settings of the models, by name."""
    storage: Storage = field(default_factory=Storage)
    """Where models' answers are kept."""
    judge: str | None = None
    """Model that decides statements about the conversation; `None`: nobody does."""
    graft: Path | None = None
    """Run whose clarification dialogues the agent is given; `None`: it asks for itself."""
    seed: int = 0
    changes: Changes = field(default_factory=Changes)
    """What differs from the suite as it is written."""
    limits: Limits = field(default_factory=Limits)
    schedule: ScheduleChoice | None = None
    """`None`: the whole suite is played."""
    budget_usd: float | None = None
    """What models may cost, all seats together; `None`: whatever they do."""
    concurrency: int = 8
    """Episodes played at the same time."""
    out: Path | None = None
    """Run directory; `None`: `runs/<time>-<agent>-<suite>`."""
