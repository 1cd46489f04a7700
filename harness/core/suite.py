"""A suite: a named selection over packs, with trial counts."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from harness.core.limits import Limits
from harness.core.mode import Mode
from harness.core.pack import PackId
from harness.core.parsing import JsonObject, Model

MOST_TRIALS = 10_000
"""Of a task; each is planned before the first is played."""


class Selection(Model):
    """Tasks of one pack: a split of it, or named ones."""

    pack: PackId
    split: str | None = None
    tasks: tuple[str, ...] | None = None
    policy: str | None = None
    """Variant of the pack's policy; `None`: the usual one."""
    options: JsonObject = Field(default_factory=dict)
    """Laid over the pack's `[options]`, for example `{ rules = "corrected" }`."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.split is not None and self.tasks is not None:
            raise ValueError("give either `split` or `tasks`, not both")
        return self


class Suite(Model):
    """The file `suites/<id>.toml`."""

    id: str
    version: str = "0"
    title: str = ""
    trials: int = Field(default=1, ge=1, le=MOST_TRIALS)
    mode: Mode = Mode.DEFAULT
    """How its episodes are played; tasks that can't be played so are left out."""
    select: tuple[Selection, ...] = Field(min_length=1)
    limits: Limits = Limits()
    """Overrides the packs' and the tasks' limits."""
